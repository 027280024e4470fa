//! Twenty people carry parts between eight stores, a hundred times each and all at once: at the end every store has what the
//! answers add up to, to the thousandth, on all three stores.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use bincard::base::{DocId, Key, PersonCode, Quantity};
use bincard::check::{BookFile, BookFiles, check};
use bincard::domain::{Action, Actor, Command, Input, InputLine, MasterData, Part, Party, Person, ReasonCode, RoleGrant, Tracking};
use bincard::engine::{Engine, Outcome};
use bincard::store::{StockFilter, Store};
use serde_json::json;

use crate::support::stores::{Fixture, bu, minute, raw_postgres, stores};

const PEOPLE: usize = 20;
const TRANSFERS: usize = 100;
const STORES: usize = 8;
const UNITS: usize = 12;
/// Documents that everybody passes parts on with, so that their revisions are raced for.
const SHARED: usize = 4;
/// So many races are lost at most before somebody has won them all: each loss is another one's gain.
const TRIES: usize = PEOPLE * TRANSFERS;

const BOOK: &str = "name: Transfers\ncurrency: INR\nzone: Asia/Kolkata\nworkflows: workflows\nrules: rules\nmaster: master\ndatabase: sqlite:bincard.db\n";
const FLOW: &str = r#"
condition ok "Good"
owner us "Ours"
pool general "For everybody"
party kind store "Store"
bin shelf at store "On the shelf"
bin supplier outside "Supplier"
on hand counts shelf in ok
role clerk "Clerk"
calendar working always
document note "Delivery note" number "DN/{fy}/{seq:5}"

workflow receipt "Receipt" version 1 {
  number "REC/{fy}/{seq:5}"
  party store : store
  lines {
    part : part
    quantity : quantity
    serials : list of serial
  }
  state in_store "In store" initial
  state put_away "Put away" final
  transition open: -> in_store by clerk {
    each line { move quantity of part from supplier to store.shelf as new lot as ok, owner us, pool general choosing serials serials }
  }
  transition finish: in_store -> put_away by clerk {}
}

workflow carriage "Carriage" version 1 {
  number "CAR/{fy}/{seq:5}"
  party giver : store
  party taker : store
  lines {
    part : part
    quantity : quantity
    serials : list of serial
  }
  state under_way "Under way" initial
  state done "Done" final
  transition open: -> under_way by clerk {
    each line { move quantity of part from giver.shelf to taker.shelf choosing serials serials }
    issue note from giver to taker
  }
  transition pass_on: under_way -> under_way by clerk {
    ask giver, taker
    ask lines
    each line { move quantity of part from giver.shelf to taker.shelf choosing serials serials }
    issue note from giver to taker
  }
  transition finish: under_way -> done by clerk {}
}
"#;

async fn engine(store: Store) -> Engine {
    let file = |path: &str, text: &str| BookFile { path: path.into(), text: text.into() };
    let files = BookFiles { manifest: file("bincard.yaml", BOOK), flows: vec![file("workflows/carriage.flow", FLOW)], rules: Vec::new() };
    let checked = check(&files);
    let told: Vec<&str> = checked.diagnostics.iter().map(|d| d.title.as_str()).collect();
    let book = Arc::new(checked.book.unwrap_or_else(|| panic!("{told:?}")));
    let engine = Engine::new(book, Arc::new(checked.rules), store).await.expect("an engine");
    let master = crate::store_parity::master();
    let clerk = Person { bu: bu(), code: "asha".into(), name: "Asha".into(), roles: vec![RoleGrant { role: "clerk".into(), at: None }] };
    let party = |n: usize| Party { code: shop(n).as_str().into(), kind: "store".into(), parent: None, ..master.parties[0].clone() };
    let part = |code: &str, decimals: u32, tracking| Part { code: code.into(), decimals, tracking, ..master.parts[0].clone() };
    let parts = vec![part("BOLT", 0, Tracking::None), part("CABLE", 2, Tracking::None), part("PUMP", 0, Tracking::Serial)];
    let all = MasterData {
        people: vec![clerk],
        parties: (0..STORES).map(party).collect(),
        parts,
        business_units: master.business_units.clone(),
        ..MasterData::default()
    };
    engine.load_master(&all).await.expect("master data");
    engine
}

fn shop(n: usize) -> String {
    format!("shop{n}")
}

/// Enough of chance for a test that must be the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n as u64).expect("small")
    }
}

