//! A rule file as clauses: a keyword at the start of a line, and the indented lines that belong to it.

use crate::rules::{Example, RuleError, Safety};
use crate::span::Span;

/// A clause's text, comments blanked out, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The text behind the keyword. Comments are blanks, so that offsets agree with the file.
    pub text: String,
    /// Offset of the text in the file.
    pub start: usize,
}

/// A rule file, read apart.
#[derive(Clone, Debug, Default)]
pub struct RuleText {
    /// Name of the rule.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// `summary`, one line.
    pub summary: String,
    /// `identity`.
    pub identity: String,
    /// `source`.
    pub source: String,
    /// `safety`.
    pub safety: Option<Safety>,
    /// `phase`.
    pub phase: Option<crate::rewrite::Phase>,
    /// `native NAME`: the rule is written in Rust.
    pub native: Option<String>,
    /// `match`, `where` and `rewrite`, once a spelling.
    pub variants: Vec<[Option<Clause>; 3]>,
    /// `fires "title" { … }`.
    pub fires: Vec<Example>,
    /// `declines "reason" { … }`.
    pub declines: Vec<Example>,
    /// `witness`: inputs that the naive form gets wrong.
    pub witness: Vec<String>,
    /// `preserve`: inputs whose values must stay.
    pub preserve: Vec<String>,
    /// The clauses that say what the rule does, as written.
    pub body: String,
}

const KEYWORDS: &[&str] = &[
    "rule", "summary", "identity", "source", "safety", "phase", "native", "match", "where", "rewrite", "fires",
    "declines", "witness", "preserve",
];

/// file := { clause }
///
/// # Errors
/// Everything that is wrong with the clauses; what stands in `match`, `where` and `rewrite` is looked at later.
pub fn parse_rule(text: &str) -> Result<RuleText, Vec<RuleError>> {
    let mut rule = RuleText::default();
    let mut errors = Vec::new();
    for (start, end) in clause_ranges(text, &mut errors) {
        clause(text, start, end, &mut rule, &mut errors);
    }
    let missing = [
        ("rule NAME", rule.name.is_empty()),
        ("summary", rule.summary.is_empty()),
        ("identity", rule.identity.is_empty()),
        ("source", rule.source.is_empty()),
        ("safety", rule.safety.is_none()),
        ("match", rule.variants.is_empty() && rule.native.is_none()),
        ("fires", rule.fires.is_empty()),
    ];
    for (clause, _) in missing.into_iter().filter(|(_, missing)| *missing) {
        errors.push(RuleError {
            span: Span::new(0, text.lines().next().map_or(0, str::len)),
            related: None,
            message: format!("the rule has no `{clause}` clause"),
            help: Some("every rule says its name, why it is needed, its identity, where that comes from, whether it is safe, and shows a jaxpr on which it fires".to_owned()),
        });
    }
    if errors.is_empty() { Ok(rule) } else { Err(errors) }
}

/// Where clauses start and end. A line inside braces belongs to its clause however it is indented.
fn clause_ranges(text: &str, errors: &mut Vec<RuleError>) -> Vec<(usize, usize)> {
    let mut starts = Vec::new();
    let (mut offset, mut depth) = (0, 0usize);
    for line in text.split_inclusive('\n') {
        if depth == 0 && !line.starts_with([' ', '\t', '#', '\n', '\r']) {
            let word = line.split_whitespace().next().unwrap_or("");
            if KEYWORDS.contains(&word) {
                starts.push(offset);
            } else {
                errors.push(RuleError {
                    span: Span::new(offset, offset + word.len()),
                    related: None,
                    message: format!("`{word}` is not a clause of a rule"),
                    help: Some(match near(word, KEYWORDS) {
                        Some(keyword) => format!("did you mean `{keyword}`?"),
                        None => format!("clauses are {}; lines that belong to one are indented", KEYWORDS.join(", ")),
                    }),
                });
            }
        }
        depth = line.bytes().fold(depth, |depth, byte| match byte {
            b'{' => depth + 1,
            b'}' => depth.saturating_sub(1),
            _ => depth,
        });
        offset += line.len();
    }
    let ends = starts.iter().copied().skip(1).chain([text.len()]);
    starts.iter().copied().zip(ends).collect()
}

/// The known word that `word` is a misspelling of.
pub(super) fn near<'w>(word: &str, known: &[&'w str]) -> Option<&'w str> {
    known.iter().copied().filter(|known| strsim::damerau_levenshtein(word, known) <= 2).min_by_key(|known| {
        strsim::damerau_levenshtein(word, known)
    })
}

