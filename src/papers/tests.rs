//! Papers of the acceptance scenarios, as pages and as what the validator says of them.

use std::path::Path;

use super::*;
use crate::base::{DocId, SourceMap, Timestamp};
use crate::domain::{Holder, MasterData, Move, Position};
use crate::network;

fn example() -> MasterData {
    let known = network::Known {
        party_kinds: ["warehouse", "asp", "technician", "customer"].map(Name::from).into(),
        calendars: [Name::from("working")].into(),
        ..network::Known::default()
    };
    let mut sources = SourceMap::default();
    for (_, file) in network::read_folder(Path::new("examples/network")).unwrap().files() {
        if !["people.yaml", "limits.yaml"].iter().any(|n| file.name.ends_with(n)) {
            sources.add(file.name.clone(), file.text.clone());
        }
    }
    network::check(&sources, &known).unwrap().data
}

/// `party.bin as condition`; a bin in brackets holds parts for the document, and no party is the outside world.
fn at(text: &str) -> Position {
    let (place, condition) = text.split_once(" as ").unwrap_or((text, "ok"));
    let (party, bin) = place.split_once('.').map_or((None, place), |(party, bin)| (Some(PartyCode::from(party)), bin));
    let held = bin.starts_with('(');
    Position {
        party,
        bin: Name::from(bin.trim_matches(['(', ')'])),
        holder: held.then(|| Holder { doc: DocId::from("D1"), line: 1 }),
        condition: Name::from(condition),
        owner: Name::from("oem"),
        pool: Name::from("in_warranty"),
    }
}

#[derive(Default)]
struct Story {
    moves: Vec<MoveRecord>,
    papers: Vec<Paper>,
    lots: Vec<Lot>,
}

impl Story {
    fn moved(&mut self, revision: u64, quantity: &str, part: &str, lot: &str, [from, to]: [&str; 2], rate: &str) {
        let (lot, serial) = lot.split_once('#').map_or((lot, None), |(lot, serial)| (lot, Some(SerialNo::from(serial))));
        let movement = Move {
            line: 1,
            part: PartCode::from(part),
            lot: LotId::from(lot),
            serial,
            quantity: quantity.parse().unwrap(),
            from: at(from),
            to: at(to),
            rate: rate.parse().unwrap(),
        };
        let ordinal = u32::try_from(self.moves.len()).unwrap();
        let when = time("2026-04-02 12:00");
        self.moves.push(MoveRecord { doc: DocId::from("D1"), revision, ordinal, recorded_at: when, effective_at: when, movement });
    }

    fn lot(&mut self, id: &str, part: &str, sodo: &str, expires: Option<&str>) {
        self.lots.push(Lot {
            id: LotId::from(id),
            part: PartCode::from(part),
            label: expires.map(|_| format!("S-{id}")),
            received_at: time("2026-04-02 12:00"),
            sodo: Some(sodo.parse().unwrap()),
            rate: Money::ZERO,
            expires: expires.map(|d| d.parse().unwrap()),
            parent: None,
            doc: DocId::from("D1"),
        });
    }

    fn paper(&mut self, number: &str, revision: u64, [from, to]: [&str; 2], reverse_of: Option<&str>) {
        self.papers.push(Paper {
            number: number.to_owned(),
            kind: Name::from("challan"),
            doc: DocId::from("D1"),
            revision,
            issued_at: time("2026-04-02 12:00"),
            from: (!from.is_empty()).then(|| PartyCode::from(from)),
            to: (!to.is_empty()).then(|| PartyCode::from(to)),
            reverse_of: reverse_of.map(str::to_owned),
            open: reverse_of.is_some(),
        });
    }

    fn make(&self, number: &str, title: &str, document: &str) -> PaperRecord {
        let (master, zone) = (example(), zone());
        let paper = self.papers.iter().find(|p| p.number == number).unwrap();
        let facts =
            Facts { title, document, papers: &self.papers, moves: &self.moves, parties: &master.parties, parts: &master.parts, lots: &self.lots, zone: &zone };
        make(paper, &facts)
    }
}

