//! What is found before any run, as an analyst reads it.

use super::*;

/// The mistakes of an `allocation` whose body is the text.
fn allocation(body: &str) -> String {
    compile(&[("rules/bu/ac/x.rhai", &format!("fn allocation(line, lot, cover) {{\n    {body}\n}}\n"))]).1
}

const GOOD: &str = "#{ take: true, rank: [lot.received], reason: \"\" }";

#[test]
fn sound_scripts_have_no_mistakes() {
    for body in [
        GOOD,
        "let b = base(line, lot, cover); b.rank = [1, lot.received]; b",
        "if has(lot.expires) && lot.expires < lot.received { return #{ take: false, rank: [], reason: `late ${lot.expires}` }; }\n#{ take: true, rank: [lot.received], reason: \"\" }",
        "if !has(lot.days_left) { return #{ take: true, rank: [], reason: \"\" }; }\n#{ take: lot.days_left > 7, rank: [lot.days_left], reason: \"\" }",
        "let days = lot.days_left ?? 9999; let r = if days < 7 { \"soon\" } else { \"\" }; #{ take: r == \"\", rank: [days], reason: r }",
        "let good = cover.pools.filter(|p| p == lot.pool); #{ take: !good.is_empty(), rank: [], reason: \"\" }",
        "let most = quantity(0); for p in cover.pools { most += line.requested; } #{ take: most > 5, rank: [most], reason: \"\" }",
        "let n = 0; for i in 0..3 { n += i; } #{ take: n == 3, rank: [n], reason: \"\" }",
        "let order = switch lot.condition { \"repaired\" | \"ok\" => 1, _ => 2 }; #{ take: order == 1, rank: [order], reason: \"\" }",
        "#{ take: lot.condition in [\"ok\", \"repaired\"] && !(lot.pool in cover.pools), rank: [], reason: \"\" }",
        "let best = (); for p in cover.pools { if !has(best) || p < best { best = p; } } #{ take: has(best), rank: [], reason: \"\" }",
        "let cut = 3; let few = cover.pools.filter(|p| p.len() > cut); #{ take: few.len() > 1, rank: [], reason: \"\" }",
        "switch text(line.purpose) { \"a\" => #{ take: true, rank: [], reason: \"\" }, _ => #{ take: false, rank: [], reason: \"\" } }",
        "if lot.quantity > 2 { #{ take: true, rank: [], reason: \"\" } } else { throw `too few: ${lot.quantity}`; }",
    ] {
        assert_eq!(allocation(body), "", "{body}");
    }
}

#[test]
fn names_and_calls() {
    let bodies = [
        format!("let a = min(1); let b = flor(2.5); let c = lot.quantity.rond(); {GOOD}"),
        format!("let x = onn; let y = lott.quantity; {GOOD}"),
        format!("print(\"x\"); {GOOD}"),
        format!("let m = msl(line, lot, cover); {GOOD}"),
        "base(line, lot)".to_owned(),
        format!("let z = math::min(1, 2); {GOOD}"),
    ];
    insta::assert_snapshot!(bodies.iter().map(|b| allocation(b)).collect::<String>());
}

#[test]
fn signatures() {
    let shown = [
        "fn msl(party, part) { #{ maximum: 1, trigger: 1 } }",
        "fn mls(party, part, pool) { #{ maximum: 1, trigger: 1 } }",
        "fn score(n) { helper(n) + base(n) }\nfn helper(n) { n }\nfn idle(n) { n }",
        "fn score(n) { even(n) }\nfn even(n) { if n == 0 { 1 } else { odd(n - 1) } }\nfn odd(n) { even(n - 1) }",
        "fn score(n) { score(n - 1) }",
        "fn min(a, b) { a }\nfn score(n) { min(n, 1) }",
        "let limit = 3;\nfn score(n) { n }",
    ];
    insta::assert_snapshot!(shown.iter().map(|text| compile(&[("rules/default/x.rhai", text)]).1 + "--\n").collect::<String>());
}

#[test]
fn two_scripts_of_a_layer_cannot_write_the_same_rule() {
    let text = "fn score(n) { n }";
    let shown = compile(&[("rules/default/a.rhai", text), ("rules/default/b.rhai", text), ("rules/bu/ac/a.rhai", text)]).1;
    insta::assert_snapshot!(shown);
}

