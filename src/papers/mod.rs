//! Papers made from stored facts: the delivery challan of CGST Rule 55, the reverse challan, the goods receipt note, and the slip for
//! what is put aside.
//!
//! A paper is never stored as text: it is made again, whenever it is wanted, from the moves of the document that issued it and the
//! master data. Pure. Must not know SQL or any face. Tests: `tests.rs`.

mod goods;
#[cfg(test)]
mod tests;
mod text;
mod validate;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::base::{Date, LotId, Money, Name, PartCode, PartyCode, Quantity, SerialNo};
use crate::domain::{Lot, Paper, Part, Party, Sodo, Tracking, gst};
use crate::store::MoveRecord;

use goods::Goods;

pub use validate::{Fault, validate};

/// What a paper is, as the law sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Goods leave the consigner for reasons other than supply: CGST Rule 55.
    Challan,
    /// What a challan sent and comes back, by another challan linked to the first.
    ReverseChallan,
    /// What a party took in; internal.
    Receipt,
    /// What a party puts aside in its own house, such as a picking slip; internal.
    Slip,
}

impl Form {
    /// A paper of one party, which goes with no goods on the road.
    const fn is_internal(self) -> bool {
        matches!(self, Self::Receipt | Self::Slip)
    }
}

/// The three copies of a challan, with the labels of CGST Rule 55(2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copy {
    /// For the consignee.
    Original,
    /// For the transporter.
    Duplicate,
    /// For the consigner.
    Triplicate,
}

impl Copy {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Original, Self::Duplicate, Self::Triplicate];

    /// The label that the rule prescribes.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Original => "ORIGINAL FOR CONSIGNEE",
            Self::Duplicate => "DUPLICATE FOR TRANSPORTER",
            Self::Triplicate => "TRIPLICATE FOR CONSIGNER",
        }
    }
}

/// What a paper is made from; all of it comes from the store as it is.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What the book calls this kind of paper.
    pub title: &'a str,
    /// The number of the document that issued it.
    pub document: &'a str,
    /// All papers of that document.
    pub papers: &'a [Paper],
    /// All moves of that document.
    pub moves: &'a [MoveRecord],
    /// The parties of the papers and the moves, with their parents.
    pub parties: &'a [Party],
    /// The parts of the moves.
    pub parts: &'a [Part],
    /// The lots of the moves.
    pub lots: &'a [Lot],
    /// The book's time zone.
    pub zone: &'a TimeZone,
}

/// Consigner or consignee, as the paper names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Code.
    pub code: PartyCode,
    /// Name.
    pub name: String,
    /// Street and number.
    pub address: String,
    /// Town.
    pub city: String,
    /// PIN code.
    pub pin: String,
    /// GST State code.
    pub state: String,
    /// GSTIN; empty where unregistered.
    pub gstin: String,
}

/// Units of one lot on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LotUnits {
    /// The engine's id of the lot.
    pub lot: LotId,
    /// The supplier's lot number.
    pub label: Option<String>,
    /// The SAP orders it came under.
    pub sodo: Option<Sodo>,
    /// The last day on which it may be used.
    pub expires: Option<Date>,
    /// How much of it.
    pub quantity: Quantity,
    /// The serial numbers, for serial-tracked parts.
    pub serials: Vec<SerialNo>,
}

/// One line of a paper: one part in one condition at one rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaperLine {
    /// The part.
    pub part: PartCode,
    /// Its name.
    pub description: String,
    /// Its HSN code.
    pub hsn: String,
    /// Its unit, a GST unit quantity code.
    pub unit: String,
    /// Whether each unit must be named by its serial number.
    pub serial_tracked: bool,
    /// In which condition.
    pub condition: Name,
    /// How much.
    pub quantity: Quantity,
    /// For one unit, as it stood when the goods moved.
    pub rate: Money,
    /// Taxable value: rate times quantity.
    pub value: Money,
    /// The lots and units.
    pub lots: Vec<LotUnits>,
}

/// A paper with all that stands on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaperRecord {
    /// What it is.
    pub form: Form,
    /// What the book calls it.
    pub title: String,
    /// Its number.
    pub number: String,
    /// Its date.
    pub date: Date,
    /// The number of the document that issued it.
    pub document: String,
    /// For a reverse challan: the number of the challan it reverses.
    pub reverses: Option<String>,
    /// The consigner; for a receipt, where the goods came from, if from a party; none for a slip.
    pub from: Option<Place>,
    /// The consignee; for a receipt, who took the goods in; for a slip, who puts them aside.
    pub to: Option<Place>,
    /// True when the goods go from one State to another.
    pub inter_state: bool,
    /// The State of supply, code and name, for goods that go to another State.
    pub place_of_supply: Option<String>,
    /// The goods; for a reverse challan, what has come back so far.
    pub lines: Vec<PaperLine>,
    /// For a reverse challan: what the challan sent.
    pub sent: Vec<PaperLine>,
    /// Total taxable value.
    pub value: Money,
    /// A reverse challan is open until what went out has been accounted for.
    pub open: bool,
}

