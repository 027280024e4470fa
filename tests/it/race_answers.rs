//! The connection is lost in the middle of a commit, before the server heard of it or after it had committed: the key decides.

use bincard::engine::Outcome;
use bincard::store::Store;

use crate::support::desk::{Desk, ac};
use crate::support::jobs;
use crate::support::proxy::{Loss, Proxy};
use crate::support::stores::{SERVICE, as_user, postgres};

/// What a job that is opened, picked and cancelled leaves behind.
const STEPS: [&str; 5] = ["open", "find", "allocate", "pick", "cancel"];

#[tokio::test]
async fn whether_the_question_or_the_answer_is_lost_a_command_is_carried_out_once() {
    let fixture = postgres().await;
    let proxy = Proxy::new();
    let desk = Desk::on(Store::open(&proxy.url(&as_user(&fixture.url, SERVICE))).await.unwrap()).await;
    jobs::stock(&desk).await;
    for loss in [Loss::Question, Loss::Answer] {
        let mut lost = 0;
        loop {
            let doc = format!("{loss:?}-{lost}");
            let mut repeated = Vec::new();
            proxy.lose(lost + 1, loss);
            for command in jobs::job(&desk, &doc, true) {
                let Outcome::Done(done) = desk.engine.execute(command).await.expect("no fault reaches a caller") else { panic!("{doc} was refused") };
                repeated.push(done.repeated());
            }
            let events = desk.engine.store().events(&ac(), &doc.as_str().into()).await.unwrap();
            assert_eq!(events.iter().map(|e| e.event.transition.as_str()).collect::<Vec<_>>(), STEPS, "{doc}");
            if !proxy.has_lost() {
                break;
            }
            // The first commit is that of the first command: where its answer was lost, the key said that it was done already.
            assert!(lost > 0 || repeated == [loss == Loss::Answer, false, false], "{doc}: {repeated:?}");
            lost += 1;
        }
        assert!(lost >= 5, "{lost} commits were lost");
    }
    let report = desk.engine.store().verify().await.unwrap();
    assert!(report.is_sound(), "{report:?}");
}
