//! From text to syntax tree, with every mistake in our words: several of one file, each at its token.
//!
//! Must not know layers or signatures. Tests: `tests/syntax.rs`.

use std::collections::BTreeMap;

use rhai::{AST, ASTNode, Engine, LexError, ParseError, ParseErrorType, Position, ScriptFnMetadata, Stmt};

use super::habits;
use super::host;
use super::scan::{self, Header, Token};
use crate::base::{Diagnostic, FileId, SourceMap, Span};

/// A script with its tokens: converts rhai's positions to spans.
pub(super) struct Source {
    map: SourceMap,
    within: FileId,
    file: FileId,
    pub text: String,
    pub tokens: Vec<Token>,
    pub headers: Vec<Header>,
}

impl Source {
    pub(super) fn new(text: &str, file: FileId) -> Self {
        let mut map = SourceMap::default();
        let within = map.add("", text);
        let tokens = scan::tokens(text);
        let headers = scan::headers(text, &tokens);
        Self { map, within, file, text: text.to_owned(), tokens, headers }
    }

    pub(super) fn span(&self, (start, end): (usize, usize)) -> Span {
        Span::new(self.file, start, end)
    }

    /// The byte at a position: lines and columns are characters, from 1.
    pub(super) fn offset(&self, position: Position) -> usize {
        let (line, column) = (position.line().unwrap_or(1), position.position().unwrap_or(1));
        self.map.file(self.within).map_or(0, |f| f.offset(line, column))
    }

    /// The position of a byte.
    pub(super) fn position(&self, offset: usize) -> Position {
        let place = self.map.file(self.within).map(|f| f.line_column(u32::try_from(offset).unwrap_or(u32::MAX)));
        let (line, column) = place.unwrap_or((1, 1));
        u16::try_from(line).ok().filter(|l| *l > 0).map_or(Position::NONE, |line| Position::new(line, u16::try_from(column).unwrap_or(u16::MAX)))
    }

    /// The token at a position.
    pub(super) fn at(&self, position: Position) -> Span {
        self.span(scan::widen(&self.text, &self.tokens, self.offset(position)))
    }

    /// The first function of a name.
    pub(super) fn header(&self, name: &str) -> Option<&Header> {
        self.headers.iter().find(|h| h.name == name)
    }

    /// The words that stand in a range.
    pub(super) fn words(&self, (start, end): (usize, usize)) -> impl Iterator<Item = &str> {
        let inside = self.tokens.iter().filter(move |t| t.kind == scan::TokenKind::Word && t.start >= start && t.end <= end);
        inside.filter_map(|t| self.text.get(t.start..t.end))
    }

    fn word(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Just behind the token before a byte: where something is missing.
    fn behind(&self, at: usize) -> Span {
        let before = self.tokens.partition_point(|t| t.end <= at).checked_sub(1).and_then(|i| self.tokens.get(i));
        before.map_or_else(|| self.span((at, at)), |t| self.span((t.end.saturating_sub(1).max(t.start), t.end)))
    }
}

/// The functions of a script that parses.
pub(super) struct Functions<'a> {
    /// Those with a name, in the order of the text.
    pub named: Vec<Function<'a>>,
    /// Conditions such as `|x| x > 1`, by the name that rhai gives them.
    pub closures: BTreeMap<String, Closure>,
}

/// A function with its statements.
pub(super) struct Function<'a> {
    pub header: &'a Header,
    pub body: Vec<Stmt>,
}

/// A function without a name.
pub(super) struct Closure {
    /// Its parameters, after the variables that it uses from outside.
    pub params: Vec<String>,
    pub body: Vec<Stmt>,
    range: (usize, usize),
}

/// The functions with their bodies. rhai keeps bodies to itself but walks them: each statement that the walk begins
/// with belongs to the innermost function around its place.
pub(super) fn functions<'a>(source: &'a Source, ast: &AST) -> Functions<'a> {
    let mut named: Vec<Function<'a>> = source.headers.iter().map(|header| Function { header, body: Vec::new() }).collect();
    let mut closures: BTreeMap<String, Closure> = ast.iter_functions().filter_map(|f| closure(source, ast, &f)).collect();
    let mut outside = ast.statements().len();
    ast.walk(&mut |path: &[ASTNode]| {
        let [ASTNode::Stmt(statement)] = path else {
            return true;
        };
        let at = source.offset(statement.position());
        let inside = |(from, to): (usize, usize)| (from..to).contains(&at);
        let innermost = closures.values_mut().filter(|c| inside(c.range)).min_by_key(|c| c.range.1 - c.range.0);
        if outside > 0 {
            outside -= 1;
        } else if let Some(closure) = innermost {
            closure.body.push((*statement).clone());
        } else if let Some(function) = named.iter_mut().find(|f| inside(f.header.range)) {
            function.body.push((*statement).clone());
        }
        true
    });
    Functions { named, closures }
}

