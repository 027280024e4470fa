//! A lot on one line, as scenarios write given stock: `SEAL lot L1 3 received 2026-01-10 expires 2026-05-31 pool in_warranty`.
//!
//! Must not know types. Tests: below.

/// The words and what they say of a lot.
const WORDS: [(&str, &str); 12] = [
    ("lot", "lot"),
    ("serial", "serial"),
    ("received", "received"),
    ("expires", "expires"),
    ("pool", "pool"),
    ("condition", "condition"),
    ("owner", "owner"),
    ("rate", "rate"),
    ("sodo", "sodo"),
    ("days_left", "days_left"),
    ("in", "bin"),
    ("at", "party"),
];

/// The words that may stand in a line.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().map(|(word, _)| *word)
}

/// Properties and their values as they are written.
///
/// # Errors
/// The word that means nothing, or has nothing behind it.
pub(super) fn lot(line: &str) -> Result<Vec<(&'static str, String)>, String> {
    let mut pieces = line.split_whitespace();
    let mut found = Vec::new();
    if let Some(part) = pieces.next() {
        found.push(("part", part.to_owned()));
    }
    while let Some(piece) = pieces.next() {
        let known = WORDS.iter().find(|(word, _)| *word == piece);
        match known {
            Some((word, property)) => {
                let mut value = pieces.next().ok_or_else(|| (*word).to_owned())?.to_owned();
                // Sales order and delivery order.
                if *word == "sodo" {
                    value = format!("{value} {}", pieces.next().unwrap_or_default());
                }
                found.push((*property, value));
            }
            None if piece.starts_with(|c: char| c.is_ascii_digit()) => found.push(("quantity", piece.to_owned())),
            None => return Err(piece.to_owned()),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_a_lot_is() {
        let found = lot("SEAL lot L1 3 received 2026-01-10 sodo 4500010201 80001501 in blocked").unwrap();
        let shown: Vec<String> = found.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(shown, ["part=SEAL", "lot=L1", "quantity=3", "received=2026-01-10", "sodo=4500010201 80001501", "bin=blocked"]);
        assert_eq!(lot("SEAL 3 recieved 2026-01-10"), Err("recieved".to_owned()));
        assert_eq!(lot("SEAL 3 pool"), Err("pool".to_owned()));
    }
}
