//! Which words begin what, where: the first words of declarations, clauses and steps, and how each is written.
//!
//! Must not know the grammar's rules. Tests: `parser`.

/// What kind of block a line stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// The file itself.
    File,
    /// `workflow … { }`
    Workflow,
    /// `lines { }`
    Lines,
    /// `transition … { }`
    Body,
    /// `each line { }`
    EachLine,
    /// `migrate from … { }`
    Migrate,
    /// `scenario … { }`
    Scenario,
    /// `{ name: type }` of a rule or event.
    Record,
    /// Of something that could not be read.
    Unknown,
}

/// A first word with how the line is written.
pub(super) struct Opening {
    /// The first words, usually one.
    pub words: &'static str,
    /// How it is written, to be shown to whoever wrote it otherwise.
    pub pattern: &'static str,
}

const fn opening(words: &'static str, pattern: &'static str) -> Opening {
    Opening { words, pattern }
}

const FILE: &[Opening] = &[
    opening("condition", "condition NAME \"Label\""),
    opening("owner", "owner NAME \"Label\""),
    opening("pool", "pool NAME \"Label\""),
    opening("obligation", "obligation NAME \"Label\""),
    opening("party kind", "party kind NAME \"Label\""),
    opening("bin", "bin NAME at KIND, KIND clearing \"Label\", or bin NAME outside \"Label\""),
    opening("role", "role NAME at KIND \"Label\""),
    opening("calendar", "calendar NAME monday to saturday 09:30 to 18:30 except 2026-08-15"),
    opening("document", "document NAME \"Label\" number \"DC/{fy}/{seq:5}\" reverse \"RDC/{fy}/{seq:5}\""),
    opening("rule", "rule NAME(parameter: type) -> { field: type }"),
    opening("event", "event NAME { field: type }"),
    opening("on hand", "on hand counts BIN, BIN in CONDITION, CONDITION"),
    opening("shared", "shared part, or shared party"),
    opening("workflow", "workflow NAME \"Title\" version 1 { … }"),
    opening("scenario", "scenario \"what it shows\" { … }"),
];

const WORKFLOW: &[Opening] = &[
    opening("number", "number \"STS/{fy}/{seq:5}\""),
    opening("party", "party NAME : KIND"),
    opening("field", "field NAME : TYPE = VALUE \"Label\""),
    opening("lines", "lines { part : part … }"),
    opening("state", "state NAME \"Label\" within 2 days else notify ROLE"),
    opening("transition", "transition NAME: STATE -> STATE by ROLE { … }"),
    opening("migrate", "migrate from 1 { state OLD -> NEW }"),
];

const BODY: &[Opening] = &[
    opening("ask", "ask FIELD, FIELD"),
    opening("let", "let NAME = VALUE"),
    opening("set", "set FIELD = VALUE"),
    opening("require", "require CONDITION else \"sentence\""),
    opening("each line", "each line { … }"),
    opening("move", "move QUANTITY of PART from PARTY.BIN to PARTY.BIN"),
    opening("owe", "owe QUANTITY of PART as KIND by PARTY to PARTY within 7 days"),
    opening("settle", "settle QUANTITY of PART as KIND by PARTY"),
    opening("waive", "waive QUANTITY of PART as KIND by PARTY"),
    opening("debit", "debit QUANTITY of PART as KIND by PARTY"),
    opening("issue", "issue PAPER from PARTY to PARTY with reverse, or issue PAPER at PARTY"),
    opening("close", "close reverse of PAPER, or close books through DATE"),
    opening("start", "start WORKFLOW with FIELD = VALUE, lines part = PART, FIELD = VALUE"),
    opening("notify", "notify ROLE \"text\""),
    opening("emit", "emit EVENT with FIELD = VALUE"),
    opening("claim", "claim \"key\" released in STATE else \"sentence\""),
    opening("become", "become STATE when CONDITION"),
];

const MIGRATE: &[Opening] = &[opening("state", "state OLD -> NEW keep deadlines")];

const SCENARIO: &[Opening] = &[
    opening("given", "given stock at PARTY, given master \"folder\", or given part CODE …"),
    opening("on", "on 2026-04-20 09:30"),
    opening("when", "when ROLE at PARTY opens WORKFLOW NAME with …, or when ROLE at PARTY fires TRANSITION on NAME with …"),
    opening("then", STEP),
    opening("and", STEP),
];

