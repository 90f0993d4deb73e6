//! What is assumed of inputs: what the user says, or what their use suggests.

use rustc_hash::FxHashMap;

use super::table;
use crate::analysis::ranges::{Range, Visit, run};
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

/// Floats are looked for between −100 and 100 unless something is said or their use suggests something else:
/// exponentials overflow there, products of a few factors do not.
const FLOATS: f64 = 100.0;
/// Integers too: most are indices or counts.
const INTEGERS: f64 = 100.0;

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
            let about: Vec<Word> = said
                .0
                .iter()
                .filter(|said| said.name == name || said.name == "*")
                .map(|said| said.word)
                .collect();
            let dtype = program.type_of(value).dtype();
            let range = if about.is_empty() {
                natural
                    .get(&value)
                    .map_or(range, |natural| narrowed(range, *natural))
            } else {
                about
                    .into_iter()
                    .fold(range, |range, word| told(range, word, dtype))
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

fn told(range: Range, word: Word, dtype: Option<DType>) -> Range {
    let integral = dtype.is_some_and(|dtype| !dtype.is_float());
    match word {
        Word::Between(low, high) if integral => Range::integers(low.ceil(), high.floor()),
        Word::Between(low, high) => Range::between(low, high),
        Word::Positive => range.meet(Range::between(1e-3, f64::INFINITY)),
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