fn clause(text: &str, start: usize, end: usize, rule: &mut RuleText, errors: &mut Vec<RuleError>) {
    let whole = &text[start..end];
    let keyword = whole.split_whitespace().next().unwrap_or("");
    let body = Clause { text: blank_comments(&whole[keyword.len()..], keyword), start: start + keyword.len() };
    let words = body.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let span = Span::new(start, start + keyword.len());
    let mut fail = |message: String, help: &str| {
        errors.push(RuleError { span, related: None, message, help: Some(help.to_owned()) });
    };
    match keyword {
        "rule" => {
            rule.name_span = Span::new(start, start + whole.trim_end().len());
            if !words.is_empty() && words.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
                rule.name = words;
            } else {
                fail(format!("`{words}` is not a name"), "a name has letters, digits, `-` and `_`");
            }
        }
        "summary" => rule.summary = words,
        "identity" => rule.identity = words,
        "source" => rule.source = words,
        "native" => rule.native = Some(words),
        "safety" => match words.as_str() {
            "exact" => rule.safety = Some(Safety::Exact),
            "refines" => rule.safety = Some(Safety::Refines),
            "approximate" => rule.safety = Some(Safety::Approximate),
            _ => fail(format!("`{words}` is not a class of safety"), "it is one of exact, refines, approximate"),
        },
        "phase" => match words.as_str() {
            "expose" => rule.phase = Some(crate::rewrite::Phase::Expose),
            "composite" => rule.phase = Some(crate::rewrite::Phase::Composite),
            "simple" => rule.phase = Some(crate::rewrite::Phase::Simple),
            _ => fail(format!("`{words}` is not a phase"), "it is one of expose, composite, simple"),
        },
        "match" => {
            rule.body.push_str(whole.trim_end());
            rule.variants.push([Some(body), None, None]);
        }
        "where" | "rewrite" => {
            rule.body.push_str(whole.trim_end());
            let place = usize::from(keyword == "rewrite") + 1;
            match rule.variants.last_mut() {
                Some(variant) if variant[place].is_none() => variant[place] = Some(body),
                _ => fail(format!("a `{keyword}` without a `match` of its own before it"), "each `match` is followed by its `where` and its `rewrite`"),
            }
        }
        "fires" | "declines" => match example(&text[start + keyword.len()..end]) {
            Some(example) if keyword == "fires" => rule.fires.push(example),
            Some(example) => rule.declines.push(example),
            None => fail(format!("`{keyword}` without a title and a jaxpr"), "write `fires \"what it shows\" { lambda ; a:f32[3]. let … in (b,) }`"),
        },
        "witness" => rule.witness.push(words),
        "preserve" => rule.preserve.push(words),
        _ => {}
    }
    if matches!(keyword, "match" | "where" | "rewrite") {
        rule.body.push('\n');
    }
}

/// example := string jaxpr
fn example(text: &str) -> Option<Example> {
    let (_, rest) = text.split_once('"')?;
    let (title, jaxpr) = rest.split_once('"')?;
    let start = jaxpr.find(['{', 'l'])?;
    Some(Example { title: title.to_owned(), jaxpr: dedent(jaxpr, start) })
}

/// A jaxpr in a rule file is indented as a whole; as a print-out it starts at the margin.
fn dedent(text: &str, start: usize) -> String {
    let mut lines = text[start..].trim_end().lines();
    let first = lines.next().unwrap_or("");
    let rest: Vec<&str> = lines.collect();
    let margin = rest.iter().filter(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start().len());
    let margin = margin.min().unwrap_or(0).saturating_sub(2);
    let mut out = first.to_owned();
    for line in rest {
        out.push('\n');
        out.push_str(line.get(margin..).unwrap_or(line.trim_start()));
    }
    out.push('\n');
    out
}

/// Comments are blanked and not cut, so that offsets stay. A constant `#n` is no comment: no blank follows its `#`.
fn blank_comments(text: &str, keyword: &str) -> String {
    if !matches!(keyword, "match" | "where" | "rewrite" | "safety" | "phase" | "rule" | "native") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.find("# ").or_else(|| line.find("#\n")) {
            Some(at) => {
                out.push_str(&line[..at]);
                out.extend(line[at..].chars().flat_map(|c| {
                    std::iter::repeat_n(if c == '\n' { '\n' } else { ' ' }, c.len_utf8())
                }));
            }
            None => out.push_str(line),
        }
    }
    out
}
