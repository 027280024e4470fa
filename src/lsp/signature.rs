//! Signature help: the parameters of the rule or function whose arguments are being typed.
//!
//! Must not know names beyond rules and functions. Tests: `tests/it/editor_complete.rs`.

use gen_lsp_types::{MarkupContent, MarkupKind, ParameterInformation, SignatureHelp, SignatureInformation};

use super::describe;
use super::hover::{library_signature, word_at};
use super::routes::Place;
use super::text::number;
use super::view::View;
use crate::model::RuleSig;
use crate::rules;

/// A call that is being typed: its name, where it begins, and which argument.
struct Call<'t> {
    name: &'t str,
    at: usize,
    argument: usize,
}

/// The signature of the call around a place.
#[must_use]
pub fn help(place: &Place) -> Option<SignatureHelp> {
    let view = &place.view;
    let text = view.text(place.file)?;
    let call = call(&text.whole, text.byte(place.position))?;
    let script = view.name(place.file).ends_with(".rhai");
    let vocabulary = &view.checked.draft.vocabulary;
    let signatures: Vec<SignatureInformation> = if script {
        script_signatures(view, &text.whole, &call)
    } else {
        let own = vocabulary.rules.get(call.name).map(|sig| of_rule(view, sig));
        let builtin = BUILTIN.iter().filter(|label| label.split('(').next() == Some(call.name)).map(|label| made(label, String::new()));
        own.into_iter().chain(builtin).collect()
    };
    let argument = Some(number(call.argument).into());
    (!signatures.is_empty()).then_some(SignatureHelp { signatures, active_signature: Some(0), active_parameter: argument })
}

/// The functions that flows have besides rules.
pub const BUILTIN: [&str; 4] = ["min(a, b)", "max(a, b)", "floor(x)", "round(x)"];

fn script_signatures(view: &View, text: &str, call: &Call<'_>) -> Vec<SignatureInformation> {
    let functions = rules::functions(text);
    if call.name == "base" {
        let within = functions.iter().find(|f| f.range.contains(&call.at));
        let sig = within.and_then(|f| view.checked.draft.vocabulary.rules.get(f.name.as_str()));
        return sig.map(|sig| of_rule(view, sig)).into_iter().collect();
    }
    let own = functions.iter().filter(|f| f.name == call.name && f.at.start != call.at).map(|f| {
        let params: Vec<&str> = f.params.iter().map(|(name, _)| name.as_str()).collect();
        made(&format!("{}({})", f.name, params.join(", ")), String::new())
    });
    let method = text.get(..call.at).is_some_and(|before| before.ends_with('.'));
    let library = rules::library().filter(|f| f.name == call.name).map(|f| {
        let label = library_signature(&f);
        // Behind a dot the first argument is what stands before it.
        made(&if method { label.replacen("a, ", "", 1).replacen("(a)", "()", 1) } else { label }, String::new())
    });
    own.chain(library).collect()
}

fn of_rule(view: &View, sig: &RuleSig) -> SignatureInformation {
    let doc = view.checked.draft.vocabulary.rules.get(&sig.named.name).map(|s| s.named.doc.clone()).unwrap_or_default();
    made(&describe::signature(sig), doc)
}

/// A signature from its text: `name(a: type, b: type) -> answer`.
fn made(label: &str, doc: String) -> SignatureInformation {
    let inside = label.split_once('(').map_or("", |(_, rest)| rest).split(") ->").next().unwrap_or("").trim_end_matches(')');
    let params = inside.split(", ").filter(|p| !p.is_empty());
    let parameters = params.map(|p| ParameterInformation { label: p.to_owned().into(), documentation: None }).collect();
    let documentation = (!doc.is_empty()).then(|| MarkupContent { kind: MarkupKind::Markdown, value: doc }.into());
    SignatureInformation { label: label.to_owned(), documentation, parameters: Some(parameters), active_parameter: None }
}

/// The innermost call that is not closed before a byte, looking back a few lines at most.
fn call(text: &str, at: usize) -> Option<Call<'_>> {
    const FAR: usize = 2_000;
    let mut from = at.saturating_sub(FAR);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = text.get(from..at)?;
    let (mut depth, mut argument) = (0_usize, 0);
    for (i, c) in before.char_indices().rev() {
        match c {
            ')' | ']' | '}' => depth += 1,
            '(' | '[' | '{' if depth > 0 => depth -= 1,
            ',' if depth == 0 => argument += 1,
            '(' => {
                let (name, range) = word_at(text, from + i)?;
                return (range.end == from + i).then_some(Call { name, at: range.start, argument });
            }
            '[' | '{' | ';' => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_that_is_being_typed_is_found() {
        let found = |text: &str| call(text, text.len()).map(|c| (c.name.to_owned(), c.argument));
        assert_eq!(found("let x = msl(asp, min(1, 2), "), Some(("msl".to_owned(), 2)));
        assert_eq!(found("require min(1"), Some(("min".to_owned(), 0)));
        assert_eq!(found("require min(1, 2)"), None);
        assert_eq!(found("₹(a, "), None);
    }
}
