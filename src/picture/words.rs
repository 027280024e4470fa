//! Transitions, deadlines and clauses in the words of the book: roles by their labels, conditions and sentences as they are written.
//!
//! Must not know where they are shown: pictures and pages both use them. Tests: `tests/it/pictures.rs`, `tests/it/handbook.rs`.

use crate::base::{Name, Span};
use crate::model::{Book, Clause, ClauseKind, Deadline, Expr, Goal, Moment, Named, Template, Transition, Trigger, Type, Within, Workflow};

/// The words of one workflow.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// Its book.
    pub book: &'a Book,
    /// The workflow.
    pub workflow: &'a Workflow,
}

/// Whether any clause can refuse.
#[must_use]
pub fn guarded(body: &[Clause]) -> bool {
    all(body).iter().any(|c| matches!(c.kind, ClauseKind::Require(_) | ClauseKind::Claim { .. }))
}

/// All clauses, those inside `each line` too, in order.
#[must_use]
pub fn all(body: &[Clause]) -> Vec<&Clause> {
    let mut found = Vec::new();
    for clause in body {
        found.push(clause);
        if let ClauseKind::EachLine(each) = &clause.kind {
            found.extend(all(&each.body));
        }
    }
    found
}

impl<'a> Words<'a> {
    /// Who may fire a transition and when it fires by itself; what stands in the way of some people; what else comes of it.
    #[must_use]
    pub fn details(&self, transition: &Transition) -> Vec<String> {
        let mut lines = vec![self.who(transition)];
        lines.extend(self.barred(transition));
        lines.extend(self.consequences(transition));
        lines.retain(|line| !line.is_empty());
        lines
    }

    /// Who, or what by itself: `ASP manager, Quality`, `after 48 hours`, `at once`.
    #[must_use]
    pub fn who(&self, transition: &Transition) -> String {
        let mut who: Vec<String> = self.people(transition);
        who.extend(transition.triggers.iter().map(|trigger| self.trigger(trigger)));
        who.dedup();
        if who.is_empty() { self.who_starts(transition) } else { who.join(", ") }
    }

    /// The labels of the roles that may fire it; `system` is nobody.
    #[must_use]
    pub fn people(&self, transition: &Transition) -> Vec<String> {
        transition.by.iter().filter(|role| **role != "system").map(|role| self.role(role)).collect()
    }

    /// What fires a transition when no person does.
    #[must_use]
    pub fn trigger(&self, trigger: &Trigger) -> String {
        match trigger {
            Trigger::After(duration, _) => format!("after {duration}"),
            Trigger::Moment(moment) => self.moment(moment),
            Trigger::AtOnce => "at once".to_owned(),
            Trigger::OnEvent(event) => format!("on event {event}"),
            Trigger::OnArrival(_) => "when parts come".to_owned(),
        }
    }

    fn moment(&self, moment: &Moment) -> String {
        let (word, when) = (if moment.over { "after" } else { "at" }, self.expr(&moment.when));
        let days = if moment.when.ty == Type::Number { " days" } else { "" };
        format!("{word} {when}{days}")
    }

    /// Who opens it when nobody of a role does.
    #[must_use]
    pub fn who_starts(&self, transition: &Transition) -> String {
        let starters = self.starters();
        if transition.opens() && !starters.is_empty() { format!("started by {}", starters.join(", ")) } else { "the system".to_owned() }
    }

    /// The titles of the workflows that start this one.
    #[must_use]
    pub fn starters(&self) -> Vec<String> {
        self.starting().into_iter().map(|w| w.title.clone()).collect()
    }

