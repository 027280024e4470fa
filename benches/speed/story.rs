//! The story that is timed: an indent of two lines, from the request to the end, in eight transitions.
//!
//! Five are commands of people (open, pick, dispatch, accept, consume), three follow at once (find, allocate, close). It
//! makes eight moves, two obligations that are settled, a challan with its reverse, messages, events and timers.

use std::sync::Arc;

use bincard::domain::{Action, Command, Decision};
use bincard::engine::{Done, Engine};
use serde_json::{Value as Json, json};

use crate::world::{World, carried_out, part, passed};

/// Commands of a story.
pub const COMMANDS: usize = 5;
/// Transitions of a story.
pub const TRANSITIONS: usize = 8;

/// The `n`-th job of a partner in a run: whatever is in it follows from these.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    pub run: usize,
    pub partner: usize,
    pub n: usize,
}

impl Job {
    fn doc(&self) -> String {
        format!("J{}-{}-{}", self.run, self.partner, self.n)
    }

    fn parts(&self) -> [String; 2] {
        [part(self.partner, self.n % 8), part(self.partner, (self.n + 3) % 8)]
    }

    /// The `step`-th command of the story.
    pub fn command(&self, world: &World, step: usize) -> Command {
        let (doc, i) = (self.doc(), self.partner);
        let (keeper, technician) = (format!("keeper{i}"), format!("tech{i}"));
        let lines = |name: &str| -> Vec<Json> { self.parts().iter().map(|part| json!({ "part": part, name: 2 })).collect() };
        let nothing = json!({});
        match step {
            0 => {
                let fields =
                    json!({ "asp": format!("asp{i}"), "customer": "cust_anand", "technician": technician, "service_order": doc, "contract": "IW-1001" });
                let action = Action::Open { workflow: "indent".into(), transition: None, parent: None };
                world.command("suresh", &doc, action, fields, &lines("requested"))
            }
            1 => world.command(&keeper, &doc, crate::world::fire("pick"), nothing, &[]),
            2 => world.command(&keeper, &doc, crate::world::fire("dispatch"), nothing, &[]),
            3 => world.command(&technician, &doc, crate::world::fire("accept"), nothing, &[]),
            _ => world.command(&technician, &doc, crate::world::fire("consume"), nothing, &lines("used")),
        }
    }
}

/// The jobs of some partners in a run, by partner.
pub fn jobs(run: usize, partners: usize, each: usize) -> Vec<Vec<Job>> {
    (0..partners).map(|partner| (0..each).map(|n| Job { run, partner, n }).collect()).collect()
}

/// All decisions of a command, the first and those that followed.
fn decisions(done: Done) -> Vec<Decision> {
    done.decision.into_iter().chain(done.followed.into_iter().filter_map(|f| f.decision)).collect()
}

/// Plays jobs one after the other and gives what was decided.
pub async fn decided(world: &World, engine: &Engine, jobs: &[Job]) -> Vec<Decision> {
    let mut all = Vec::with_capacity(jobs.len() * TRANSITIONS);
    for job in jobs {
        for step in 0..COMMANDS {
            all.extend(decisions(carried_out(engine, job.command(world, step)).await));
        }
    }
    assert_eq!(all.len(), jobs.len() * TRANSITIONS, "the story has its transitions");
    all
}

/// Plays the jobs of each partner in a task of its own, command by command; gives the transitions made.
pub async fn one_by_one(world: &World, engine: &Engine, jobs: Vec<Vec<Job>>) -> usize {
    let count: usize = jobs.iter().map(Vec::len).sum();
    let mut running = tokio::task::JoinSet::new();
    for jobs in jobs {
        let (world, engine) = (world.clone(), engine.clone());
        running.spawn(async move {
            for job in &jobs {
                for step in 0..COMMANDS {
                    carried_out(&engine, job.command(&world, step)).await;
                }
            }
        });
    }
    while let Some(done) = running.join_next().await {
        done.expect("a client ends well");
    }
    count * TRANSITIONS
}

/// Plays the same jobs a hundred at a time: the same command of a hundred jobs is handed over as one list.
pub async fn by_the_hundred(world: &World, engine: &Engine, jobs: Vec<Vec<Job>>) -> usize {
    let jobs: Arc<Vec<Job>> = Arc::new(interleaved(jobs));
    for hundred in jobs.chunks(100) {
        for step in 0..COMMANDS {
            let commands = hundred.iter().map(|job| job.command(world, step)).collect();
            for outcome in engine.fire_many(commands).await {
                passed("a command of a hundred", outcome);
            }
        }
    }
    jobs.len() * TRANSITIONS
}

/// The first job of each partner, then the second of each.
fn interleaved(jobs: Vec<Vec<Job>>) -> Vec<Job> {
    let longest = jobs.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|n| jobs.iter().filter_map(move |of| of.get(n).copied()).collect::<Vec<_>>()).collect()
}