#[test]
fn kinds_of_values() {
    let bodies = [
        format!("let a = lot.onhand; let b = lot.conditon == \"ok\"; let c = cover.pool; {GOOD}"),
        format!("let a = lot.quantity + lot.rate; let b = lot.quantity < lot.rate; let c = lot.received > 5; {GOOD}"),
        format!("let a = lot.expires > lot.received; if has(lot.sodo) || lot.sodo == \"1\" {{ throw lot.sodo; }} {GOOD}"),
        format!("let a = lot.condition == \"okk\"; let b = lot.pool in [\"in_waranty\", \"out_of_warranty\"]; {GOOD}"),
        format!("if lot.quantity {{ throw \"x\"; }} let b = !lot.condition; for x in lot.quantity {{ }} {GOOD}"),
        format!("lot.quantity = 7; {GOOD}"),
        format!("let x = lot.part.class; let y = lot.quantity.unit; {GOOD}"),
        format!("let x = lot.expires == (); let y = 2 | 3; {GOOD}"),
        format!("let terms = #{{ payer: \"oem\" }}; let p = terms.payr; {GOOD}"),
        format!("let bad = cover.pools.filter(|p| p > 7); {GOOD}"),
        format!("let both = line.serials.filter(|s| s != line.serial); {GOOD}"),
    ];
    insta::assert_snapshot!(bodies.iter().map(|b| allocation(b) + "--\n").collect::<String>());
}

#[test]
fn switches_compare_only_like_with_like() {
    let bodies = [
        "let x = switch lot.quantity { 1 => 2, _ => 3 };",
        "let x = switch lot.days_left { 1 => 2, _ => 3 };",
        "let x = switch line.purpose { \"a\" => 2, _ => 3 };",
        "let x = switch lot.condition { \"ok\" => 2 };",
        "let x = switch lot.condition { 1 => 2, _ => 3 };",
    ];
    insta::assert_snapshot!(bodies.iter().map(|b| allocation(&format!("{b} {GOOD}")) + "--\n").collect::<String>());
}

#[test]
fn shapes_of_answers() {
    let bodies = [
        "#{ take: true, rnk: [], reason: \"\" }",
        "#{ take: true }",
        "#{ take: \"yes\", rank: [\"first\"], reason: 7 }",
        "#{ take: true, rank: [lot.expires], reason: lot.sodo }",
        "if lot.quantity > 3 { #{ take: true, rank: [], reason: \"\" } }",
        "let x = 3;",
        "7",
        "if lot.quantity > 3 { return; } return lot;",
        "",
    ];
    insta::assert_snapshot!(bodies.iter().map(|b| allocation(b) + "--\n").collect::<String>());
    let eligibility = "fn eligibility(part) { #{ covered: part.spare, pools: [\"amc\"], payer: part.class } }";
    insta::assert_snapshot!("words_in_answers", compile(&[("rules/default/x.rhai", eligibility)]).1);
}

/// The mistakes of a rule about duties whose body is the text.
fn duties(body: &str) -> Vec<String> {
    let words = Vocabulary {
        obligations: ["loan", "damage"].map(named).to_vec(),
        party_kinds: ["asp", "customer"].map(named).to_vec(),
        rules: [rule("dues", &[("owed", list(Type::Builtin("obligation"))), ("party", Type::Party(None))], Type::YesNo)].into(),
        ..Vocabulary::default()
    };
    let text = format!("fn dues(owed, party) {{ {body} }}");
    let found = Rules::from_texts(&words, &[("rules/default/dues.rhai", text.as_str())], &mut SourceMap::default()).1;
    found.into_iter().map(|d| format!("{}: {}; {}", d.code, d.title, d.help.unwrap_or_default())).collect()
}

#[test]
fn the_kind_of_a_duty_is_one_that_the_book_declares() {
    assert_eq!(duties("owed.any(|duty| duty.kind == \"loan\") && party.kind == \"asp\""), Vec::<String>::new());
    assert_eq!(duties("owed.any(|duty| duty.kind == \"laon\")"), ["rule-word: there is no obligation `laon`; did you mean `loan`?"]);
    assert_eq!(duties("party.kind == \"asq\" && owed.len() > 0"), ["rule-word: there is no kind of party `asq`; did you mean `asp`?"]);
}

#[test]
fn what_is_only_added_to_stays_money() {
    let sum = |what: &str| duties(&format!("let worth = money(0); for duty in owed {{ worth += duty.{what}; }} worth > money(5) && party.kind == \"asp\""));
    assert_eq!(sum("value"), Vec::<String>::new());
    let told = sum("open");
    assert!(matches!(told.as_slice(), [one] if one.starts_with("rule-kind:") && one.contains("quantity")), "{told:?}");
    let replaced = "let worth = money(0); worth = number(worth); worth += 1; worth > 5 && owed.len() > 0 && party.kind == \"asp\"";
    assert_eq!(duties(replaced), Vec::<String>::new());
}
