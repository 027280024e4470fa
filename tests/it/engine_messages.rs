//! For whom messages are: those who hold the role at the parties of the document, not everybody who holds it anywhere.

use serde_json::json;

use crate::support::desk::{Desk, ac, fire, open};
use crate::support::stores;

/// The messages that have some words: for whom, and at which parties.
async fn told(desk: &Desk, about: &str) -> Vec<(String, serde_json::Value)> {
    let waiting = desk.engine.store().outbox_pending(Some(&ac()), 100).await.unwrap();
    waiting.into_iter().filter(|entry| entry.row.text.contains(about)).map(|entry| (entry.row.topic.to_string(), entry.row.payload)).collect()
}

#[tokio::test]
async fn a_message_to_a_role_says_at_which_party_and_one_to_a_party_names_it() {
    for fixture in stores::stores().await {
        let mut desk = Desk::on(fixture.store.clone()).await;
        desk.stocked("coolfix", &[json!({ "part": "CON", "quantity": 1 })]).await;
        let service_desk = desk.who("service_desk", None);
        let fields =
            json!({ "asp": "coolfix", "customer": "cust_anand", "technician": "arjun", "service_order": "SO-1", "contract": "IW-1001", "priority": "p2" });
        desk.must(&service_desk, "I1", open("indent"), fields, &[json!({ "part": "CON", "requested": 1 })]).await;
        // The storekeeper lets the deadline of the reservation pass.
        desk.now = desk.now.plus_micros(47 * 3_600_000_000);
        desk.engine.tick(None, desk.now).await.unwrap();
        assert_eq!(told(&desk, "the deadline of \"Parts reserved\"").await, [("storekeeper".to_owned(), json!({ "at": ["coolfix"] }))], "{}", fixture.url);
        let storekeeper = desk.who("storekeeper", Some("coolfix"));
        desk.must(&storekeeper, "I1", fire("pick"), json!({}), &[]).await;
        desk.must(&storekeeper, "I1", fire("dispatch"), json!({}), &[]).await;
        assert_eq!(told(&desk, "are ready").await, [("arjun".to_owned(), json!(null))], "{}", fixture.url);
        desk.must(&desk.who("technician", Some("arjun")), "I1", fire("accept"), json!({}), &[]).await;
        desk.must(&service_desk, "I1", fire("hold"), json!({ "reason": "the customer is away" }), &[]).await;
        assert_eq!(told(&desk, "is on hold").await, [("storekeeper".to_owned(), json!({ "at": ["coolfix"] }))], "{}", fixture.url);
        // That role is held everywhere.
        desk.now = desk.now.plus_micros(20 * 24 * 3_600_000_000);
        desk.engine.tick(None, desk.now).await.unwrap();
        assert_eq!(told(&desk, "the deadline of \"On hold\"").await, [("service_ops".to_owned(), json!(null))], "{}", fixture.url);
    }
}