fn closure(source: &Source, ast: &AST, function: &ScriptFnMetadata) -> Option<(String, Closure)> {
    let name = function.name.to_owned();
    let body = &ast.shared_lib().get_script_fn(&name, function.params.len()).filter(|_| name.starts_with("anon$"))?.body;
    let from = source.offset(body.start_position());
    // A condition without braces is one statement, and begins where that begins.
    let to = if body.end_position().is_none() { from + 1 } else { source.offset(body.end_position()) };
    Some((name, Closure { params: function.params.iter().map(|p| (*p).to_owned()).collect(), body: Vec::new(), range: (from, to) }))
}

/// Lines and columns beyond this are not told apart by rhai.
const LONGEST: usize = 60_000;

/// The tree of a script. Where it does not parse, one diagnostic for each function that does not.
pub(super) fn parse(engine: &Engine, source: &Source) -> Result<AST, Vec<Diagnostic>> {
    if source.text.lines().count() > LONGEST || source.text.lines().any(|l| l.len() > LONGEST) {
        return Err(vec![
            Diagnostic::error("rule-syntax", source.span((0, 0)), "the script has more than 60000 lines, or a line longer than that")
                .help("split it into several scripts"),
        ]);
    }
    let whole = match engine.compile(&source.text) {
        Ok(ast) => return Ok(ast),
        Err(error) => error,
    };
    let parts = source.headers.iter().filter_map(|h| engine.compile(scan::only(&source.text, h.range)).err());
    let mut found: Vec<Diagnostic> = parts.map(|error| diagnostic(source, &error)).collect();
    if found.is_empty() {
        found.push(diagnostic(source, &whole));
    }
    Err(found)
}

/// The parser itself breaks on a script.
pub(super) fn broken(source: &Source) -> Diagnostic {
    Diagnostic::error("rule-syntax", source.span((0, 0)), "this script cannot be read").help("write it anew, function by function, to see which part it is")
}

/// The name of a script's function twice, a missing bracket, a word that rules do not have …
fn diagnostic(source: &Source, error: &ParseError) -> Diagnostic {
    let span = source.at(error.position());
    let span = if error.position().is_none() { source.behind(source.text.len()) } else { span };
    let missing = |what: &str| {
        let behind = source.behind(if error.position().is_none() { source.text.len() } else { span.start as usize });
        Diagnostic::error("rule-syntax", behind, format!("`{what}` is missing here"))
    };
    let syntax = |title: &str| Diagnostic::error("rule-syntax", span, title);
    if let Some(found) = habit(source, span, error.err_type()) {
        return found;
    }
    match error.err_type() {
        ParseErrorType::MissingToken(token, _) if token == ";" => missing(";").help("end the statement with `;`"),
        ParseErrorType::MissingToken(token, _) if token == "," => missing(",").help("put `,` between two values, or close the bracket"),
        ParseErrorType::MissingToken(token, _) if token == "}" => missing("}").help("close what `{` opens; a function cannot be inside another"),
        ParseErrorType::MissingToken(token, _) if token == "in" => missing("in").help("write `for x in list { … }`"),
        ParseErrorType::MissingToken(token, _) => missing(token),
        ParseErrorType::Reserved(word) => forbidden(span, word),
        ParseErrorType::BadInput(error) => lexical(span, source.word(span), error),
        ParseErrorType::UnknownOperator(symbol) => forbidden(span, symbol),
        ParseErrorType::VariableExists(name) => {
            syntax(&format!("`{name}` is there already")).help("give the new one another name: rules do not let one name mean two things")
        }
        ParseErrorType::FnDuplicatedDefinition(name, _) => syntax(&format!("the function `{name}` is written twice")).help("keep one of the two"),
        ParseErrorType::FnDuplicatedParam(name, param) => syntax(&format!("`{name}` has two parameters `{param}`")),
        ParseErrorType::FnMissingParams(name) => syntax(&format!("the parameters of `{name}` are missing")).help(format!("write `fn {name}(…) {{`")),
        ParseErrorType::FnMissingName => syntax("the function has no name").help("write `fn name(…) { … }`"),
        ParseErrorType::FnMissingBody(_) => syntax("the function has no body").help("write what it answers in `{ … }`"),
        ParseErrorType::WrongFnDefinition => syntax("a function cannot be inside another").help("close the one above with `}` first"),
        ParseErrorType::ExprTooDeep => syntax("this is nested too deeply").help("give parts of it a name with `let`, or make them functions"),
        ParseErrorType::LiteralTooLarge(..) => syntax("this text, list or record is too large"),
        ParseErrorType::UnexpectedEOF => syntax("the script ends in the middle").help("look for a `}` or a closing quote that is missing"),
        ParseErrorType::DuplicatedProperty(name) => syntax(&format!("the record has `{name}` twice")),
        ParseErrorType::DuplicatedVariable(name) => syntax(&format!("`{name}` is there twice")),
        ParseErrorType::AssignmentToConstant(name) if !name.is_empty() => syntax(&format!("`{name}` cannot be changed")),
        ParseErrorType::AssignmentToConstant(_) | ParseErrorType::AssignmentToInvalidLHS(_) | ParseErrorType::MismatchedType(..) => {
            syntax("a value cannot be given to this").help("write `==` to compare; `=` only gives a variable a new value")
        }
        ParseErrorType::ExprExpected(_) | ParseErrorType::MissingSymbol(_) | ParseErrorType::MalformedIndexExpr(_) => syntax("a value is expected here"),
        ParseErrorType::PropertyExpected if host::FORBIDDEN.iter().any(|(word, _)| *word == source.word(span)) => forbidden(span, source.word(span)),
        ParseErrorType::PropertyExpected => syntax("the name of a property is expected here"),
        ParseErrorType::VariableExpected | ParseErrorType::ForbiddenVariable(_) => syntax("a name is expected here"),
        ParseErrorType::WrongSwitchDefaultCase => syntax("`_` comes last in a `switch`"),
        ParseErrorType::LoopBreak => syntax("`break` and `continue` belong inside a `for`"),
        ParseErrorType::WrongDocComment => syntax("a `///` comment belongs right above a function").help("write `//` for other comments"),
        _ => syntax("this does not read as a rule"),
    }
}