fn command(doc: &str, key: &str, action: Action, parties: &[(&str, usize)], lines: &[serde_json::Value]) -> Command {
    let line = |line: &serde_json::Value| InputLine { line: None, values: serde_json::from_value(line.clone()).expect("a line") };
    Command {
        bu: bu(),
        doc: DocId::from(doc),
        action,
        actor: Actor::Person(PersonCode::from("asha")),
        input: Input { fields: parties.iter().map(|(name, n)| ((*name).into(), json!(shop(*n)))).collect(), lines: lines.iter().map(line).collect() },
        key: Key::from(key),
        recorded_at: minute(10),
        effective_at: minute(10),
        seen_revision: None,
    }
}

fn opens(workflow: &str) -> Action {
    Action::Open { workflow: workflow.into(), transition: None, parent: None }
}

/// What is where: quantities by part and store, and the store of each unit.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Shelves {
    there: BTreeMap<(String, String), Quantity>,
    units: BTreeMap<String, String>,
}

impl Shelves {
    fn add(&mut self, part: &str, shop: &str, quantity: Quantity) {
        let sum = self.there.entry((part.to_owned(), shop.to_owned())).or_default();
        *sum = *sum + quantity;
        if sum.is_zero() {
            self.there.remove(&(part.to_owned(), shop.to_owned()));
        }
    }

    async fn of(store: &Store) -> Self {
        let mut shelves = Self::default();
        for row in store.stock(&StockFilter::new(bu())).await.expect("stock") {
            let shop = row.balance.position.party.expect("a store").to_string();
            shelves.add(row.balance.part.as_str(), &shop, row.balance.quantity);
            if let Some(serial) = row.balance.serial {
                assert!(shelves.units.insert(serial.to_string(), shop).is_none(), "{serial} is in two places");
            }
        }
        shelves
    }
}

