//! Which units a move takes: what is offered at its place, in which order, and why not the others.
//!
//! Pure. Tests: the scenarios.

use std::cmp::Ordering;

use crate::base::{LotId, PartCode, Quantity, SerialNo};
use crate::domain::{Balance, Position, Reason, ReasonCode, Value};
use crate::model::{Choosing, Expr, MoveSpec};

use super::consult::Argument;
use super::operate;
use super::run::{Halt, Run};

/// Units that a move may take, in the order in which it takes them.
pub struct Offered {
    pub units: Vec<Balance>,
    /// Lots that a rule passed over, with its reason.
    pub passed_over: Vec<(Balance, String)>,
}

impl Run<'_> {
    /// What stands at the place a move takes from, and may be taken by this document.
    pub fn at_source(&self, spec: &MoveSpec, part: &PartCode) -> Result<Vec<Balance>, Halt> {
        let party = self.party_of(&spec.from)?;
        let parent = self.doc.parent.as_ref();
        let mine = |at: &Position| match &at.holder {
            None => !spec.from.clearing,
            Some(h) => spec.from.clearing && (self.holds(at) || parent.is_some_and(|p| h.doc == *p)),
        };
        let fits = |at: &Position, p: &PartCode| p == part && at.party == party && at.bin == spec.from.bin && mine(at);
        Ok(self.ledger.select(fits).filter(|b| b.quantity.is_positive()).cloned().collect())
    }

    /// The units in the order in which the move takes them.
    pub fn choose(&self, spec: &MoveSpec, mut units: Vec<Balance>) -> Result<Offered, Halt> {
        if let Some(field) = &spec.lots {
            let wanted = self.lots(field)?;
            units.retain(|b| wanted.is_empty() || wanted.contains(&b.lot));
        }
        match &spec.choosing {
            Choosing::Oldest => {
                self.oldest_first(&mut units);
                Ok(Offered { units, passed_over: Vec::new() })
            }
            Choosing::Rule(rule, params) => self.rank(rule, params, units, spec),
            Choosing::Serials(field) => {
                let wanted = self.serials(field)?;
                // Nothing named: for parts without serial numbers, or whatever the document itself holds, the usual order.
                let told_apart = units.iter().any(|u| u.serial.is_some());
                if wanted.is_empty() && (spec.from.clearing || !told_apart) {
                    self.oldest_first(&mut units);
                    return Ok(Offered { units, passed_over: Vec::new() });
                }
                if wanted.is_empty() {
                    let sentence = format!("the serial numbers of what leaves {} are needed", self.source_text(spec));
                    return Err(self.reason(ReasonCode::SerialPlace, sentence, spec.from.span).remedy("name each unit").into());
                }
                let units = wanted.iter().map(|serial| self.unit_of(serial, &units, spec)).collect::<Result<_, _>>()?;
                Ok(Offered { units, passed_over: Vec::new() })
            }
            Choosing::Lots(field) => {
                let wanted = self.lots(field)?;
                self.oldest_first(&mut units);
                units.retain(|b| wanted.is_empty() || wanted.contains(&b.lot));
                units.sort_by_key(|b| wanted.iter().position(|l| *l == b.lot));
                Ok(Offered { units, passed_over: Vec::new() })
            }
        }
    }

    /// First in, first out: by receipt, then lot, then serial number. What the document that started this one holds comes
    /// after its own, so that neither ends with the other's.
    pub fn oldest_first(&self, units: &mut Vec<Balance>) {
        let lent = |unit: &Balance| unit.position.holder.as_ref().is_some_and(|h| h.doc != self.doc.id);
        let mut aged: Vec<(i64, Balance)> = units.drain(..).map(|unit| (self.received(&unit), unit)).collect();
        aged.sort_by(|a, b| lent(&a.1).cmp(&lent(&b.1)).then_with(|| older((a.0, &a.1), (b.0, &b.1))));
        units.extend(aged.into_iter().map(|(_, unit)| unit));
    }

    /// When the lot of a unit came.
    fn received(&self, unit: &Balance) -> i64 {
        self.lot(&unit.lot).map_or(i64::MAX, |l| l.received_at.micros())
    }

    fn rank(&self, rule: &crate::base::Name, params: &[Option<Expr>], units: Vec<Balance>, spec: &MoveSpec) -> Result<Offered, Halt> {
        let (mut taken, mut passed_over) = (Vec::with_capacity(units.len()), Vec::new());
        let mut given = Vec::with_capacity(params.len());
        for param in params {
            given.push(param.as_ref().map(|e| self.eval(e).map(|v| Argument::from(self.for_rule(v)))).transpose()?);
        }
        let parties = self.parties();
        for unit in units {
            let lot = Argument::from(self.lot_record(&unit));
            let arguments = given.iter().map(|g| g.as_ref().unwrap_or(&lot).clone()).collect();
            let (answer, _) = self.consult_among(&parties, rule, arguments, spec.from.span)?;
            if answer.get("take").and_then(Value::as_yes_no).unwrap_or(false) {
                let rank = match answer.get("rank") {
                    Some(Value::List(rank)) => rank.clone(),
                    _ => Vec::new(),
                };
                taken.push((rank, self.received(&unit), unit));
            } else {
                let reason = answer.get("reason").map(ToString::to_string).unwrap_or_default();
                passed_over.push((unit, reason));
            }
        }
        taken.sort_by(|(a, received_a, unit_a), (b, received_b, unit_b)| by_rank(a, b).then_with(|| older((*received_a, unit_a), (*received_b, unit_b))));
        Ok(Offered { units: taken.into_iter().map(|(_, _, unit)| unit).collect(), passed_over })
    }

    /// The serial numbers in a field, each named once.
    pub fn serials(&self, field: &Expr) -> Result<Vec<SerialNo>, Halt> {
        let one = |v: &Value| match v {
            Value::Serial(s) => Some(s.clone()),
            Value::Text(t) => Some(SerialNo::from(&**t)),
            _ => None,
        };
        let named: Vec<SerialNo> = match self.eval(field)? {
            Value::Absent => Vec::new(),
            Value::List(items) => items.iter().filter_map(one).collect(),
            other => one(&other).into_iter().collect(),
        };
        match named.iter().enumerate().find(|(i, serial)| named.iter().take(*i).any(|s| s == *serial)) {
            Some((_, serial)) => {
                Err(self.reason(ReasonCode::SerialPlace, format!("serial `{serial}` was given twice"), field.span).remedy("each number once").into())
            }
            None => Ok(named),
        }
    }

    fn lots(&self, field: &Expr) -> Result<Vec<LotId>, Halt> {
        let one = |v: &Value| match v {
            Value::Lot(l) => Some(l.clone()),
            _ => None,
        };
        match self.eval(field)? {
            Value::List(items) => Ok(items.iter().filter_map(one).collect()),
            other => Ok(one(&other).into_iter().collect()),
        }
    }

    fn unit_of(&self, serial: &SerialNo, units: &[Balance], spec: &MoveSpec) -> Result<Balance, Halt> {
        if let Some(unit) = units.iter().find(|b| b.serial.as_ref() == Some(serial)) {
            return Ok(unit.clone());
        }
        let sentence = format!("serial `{serial}` {}, not in {}", self.whereabouts(serial), self.source_text(spec));
        let here: Vec<String> = units.iter().filter_map(|b| b.serial.as_ref()).map(ToString::to_string).collect();
        let mut reason: Reason = self.reason(ReasonCode::SerialPlace, sentence, spec.from.span);
        if !here.is_empty() {
            reason = reason.remedy(format!("one of {}", here.join(", ")));
        }
        Err(reason.into())
    }

    /// Where a unit is, as far as this decision sees.
    fn whereabouts(&self, serial: &SerialNo) -> String {
        if let Some(gone) = self.out.moves.iter().rev().find(|m| m.serial.as_ref() == Some(serial)) {
            return format!("goes to {} already in this transition", place_text(&gone.to));
        }
        let is_it = |b: &&Balance| b.serial.as_ref() == Some(serial);
        let known = self.env.snapshot.serials.iter().find(is_it);
        let known = known.or_else(|| self.ledger.select(|at, _| at.party.is_some()).find(is_it));
        match known {
            Some(unit) => match unit.position.holder.as_ref().filter(|h| h.doc == self.doc.id && h.line > 0) {
                Some(holder) => format!("is of {} on line {} of this document", unit.part, holder.line),
                None => format!("of {} stands in {}", unit.part, place_text(&unit.position)),
            },
            // Only what was typed in now was looked for everywhere.
            None if self.was_typed(serial) => "stands nowhere in the network".to_owned(),
            None => "stands elsewhere".to_owned(),
        }
    }

    fn was_typed(&self, serial: &SerialNo) -> bool {
        let input = &self.env.command.input;
        let says = |json: &serde_json::Value| json.to_string().contains(serial.as_str());
        input.fields.values().chain(input.lines.iter().flat_map(|l| l.values.values())).any(says)
    }

    /// The place a move takes from, by the code of its party: `pune.reserved`.
    pub fn source_text(&self, spec: &MoveSpec) -> String {
        let party = spec.from.party.as_ref().map(|field| self.party_in(field).map_or(field.as_str(), |code| code.as_str()));
        party.map_or_else(|| spec.from.bin.to_string(), |party| format!("{party}.{}", spec.from.bin))
    }

    /// Takes up to `wanted` from the units in their order.
    pub fn pick(units: &[Balance], wanted: Quantity) -> Vec<(&Balance, Quantity)> {
        let mut left = wanted;
        let mut taken = Vec::new();
        for unit in units {
            if !left.is_positive() {
                break;
            }
            let quantity = unit.quantity.min(left);
            left = left - quantity;
            taken.push((unit, quantity));
        }
        taken
    }
}

/// By receipt; lots of one moment in the order in which they were made.
fn older((received_a, a): (i64, &Balance), (received_b, b): (i64, &Balance)) -> Ordering {
    received_a.cmp(&received_b).then_with(|| a.lot.in_order(&b.lot)).then_with(|| a.serial.cmp(&b.serial))
}

/// Ranks compare item by item; unlike items count as equal, a longer rank comes later.
fn by_rank(a: &[Value], b: &[Value]) -> Ordering {
    for (x, y) in a.iter().zip(b) {
        match operate::compare(x, y) {
            Some(Ordering::Equal) | None => {}
            Some(order) => return order,
        }
    }
    a.len().cmp(&b.len())
}

/// A position in words: `pune.reserved for IND-1`.
pub fn place_text(at: &Position) -> String {
    let place = at.party.as_ref().map_or_else(|| at.bin.to_string(), |party| format!("{party}.{}", at.bin));
    at.holder.as_ref().map_or(place.clone(), |h| format!("{place} for {}", h.doc))
}
