//! Papers that a transition issues, with their reverse papers; numbers are taken by the commit.
//!
//! Pure. Tests: the scenarios.

use crate::base::{Name, PartyCode, Span};
use crate::domain::{PaperDraft, ReasonCode, SeriesTake};
use crate::model::Template;

use super::run::{Halt, Run};

impl Run<'_> {
    /// Issues a paper.
    pub fn issue(&mut self, document: &Name, from: &Name, to: Option<&Name>, with_reverse: bool, span: Span) {
        if let Err(halt) = self.try_issue(document, from, to, with_reverse, span) {
            self.stopped(halt);
        }
    }

    fn try_issue(&mut self, document: &Name, from: &Name, to: Option<&Name>, with_reverse: bool, span: Span) -> Result<(), Halt> {
        let consigner = self.need_party(from, span)?;
        let consignee = to.map(|field| self.need_party(field, span)).transpose()?;
        let book = self.env.book;
        let Some(kind) = book.vocabulary.documents.get(document) else { return Ok(()) };
        let number = self.take_number(&kind.number, document.as_str(), &consigner)?;
        let position = u32::try_from(self.out.papers.len()).unwrap_or(u32::MAX);
        self.out.papers.push(PaperDraft { kind: document.clone(), number, from: Some(consigner.clone()), to: consignee.clone(), reverse_of: None });
        if let (true, Some(reverse)) = (with_reverse, &kind.reverse) {
            let number = self.take_number(reverse, &format!("{document} reverse"), &consigner)?;
            self.out.papers.push(PaperDraft { kind: document.clone(), number, from: consignee, to: Some(consigner), reverse_of: Some(position) });
        }
        Ok(())
    }

    fn take_number(&self, template: &Template, kind: &str, issuer: &PartyCode) -> Result<SeriesTake, Halt> {
        let mut take = self.series_take(template, kind, Some(issuer))?;
        let before = self.out.papers.iter().filter(|p| p.number.series == take.series).count();
        take.ordinal = u32::try_from(before + 1).unwrap_or(u32::MAX);
        Ok(take)
    }

    /// Closes the open reverse papers of a kind.
    pub fn close_reverse(&mut self, document: &Name, span: Span) {
        let open: Vec<String> = self.open_reverses().filter(|(kind, _)| kind == document).map(|(_, number)| number).collect();
        if open.is_empty() {
            let reason = self.reason(ReasonCode::Guard, format!("no reverse paper of `{document}` is open on this document"), span);
            self.refuse(reason);
        }
        self.out.papers_closed.extend(open);
    }

    /// Kind and number of the reverse papers that stay open after this transition.
    pub fn open_reverses(&self) -> impl Iterator<Item = (Name, String)> + '_ {
        let papers = self.env.snapshot.papers.iter().filter(|p| p.open && p.reverse_of.is_some() && !self.out.papers_closed.contains(&p.number));
        papers.map(|p| (p.kind.clone(), p.number.clone()))
    }
}
