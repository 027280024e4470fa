//! What a good book becomes.

use super::book;
use crate::check::testing::{book_from, checked, report};
use crate::model::{Book, Choosing, ClauseKind, ExprKind, Goal, MoveSpec, Transition, Trigger, Type, Workflow};

fn good(puts: &[(&str, &str)]) -> Book {
    let text = book(puts);
    let mut texts = vec![("book.flow", text.as_str())];
    texts.extend(super::RULES);
    book_from(&texts)
}

fn request(book: &Book) -> &Workflow {
    &book.workflows["request"]
}

fn first_move(transition: &Transition) -> MoveSpec {
    let mut found = None;
    crate::check::walk::clauses(&transition.body, &mut |clause| {
        if let ClauseKind::Move(spec) = &clause.kind {
            found.get_or_insert((**spec).clone());
        }
    });
    found.unwrap()
}

#[test]
fn a_workflow_without_opening_is_opened_by_whoever_takes_the_first_step() {
    let book = good(&[]);
    let open = request(&book).transition("open").unwrap();
    assert!(open.opens() && open.body.is_empty());
    assert_eq!(open.to, ["draft"]);
    assert_eq!(open.by, ["asp_manager"]);
}

#[test]
fn an_approval_is_an_event_of_the_same_state() {
    let book = good(&[("workflow", "transition send: approved -> done by picker, after approval by service_ops {}")]);
    let approval = request(&book).transition("approve_send").unwrap();
    assert_eq!(approval.approves, Some("send".into()));
    assert_eq!(approval.from, approval.to);
    assert_eq!(approval.by, ["service_ops"]);
    assert_eq!(request(&book).transition("send").unwrap().approval, Some("service_ops".into()));
}

#[test]
fn any_same_and_back_mean_the_states_that_they_stand_for() {
    let held = "state held \"Held\"
      transition remark: any -> same by picker { ask note }
      transition rename: any -> same by picker { ask lines }
      transition halt: any -> held by picker {}
      transition resume: held -> back by picker {}";
    let book = good(&[("workflow", held)]);
    let named = |name: &str| request(&book).transition(name).unwrap();
    assert_eq!(named("remark").from, ["draft", "approved", "held"]);
    assert_eq!((named("remark").goal, &named("remark").to), (Goal::Same, &named("remark").from));
    assert_eq!(named("halt").from, ["draft", "approved"]);
    assert_eq!((named("resume").goal, named("resume").to.as_slice()), (Goal::Back, ["approved".into(), "draft".into()].as_slice()));
    assert!(named("remark").changes_nothing() && !named("rename").changes_nothing() && !named("halt").changes_nothing());
    // Whoever may write a note may not open documents because of it.
    assert_eq!(named("open").by, ["asp_manager"]);
}

#[test]
fn the_engine_gives_a_choosing_rule_the_line_and_the_lot() {
    let book = good(&[("each", "move up to approved of part from warehouse.available to warehouse.transit choosing allocation counting moved")]);
    let work = request(&book).transition("work").unwrap();
    let spec = first_move(work);
    let Choosing::Rule(rule, args) = &spec.choosing else { panic!("{:?}", spec.choosing) };
    assert_eq!(*rule, "allocation");
    assert!(matches!(args.as_slice(), [Some(line), None] if matches!(line.kind, ExprKind::Line)));
    assert_eq!(spec.counting, Some("moved".into()));
    assert_eq!(work.needs.bins, ["available"]);
}

#[test]
fn what_a_transition_reads_is_known_before_it_runs() {
    let needs = |clause: &str| request(&good(&[("each", clause)])).transition("work").unwrap().needs.clone();
    let guard = |test: &str| needs(&format!("require {test} else \"No.\""));
    assert!(needs("set moved = approved").bins.is_empty());
    assert!(guard("on hand of part at asp + inbound of part to asp < 5").on_hand);
    assert!(guard("on hand of part at asp + inbound of part to asp < 5").inbound);
    assert!(guard("has (limit of part at asp).maximum").limits);
    assert_eq!(guard("value of stock at asp in pool pool < 100").value_at, ["asp"]);
    assert_eq!(guard("quantity of part in warehouse.available as damaged is 0").bins, ["available"]);
    assert!(needs("move approved of part from supplier to warehouse.available as new lot with rate").past_moves);
    assert!(!needs("move all of part from warehouse.transit to warehouse.available").past_moves);
}

#[test]
fn literals_take_the_unit_of_what_stands_beside_them() {
    let book = good(&[("each", "require 0 < approved and rate * 2 > 10 and worth < 5.50 else \"No.\"")]);
    let mut literals = Vec::new();
    crate::check::walk::expressions(&request(&book).transition("work").unwrap().body, &mut |e| {
        if matches!(e.kind, ExprKind::Const(_)) {
            literals.push(format!("{} {}", e.ty, if let ExprKind::Const(v) = &e.kind { v.to_string() } else { String::new() }));
        }
    });
    assert_eq!(literals, ["quantity 0", "number 2", "money 10.00", "money 5.50"]);
}

#[test]
fn what_every_way_into_a_state_has_given_need_not_be_asked_for_again() {
    let ship = "transition ship: approved -> approved by picker {\n emit arrived with shipment = \"{number}\", note = note\n require sodo is \"4500010001/10 80001234/10\" else \"No.\"\n}";
    let given = book(&[("body", "ask sodo"), ("workflow", ship)]);
    let also = "transition skip: draft -> approved by picker {}";
    let not_always = book(&[("body", "ask sodo"), ("workflow", &format!("{ship}\n{also}"))]);
    let told = |flow: &str| {
        let mut texts = vec![("book.flow", flow)];
        texts.extend(super::RULES);
        let checked = checked(&texts);
        report(&checked.diagnostics, &checked.sources)
    };
    assert_eq!(told(&given), "");
    assert!(told(&not_always).contains("may-be-absent"));
}

#[test]
fn a_party_field_of_several_kinds_knows_them() {
    let other = "workflow count \"Count\" version 1 {\n number \"C/{seq:4}\"\n party store : warehouse or asp\n state open initial\n state closed final\n transition end: open -> closed by service_ops, at once {}\n}";
    let book = good(&[("book", other)]);
    let count = &book.workflows["count"];
    assert_eq!(count.fields[0].ty, Type::Party(None));
    assert_eq!(count.fields[0].kinds, ["warehouse", "asp"]);
    assert!(matches!(count.transitions[1].triggers.as_slice(), [Trigger::AtOnce]));
}

#[test]
fn the_hash_changes_with_every_text_and_not_with_their_order() {
    let texts = [("a.flow", "// a"), ("b.flow", "// b")];
    let hash = |texts: &[(&str, &str)]| book_from(texts).hash;
    assert_eq!(hash(&texts), hash(&[texts[1], texts[0]]));
    assert_ne!(hash(&texts), hash(&[("a.flow", "// a "), texts[1]]));
    assert_ne!(hash(&texts), hash(&[("c.flow", "// a"), texts[1]]));
}
