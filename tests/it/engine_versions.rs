//! A workflow changes while documents run: they move over as the new version says, or wait.

use bincard::check::BookFiles;
use bincard::domain::ReasonCode;
use serde_json::json;

use crate::support::desk::{Desk, fire, open};
use crate::support::stores;

/// The next version of the request: `draft` is called `noted`.
fn renamed(files: &mut BookFiles, migration: &str) {
    let flow = files.flows.iter_mut().find(|f| f.path == "workflows/ship_to_store.flow").expect("the flow");
    let text = flow.text.replacen("version 1 {", &format!("version 2 {{\n  {migration}\n"), 1).replace("draft", "noted");
    flow.text = text.replace("state noted -> noted", "state draft -> noted");
    files.flows.retain(|f| !f.path.ends_with(".scenarios.flow"));
}

#[tokio::test]
async fn a_document_moves_over_with_its_next_transition_and_waits_where_nothing_is_said() {
    for fixture in stores::stores().await {
        let old = Desk::on(fixture.store.clone()).await;
        let manager = old.who("asp_manager", Some("coolfix"));
        let fields = json!({ "asp": "coolfix", "warehouse": "wh_blr", "purpose": "base_stock", "pool": "in_warranty" });
        old.must(&manager, "R1", open("ship_to_store"), fields, &[json!({ "part": "CAP", "requested": 10 })]).await;

        let silent = Desk::with(fixture.store.clone(), |files| renamed(files, "")).await;
        let refusal = silent.refused(&manager, "R1", fire("submit"), json!({}), &[]).await;
        assert_eq!(refusal.code(), ReasonCode::NotAllowed);
        assert!(refusal.reasons[0].sentence.contains("runs on version 1"), "{refusal:#?}");

        let moving = Desk::with(fixture.store.clone(), |files| renamed(files, "migrate from 1 { state draft -> noted keep deadlines }")).await;
        let todo = moving.engine.todo(&bincard::base::Bu::from("ac"), &manager).await.expect("what waits");
        assert!(todo.iter().any(|t| t.document.id == *"R1" && t.transitions.iter().any(|t| t == "submit")), "it is `noted` for whoever looks: {todo:?}");
        let done = moving.must(&manager, "R1", fire("submit"), json!({}), &[]).await;
        assert_eq!((done.document.version, done.document.state.as_str()), (2, "submitted"), "{}", fixture.url);
        assert!(moving.engine.store().verify().await.expect("verify").is_sound());
    }
}

#[tokio::test]
async fn the_deadline_of_a_document_whose_workflow_the_book_has_no_more_is_told() {
    for fixture in stores::stores().await {
        let old = Desk::on(fixture.store.clone()).await;
        let through = json!({ "warehouse": "wh_blr", "through": "2026-04-10" });
        let number = old.must(&old.who("finance", None), "B1", open("books_closing"), through, &[]).await.document.number;
        let without =
            Desk::with(fixture.store.clone(), |files| files.flows.retain(|f| !f.path.contains("books_closing") && !f.path.ends_with(".scenarios.flow"))).await;
        without.engine.tick(None, old.now.plus_micros(20 * 24 * 3_600_000_000)).await.expect("no fault");
        let told = fixture.store.outbox_pending(None, 10).await.expect("messages");
        let texts: Vec<&str> = told.iter().map(|entry| entry.row.text.as_str()).collect();
        assert_eq!(texts, [format!("{number}: the deadline of \"proposed\" has passed.")], "{}", fixture.url);
    }
}
