//! Questions to the books: on hand, inbound, limits, rates, offers, obligations. Answered from the snapshot and the moves so far.
//!
//! Pure. Tests: the scenarios.

use rust_decimal::Decimal;

use crate::base::{Money, Name, PartCode, PartyCode, Quantity, Span};
use crate::domain::{Inbound, Limit, PartyValue, Position, Reason, ReasonCode, Shape, Value};
use crate::model::{Expr, PlaceSpec, Query};

use super::distance::kilometres;
use super::eval::Evaluated;
use super::run::{Halt, Run};

impl Run<'_> {
    /// The answer to a question.
    pub fn query(&self, query: &Query, span: Span) -> Evaluated {
        match query {
            Query::OnHand { part, party, pool } => {
                let (part, party, pool) = (self.part(part)?, self.party(party)?, self.optional_name(pool.as_ref())?);
                Ok(Value::Quantity(self.ledger.sum(|at, p| *p == part && self.counts_on_hand(at, &party, pool.as_ref()))))
            }
            Query::Inbound { part, party, pool } => {
                let (part, party, pool) = (self.part(part)?, self.party(party)?, self.optional_name(pool.as_ref())?);
                let asked = vec![Value::Part(part.clone()), Value::Party(party.clone()), in_pool(pool.as_ref())];
                Ok(self.remembered("inbound of", asked, || Value::Quantity(self.inbound(&part, &party, pool.as_ref()))))
            }
            Query::QuantityIn { part, place, condition, pool } => self.quantity_in((part, place), condition.as_ref(), pool.as_ref()),
            Query::Held { part, place } => {
                let (part, party) = (self.part(part)?, self.party_of(place)?);
                Ok(Value::Quantity(self.ledger.sum(|at, p| *p == part && at.party == party && at.bin == place.bin && self.holds(at))))
            }
            Query::ValueAt { party, pool } => {
                let (party, pool) = (self.party(party)?, self.optional_name(pool.as_ref())?);
                let asked = vec![Value::Party(party.clone()), in_pool(pool.as_ref())];
                Ok(self.remembered("value of stock", asked, || Value::Money(self.value_at(&party, pool.as_ref()))))
            }
            Query::Limit { part, party, pool } => {
                let part = part.as_ref().map(|p| self.part(p)).transpose()?;
                let (party, pool) = (self.party(party)?, self.optional_name(pool.as_ref())?);
                let of = part.clone().map_or(Value::Absent, Value::Part);
                let asked = vec![of, Value::Party(party.clone()), in_pool(pool.as_ref())];
                Ok(self.remembered("limit of", asked, || self.limit(part.as_ref(), &party, pool.as_ref())))
            }
            Query::Rate(part) => {
                let part = self.part(part)?;
                self.rate_on_date(&part).map(Value::Money).ok_or_else(|| self.no_rate(&part, span))
            }
            Query::Offers(part) => self.part(part).map(|p| self.offers(&p)),
            Query::Owed(party) => {
                let party = self.party(party)?;
                // What parties below owe counts too: a service partner answers for its technicians.
                let below = |code: &PartyCode| self.env.snapshot.party(code).is_some_and(|p| p.parent.as_ref() == Some(&party));
                let open = self.env.snapshot.obligations.iter().filter(|o| (o.debtor == party || below(&o.debtor)) && o.open.is_positive());
                let owed = || Value::List(open.map(|o| self.obligation_record(o)).collect());
                Ok(self.remembered("owed by", vec![Value::Party(party.clone())], owed))
            }
            Query::Open { kind, party } => {
                let party = self.party(party)?;
                Ok(Value::Quantity(self.open_of(kind, &party)))
            }
            Query::Today => Ok(Value::Date(self.today)),
            Query::Now => Ok(Value::Time(self.env.command.effective_at)),
            Query::PersonWhoDid(transition) => {
                let event = self.env.snapshot.events.iter().rev().find(|e| e.transition == *transition);
                Ok(event.map_or(Value::Absent, |e| Value::text(e.actor.as_str())))
            }
            Query::AllStartedEnded => Ok(Value::YesNo(self.env.snapshot.children.iter().all(|c| c.ended))),
        }
    }

    fn quantity_in(&self, (part, place): (&Expr, &PlaceSpec), condition: Option<&Expr>, pool: Option<&Expr>) -> Evaluated {
        let (part, condition, pool) = (self.part(part)?, self.optional_name(condition)?, self.optional_name(pool)?);
        let party = self.party_of(place)?;
        let fits = |at: &Position| {
            at.party == party && at.bin == place.bin && condition.as_ref().is_none_or(|c| at.condition == *c) && pool.as_ref().is_none_or(|p| at.pool == *p)
        };
        Ok(Value::Quantity(self.ledger.sum(|at, p| *p == part && fits(at))))
    }

    fn counts_on_hand(&self, at: &Position, party: &PartyCode, pool: Option<&Name>) -> bool {
        let vocabulary = &self.env.book.vocabulary;
        at.party.as_ref() == Some(party)
            && vocabulary.on_hand_bins.contains(&at.bin)
            && vocabulary.on_hand_conditions.contains(&at.condition)
            && pool.is_none_or(|p| at.pool == *p)
    }

    /// True for a position that this document (and, within `each line`, this line) holds.
    pub fn holds(&self, at: &Position) -> bool {
        at.holder.as_ref().is_some_and(|h| h.doc == self.doc.id && self.line_no().is_none_or(|line| h.line == line))
    }

    /// The part that an expression names.
    pub fn part(&self, expr: &Expr) -> Result<PartCode, Halt> {
        match self.present(expr)? {
            Value::Part(code) => Ok(code),
            Value::Record(record) => match record.fields.get("code") {
                Some(Value::Part(code)) => Ok(code.clone()),
                _ => Err(self.mismatch("a part", &Value::Record(record), expr.span)),
            },
            other => Err(self.mismatch("a part", &other, expr.span)),
        }
    }

    /// The party that an expression names.
    pub fn party(&self, expr: &Expr) -> Result<PartyCode, Halt> {
        match self.present(expr)? {
            Value::Party(code) => Ok(code),
            other => Err(self.mismatch("a party", &other, expr.span)),
        }
    }

    /// The party of a place; none for the outside world.
    pub fn party_of(&self, place: &PlaceSpec) -> Result<Option<PartyCode>, Halt> {
        let Some(field) = &place.party else { return Ok(None) };
        match self.party_in(field) {
            Some(code) => Ok(Some(code.clone())),
            None => Err(self.reason(ReasonCode::Guard, format!("the document has no `{field}`"), place.span).into()),
        }
    }

    pub fn optional_name(&self, expr: Option<&Expr>) -> Result<Option<Name>, Halt> {
        expr.map(|e| self.declared(e)).transpose()
    }

    fn open_of(&self, kind: &Name, party: &PartyCode) -> Quantity {
        let line = self.line_no();
        let mine = |o: &&crate::domain::Obligation| o.doc == self.doc.id && o.kind == *kind && o.debtor == *party && line.is_none_or(|l| o.line == l);
        self.env.snapshot.obligations.iter().chain(&self.out.owed).filter(mine).map(|o| o.open - self.changed(&o.id)).sum()
    }

    /// How much of an obligation this transition has settled, waived or debited already.
    pub fn changed(&self, id: &crate::base::ObligationId) -> Quantity {
        self.out.obligation_changes.iter().filter(|c| c.id == *id).map(|c| c.quantity).sum()
    }

    /// The rate of a part on the effective date.
    pub fn rate_on_date(&self, part: &PartCode) -> Option<Money> {
        let rates = self.env.snapshot.rates.iter().filter(|r| r.part == *part && r.from <= self.today);
        rates.max_by_key(|r| r.from).map(|r| r.rate)
    }

    fn no_rate(&self, part: &PartCode, span: Span) -> Halt {
        let reason: Reason = self.reason(ReasonCode::Guard, format!("`{part}` has no rate on {}", self.today), span);
        reason.remedy(format!("load a rate for {part} that holds from {} or earlier", self.today)).into()
    }

    /// What other documents promise to bring: the document at hand speaks for itself.
    fn inbound(&self, part: &PartCode, party: &PartyCode, pool: Option<&Name>) -> Quantity {
        let fits = |i: &&Inbound| i.part == *part && i.party == *party && pool.is_none_or(|p| i.pool.as_ref() == Some(p));
        let all: Quantity = self.env.snapshot.inbound.iter().filter(fits).map(|i| i.quantity).sum();
        all - self.own_promises().filter(fits).map(|i| i.quantity).sum()
    }

    /// What the books say that this document promises, as it was before the transition.
    fn own_promises(&self) -> impl Iterator<Item = &Inbound> {
        self.env.snapshot.document.iter().flat_map(|d| &d.lines).filter_map(|l| l.inbound.as_ref())
    }

    /// Value of what a party holds and is promised by other documents, in a pool, by the rates of the day.
    fn value_at(&self, party: &PartyCode, pool: Option<&Name>) -> Money {
        let vocabulary = &self.env.book.vocabulary;
        let counts = |v: &&PartyValue| {
            let on_hand = v.bin.as_ref().is_none_or(|b| vocabulary.on_hand_bins.contains(b))
                && v.condition.as_ref().is_none_or(|c| vocabulary.on_hand_conditions.contains(c));
            v.party == *party && on_hand && pool.is_none_or(|p| v.pool.as_ref() == Some(p))
        };
        let all: Money = self.env.snapshot.party_values.iter().filter(counts).map(|v| v.value).sum();
        let own = self.own_promises().filter(|i| i.party == *party && pool.is_none_or(|p| i.pool.as_ref() == Some(p)));
        all - own.map(|i| self.rate_on_date(&i.part).and_then(|rate| rate.times(i.quantity).ok()).unwrap_or_default()).sum()
    }

    /// The limits of a part at a party: for each of maximum, trigger and value the narrowest row that has it.
    /// Without a part, only rows that hold for the party as a whole.
    fn limit(&self, part: Option<&PartCode>, party: &PartyCode, pool: Option<&Name>) -> Value {
        let class = part.and_then(|p| self.known_part(p)).map(|p| p.class.as_str());
        let fits = |l: &&Limit| {
            l.scope.party.as_ref().is_none_or(|p| p == party)
                && l.scope.part.as_ref().is_none_or(|p| Some(p) == part)
                && l.scope.class.as_deref().is_none_or(|c| Some(c) == class)
                && l.scope.pool.as_ref().is_none_or(|p| Some(p) == pool)
        };
        let rows: Vec<&Limit> = self.env.snapshot.limits.iter().filter(fits).collect();
        let narrowest = |has: &dyn Fn(&Limit) -> bool| rows.iter().copied().filter(|l| has(l)).max_by_key(|l| narrowness(l));
        let maximum = narrowest(&|l| l.maximum.is_some());
        static SHAPE: Shape<4> = Shape::new();
        Value::record(SHAPE.record(
            "limit",
            [
                ("maximum", maximum.and_then(|l| l.maximum).map_or(Value::Absent, Value::Quantity)),
                ("trigger", narrowest(&|l| l.trigger.is_some()).and_then(|l| l.trigger).map_or(Value::Absent, Value::Quantity)),
                ("value", narrowest(&|l| l.value.is_some()).and_then(|l| l.value).map_or(Value::Absent, Value::Money)),
                ("scope", Value::text(&maximum.map(scope_text).unwrap_or_default())),
            ],
        ))
    }

    /// What every party of the business unit could give, nearest first.
    fn offers(&self, part: &PartCode) -> Value {
        static SHAPE: Shape<8> = Shape::new();
        let snapshot = self.env.snapshot;
        let own = self.parties();
        let here = own.first().and_then(|code| snapshot.party(code));
        let successor = |p: &PartCode| {
            snapshot.supersessions.iter().any(|s| s.from <= self.today && ((s.old == *part && s.new == *p) || (s.both_ways && s.new == *part && s.old == *p)))
        };
        let vocabulary = &self.env.book.vocabulary;
        let good =
            |at: &Position| at.holder.is_none() && self.env.transition.needs.bins.contains(&at.bin) && vocabulary.on_hand_conditions.contains(&at.condition);
        let mut totals: std::collections::BTreeMap<(&PartyCode, &PartCode, &Name), Quantity> = std::collections::BTreeMap::new();
        for balance in self.ledger.select(|at, p| good(at) && (p == part || successor(p))) {
            if let Some(party) = &balance.position.party {
                let total = totals.entry((party, &balance.part, &balance.position.pool)).or_default();
                *total = *total + balance.quantity;
            }
        }
        let mut offers: Vec<(bool, Decimal, Value)> = Vec::new();
        for ((code, offered, pool), quantity) in totals {
            let Some(party) = snapshot.party(code) else { continue };
            let distance = here.and_then(|h| kilometres(h, party));
            let same = here.is_some_and(|h| h.code == *code);
            let record = SHAPE.record(
                "offer",
                [
                    ("party", Value::Party(code.clone())),
                    ("kind", Value::Text(party.kind.shared())),
                    ("part", Value::Part(offered.clone())),
                    ("pool", Value::Name(pool.clone())),
                    ("available", Value::Quantity(quantity)),
                    ("distance", distance.map_or(Value::Absent, Value::Number)),
                    ("same_party", Value::YesNo(same)),
                    ("successor", Value::YesNo(offered != part)),
                ],
            );
            offers.push((!same, distance.unwrap_or(Decimal::MAX), Value::record(record)));
        }
        // Stable: parties come in order of their codes, so ties are broken by code.
        offers.sort_by_key(|(elsewhere, distance, _)| (*elsewhere, *distance));
        Value::List(offers.into_iter().map(|(_, _, record)| record).collect())
    }
}

/// A pool as an argument of a question.
fn in_pool(pool: Option<&Name>) -> Value {
    pool.cloned().map_or(Value::Absent, Value::Name)
}

/// Part before party before class before pool: part at a party is the narrowest.
fn narrowness(limit: &Limit) -> u32 {
    let weight = |set: bool, weight: u32| if set { weight } else { 0 };
    let scope = &limit.scope;
    weight(scope.part.is_some(), 8) + weight(scope.party.is_some(), 4) + weight(scope.class.is_some(), 2) + weight(scope.pool.is_some(), 1)
}

fn scope_text(limit: &Limit) -> String {
    let scope = &limit.scope;
    let words = [
        scope.part.as_ref().map(|p| format!("part {p}")),
        scope.class.as_ref().map(|c| format!("class {c}")),
        scope.party.as_ref().map(|p| format!("at {p}")),
        scope.pool.as_ref().map(|p| format!("in {p}")),
    ];
    let said: Vec<String> = words.into_iter().flatten().collect();
    if said.is_empty() { "everything".to_owned() } else { said.join(" ") }
}