    /// The workflows that start this one.
    #[must_use]
    pub fn starting(&self) -> Vec<&'a Workflow> {
        let name = &self.workflow.name;
        self.book.workflows.values().map(AsRef::as_ref).filter(|other| starts(other, name)).collect()
    }

    /// The workflows that this one starts.
    #[must_use]
    pub fn started(&self) -> Vec<&'a Workflow> {
        self.book.workflows.values().map(AsRef::as_ref).filter(|other| starts(self.workflow, &other.name)).collect()
    }

    /// Whether a transition asks a rule.
    #[must_use]
    pub fn asks(&self, transition: &Transition, rule: &Name) -> bool {
        let text = self.written(transition.span);
        text.match_indices(rule.as_str()).any(|(at, found)| {
            let (before, after) = (text.get(..at).unwrap_or(""), text.get(at + found.len()..).unwrap_or(""));
            let apart = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
            let ends = !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            apart && ends && (after.starts_with('(') || before.ends_with("choosing "))
        })
    }

    /// What people call a kind of paper.
    #[must_use]
    pub fn paper(&self, name: &Name) -> String {
        self.book.vocabulary.documents.get(name).map_or_else(|| name.to_string(), |d| label(&d.named))
    }

    /// Who may not fire it though a role allows it, and whose yes it needs.
    #[must_use]
    pub fn barred(&self, transition: &Transition) -> Vec<String> {
        let mut lines = Vec::new();
        if !transition.not_by.is_empty() {
            let did: Vec<&str> = transition.not_by.iter().map(Name::as_str).collect();
            lines.push(format!("not whoever did {}", did.join(" or ")));
        }
        if let Some(role) = &transition.approval {
            let approval = self.workflow.transition(&format!("approve_{}", transition.name));
            let others: Vec<&str> = approval.iter().flat_map(|a| &a.not_by).map(Name::as_str).collect();
            let other = if others.is_empty() { String::new() } else { format!(" other than whoever did {}", others.join(" or ")) };
            lines.push(format!("after approval by {}{other}", self.role(role)));
        }
        lines
    }

    /// Documents that are started, and papers that are issued and closed.
    #[must_use]
    pub fn consequences(&self, transition: &Transition) -> Vec<String> {
        let mut lines = Vec::new();
        for clause in all(&transition.body) {
            let line = match &clause.kind {
                ClauseKind::Start(start) => format!("starts {}", self.title_of(&start.workflow)),
                ClauseKind::Issue { document, with_reverse: true, .. } => format!("issues {} and its reverse", self.paper(document)),
                ClauseKind::Issue { document, .. } => format!("issues {}", self.paper(document)),
                ClauseKind::CloseReverse(document) => format!("closes the reverse of {}", self.paper(document)),
                _ => continue,
            };
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }

    /// What people call a workflow.
    #[must_use]
    pub fn title_of(&self, workflow: &Name) -> String {
        self.book.workflows.get(workflow).map_or_else(|| workflow.to_string(), |w| w.title.clone())
    }

    /// What people call a role; a party field that is told something is called by its own label.
    #[must_use]
    pub fn role(&self, name: &Name) -> String {
        match (self.book.vocabulary.roles.get(name), self.workflow.field(name.as_str())) {
            (Some(role), _) => label(&role.named),
            (None, Some(field)) if !field.label.is_empty() => field.label.clone(),
            _ => name.to_string(),
        }
    }

    /// `within 2 working days, else Service operations is told`
    #[must_use]
    pub fn deadline(&self, deadline: &Deadline) -> String {
        let within = match &deadline.within {
            Within::Fixed(duration) => format!("within {duration}"),
            Within::Days(expr) if expr.ty == Type::Duration => format!("within {}", self.expr(expr)),
            Within::Days(expr) => format!("within {} days", self.expr(expr)),
        };
        match &deadline.notify {
            Some(whom) => format!("{within}, else {} is told", self.role(whom)),
            None => within,
        }
    }

    /// The conditions under which a transition leads to a state that is not its default.
    #[must_use]
    pub fn becomes(&self, transition: &Transition, to: &Name) -> Vec<String> {
        let mut reasons = Vec::new();
        for clause in all(&transition.body) {
            if matches!(&clause.kind, ClauseKind::Become(state) if state == to)
                && let Some(when) = &clause.when
            {
                reasons.push(format!("when {}{}", self.expr(when), self.computed(transition, when)));
            }
        }
        reasons
    }

    /// What the computed names in an expression stand for; empty where there are none.
    fn computed(&self, transition: &Transition, expr: &Expr) -> String {
        let written = self.expr(expr);
        let mut meanings = Vec::new();
        for clause in all(&transition.body) {
            if let ClauseKind::Let(name, value) = &clause.kind
                && mentions(&written, name.as_str())
            {
                meanings.push(format!("{name} is {}", self.expr(value)));
            }
        }
        if meanings.is_empty() { String::new() } else { format!(", where {}", meanings.join(", and ")) }
    }

    /// What the guards and claims of a transition say when they refuse.
    #[must_use]
    pub fn refusals(&self, transition: &Transition) -> Vec<String> {
        let mut sentences = Vec::new();
        for clause in all(&transition.body) {
            match &clause.kind {
                ClauseKind::Require(guard) => sentences.push(self.template(&guard.otherwise)),
                ClauseKind::Claim { otherwise, .. } => sentences.push(self.template(otherwise)),
                _ => {}
            }
        }
        sentences
    }

    /// Where a transition leads, in a few words.
    #[must_use]
    pub fn goals(&self, transition: &Transition) -> String {
        match transition.goal {
            Goal::Same => "stays".to_owned(),
            Goal::Back => "back".to_owned(),
            Goal::States => transition.to.iter().map(Name::as_str).collect::<Vec<_>>().join(" or "),
        }
    }

    /// An expression as it is written, on one line.
    #[must_use]
    pub fn expr(&self, expr: &Expr) -> String {
        self.written(expr.span)
    }

    /// A text as it is written, without its quotes.
    #[must_use]
    pub fn template(&self, template: &Template) -> String {
        let written = self.written(template.span);
        written.trim_matches('"').to_owned()
    }

    /// What is written there, on one line and without comments.
    #[must_use]
    pub fn written(&self, span: Span) -> String {
        let lines = self.book.sources.text(span).lines().map(|line| line.split_once(" //").map_or(line, |(code, _)| code));
        lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
    }
}

fn starts(workflow: &Workflow, other: &Name) -> bool {
    let starts = |clause: &Clause| matches!(&clause.kind, ClauseKind::Start(start) if start.workflow == *other);
    workflow.transitions.iter().any(|t| all(&t.body).into_iter().any(starts))
}

/// What people call a declared word.
#[must_use]
pub fn label(named: &Named) -> String {
    if named.label.is_empty() { named.name.to_string() } else { named.label.clone() }
}

/// Whether a text holds a name, not as a part of another one, nor as a property of something.
fn mentions(text: &str, name: &str) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.');
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (text.get(..at).unwrap_or(""), text.get(at + name.len()..).unwrap_or(""));
        !joins(before.chars().next_back()) && !ends(after.chars().next())
    })
}