fn zone() -> TimeZone {
    TimeZone::get("Asia/Kolkata").unwrap()
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse_local(text, &zone()).unwrap()
}

/// Scenario S1: base stock leaves the warehouse by way of its SAP order, under new lots; then it is received, one board damaged.
fn shipment() -> Story {
    let mut story = Story::default();
    for (part, rate, old, new, units) in [("COMP", "6500", "W1", "L1", &["C1", "C2", "C3", "C4"][..]), ("PCB", "3200", "W2", "L2", &["P1", "P2"][..])] {
        for unit in units {
            story.moved(3, "1", part, &format!("{old}#{unit}"), ["wh_blr.(packed)", "sap_order"], rate);
            story.moved(3, "1", part, &format!("{new}#{unit}"), ["sap_order", "wh_blr.(transit)"], rate);
        }
        story.lot(new, part, "4500010001/10 80001234/10", None);
    }
    story.moved(3, "50", "CAP", "W3", ["wh_blr.(packed)", "sap_order"], "120");
    story.moved(3, "50", "CAP", "L3", ["sap_order", "wh_blr.(transit)"], "120");
    story.lot("L3", "CAP", "4500010001/30 80001234/30", None);
    story.paper("DCS/26-27/00001", 3, ["wh_blr", "coolfix"], None);
    for unit in ["C1", "C2", "C3", "C4"] {
        story.moved(5, "1", "COMP", &format!("L1#{unit}"), ["wh_blr.(transit)", "coolfix.available"], "6500");
    }
    story.moved(5, "1", "PCB", "L2#P1", ["wh_blr.(transit)", "coolfix.available"], "3200");
    story.moved(5, "1", "PCB", "L2#P2", ["wh_blr.(transit)", "coolfix.blocked as damaged"], "3200");
    story.moved(6, "50", "CAP", "L3", ["wh_blr.(transit)", "coolfix.available"], "120");
    story.paper("GRN/26-27/00001", 6, ["coolfix", ""], None);
    story
}

/// A job: handed to the technician with a reverse challan; one sealant is fitted, one comes back, and so does the old board.
fn job() -> Story {
    let mut story = Story::default();
    story.lot("L1", "SEAL", "4500010001/10 80001234/10", Some("2026-05-31"));
    story.lot("L2", "PCB", "4500010001/20 80001234/20", None);
    story.moved(4, "2", "SEAL", "L1", ["sri_balaji.(picked)", "dinesh.(hand)"], "80");
    story.moved(4, "1", "PCB", "L2#R010", ["sri_balaji.(picked)", "dinesh.(hand)"], "3200");
    story.paper("DCC/26-27/00031", 4, ["sri_balaji", "cust_anand"], None);
    story.paper("RDC/26-27/00031", 4, ["cust_anand", "sri_balaji"], Some("DCC/26-27/00031"));
    story.moved(5, "1", "SEAL", "L1", ["dinesh.(hand)", "fitted"], "80");
    story.moved(5, "1", "PCB", "L2#R010", ["dinesh.(hand)", "fitted"], "3200");
    story.moved(5, "1", "PCB", "L4#X778", ["fitted", "dinesh.(old_parts) as defective"], "3200");
    story.moved(6, "1", "SEAL", "L1", ["dinesh.(hand)", "sri_balaji.available"], "80");
    story.moved(7, "1", "PCB", "L4#X778", ["dinesh.(old_parts) as defective", "sri_balaji.defectives as defective"], "3200");
    story
}