const STEP: &str = "then NAME is STATE, then refused CODE, then stock at PARTY.BIN is PART 3, then NAME line PART has FIELD 3, then books balance";

const LINES: &[Opening] = &[opening("inbound", "inbound to PARTY is QUANTITY")];

/// The lines that may begin in a block.
pub(super) fn openings(context: Context) -> &'static [Opening] {
    match context {
        Context::File => FILE,
        Context::Workflow => WORKFLOW,
        Context::Lines => LINES,
        Context::Body | Context::EachLine => BODY,
        Context::Migrate => MIGRATE,
        Context::Scenario => SCENARIO,
        Context::Record | Context::Unknown => &[],
    }
}

/// The first word of a line; empty where it begins with something else.
pub(super) fn first_word(line: &str) -> &str {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(line.len());
    line.get(..end).unwrap_or("")
}

/// Whether a line declares a field: `name : type`.
pub(super) fn declares_field(line: &str) -> bool {
    let word = first_word(line);
    !word.is_empty() && line.get(word.len()..).is_some_and(|rest| rest.trim_start().starts_with(':') && !rest.trim_start().starts_with(":="))
}

/// The opening that a line begins with.
pub(super) fn opening_of(context: Context, line: &str) -> Option<&'static Opening> {
    openings(context).iter().find(|o| {
        let mut rest = line;
        o.words.split(' ').all(|word| {
            rest = rest.trim_start();
            let matches = first_word(rest) == word;
            rest = rest.get(word.len()..).unwrap_or("");
            matches
        })
    })
}

/// Whether a line can begin in a block of this kind, judged by its first words and by what follows them.
pub(super) fn starts_clause(context: Context, line: &str) -> bool {
    if matches!(context, Context::Lines | Context::Record) && declares_field(line) {
        return true;
    }
    let Some(opening) = opening_of(context, line) else { return false };
    let last = opening.words.rsplit(' ').next().unwrap_or(opening.words);
    let rest = line.find(last).and_then(|at| line.get(at + last.len()..)).unwrap_or("");
    let follows = rest.trim_start().chars().next();
    // `lines` and `each line` stand before a brace; everything else before a word, a quote or a number.
    match follows {
        None => true,
        Some(c) => c.is_alphanumeric() || matches!(c, '_' | '"' | '\'' | '“' | '(' | '-' | '!' | '{'),
    }
}

/// The step that a line of a scenario was probably meant to begin: a word that is nearly one, and no row of stock.
pub(super) fn misspelt_step(line: &str) -> Option<&'static str> {
    let word = first_word(line);
    let rest = line.get(word.len()..).unwrap_or("").trim_start();
    let is_row = rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == ',');
    if is_row || word.len() < 3 || !word.chars().all(|c| c.is_ascii_lowercase()) {
        return None;
    }
    crate::base::suggest::nearest(word, SCENARIO.iter().map(|o| o.words).filter(|w| w.len() > 3)).filter(|near| *near != word)
}

/// The kind of block that a head cannot do without.
pub(super) fn block_needed(parent: Context, head: &str) -> Option<Context> {
    match (parent, first_word(head)) {
        (Context::File, "workflow") => Some(Context::Workflow),
        (Context::File, "scenario") => Some(Context::Scenario),
        (Context::Workflow, "lines") => Some(Context::Lines),
        (Context::Workflow, "transition") => Some(Context::Body),
        (Context::Workflow, "migrate") => Some(Context::Migrate),
        (Context::Body, "each") => Some(Context::EachLine),
        _ => None,
    }
}

/// What kind of block a head opens.
pub(super) fn context_of_block(parent: Context, head: &str) -> Context {
    block_needed(parent, head).unwrap_or_else(|| guess(head))
}

/// The kind of block that a misplaced or misspelt head would open, so that its inside is still read.
fn guess(head: &str) -> Context {
    let word = first_word(head);
    let blocks = [
        ("workflow", Context::Workflow),
        ("scenario", Context::Scenario),
        ("transition", Context::Body),
        ("lines", Context::Lines),
        ("each", Context::EachLine),
        ("migrate", Context::Migrate),
        ("event", Context::Record),
        ("rule", Context::Record),
    ];
    let near = crate::base::suggest::nearest(word, blocks.iter().map(|(w, _)| *w));
    blocks.iter().find(|(w, _)| Some(*w) == near).map_or(Context::Unknown, |(_, c)| *c)
}