impl PaperRecord {
    /// The paper as JSON, for programs.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Makes a paper. It is total: what the facts lack stays empty, and [`validate`] says so.
#[must_use]
pub fn make(paper: &Paper, facts: &Facts<'_>) -> PaperRecord {
    let form = form(paper, facts);
    let (from, to) = match form {
        Form::Slip => (None, paper.from.as_ref()),
        Form::Receipt => (goods::source(paper.from.as_ref(), since(paper, facts), paper.revision, facts.moves), paper.from.as_ref()),
        Form::Challan | Form::ReverseChallan => (paper.from.as_ref(), paper.to.as_ref()),
    };
    let (goods, sent) = match form {
        Form::Challan => (goods::sent(paper, from, facts.moves), Vec::new()),
        Form::Slip => (goods::sent(paper, to, facts.moves), Vec::new()),
        Form::ReverseChallan => (goods::taken_in(to, paper.revision, u64::MAX, facts.moves), goods::sent(paper, to, facts.moves)),
        Form::Receipt => (goods::taken_in(to, since(paper, facts), paper.revision, facts.moves), Vec::new()),
    };
    let lines = lines(&goods, facts);
    let (from, to) = (from.and_then(|p| place(p, facts)), to.and_then(|p| place(p, facts)));
    let supplied = inter_state(from.as_ref(), to.as_ref());
    PaperRecord {
        form,
        title: facts.title.to_owned(),
        number: paper.number.clone(),
        date: paper.issued_at.date(facts.zone),
        document: facts.document.to_owned(),
        reverses: paper.reverse_of.clone(),
        inter_state: supplied.is_some(),
        place_of_supply: supplied,
        value: lines.iter().map(|l| l.value).sum(),
        lines,
        sent: self::lines(&sent, facts),
        from,
        to,
        open: paper.open,
    }
}

/// A paper of one party that took nothing in, but put something aside, is a slip.
fn form(paper: &Paper, facts: &Facts<'_>) -> Form {
    let party = paper.from.as_ref();
    let took_in = || !goods::taken_in(party, since(paper, facts), paper.revision, facts.moves).is_empty();
    match (&paper.reverse_of, &paper.to) {
        (Some(_), _) => Form::ReverseChallan,
        (None, Some(_)) => Form::Challan,
        (None, None) if took_in() || goods::sent(paper, party, facts.moves).is_empty() => Form::Receipt,
        (None, None) => Form::Slip,
    }
}

/// A receipt speaks of what was taken in since the receipt before it.
fn since(paper: &Paper, facts: &Facts<'_>) -> u64 {
    let earlier = facts.papers.iter().filter(|p| p.kind == paper.kind && p.from == paper.from && p.to.is_none() && p.revision < paper.revision);
    earlier.map(|p| p.revision).max().unwrap_or(0)
}

/// A party as papers name it. Who has no address of their own, such as a technician, stands under that of their parent.
fn place(code: &PartyCode, facts: &Facts<'_>) -> Option<Place> {
    let find = |code: &PartyCode| facts.parties.iter().find(|p| p.code == *code);
    let party = find(code)?;
    let seat = party.parent.as_ref().and_then(find).filter(|_| party.address.is_empty()).unwrap_or(party);
    Some(Place {
        code: party.code.clone(),
        name: if seat.code == party.code { party.name.clone() } else { format!("{}, {}", party.name, seat.name) },
        address: seat.address.clone(),
        city: seat.city.clone(),
        pin: seat.pin.clone(),
        state: seat.state.clone(),
        gstin: seat.gstin.clone(),
    })
}

/// The State of supply, where it is another than the consigner's.
fn inter_state(from: Option<&Place>, to: Option<&Place>) -> Option<String> {
    let (from, to) = (from?, to?);
    let crosses = !from.state.is_empty() && !to.state.is_empty() && from.state != to.state;
    crosses.then(|| state_name(&to.state))
}

fn state_name(code: &str) -> String {
    gst::state_of(code).map_or_else(|| code.to_owned(), |s| format!("{} {}", s.code, s.name))
}

fn lines(goods: &[Goods], facts: &Facts<'_>) -> Vec<PaperLine> {
    let mut groups: BTreeMap<(&PartCode, &Name, Money), Vec<&Goods>> = BTreeMap::new();
    for g in goods {
        groups.entry((&g.part, &g.condition, g.rate)).or_default().push(g);
    }
    groups.into_iter().map(|((part, condition, rate), goods)| line(part, condition, rate, &goods, facts)).collect()
}

fn line(code: &PartCode, condition: &Name, rate: Money, goods: &[&Goods], facts: &Facts<'_>) -> PaperLine {
    let part = facts.parts.iter().find(|p| p.code == *code);
    let quantity: Quantity = goods.iter().map(|g| g.quantity).sum();
    let text = |take: fn(&Part) -> &String| part.map(take).cloned().unwrap_or_default();
    PaperLine {
        part: code.clone(),
        description: text(|p| &p.name),
        hsn: text(|p| &p.hsn),
        unit: text(|p| &p.unit),
        serial_tracked: part.is_some_and(|p| p.tracking == Tracking::Serial),
        condition: condition.clone(),
        quantity,
        rate,
        value: rate.times(quantity).unwrap_or_default(),
        lots: lots(goods, facts),
    }
}

fn lots(goods: &[&Goods], facts: &Facts<'_>) -> Vec<LotUnits> {
    let mut found: Vec<LotUnits> = Vec::new();
    for g in goods {
        let lot = facts.lots.iter().find(|l| l.id == g.lot);
        match found.last_mut().filter(|units| units.lot == g.lot) {
            Some(units) => {
                units.quantity = units.quantity + g.quantity;
                units.serials.extend(g.serial.clone());
            }
            None => found.push(LotUnits {
                lot: g.lot.clone(),
                label: lot.and_then(|l| l.label.clone()),
                sodo: lot.and_then(|l| l.sodo.clone()),
                expires: lot.and_then(|l| l.expires),
                quantity: g.quantity,
                serials: g.serial.iter().cloned().collect(),
            }),
        }
    }
    found
}