#[test]
fn a_challan_names_what_left_and_nothing_twice() {
    let record = shipment().make("DCS/26-27/00001", "Delivery challan to a store", "STS/coolfix/26-27/00001");
    assert_eq!(validate(&record, &[]), []);
    insta::assert_snapshot!(record.to_text(Copy::Original), @r#"
    DELIVERY CHALLAN (CGST RULE 55)                                           ORIGINAL FOR CONSIGNEE
    ================================================================================================
    Number  DCS/26-27/00001                         For     STS/coolfix/26-27/00001
    Date    02-04-2026
    ------------------------------------------------------------------------------------------------
    Consigner                                       Consignee
    Vitara Electronics                              Coolfix Services
    Plot 7, ITPL Road, Bengaluru 560048             12, 80 Feet Road, Bengaluru 560034
    State 29 Karnataka                              State 29 Karnataka
    GSTIN 29AAACV1234F1ZL                           GSTIN 29AAKFA4321M1Z9
    ------------------------------------------------------------------------------------------------
     No Goods                              HSN         Quantity Unit          Rate    Taxable value
    ------------------------------------------------------------------------------------------------
      1 CAP Capacitor 45uF                 85322500          50 NOS         120.00         6,000.00
            50 of lot L3, SODO 4500010001/30 80001234/30
      2 COMP Compressor 1.5T               84143000           4 NOS       6,500.00        26,000.00
            4 of lot L1, SODO 4500010001/10 80001234/10, serial C1 C2 C3 C4
      3 PCB Inverter PCB                   84159000           2 NOS       3,200.00         6,400.00
            2 of lot L2, SODO 4500010001/10 80001234/10, serial P1 P2
    ------------------------------------------------------------------------------------------------
                                                                             Total         38,400.00
    Goods move for reasons other than supply: no tax is charged.

                                                                              for Vitara Electronics
                                                                                           Signature
    "#);
}

#[test]
fn a_receipt_names_all_that_was_taken_in_since_the_last_one() {
    let record = shipment().make("GRN/26-27/00001", "GRN to store", "STS/coolfix/26-27/00001");
    assert_eq!(validate(&record, &[]), []);
    insta::assert_snapshot!(record.to_text(Copy::Original), @r#"
    GRN TO STORE
    ================================================================================================
    Number  GRN/26-27/00001                         For     STS/coolfix/26-27/00001
    Date    02-04-2026
    ------------------------------------------------------------------------------------------------
    Received from                                   Received at
    Vitara Electronics                              Coolfix Services
    Plot 7, ITPL Road, Bengaluru 560048             12, 80 Feet Road, Bengaluru 560034
    State 29 Karnataka                              State 29 Karnataka
    GSTIN 29AAACV1234F1ZL                           GSTIN 29AAKFA4321M1Z9
    ------------------------------------------------------------------------------------------------
     No Goods                              HSN         Quantity Unit          Rate    Taxable value
    ------------------------------------------------------------------------------------------------
      1 CAP Capacitor 45uF                 85322500          50 NOS         120.00         6,000.00
            50 of lot L3, SODO 4500010001/30 80001234/30
      2 COMP Compressor 1.5T               84143000           4 NOS       6,500.00        26,000.00
            4 of lot L1, SODO 4500010001/10 80001234/10, serial C1 C2 C3 C4
      3 PCB Inverter PCB (damaged)         84159000           1 NOS       3,200.00         3,200.00
            1 of lot L2, SODO 4500010001/10 80001234/10, serial P2
      4 PCB Inverter PCB                   84159000           1 NOS       3,200.00         3,200.00
            1 of lot L2, SODO 4500010001/10 80001234/10, serial P1
    ------------------------------------------------------------------------------------------------
                                                                             Total         38,400.00

                                                                                for Coolfix Services
                                                                                           Signature
    "#);
}

#[test]
fn a_reverse_challan_names_what_came_back_beside_what_was_sent() {
    let record = job().make("RDC/26-27/00031", "Delivery challan to a customer", "IND/sri_balaji/26-27/00301");
    insta::assert_snapshot!(record.to_text(Copy::Duplicate), @r#"
    REVERSE DELIVERY CHALLAN (CGST RULE 55)                                DUPLICATE FOR TRANSPORTER
    ================================================================================================
    Number  RDC/26-27/00031                         For     IND/sri_balaji/26-27/00301
    Date    02-04-2026                              Against DCC/26-27/00031
    Place of supply  33 Tamil Nadu (inter-State)
    ------------------------------------------------------------------------------------------------
    Consigner                                       Consignee
    Anand Residency                                 Sri Balaji Cooling
    7, Lavelle Road, Bengaluru 560001               4, Usman Road, Chennai 600017
    State 29 Karnataka                              State 33 Tamil Nadu
    GSTIN unregistered                              GSTIN 33AAKFC7654N1ZY
    ------------------------------------------------------------------------------------------------
     No Goods                              HSN         Quantity Unit          Rate    Taxable value
    ------------------------------------------------------------------------------------------------
      1 PCB Inverter PCB (defective)       84159000           1 NOS       3,200.00         3,200.00
            1 of lot L4, serial X778
      2 SEAL Sealant                       32141000           1 NOS          80.00            80.00
            1 of lot S-L1, SODO 4500010001/10 80001234/10, use by 2026-05-31
    ------------------------------------------------------------------------------------------------
                                                                             Total          3,280.00
    Sent on DCC/26-27/00031
        PCB Inverter PCB                                      1 NOS    used ________   returned ________
        SEAL Sealant                                          2 NOS    used ________   returned ________
    Open until all of it is accounted for.
    Goods move for reasons other than supply: no tax is charged.

                                                                                 for Anand Residency
                                                                                           Signature
    "#);
    let mut early = job();
    early.moves.retain(|m| m.revision <= 4);
    let record = early.make("RDC/26-27/00031", "", "IND/sri_balaji/26-27/00301");
    assert_eq!((record.lines.len(), record.sent.len(), validate(&record, &[])), (0, 2, vec![]));
}

#[test]
fn goods_to_another_state_have_a_place_of_supply() {
    let record = job().make("DCC/26-27/00031", "", "IND/sri_balaji/26-27/00301");
    assert_eq!((record.inter_state, record.place_of_supply.as_deref()), (true, Some("29 Karnataka")));
    assert_eq!((record.value.to_string().as_str(), validate(&record, &[])), ("3360.00", vec![]));
    let json = record.to_json();
    assert_eq!((&json["form"], &json["lines"][1]["lots"][0]["label"]), (&"challan".into(), &"S-L1".into()));
}

#[test]
fn the_validator_refuses_what_the_rule_forbids() {
    let good = job().make("DCC/26-27/00031", "", "IND/sri_balaji/26-27/00301");
    let codes = |spoil: fn(&mut PaperRecord)| {
        let mut record = good.clone();
        spoil(&mut record);
        let others = [("DCC/26-27/00030".to_owned(), "2026-04-01".parse().unwrap()), ("DCC/25-26/00031".to_owned(), "2026-03-31".parse().unwrap())];
        validate(&record, &others).into_iter().map(|f| (f.code, f.line)).collect::<Vec<_>>()
    };
    assert_eq!(codes(|_| {}), []);
    assert_eq!(codes(|r| r.number = "DCC/2026-27/00031".to_owned()), [("number-too-long", None)]);
    assert_eq!(codes(|r| r.number = "0CC/26-27/00031".to_owned()), [("bad-number", None)]);
    assert_eq!(codes(|r| r.number = "DCC/26-27/00030".to_owned()), [("duplicate-number", None)]);
    assert_eq!(codes(|r| r.number = "DCC/25-26/00031".to_owned()), []);
    assert_eq!(codes(|r| r.to = None), [("missing-party", None)]);
    assert_eq!(codes(|r| r.from.as_mut().unwrap().gstin = "33AAKFC7654N1ZX".to_owned()), [("bad-gstin", None)]);
    assert_eq!(codes(|r| r.place_of_supply = None), [("missing-place-of-supply", None)]);
    assert_eq!(codes(|r| r.lines.clear()), [("missing-goods", None)]);
    assert_eq!(codes(|r| r.lines[0].hsn = String::new()), [("missing-hsn", Some(1))]);
    assert_eq!(codes(|r| r.lines[1].unit = String::new()), [("missing-quantity", Some(2))]);
    assert_eq!(codes(|r| r.lines[1].value = Money::ZERO), [("missing-value", Some(2))]);
    assert_eq!(codes(|r| r.lines[0].lots[0].serials.clear()), [("missing-serials", Some(1))]);
}