/// What was typed out of habit from another language.
fn habit(source: &Source, span: Span, error: &ParseErrorType) -> Option<Diagnostic> {
    let missing = match error {
        ParseErrorType::MissingToken(token, _) => Some(token.as_str()),
        ParseErrorType::BadInput(_) | ParseErrorType::Reserved(_) | ParseErrorType::UnknownOperator(_) => None,
        ParseErrorType::ExprExpected(_) | ParseErrorType::MissingSymbol(_) => None,
        _ => return None,
    };
    let before = source.tokens.partition_point(|t| t.end <= span.start as usize).checked_sub(1).and_then(|i| source.tokens.get(i));
    let before = before.map_or(source.span((0, 0)), |t| source.span((t.start, t.end)));
    let (blame, help) = habits::habit(source.word(before), source.word(span), missing)?;
    let wrong = if blame { before } else { span };
    Some(Diagnostic::error("rule-syntax", wrong, format!("`{}` is not how rules are written", source.word(wrong))).help(help))
}

/// A word or sign of rhai that rules do not have.
pub(super) fn forbidden(span: Span, word: &str) -> Diagnostic {
    let why = host::FORBIDDEN.iter().find(|(w, _)| *w == word).map(|(_, why)| *why);
    let title = format!("`{word}` is not part of rules");
    let wrong = Diagnostic::error("rule-forbidden", span, title);
    match why {
        Some(why) => wrong.help(why),
        None if word.starts_with(char::is_alphabetic) => wrong.help("this word is reserved: choose another name"),
        None => wrong,
    }
}

fn lexical(span: Span, word: &str, error: &LexError) -> Diagnostic {
    let syntax = |title: String| Diagnostic::error("rule-syntax", span, title);
    match error {
        LexError::ImproperSymbol(symbol, _) => forbidden(span, symbol),
        LexError::UnterminatedString => syntax("this text has no closing quote".into()).help("close it with `\"`"),
        LexError::MalformedEscapeSequence(seq) => syntax(format!("`{seq}` means nothing in a text")).help("write `\\\\` for a backslash"),
        LexError::MalformedNumber(n) => syntax(format!("`{n}` is not a number")),
        LexError::MalformedChar(_) => syntax("text stands in double quotes".into()).help("write `\"…\"`"),
        LexError::UnexpectedInput(input) => syntax(format!("`{input}` does not belong here")).help("look whether a value is missing before it, or a bracket"),
        _ => syntax(format!("`{word}` cannot be read")),
    }
}
