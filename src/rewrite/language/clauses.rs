//! A rule file as clauses: a keyword at the start of a line, and the indented lines that belong to it.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::example::{Braces, example};
use super::inputs::{Inputs, inputs};
use super::raw::Raw;
use super::suggest::{near, one_of};
use crate::rewrite::Phase;
use crate::rewrite::{Example, RuleError, Safety};
use crate::span::Span;

/// A clause's text, comments blanked out, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// The text behind the keyword. Comments are blanks, so that offsets agree with the file.
    pub text: String,
    /// Offset of the text in the file.
    pub start: usize,
}

/// One spelling that a rule knows, and what takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantText {
    /// `match`.
    pub matches: Clause,
    /// `where`.
    pub wheres: Option<Clause>,
    /// `rewrite`.
    pub rewrites: Clause,
}

/// A rule file, read apart.
#[derive(Clone, Debug, Default, PartialEq)]
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
    pub phase: Option<Phase>,
    /// `native NAME`: the rule is written in Rust.
    pub native: Option<String>,
    /// `match`, `where` and `rewrite`, once a spelling.
    pub variants: Vec<VariantText>,
    /// `fires "title" { … }`.
    pub fires: Vec<Example>,
    /// `declines "reason" { … }`.
    pub declines: Vec<Example>,
    /// `witness`: inputs that the naive form gets wrong.
    pub witness: Vec<Inputs>,
    /// `preserve`: inputs whose values must stay.
    pub preserve: Vec<Inputs>,
    /// The clauses that say what the rule does, as written.
    pub body: String,
}

/// Reads a rule file apart; what stands in `match`, `where` and `rewrite` is looked at later.
///
/// # Errors
/// Everything that is wrong with the clauses.
pub fn parse_rule(text: &str) -> Result<RuleText, Vec<RuleError>> {
    let mut reader = Reader {
        text,
        rule: RuleText::default(),
        first: Vec::new(),
        errors: Vec::new(),
    };
    let mut raws = reader.file().into_iter().peekable();
    while let Some(raw) = raws.next() {
        reader.clause(&raw, &mut raws);
    }
    reader.missing();
    reader.native_beside_match();
    if reader.errors.is_empty() {
        Ok(reader.rule)
    } else {
        Err(reader.errors)
    }
}

const KEYWORDS: &[&str] = &[
    "rule", "summary", "identity", "source", "safety", "phase", "native", "match", "where", "rewrite",
    "fires", "declines", "witness", "preserve",
];

struct Reader<'a> {
    text: &'a str,
    rule: RuleText,
    /// Clauses that may stand once, and where they stand.
    first: Vec<(&'a str, Span)>,
    errors: Vec<RuleError>,
}

