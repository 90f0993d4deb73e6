//! What is assumed of inputs: what the user says, or what their use suggests.

use rustc_hash::FxHashMap;

use super::table;
use crate::analysis::ranges::{Range, Visit, integer_limits, run};
use crate::analysis::{Definition, Definitions, Graph, Node, SiteId, movement};
use crate::ir::{Atom, DType, DTypeClass, Program, ValueId};

/// What the user says of inputs, by variable; `*` stands for all.
#[derive(Clone, Debug, Default)]
pub struct Assumptions(pub Vec<Assumption>);

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumption {
    /// The variable, or `*`.
    pub name: String,
    /// What is said of it.
    pub word: Word,
}

/// What can be said of an input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Word {
    /// It lies between these numbers.
    Between(f64, f64),
    /// It is above zero.
    Positive,
    /// It is not below zero.
    Nonnegative,
    /// It is not zero.
    Nonzero,
    /// It lies between 0 and 1.
    Probability,
}

impl Word {
    /// All words of `--assume`.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("positive", Self::Positive),
        ("nonnegative", Self::Nonnegative),
        ("nonzero", Self::Nonzero),
        ("probability", Self::Probability),
    ];
}

impl std::fmt::Display for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Between(low, high) => write!(f, "in [{low}, {high}]"),
            Self::Positive => f.write_str("positive"),
            Self::Nonnegative => f.write_str("nonnegative"),
            Self::Nonzero => f.write_str("nonzero"),
            Self::Probability => f.write_str("a probability"),
        }
    }
}

impl Assumptions {
    /// The first input of which is said what is true of no number, and that in words.
    ///
    /// What is said of all inputs may fit none of the integers; they are then looked for as if nothing were said.
    pub fn contradiction(&self, program: &Program) -> Option<(String, String)> {
        let mut inputs = program.blocks[program.main()].inputs.iter();
        inputs.find_map(|&value| {
            let name = program.name(value);
            let dtype = program.type_of(value).dtype();
            let is_named = self.0.iter().any(|said| said.name == name);
            let words = self.about(&name);
            let integral = is_integral(dtype);
            let empty = told_all(by_type(dtype), &words, dtype).is_empty();
            (empty && (is_named || !integral)).then(|| {
                let number = if integral { "integer" } else { "number" };
                let words: Vec<String> = words.iter().map(Word::to_string).collect();
                (name, format!("no {number} is {}", words.join(" and ")))
            })
        })
    }

    /// What is said of a variable. The last of several ranges counts, and what is said after it narrows it.
    fn about(&self, name: &str) -> Vec<Word> {
        let about = self.0.iter().filter(|said| said.name == name || said.name == "*");
        let mut words: Vec<Word> = about.map(|said| said.word).collect();
        let is_range = |word: &Word| matches!(word, Word::Between(..));
        words.drain(..words.iter().rposition(is_range).unwrap_or(0));
        words
    }
}

/// Floats are looked for between −100 and 100 unless something is said or their use suggests something else:
/// exponentials overflow there, products of a few factors do not.
const FLOATS: f64 = 100.0;
/// Integers too: most are indices or counts.
const INTEGERS: f64 = 100.0;

/// The least number that is looked at of an input that is positive.
const LEAST_POSITIVE: f64 = 1e-3;

/// The inputs of the main jaxpr with the ranges in which they are looked for.
pub(super) fn inputs(
    program: &Program,
    definitions: &Definitions,
    said: &Assumptions,
) -> Vec<(ValueId, Range)> {
    let main = &program.blocks[program.main()];
    let plain: Vec<(ValueId, Range)> = main
        .inputs
        .iter()
        .map(|&value| (value, by_type(program.type_of(value).dtype())))
        .collect();
    let natural = by_use(program, definitions, &plain);
    plain
        .into_iter()
        .map(|(value, range)| {
            let name = program.name(value);
            let about = said.about(&name);
            let dtype = program.type_of(value).dtype();
            let narrow = told_all(range, &about, dtype);
            let range = if about.is_empty() || narrow.is_empty() {
                natural
                    .get(&value)
                    .map_or(range, |natural| narrowed(range, *natural))
            } else {
                narrow
            };
            (value, dtype.map_or(range, |dtype| range.rounded(dtype)))
        })
        .collect()
}

