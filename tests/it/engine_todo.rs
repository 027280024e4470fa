//! What waits for a person: what their roles allow, without what somebody else must do or approve first.

use bincard::base::PersonCode;
use serde_json::json;

use crate::support::desk::{Desk, ac, fire, open};
use crate::support::stores;

async fn names(desk: &Desk, person: &PersonCode) -> Vec<String> {
    let todo = desk.engine.todo(&ac(), person).await.expect("no fault");
    todo.iter().flat_map(|t| t.transitions.iter().map(|name| format!("{} {name}", t.document.id))).collect()
}

#[tokio::test]
async fn what_four_eyes_forbid_waits_for_the_other_pair() {
    for fixture in stores::stores().await {
        let desk = Desk::on(fixture.store.clone()).await;
        let (lata, priya) = (PersonCode::from("lata"), PersonCode::from("priya"));
        desk.must(&lata, "B1", open("books_closing"), json!({ "warehouse": "wh_blr", "through": "2026-04-10" }), &[]).await;
        assert_eq!(names(&desk, &lata).await, ["B1 drop"], "{}", fixture.url);
        assert_eq!(names(&desk, &priya).await, ["B1 close", "B1 drop"], "{}", fixture.url);
    }
}

#[tokio::test]
async fn what_needs_an_approval_waits_for_whoever_gives_it_and_then_for_whoever_asked() {
    for fixture in stores::stores().await {
        let desk = Desk::on(fixture.store.clone()).await;
        let (vikram, priya) = (PersonCode::from("vikram"), PersonCode::from("priya"));
        desk.stocked("coolfix", &[json!({ "part": "CAP", "quantity": 4 })]).await;
        for hold in ["H1", "H2"] {
            let lines = [json!({ "part": "CAP", "quantity": 1, "lots": [], "serials": [] })];
            desk.must(&vikram, hold, open("hold"), json!({ "store": "coolfix", "cause": "quality" }), &lines).await;
        }
        assert_eq!(names(&desk, &vikram).await, ["H2 condemn", "H2 release", "H1 condemn", "H1 release"], "{}", fixture.url);
        let wanted = ["H2 approve_leave", "H2 approve_write_off", "H1 approve_leave", "H1 approve_write_off"];
        assert_eq!(names(&desk, &priya).await, wanted, "{}", fixture.url);
        desk.must(&priya, "H1", fire("approve_leave"), json!({}), &[]).await;
        let wanted = ["H2 condemn", "H2 release", "H1 condemn", "H1 leave", "H1 release"];
        assert_eq!(names(&desk, &vikram).await, wanted, "{}", fixture.url);
    }
}