impl<'a> Reader<'a> {
    /// Finds the clauses: one starts where a line does that is not indented. Only a jaxpr may have such lines too.
    ///
    /// file := [ ?margin? ] { clause ?margin? }
    fn file(&mut self) -> Vec<Raw<'a>> {
        let mut raws: Vec<Raw<'a>> = Vec::new();
        let mut braces = Braces::default();
        let mut offset = 0;
        for line in self.text.split_inclusive('\n') {
            let word = line.split([' ', '\t', '\n', '\r']).next().unwrap_or("");
            let is_content = line.starts_with([' ', '\t']) || braces.is_open();
            if KEYWORDS.contains(&word) {
                raws.push(Raw {
                    keyword: word,
                    at: offset,
                    body: "",
                });
                braces = Braces::default();
            } else if !is_content && !word.is_empty() && !word.starts_with('#') {
                let span = Span::new(offset, offset + word.len());
                let help = match near(&word.to_lowercase(), KEYWORDS) {
                    Some(keyword) => format!("write `{keyword}`"),
                    None => format!("clauses are {}", KEYWORDS.join(", ")),
                };
                let error = RuleError::new(span, format!("`{word}` is not a clause of a rule"));
                self.errors
                    .push(error.help(format!("{help}; lines that belong to a clause are indented")));
            }
            offset += line.len();
            let Some(raw) = raws.last_mut() else { continue };
            if raw.keyword == word || (is_content && !line.trim().is_empty()) {
                raw.body = self.text[raw.start()..offset].trim_end();
                if matches!(raw.keyword, "fires" | "declines") {
                    braces = Braces::of(raw.body);
                }
            }
        }
        raws
    }

    /// Reads one clause, and `where` and `rewrite` with their `match`.
    ///
    /// clause := rule | prose | safety | phase | native | variant | example | inputs
    fn clause(&mut self, raw: &Raw<'a>, next: &mut Peekable<IntoIter<Raw<'a>>>) {
        if !matches!(
            raw.keyword,
            "match" | "where" | "rewrite" | "fires" | "declines" | "witness" | "preserve"
        ) {
            self.once(raw);
        }
        match raw.keyword {
            "rule" => self.rule(raw),
            "summary" | "identity" | "source" => self.prose(raw),
            "safety" => self.safety(raw),
            "phase" => self.phase(raw),
            "native" => self.native(raw),
            "match" => self.variant(raw, next),
            "fires" | "declines" => match example(raw.body, raw.start()) {
                Ok(example) if raw.keyword == "fires" => self.rule.fires.push(example),
                Ok(example) => self.rule.declines.push(example),
                Err(error) => self.errors.push(error),
            },
            "witness" => self.inputs(raw, |rule| &mut rule.witness),
            "preserve" => self.inputs(raw, |rule| &mut rule.preserve),
            _ => {
                let message = format!("a `{}` without a `match` of its own before it", raw.keyword);
                let error = RuleError::new(raw.keyword_span(), message);
                self.errors.push(
                    error.help("each `match` is followed by its `where`, if it has one, and its `rewrite`"),
                );
            }
        }
    }

    fn inputs(&mut self, raw: &Raw<'a>, list: fn(&mut RuleText) -> &mut Vec<Inputs>) {
        match inputs(&raw.lines()) {
            Ok(inputs) => list(&mut self.rule).push(inputs),
            Err(errors) => self.errors.extend(errors),
        }
    }

    /// A clause that may stand once.
    fn once(&mut self, raw: &Raw<'a>) {
        match self.first.iter().find(|(keyword, _)| *keyword == raw.keyword) {
            Some(&(_, first)) => {
                let message = format!("the rule has a second `{}`", raw.keyword);
                let error = RuleError::new(raw.keyword_span(), message).related(first, "the first one");
                self.errors.push(error.help("keep one of them"));
            }
            None => self.first.push((raw.keyword, raw.keyword_span())),
        }
    }

    /// rule := "rule" ?gap? title
    fn rule(&mut self, raw: &Raw<'a>) {
        let (words, span) = raw.words();
        self.rule.name_span = span;
        self.rule.name = self.title(words, span);
    }

    /// native := "native" ?gap? title
    fn native(&mut self, raw: &Raw<'a>) {
        let (words, span) = raw.words();
        self.rule.native = Some(self.title(words, span));
    }

    /// title := ( ?letter? | ?digit? ) { ?letter? | ?digit? | "-" | "_" }
    fn title(&mut self, words: String, span: Span) -> String {
        let first = words.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !first
            || !words
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        {
            let error = RuleError::new(span, format!("`{words}` is not a name"));
            self.errors
                .push(error.help("a name has letters and digits, and behind the first of them `-` and `_`"));
        }
        words
    }

    /// prose := ( "summary" | "identity" | "source" ) ?space? ?prose?
    fn prose(&mut self, raw: &Raw<'a>) {
        let lines = raw.body.lines().filter(|line| !line.starts_with('#'));
        let words = lines
            .flat_map(str::split_whitespace)
            .collect::<Vec<_>>()
            .join(" ");
        if words.is_empty() {
            let error = RuleError::new(raw.keyword_span(), format!("`{}` says nothing", raw.keyword));
            self.errors.push(error.help("one line of text stands behind it"));
        }
        match raw.keyword {
            "summary" => self.rule.summary = words,
            "identity" => self.rule.identity = words,
            _ => self.rule.source = words,
        }
    }

    /// safety := "safety" ?gap? ( "exact" | "refines" | "approximate" )
    fn safety(&mut self, raw: &Raw<'a>) {
        let classes = [
            ("exact", Safety::Exact),
            ("refines", Safety::Refines),
            ("approximate", Safety::Approximate),
        ];
        self.rule.safety = self.choice(raw, &classes, "a class of safety", "classes");
    }

    /// phase := "phase" ?gap? ( "idiom" | "expose" | "composite" | "simple" | "late" )
    fn phase(&mut self, raw: &Raw<'a>) {
        let phases = Phase::ALL.map(|phase| (phase.word(), phase));
        self.rule.phase = self.choice(raw, &phases, "a phase", "phases");
    }

    fn choice<T: Copy>(&mut self, raw: &Raw<'a>, known: &[(&str, T)], what: &str, all: &str) -> Option<T> {
        let (words, span) = raw.words();
        let found = known.iter().find(|(name, _)| *name == words);
        if found.is_none() {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let error = RuleError::new(span, format!("`{words}` is not {what}"));
            self.errors.push(error.help(one_of(&words, &names, all)));
        }
        found.map(|&(_, value)| value)
    }

    /// variant := "match" ?gap? equations ?margin? [ "where" ?gap? conditions ?margin? ] "rewrite" ?gap? equations
    fn variant(&mut self, raw: &Raw<'a>, next: &mut Peekable<IntoIter<Raw<'a>>>) {
        let wheres = next.next_if(|raw| raw.keyword == "where");
        let rewrites = next.next_if(|raw| raw.keyword == "rewrite");
        if !self.rule.body.is_empty() {
            self.rule.body.push('\n');
        }
        for raw in [Some(raw), wheres.as_ref(), rewrites.as_ref()]
            .into_iter()
            .flatten()
        {
            self.rule
                .body
                .push_str(self.text[raw.at..raw.start() + raw.body.len()].trim_end());
            self.rule.body.push('\n');
        }
        let Some(rewrites) = rewrites else {
            let error = RuleError::new(raw.keyword_span(), "this `match` has no `rewrite`");
            self.errors
                .push(error.help("say below it, behind `rewrite`, what takes its place"));
            return;
        };
        let (matches, wheres, rewrites) = (raw.lines(), wheres.map(|raw| raw.lines()), rewrites.lines());
        self.rule.variants.push(VariantText {
            matches,
            wheres,
            rewrites,
        });
    }

    /// What every rule must have. A clause that is there and wrong is not missing.
    fn missing(&mut self) {
        // A misspelt keyword has been named already.
        let misspelt: Vec<&str> = self
            .errors
            .iter()
            .filter_map(|error| near(error.span.text(self.text), KEYWORDS))
            .collect();
        let is_missing = |keyword: &str| {
            let is_there = match keyword {
                "match" => self.begins("match") || self.has("native"),
                "fires" => self.begins("fires"),
                keyword => self.has(keyword),
            };
            !is_there && !misspelt.contains(&keyword)
        };
        let first_line = Span::new(0, self.text.lines().next().map_or(0, str::len));
        let errors: Vec<RuleError> = NEEDED
            .iter()
            .filter(|(keyword, _)| is_missing(keyword))
            .map(|(keyword, help)| {
                let error = RuleError::new(first_line, format!("the rule has no `{keyword}`"));
                error.help(format!("add {help}"))
            })
            .collect();
        self.errors.extend(errors);
    }

    /// A rule is written in Rust or in its file.
    fn native_beside_match(&mut self) {
        let native = self.first.iter().find(|(keyword, _)| *keyword == "native");
        if let Some(&(_, span)) = native.filter(|_| self.begins("match")) {
            let error = RuleError::new(span, "a rule has `native` or `match`, and not both");
            self.errors
                .push(error.help("`native` says that the rule is written in Rust"));
        }
    }

    /// Whether there is a clause of the head.
    fn has(&self, keyword: &str) -> bool {
        self.first.iter().any(|(first, _)| *first == keyword)
    }

    /// Whether a line begins a clause of the body, be it right or wrong.
    fn begins(&self, keyword: &str) -> bool {
        self.text
            .lines()
            .any(|line| line.split_whitespace().next() == Some(keyword) && line.starts_with(keyword))
    }
}

/// The clauses that every rule has, and how to write them.
const NEEDED: [(&str, &str); 7] = [
    ("rule", "`rule NAME`, the name of the file without `.rule`"),
    (
        "summary",
        "what goes wrong without it, in one line: `summary exp overflows`",
    ),
    (
        "identity",
        "the identity over the reals: `identity log(exp x) = x`",
    ),
    (
        "source",
        "where the identity comes from: a paper, a library, a theorem",
    ),
    (
        "safety",
        "whether it may change values: exact, refines or approximate",
    ),
    ("match", "what it looks for: `match e = exp x`"),
    (
        "fires",
        "a jaxpr on which it fires: `fires \"what it shows\" { lambda … }`",
    ),
];