/// A transfer: what it sends, and what it would change.
struct Transfer {
    command: Command,
    from: usize,
    to: usize,
    lines: Vec<(&'static str, Quantity, Option<String>)>,
}

fn transfer(person: usize, n: usize) -> Transfer {
    // Neighbouring seeds begin alike.
    let mut dice = Dice(((person * TRANSFERS + n) as u64 + 77).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let from = dice.below(STORES);
    let to = (from + 1 + dice.below(STORES - 1)) % STORES;
    let mut lines: Vec<(&'static str, Quantity, Option<String>)> = Vec::new();
    if dice.below(3) > 0 {
        lines.push(("BOLT", Quantity::units(1 + dice.below(4) as i64), None));
    }
    if dice.below(3) > 0 {
        lines.push(("CABLE", Quantity::from_milli(10 * (1 + dice.below(300) as i64)), None));
    }
    if lines.is_empty() || dice.below(3) == 0 {
        lines.push(("PUMP", Quantity::ONE, Some(format!("P{:02}", dice.below(UNITS)))));
    }
    if dice.below(2) == 0 {
        lines.reverse();
    }
    let json: Vec<_> = lines
        .iter()
        .map(|(part, quantity, serial)| json!({ "part": part, "quantity": quantity.to_string(), "serials": serial.iter().collect::<Vec<_>>() }))
        .collect();
    let (parties, key) = ([("giver", from), ("taker", to)], format!("{person}-{n}"));
    let command = match dice.below(4) {
        0 => command(&format!("S{}", dice.below(SHARED)), &key, Action::Fire { transition: "pass_on".into() }, &parties, &json),
        _ => command(&format!("T{person}-{n}"), &key, opens("carriage"), &parties, &json),
    };
    Transfer { command, from, to, lines }
}

/// What one person had done, as the answers said, and how often they had to try again.
async fn carry(engine: Engine, person: usize) -> (Vec<Transfer>, usize, usize) {
    let (mut done, mut refused, mut lost) = (Vec::new(), 0, 0);
    for n in 0..TRANSFERS {
        let transfer = transfer(person, n);
        // Now and then a message comes twice, and both times at once.
        let twice = n.is_multiple_of(10);
        for tried in 0..=TRIES {
            assert!(tried < TRIES, "{}: others always came first", transfer.command.key);
            let (first, second) = tokio::join!(engine.execute(transfer.command.clone()), async {
                if twice { Some(engine.execute(transfer.command.clone()).await) } else { None }
            });
            let answers = [Some(first), second].into_iter().flatten().map(|answer| answer.expect("no fault reaches a caller"));
            let (mut carried, mut contended) = (0, false);
            for answer in answers {
                match answer {
                    Outcome::Done(answer) if answer.repeated() => {}
                    Outcome::Done(_) => carried += 1,
                    Outcome::Refused(refusal) => match refusal.code() {
                        ReasonCode::Contended => contended = true,
                        ReasonCode::NotEnough | ReasonCode::SerialPlace => {}
                        _ => panic!("{refusal:#?}"),
                    },
                }
            }
            assert!(carried < 2, "{} was carried out twice", transfer.command.key);
            match (carried, contended) {
                (1, _) => done.push(transfer),
                (_, true) => {
                    lost += 1;
                    continue;
                }
                _ => refused += 1,
            }
            break;
        }
    }
    (done, refused, lost)
}

async fn stocked(engine: &Engine) -> Shelves {
    let mut shelves = Shelves::default();
    for n in 0..STORES {
        let units: Vec<String> = (0..UNITS).filter(|u| u % STORES == n).map(|u| format!("P{u:02}")).collect();
        let mut lines = vec![json!({ "part": "BOLT", "quantity": "40" }), json!({ "part": "CABLE", "quantity": "25.50" })];
        lines.push(json!({ "part": "PUMP", "quantity": units.len().to_string(), "serials": units }));
        let done = engine.execute(command(&format!("R{n}"), &format!("receipt {n}"), opens("receipt"), &[("store", n)], &lines)).await;
        assert!(matches!(done.expect("no fault"), Outcome::Done(_)));
        shelves.add("BOLT", &shop(n), Quantity::units(40));
        shelves.add("CABLE", &shop(n), Quantity::from_milli(25_500));
        shelves.add("PUMP", &shop(n), Quantity::units(units.len() as i64));
        shelves.units.extend(units.into_iter().map(|unit| (unit, shop(n))));
    }
    for n in 0..SHARED {
        let nothing = command(&format!("S{n}"), &format!("shared {n}"), opens("carriage"), &[("giver", 0), ("taker", 1)], &[]);
        assert!(matches!(engine.execute(nothing).await.expect("no fault"), Outcome::Done(_)));
    }
    shelves
}

async fn on(f: Fixture) {
    let kind = f.store.kind();
    let engine = engine(f.store.clone()).await;
    let mut expected = stocked(&engine).await;
    assert_eq!(Shelves::of(&f.store).await, expected, "{kind}");
    let begun = Instant::now();
    let people: Vec<_> = (0..PEOPLE).map(|person| tokio::spawn(carry(engine.clone(), person))).collect();
    let (mut done, mut refused, mut lost) = (Vec::new(), 0, 0);
    for person in people {
        let (carried, not_there, tries) = person.await.expect("no panic");
        done.extend(carried);
        refused += not_there;
        lost += tries;
    }
    let took = begun.elapsed();
    assert_eq!(done.len() + refused, PEOPLE * TRANSFERS, "{kind}");
    assert!(done.len() > PEOPLE * TRANSFERS / 2 && refused > 0, "{kind}: {} carried, {refused} refused", done.len());
    let mut moved_units: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for t in &done {
        for (part, quantity, serial) in &t.lines {
            expected.add(part, &shop(t.from), -*quantity);
            expected.add(part, &shop(t.to), *quantity);
            if let Some(serial) = serial {
                *moved_units.entry(serial.clone()).or_default().entry(shop(t.from)).or_default() -= 1;
                *moved_units.entry(serial.clone()).or_default().entry(shop(t.to)).or_default() += 1;
            }
        }
    }
    // A unit is where more have brought it to than taken it from.
    for (unit, moves) in moved_units {
        let began = expected.units.get(&unit).expect("a unit").clone();
        let is = (0..STORES).map(shop).find(|s| moves.get(s).copied().unwrap_or_default() + i64::from(*s == began) == 1);
        expected.units.insert(unit, is.expect("somewhere"));
    }
    assert_eq!(Shelves::of(&f.store).await, expected, "{kind}");
    let report = f.store.verify().await.expect("verify");
    assert!(report.is_sound(), "{kind}: {report:?}");
    assert_eq!(report.events as usize, done.len() + STORES + SHARED, "{kind}");
    if kind == "postgres" {
        let (raw, _) = raw_postgres(&f).await;
        let counted = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        let deadlocks: i64 = sqlx::query_scalar(counted).fetch_one(&raw).await.expect("a count");
        assert_eq!(deadlocks, 0, "the database had to break up commits that waited for each other");
    }
    println!("{kind}: {} transfers in {took:.1?}, {refused} refused, {lost} races lost", done.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_transfers_among_eight_stores_leave_what_the_answers_add_up_to() {
    for f in stores().await {
        on(f).await;
    }
}