fn by_type(dtype: Option<DType>) -> Range {
    match dtype {
        Some(dtype) => match dtype.class() {
            DTypeClass::Float => Range::between(-FLOATS, FLOATS),
            DTypeClass::Signed => Range::integers(-INTEGERS, INTEGERS).meet(Range::of_dtype(dtype)),
            _ => Range::of_dtype(dtype),
        },
        None => Range::ANYTHING,
    }
}

/// The default within what use suggests, unless nothing would be left.
fn narrowed(range: Range, natural: Range) -> Range {
    let both = range.meet(natural);
    if both.is_empty() { range } else { both }
}

fn is_integral(dtype: Option<DType>) -> bool {
    dtype.is_some_and(|dtype| !dtype.is_float())
}

fn told_all(range: Range, words: &[Word], dtype: Option<DType>) -> Range {
    words.iter().fold(range, |range, &word| told(range, word, dtype))
}

fn told(range: Range, word: Word, dtype: Option<DType>) -> Range {
    match word {
        Word::Between(low, high) if is_integral(dtype) => {
            // All of a dtype is what ranges take for a result that has wrapped around.
            let (least, greatest) = dtype
                .and_then(integer_limits)
                .unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
            let (low, high) = (low.ceil(), high.floor());
            if low <= least && high >= greatest {
                Range::integers(least + 1.0, greatest - 1.0)
            } else {
                Range::integers(low, high)
            }
        }
        Word::Between(low, high) => Range::between(low, high),
        // Tiny numbers are what few mean by the word, unless the range holds no others.
        Word::Positive if range.high > LEAST_POSITIVE => {
            range.meet(Range::between(LEAST_POSITIVE, f64::INFINITY))
        }
        Word::Positive => range.meet(Range::between(0.0, f64::INFINITY)).nonzero(),
        Word::Nonnegative => range.meet(Range::between(0.0, f64::INFINITY)),
        Word::Nonzero => range.nonzero(),
        Word::Probability => range.meet(Range::between(0.0, 1.0)),
    }
}

/// What primitives that read inputs as they are say of them: whoever hands a number to a logarithm sees that it is
/// above zero, while what a program computes on the way is its own affair.
fn by_use(
    program: &Program,
    definitions: &Definitions,
    plain: &[(ValueId, Range)],
) -> FxHashMap<ValueId, Range> {
    let found = std::cell::RefCell::new(FxHashMap::default());
    let steps = super::suspects::STEPS;
    run(program, definitions, plain, steps, &|visit: &Visit<'_, '_>| {
        let Some(row) = table::breaks(program.primitive(visit.eqn)) else {
            return;
        };
        for index in 0..row.natural.len() {
            let input = visit
                .graph
                .operand(visit.eqn, visit.site, index)
                .and_then(|node| input_behind(visit.graph, node));
            if let (Some(input), Some(range)) = (input, row.natural_range(index)) {
                let mut found = found.borrow_mut();
                let known = found.entry(input).or_insert(Range::ANYTHING);
                *known = narrowed(*known, range.or_nan(true));
            }
        }
    });
    found.into_inner()
}

/// The input that a node is, but for what moves its elements.
fn input_behind(graph: &Graph<'_>, node: Node) -> Option<ValueId> {
    const LONGEST: usize = 8;
    let mut node = graph.resolve(node);
    for _ in 0..LONGEST {
        let Atom::Value(value) = node.atom else {
            return None;
        };
        match graph.definition(value) {
            Definition::Input(_) if node.site == SiteId::ROOT => return Some(value),
            Definition::Eqn(eqn, _) if movement(graph.program, eqn).is_some() => {
                node = graph.resolve(graph.operand(eqn, node.site, 0)?);
            }
            _ => return None,
        }
    }
    None
}
