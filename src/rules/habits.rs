//! What people type out of habit from other languages, and what rules write instead.
//!
//! Must not know rhai. Tests: `tests/syntax.rs`.

/// What goes wrong at a word, given the word before it and what the parser misses, if it says so. Answers whether the
/// word before is to blame, and what to write instead.
pub(super) fn habit(before: &str, word: &str, missing: Option<&str>) -> Option<(bool, &'static str)> {
    const IF: &str = "write `if … { … } else { … }`, which also gives a value";
    let blamed = match before {
        "elseif" | "elsif" | "elif" => Some("write `else if`"),
        "not" => Some("write `!` for not"),
        "function" | "def" | "func" => Some("write `fn`"),
        _ => None,
    };
    if let Some(help) = blamed {
        return Some((true, help));
    }
    let help = match (missing, word) {
        (Some("=>"), ":" | "->") | (_, "case") => "the cases of a `switch` are written `value => …,` and the last `_ => …`",
        (Some(":"), "=") => "the fields of a record are written `name: value`",
        (Some("in"), "=") => "write `for i in 1..4 { … }`",
        (_, "then" | "if" | "?" | "unless") => IF,
        (_, "=") => "write `==` to compare; `=` gives a variable a value, in a statement of its own",
        (_, "==") => "write `=` to give a variable a value",
        (Some(";"), ":") => "a record is written `#{ name: value }`",
        (_, ":=" | "<-") => "write `=` to give a variable a value",
        (_, "->") => "write `=>` in a `switch`, and `=` to give a variable a value",
        (_, "=>") => "a condition is written `|x| x > 1`",
        (_, ",") if before.ends_with(|c: char| c.is_ascii_digit()) && missing == Some(";") => "write large numbers without commas: `1000` or `1_000`",
        (_, "++") => "write `x += 1`",
        (_, "--" | "#") => "a comment begins with `//`, a record with `#{`",
        (_, ">") if before == "<" => "write `!=` for \"is not\"",
        (_, "var") => "write `let`",
        (_, "null" | "nil" | "none" | "undefined") => "ask `has(x)` for whether there is a value; no value is written `()`",
        (_, "and") => "write `&&`",
        (_, "or") => "write `||`",
        (_, "not") => "write `!` for not",
        (_, "is") => "write `==` for is, and `!=` for is not",
        (_, "“" | "”" | "„" | "‘" | "’") => "write straight quotes: `\"…\"`",
        (_, "===" | "!==") => "write `==` or `!=`",
        _ => return None,
    };
    Some((false, help))
}

/// A name that is not known, and that another language has.
pub(super) fn unknown_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "yes" | "Yes" | "True" | "TRUE" => "write `true`",
        "no" | "No" | "False" | "FALSE" => "write `false`",
        "today" | "now" => "a rule has no clock: let the flow give it the date as a parameter",
        "and" | "or" | "not" | "is" | "null" | "nil" | "none" => return habit("", name, None).map(|(_, help)| help),
        _ => return None,
    })
}
