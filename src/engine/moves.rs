//! Carries out `move` clauses: both ends, never partly, never below zero.
//!
//! Pure. Tests: the scenarios.

use std::collections::BTreeMap;

use crate::base::{LotId, Money, Name, PartCode, PartyCode, Quantity, SerialNo, Timestamp};
use crate::domain::{Balance, Holder, Lot, Move, Need, Position, Reason, ReasonCode, Tracking, Value};
use crate::model::{Changes, Choosing, MoveQuantity, MoveSpec, NewLot};

use super::allocate::{Offered, place_text};
use super::run::{Halt, Run};
use super::witness::{OfferedUnit, Offering};

impl Run<'_> {
    /// Carries out a move; what stands in its way becomes a reason.
    pub fn carry_out(&mut self, spec: &MoveSpec) {
        if let Err(halt) = self.try_move(spec) {
            self.stopped(halt);
        }
    }

    fn try_move(&mut self, spec: &MoveSpec) -> Result<(), Halt> {
        let part = self.part(&spec.part)?;
        let moved = if spec.new_lot.is_some() { self.bring_in(spec, &part)? } else { self.shift(spec, &part)? };
        if let Some(field) = &spec.counting {
            self.set_field(field, Value::Quantity(moved));
        }
        Ok(())
    }

    /// How much is wanted; none for all.
    fn wanted(&self, spec: &MoveSpec) -> Result<Option<Quantity>, Halt> {
        let quantity = match &spec.quantity {
            MoveQuantity::Exactly(expr) | MoveQuantity::UpTo(expr) => self.quantity(expr)?,
            MoveQuantity::All => return Ok(None),
        };
        if quantity.is_negative() {
            return Err(self.reason(ReasonCode::Guard, format!("a move of {quantity} is below zero"), spec.part.span).into());
        }
        Ok(Some(quantity))
    }

    fn shift(&mut self, spec: &MoveSpec, part: &PartCode) -> Result<Quantity, Halt> {
        let wanted = self.wanted(spec)?;
        if wanted.is_some_and(Quantity::is_zero) {
            return Ok(Quantity::ZERO);
        }
        let mut source = if spec.from.outside { self.sent_outside(spec, part) } else { self.at_source(spec, part)? };
        if spec.from.clearing {
            self.own_first(&mut source, wanted);
        }
        let offered = self.choose(spec, source)?;
        let there: Quantity = offered.units.iter().map(|u| u.quantity).sum();
        let exact = matches!(spec.quantity, MoveQuantity::Exactly(_));
        let wanted = wanted.unwrap_or(there);
        self.tells_apart(spec, &offered, there, wanted)?;
        if exact && (there < wanted || (self.names_serials(spec)? && there != wanted)) {
            self.show_offered(spec, part, &offered, &[], wanted);
            return Err(self.not_enough(spec, part, &offered, there, wanted).into());
        }
        let taken = Self::pick(&offered.units, wanted);
        self.show_offered(spec, part, &offered, &taken, wanted);
        let moved = taken.iter().map(|(_, q)| *q).sum();
        for (unit, quantity) in taken {
            let to = self.target(spec, &unit.position)?;
            self.post(unit.position.clone(), to, unit, quantity);
        }
        Ok(moved)
    }

    /// What the document that started this one holds is there only for what its own does not suffice for, whoever names
    /// or chooses units: else each would end up with the other's.
    fn own_first(&self, units: &mut Vec<Balance>, wanted: Option<Quantity>) {
        let own: Quantity = units.iter().filter(|u| self.holds(&u.position)).map(|u| u.quantity).sum();
        if wanted.is_none_or(|wanted| own >= wanted) {
            units.retain(|u| self.holds(&u.position));
        }
    }

    /// Where units are told apart by serial numbers and only some of them go, somebody must say which.
    fn tells_apart(&self, spec: &MoveSpec, offered: &Offered, there: Quantity, wanted: Quantity) -> Result<(), Halt> {
        let Choosing::Serials(field) = &spec.choosing else { return Ok(()) };
        if wanted >= there || !self.serials(field)?.is_empty() {
            return Ok(());
        }
        let here: Vec<String> = offered.units.iter().filter_map(|u| u.serial.as_ref()).map(ToString::to_string).collect();
        if here.is_empty() {
            return Ok(());
        }
        let sentence = format!("the serial numbers of what leaves {} are needed: {wanted} of {there} go", self.source_text(spec));
        Err(self.reason(ReasonCode::SerialPlace, sentence, spec.from.span).remedy(format!("{wanted} of {}", here.join(", "))).into())
    }

    /// Tells a witness who wants everything what the move was offered.
    fn show_offered(&self, spec: &MoveSpec, part: &PartCode, offered: &Offered, taken: &[(&Balance, Quantity)], wanted: Quantity) {
        let Some(witness) = self.env.witness.filter(|w| w.is_curious()) else { return };
        let of = |unit: &Balance| taken.iter().filter(|(t, _)| *t == unit).map(|(_, q)| *q).sum();
        let fit = offered.units.iter().map(|unit| OfferedUnit { balance: unit.clone(), taken: of(unit), passed_over: None });
        let passed = offered.passed_over.iter().map(|(unit, why)| OfferedUnit { balance: unit.clone(), taken: Quantity::ZERO, passed_over: Some(why.clone()) });
        witness.offering(Offering { span: spec.from.span, line: self.line_no(), part: part.clone(), wanted, units: fit.chain(passed).collect() });
    }

    /// True when the actor names the very units.
    fn names_serials(&self, spec: &MoveSpec) -> Result<bool, Halt> {
        match &spec.choosing {
            Choosing::Serials(field) => Ok(!self.serials(field)?.is_empty()),
            _ => Ok(false),
        }
    }

    fn post(&mut self, from: Position, to: Position, unit: &Balance, quantity: Quantity) {
        let rate = self.lot(&unit.lot).map_or(Money::ZERO, |l| l.rate);
        let line = self.line_no().unwrap_or(0);
        let one = Move { line, part: unit.part.clone(), lot: unit.lot.clone(), serial: unit.serial.clone(), quantity, from, to, rate };
        if one.from != one.to {
            self.ledger.apply(&one);
            self.out.moves.push(one);
        }
    }

    /// A lot, loaded or just brought in.
    pub fn lot(&self, id: &LotId) -> Option<&Lot> {
        self.out.lots.iter().find(|l| l.id == *id).or_else(|| self.env.snapshot.lot(id))
    }

    fn target(&self, spec: &MoveSpec, from: &Position) -> Result<Position, Halt> {
        let Changes { condition, owner, pool } = &spec.changes;
        Ok(Position {
            party: self.party_of(&spec.to)?,
            bin: spec.to.bin.clone(),
            holder: spec.to.clearing.then(|| Holder { doc: self.doc.id.clone(), line: self.line_no().unwrap_or(0) }),
            condition: self.optional_name(condition.as_ref())?.unwrap_or_else(|| from.condition.clone()),
            owner: self.optional_name(owner.as_ref())?.unwrap_or_else(|| from.owner.clone()),
            pool: self.optional_name(pool.as_ref())?.unwrap_or_else(|| from.pool.clone()),
        })
    }

    /// What this document (and line) has put into an outside bin and not taken back, as itself or under a new lot.
    fn sent_outside(&self, spec: &MoveSpec, part: &PartCode) -> Vec<Balance> {
        let line = self.line_no();
        let mut sent: BTreeMap<(LotId, Option<SerialNo>), (Position, Quantity)> = BTreeMap::new();
        let moves = || self.env.snapshot.past_moves.iter().chain(&self.out.moves).filter(|m| m.part == *part && line.is_none_or(|l| m.line == l));
        let outside = |at: &Position| at.party.is_none() && at.bin == spec.from.bin;
        for m in moves().filter(|m| outside(&m.to)) {
            let entry = sent.entry((m.lot.clone(), m.serial.clone())).or_insert_with(|| (m.to.clone(), Quantity::ZERO));
            entry.1 = entry.1 + m.quantity;
        }
        for m in moves().filter(|m| outside(&m.from)) {
            let itself = (m.lot.clone(), m.serial.clone());
            let parent = self.lot(&m.lot).and_then(|l| l.parent.clone()).map(|lot| (lot, m.serial.clone()));
            let key = if sent.contains_key(&itself) { Some(itself) } else { parent };
            // A unit of another condition is another unit: the old part that was replaced, not the one that was fitted.
            if let Some(entry) = key.and_then(|k| sent.get_mut(&k)).filter(|(at, _)| at.condition == m.from.condition) {
                entry.1 = entry.1 - m.quantity;
            }
        }
        let left = sent.into_iter().filter(|(_, (_, q))| q.is_positive());
        left.map(|((lot, serial), (position, quantity))| Balance { position, part: part.clone(), lot, serial, quantity }).collect()
    }

    fn not_enough(&self, spec: &MoveSpec, part: &PartCode, offered: &Offered, there: Quantity, wanted: Quantity) -> Reason {
        let place = self.source_text(spec);
        if there > wanted {
            let sentence = format!("{} of {part} given for a quantity of {wanted}", serials_were(there));
            return self.reason(ReasonCode::SerialPlace, sentence, spec.from.span).remedy(format!("exactly {wanted}"));
        }
        let mut reason = self.reason(ReasonCode::NotEnough, format!("{part}: {there} in {place} can be taken, {wanted} needed"), spec.from.span);
        reason.numbers = Some(Need { have: Value::Quantity(there), need: Value::Quantity(wanted) });
        for (unit, why) in &offered.passed_over {
            let what = unit.serial.as_ref().map_or_else(|| format!("lot {}", unit.lot), |s| format!("serial {s}"));
            reason.values.insert(format!("{what} in {}", place_text(&unit.position)), Value::text(why));
        }
        if let Choosing::Rule(rule, _) = &spec.choosing {
            reason.rules.extend(self.answers.borrow().iter().find(|known| known.trace.rule == *rule).map(|known| known.source.clone()));
        }
        reason = reason.remedy(format!("{} more of {part} in {place}", wanted - there));
        if there.is_positive() { reason.remedy(format!("at most {there}")) } else { reason }
    }

    /// Parts enter the world under new lots. What this line put into the outside bin before comes back first, each lot
    /// under a new one that remembers it; the rest, and what is told apart from what was put there by its serial numbers
    /// or its condition, is a receipt of its own.
    fn bring_in(&mut self, spec: &MoveSpec, part: &PartCode) -> Result<Quantity, Halt> {
        let Some(quantity) = self.wanted(spec)? else { return Ok(Quantity::ZERO) };
        let facts = spec.new_lot.clone().unwrap_or_default();
        let others = self.names_serials(spec)? || spec.changes.condition.is_some();
        let mut sent = self.sent_outside(spec, part);
        self.oldest_first(&mut sent);
        let back = if others { Vec::new() } else { Self::pick(&sent, quantity) };
        let mut lots: Vec<(LotId, LotId)> = Vec::new();
        for (unit, returned) in &back {
            let known = lots.iter().find(|(parent, _)| *parent == unit.lot).map(|(_, id)| id.clone());
            let id = match known {
                Some(id) => id,
                None => self.enter_lot(&facts, part, Some(&unit.lot))?,
            };
            lots.push((unit.lot.clone(), id.clone()));
            let from = Position { holder: None, ..unit.position.clone() };
            let to = self.target(spec, &from)?;
            self.post(from, to, &Balance { lot: id, ..(*unit).clone() }, *returned);
        }
        let rest = quantity - back.iter().map(|(_, q)| *q).sum();
        if rest.is_positive() {
            let units = self.entering_units(spec, part, rest)?;
            let id = self.enter_lot(&facts, part, sent.first().filter(|_| others).map(|b| &b.lot))?;
            let to = self.entry(spec)?;
            let from = Position { party: None, bin: spec.from.bin.clone(), holder: None, ..to.clone() };
            for (serial, quantity) in units {
                let unit = Balance { position: from.clone(), part: part.clone(), lot: id.clone(), serial, quantity };
                self.post(from.clone(), to.clone(), &unit, quantity);
            }
        }
        Ok(quantity)
    }

    /// The units that enter: one a serial number for serial-tracked parts, else all at once.
    fn entering_units(&self, spec: &MoveSpec, part: &PartCode, quantity: Quantity) -> Result<Vec<(Option<SerialNo>, Quantity)>, Halt> {
        if self.known_part(part).is_none_or(|p| p.tracking != Tracking::Serial) {
            return Ok(vec![(None, quantity)]);
        }
        let serials = match &spec.choosing {
            Choosing::Serials(field) => self.serials(field)?,
            _ => Vec::new(),
        };
        let given = Quantity::units(i64::try_from(serials.len()).unwrap_or(i64::MAX));
        if given != quantity {
            let mut reason =
                self.reason(ReasonCode::SerialPlace, format!("{part}: {} given for a quantity of {quantity}", serials_were(given)), spec.from.span);
            reason.numbers = Some(Need { have: Value::Quantity(given), need: Value::Quantity(quantity) });
            return Err(reason.remedy(format!("exactly {quantity}")).into());
        }
        for serial in &serials {
            let known = self.env.snapshot.serials.iter().find(|b| b.serial.as_ref() == Some(serial) && b.part == *part);
            let here = self.ledger.select(|at, p| p == part && at.party.is_some()).find(|b| b.serial.as_ref() == Some(serial));
            if let Some(unit) = known.or(here) {
                let sentence = format!("serial `{serial}` of {part} stands in {} already", place_text(&unit.position));
                return Err(self.reason(ReasonCode::SerialPlace, sentence, spec.from.span).remedy("the number on the unit, read again").into());
            }
        }
        Ok(serials.into_iter().map(|s| (Some(s), Quantity::ONE)).collect())
    }

    fn entry(&self, spec: &MoveSpec) -> Result<Position, Halt> {
        let first = |named: &[crate::model::Named]| named.first().map_or_else(|| Name::from(""), |n| n.name.clone());
        let vocabulary = &self.env.book.vocabulary;
        let pool = self.current_line().and_then(|l| l.values.get("pool")).or_else(|| self.doc.fields.get("pool")).and_then(Value::as_name).cloned();
        let unchanged = Position {
            party: None,
            bin: spec.from.bin.clone(),
            holder: None,
            condition: first(&vocabulary.conditions),
            owner: first(&vocabulary.owners),
            pool: pool.unwrap_or_else(|| first(&vocabulary.pools)),
        };
        self.target(spec, &unchanged)
    }

    /// A new lot: what the move names, else what its parent knows, else what the master data says.
    fn enter_lot(&mut self, facts: &NewLot, part: &PartCode, parent: Option<&LotId>) -> Result<LotId, Halt> {
        let before = parent.and_then(|id| self.lot(id)).cloned();
        let given = |expr: &Option<crate::model::Expr>| expr.as_ref().map(|e| self.eval(e)).transpose().map(|v| v.filter(|v| !v.is_absent()));
        let zone = &self.env.book.manifest.zone;
        let received_at = match given(&facts.received)? {
            Some(Value::Date(date)) => Timestamp::from_civil(date.0.to_datetime(jiff::civil::Time::midnight()), zone),
            Some(Value::Time(at)) => Some(at),
            _ => before.as_ref().map(|l| l.received_at),
        };
        let received_at = received_at.unwrap_or(self.env.command.effective_at);
        let sodo = match given(&facts.sodo)? {
            Some(Value::Sodo(sodo)) => Some((*sodo).clone()),
            _ => before.as_ref().and_then(|l| l.sodo.clone()),
        };
        let rate = match given(&facts.rate)? {
            Some(value) => value.as_money(),
            None => before.as_ref().map(|l| l.rate).or_else(|| self.rate_on_date(part)),
        };
        let expires = match given(&facts.expires)? {
            Some(Value::Date(date)) => Some(date),
            _ if before.is_some() => before.as_ref().and_then(|l| l.expires),
            _ => self.known_part(part).and_then(|p| p.shelf_life_days).map(|days| received_at.date(zone).plus_days(i64::from(days))),
        };
        let label = given(&facts.label)?.map(|v| v.to_string()).or_else(|| before.as_ref().and_then(|l| l.label.clone()));
        let id = LotId::from(format!("{}.{}.{}", self.doc.id, self.doc.revision + 1, self.out.lots.len() + 1));
        let (part, parent, doc) = (part.clone(), parent.cloned(), self.doc.id.clone());
        self.out.lots.push(Lot { id: id.clone(), part, label, received_at, sodo, rate: rate.unwrap_or_default(), expires, parent, doc });
        Ok(id)
    }

    /// Sets a field of the line at hand, else of the document.
    pub fn set_field(&mut self, field: &Name, value: Value) {
        let is_line_field = self.env.workflow.line_field(field.as_str()).is_some();
        let values = match self.line.get().and_then(|i| self.doc.lines.get_mut(i)) {
            Some(line) if is_line_field => &mut line.values,
            _ => &mut self.doc.fields,
        };
        if value.is_absent() {
            values.remove(field)
        } else {
            values.insert(field.clone(), value)
        };
    }

    /// The party in a party field, or a reason why not.
    pub fn need_party(&self, field: &Name, span: crate::base::Span) -> Result<PartyCode, Halt> {
        self.party_in(field).cloned().ok_or_else(|| self.reason(ReasonCode::Guard, format!("the document has no `{field}`"), span).into())
    }
}

/// `1 serial number was`, `2 serial numbers were`.
fn serials_were(count: Quantity) -> String {
    if count == Quantity::ONE { "1 serial number was".to_owned() } else { format!("{count} serial numbers were") }
}
