//! A process is killed at every commit: before it, in the middle of writing it, and after it, when nobody has been told.
//! Whoever comes next finds whole commits, sends every command once more, and ends where nothing had happened.

use std::sync::Arc;

use bincard::domain::Command;
use bincard::engine::{Engine, Ticked};
use bincard::store::Store;
use tokio::task::JoinSet;

use crate::support::blank::Blank;
use crate::support::book;
use crate::support::desk::Desk;
use crate::support::{story, victim};

/// Tells the story, until it is killed.
#[tokio::test]
async fn victim() {
    let Some(url) = victim::called() else { return };
    let desk = Desk::on(Store::open(&url).await.unwrap()).await;
    let commands = story::commands(&desk);
    victim::say("begin");
    for command in &commands {
        story::must(&desk.engine, command).await;
        victim::say(&format!("done {}", command.key));
    }
    desk.engine.tick(None, story::later(&commands)).await.unwrap();
}

/// The story, how it ends where nobody dies, and the databases to die on.
struct Plan {
    blank: Blank,
    desk: Desk,
    commands: Vec<Command>,
    rows: Vec<String>,
}

impl Plan {
    async fn new(blank: Blank) -> Self {
        let copy = blank.copy().await;
        let desk = Desk::on(Store::open(&copy.url).await.unwrap()).await;
        let commands = story::commands(&desk);
        let ticked = story::tell(&desk.engine, &commands).await;
        assert_eq!((ticked[0].fired, ticked[1]), (1, Ticked::default()), "the job whose parts nobody collects is released, once");
        let rows = story::rows(&copy.owner, &commands).await;
        desk.engine.store().close().await;
        copy.drop().await;
        Self { blank, desk, commands, rows }
    }

    /// Dies at one moment and goes on; false where the moment never came.
    async fn run(&self, kind: &str, moment: u32) -> bool {
        let copy = self.blank.copy().await;
        let (url, fault) = (copy.url.clone(), format!("{kind}:{moment}"));
        let ended = tokio::task::spawn_blocking(move || victim::run("crash_boundaries::victim", &url, &[("FAULT_DIE", &fault)])).await.unwrap();
        let what = format!("{} {kind} {moment}: {:?}", self.blank.kind(), ended.said);
        assert!(ended.said.iter().any(|l| l.ends_with("begin")), "{what}");

        let (book, rules) = book::untold();
        let store = Store::open(&copy.url).await.unwrap();
        let report = store.verify().await.unwrap();
        assert!(report.is_sound(), "{what}: {report:?}");
        let engine = Engine::new(book, rules, store).await.unwrap();
        if moment.is_multiple_of(2) {
            // Another process looks at the clock before the commands come again; what the dead one was at is not free yet.
            engine.tick(None, self.desk.now).await.unwrap();
        }
        for command in &self.commands {
            let acknowledged = ended.said.contains(&format!("done {}", command.key));
            let repeated = story::must(&engine, command).await;
            assert!(repeated || !acknowledged, "{what}: {} was acknowledged and is lost", command.key);
        }
        story::tell(&engine, &self.commands).await;
        let rows = story::rows(&copy.owner, &self.commands).await;
        let other = |these: &[String], those: &[String]| these.iter().filter(|row| !those.contains(row)).cloned().collect::<Vec<_>>();
        assert_eq!(other(&rows, &self.rows), other(&self.rows, &rows), "{what}");
        assert_eq!(rows.len(), self.rows.len(), "{what}");
        assert!(engine.store().verify().await.unwrap().is_sound(), "{what}");
        engine.store().close().await;
        copy.drop().await;
        !ended.survived
    }
}

/// Dies at the first moment, then `step` later, and so on, until there are no more; gives the last one that there was.
async fn every_moment(plan: &Arc<Plan>, kind: &'static str, step: u32) -> u32 {
    let mut runs = JoinSet::new();
    let mut moments = 0;
    let mut next = 1;
    loop {
        while runs.len() < 2 {
            let (plan, moment) = (plan.clone(), next);
            runs.spawn(async move { (moment, plan.run(kind, moment).await) });
            next += step;
        }
        match runs.join_next().await.unwrap().unwrap() {
            (moment, true) => moments = moments.max(moment),
            (_, false) => {
                while let Some(last) = runs.join_next().await {
                    if let (moment, true) = last.unwrap() {
                        moments = moments.max(moment);
                    }
                }
                return moments;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_at_any_commit_to_a_file_leaves_what_the_next_one_completes() {
    let plan = Arc::new(Plan::new(Blank::sqlite(story::prepare).await).await);
    // To die in the third commit leaves what the second one left, to die after it what the fourth begins with: so each state
    // between two commits is met once.
    let commits = every_moment(&plan, "torn", 2).await;
    assert_eq!(every_moment(&plan, "done", 2).await, commits);
    assert!(commits >= 15, "{commits} commits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_with_any_commit_under_way_to_a_server_leaves_what_the_next_one_completes() {
    let plan = Arc::new(Plan::new(Blank::postgres(story::prepare).await).await);
    let commits = every_moment(&plan, "sent", 1).await;
    assert!(commits >= 15, "{commits} commits");
}
