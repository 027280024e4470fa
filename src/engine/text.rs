//! Texts with holes: sentences, messages, keys and the fixed parts of numbers.
//!
//! Pure. Tests: the scenarios.

use crate::base::PartyCode;
use crate::domain::SeriesTake;
use crate::model::{NumberPart, Template, TemplatePart};

use super::run::{Halt, Run};

impl Run<'_> {
    /// A text with its holes filled.
    pub fn render(&self, template: &Template) -> Result<String, Halt> {
        let mut text = String::new();
        for part in &template.parts {
            match part {
                TemplatePart::Plain(plain) => text.push_str(plain),
                TemplatePart::Hole(expr) => text.push_str(&self.eval(expr)?.to_string()),
                TemplatePart::Number(number) => text.push_str(&self.number_part(number, None)),
            }
        }
        Ok(text)
    }

    /// A sentence for people: a hole without a value shows what is written there.
    pub fn sentence(&self, template: &Template) -> String {
        let mut text = String::new();
        for part in &template.parts {
            match part {
                TemplatePart::Plain(plain) => text.push_str(plain),
                TemplatePart::Hole(expr) => match self.eval(expr) {
                    Ok(value) => text.push_str(&value.to_string()),
                    Err(_) => text.push_str(&format!("{{{}}}", self.env.book.sources.text(expr.span))),
                },
                TemplatePart::Number(number) => text.push_str(&self.number_part(number, None)),
            }
        }
        text
    }

    fn number_part(&self, part: &NumberPart, issuer: Option<&PartyCode>) -> String {
        let date = self.today;
        match part {
            NumberPart::Seq(_) => String::new(),
            NumberPart::FiscalYear => date.fiscal_year(self.env.book.manifest.fiscal_month),
            NumberPart::Year => format!("{:04}", date.0.year()),
            NumberPart::Month => format!("{:02}", date.0.month()),
            NumberPart::Bu => self.doc.bu.to_string(),
            NumberPart::Party => issuer.map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// The next number of a series. Each issuer (by GSTIN, where it has one) and each filled pattern counts by itself.
    pub fn series_take(&self, template: &Template, kind: &str, issuer: Option<&PartyCode>) -> Result<SeriesTake, Halt> {
        let (mut prefix, mut suffix, mut width) = (String::new(), String::new(), None);
        for part in &template.parts {
            let text = match part {
                TemplatePart::Plain(plain) => plain.clone(),
                TemplatePart::Hole(expr) => self.eval(expr)?.to_string(),
                TemplatePart::Number(NumberPart::Seq(digits)) => {
                    width = Some(*digits);
                    continue;
                }
                TemplatePart::Number(number) => self.number_part(number, issuer),
            };
            if width.is_none() { prefix.push_str(&text) } else { suffix.push_str(&text) }
        }
        let issuer_key = issuer.map(|code| {
            let gstin = self.env.snapshot.party(code).map(|p| p.gstin.clone()).unwrap_or_default();
            if gstin.is_empty() { code.to_string() } else { gstin }
        });
        let series = format!("{kind}|{}|{prefix}|{suffix}", issuer_key.unwrap_or_default());
        Ok(SeriesTake { series, prefix, width: width.unwrap_or(1), suffix, ordinal: 1 })
    }
}
