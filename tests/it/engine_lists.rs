//! Many commands handed over at once: each has its own answer, and those of one document keep their order.

use bincard::domain::{Command, ReasonCode};
use bincard::engine::{EngineError, Outcome};
use serde_json::json;

use crate::support::desk::{Desk, fire, open};
use crate::support::stores;

/// What became of each command, in a word.
fn told(answers: Vec<Result<Outcome, EngineError>>) -> Vec<String> {
    let word = |answer: Result<Outcome, EngineError>| match answer.expect("no fault") {
        Outcome::Done(done) if done.repeated() => "again".to_owned(),
        Outcome::Done(done) => done.document.state.to_string(),
        Outcome::Refused(refusal) => format!("refused: {:?}", refusal.code()),
    };
    answers.into_iter().map(word).collect()
}

fn requests(desk: &Desk, count: usize) -> Vec<Command> {
    let manager = desk.who("asp_manager", Some("coolfix"));
    let fields = json!({ "asp": "coolfix", "warehouse": "wh_blr", "purpose": "base_stock", "pool": "in_warranty" });
    let open = |n| desk.command(&manager, &format!("R{n}"), open("ship_to_store"), fields.clone(), &[json!({ "part": "CAP", "requested": 1 + n })]);
    (0..count).map(open).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_a_hundred_commands_is_answered_in_its_place() {
    for fixture in stores::stores().await {
        let desk = Desk::on(fixture.store.clone()).await;
        let mut commands = requests(&desk, 100);
        commands[40].input.fields.remove(&bincard::base::Name::from("warehouse"));
        let repeated = commands[7].clone();
        commands.push(repeated);
        let answers = told(desk.engine.fire_many(commands).await);
        for (n, answer) in answers.iter().enumerate() {
            let expected = if n == 40 {
                format!("refused: {:?}", ReasonCode::BadInput)
            } else if n == 100 {
                "again".into()
            } else {
                "draft".into()
            };
            assert_eq!(*answer, expected, "command {n} on {}", fixture.url);
        }
        assert_eq!(desk.engine.store().counts(None).await.expect("counts").documents, 99);
        assert!(desk.engine.store().verify().await.expect("verify").is_sound());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_one_document_keep_their_order() {
    for fixture in stores::stores().await {
        let desk = Desk::on(fixture.store.clone()).await;
        let manager = desk.who("asp_manager", Some("coolfix"));
        let mut commands = requests(&desk, 3);
        let amend = |n: u32| desk.command(&manager, "R1", fire("amend"), json!({}), &[json!({ "part": "CAP", "requested": n })]);
        commands.extend((1..=20).map(amend));
        let answers = told(desk.engine.fire_many(commands).await);
        assert_eq!(answers, vec!["draft"; 23], "{}", fixture.url);
        let document = desk.engine.store().document(&"ac".into(), &"R1".into()).await.expect("no fault").expect("a document");
        assert_eq!((document.revision, document.lines[0].values["requested"].to_string()), (21, "20".to_owned()), "the last one stands, {}", fixture.url);
    }
}

#[tokio::test]
async fn no_command_is_no_answer() {
    let desk = Desk::on(bincard::store::Store::memory()).await;
    assert!(desk.engine.fire_many(Vec::new()).await.is_empty());
}
