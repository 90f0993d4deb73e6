//! Rules about exponentials that are added by segments: `jax.ops.segment_sum`, `x.at[i].add`.
//!
//! Each segment is shifted by its own maximum, since one for all would let the smaller segments underflow.

mod shift;

use crate::analysis::{
    Definitions, Graph, Node, SiteId, is_exponential_sum, is_merged, is_shifted, movement,
};
use crate::edit::{Builder, CannotBuild};
use crate::ir::{Atom, EqnId, Program};
use crate::rewrite::{NativeEdit, NativeRule, Place};

use shift::{Shifted, shifted};

/// `log Σ exp x` over segments.
pub(super) struct LogsumexpSegments;

/// `exp x / Σ exp x` with the sums over segments.
pub(super) struct SoftmaxSegments;

/// Longer chains do not occur between a sum and what it is read by.
const LONGEST: usize = 8;

/// A sum of exponentials by segments, behind equations that move its elements.
struct Sum {
    /// What moves elements, outermost first.
    links: Vec<EqnId>,
    /// The `scatter-add` into zeros.
    scatter: EqnId,
}

impl NativeRule for LogsumexpSegments {
    fn name(&self) -> &'static str {
        "logsumexp-segments"
    }

    fn roots(&self) -> &'static [&'static str] {
        &["log"]
    }

    fn apply(&self, program: &mut Program, definitions: &Definitions, place: &Place) -> Option<NativeEdit> {
        let sum = find(&Graph::new(program, definitions), place.root, 0)?;
        NativeEdit::of_root(program, place, |builder| {
            let Shifted { shift, sum: shifted } = shifted(builder, sum.scatter)?;
            let log = builder.apply("log", &[], &[shifted])?;
            let result = builder.apply("add", &[], &[log, shift])?;
            moved(builder, &sum.links, result)
        })
    }
}

impl NativeRule for SoftmaxSegments {
    fn name(&self) -> &'static str {
        "softmax-segments"
    }

    fn roots(&self) -> &'static [&'static str] {
        &["div"]
    }

    fn apply(&self, program: &mut Program, definitions: &Definitions, place: &Place) -> Option<NativeEdit> {
        let graph = Graph::new(program, definitions);
        let sum = find(&graph, place.root, 1)?;
        let exponent = exponent(&graph, place.root)?;
        let &quotient = program.outputs(place.root).first()?;
        // The logarithm of the quotient is a difference, which other rules make of it.
        if is_merged(&graph, at_root(Atom::Value(quotient))) {
            return None;
        }
        NativeEdit::of_root(program, place, |builder| {
            let Shifted { shift, sum: shifted } = shifted(builder, sum.scatter)?;
            let shift = moved(builder, &sum.links, shift)?;
            let difference = builder.apply("sub", &[], &[exponent, shift])?;
            let numerator = builder.apply("exp", &[], &[difference])?;
            let denominator = moved(builder, &sum.links, shifted)?;
            builder.apply("div", &[], &[numerator, denominator])
        })
    }
}

fn at_root(atom: Atom) -> Node {
    Node {
        atom,
        site: SiteId::ROOT,
    }
}

/// The sum by segments that an operand of `root` is, moved.
fn find(graph: &Graph<'_>, root: EqnId, operand: usize) -> Option<Sum> {
    let mut node = graph.operand(root, SiteId::ROOT, operand)?;
    let mut links = Vec::new();
    for _ in 0..=LONGEST {
        let (eqn, site) = graph.equation(node).filter(|&(_, site)| site == SiteId::ROOT)?;
        if graph.program.primitive(eqn) == "scatter-add" {
            return adds_exponentials(graph, eqn).then_some(Sum { links, scatter: eqn });
        }
        movement(graph.program, eqn)?;
        links.push(eqn);
        node = graph.operand(eqn, site, 0)?;
    }
    None
}

/// Whether a `scatter-add` adds exponentials to zeros.
fn adds_exponentials(graph: &Graph<'_>, scatter: EqnId) -> bool {
    let &[operand, _, updates] = graph.program.inputs(scatter) else {
        return false;
    };
    graph.constant(at_root(operand)) == Some(0.0) && is_exponential_sum(graph, at_root(updates))
}

/// The exponent of the numerator, unless that is shifted.
fn exponent(graph: &Graph<'_>, root: EqnId) -> Option<Atom> {
    let numerator = graph.operand(root, SiteId::ROOT, 0)?;
    let (eqn, site) = graph.equation_of(numerator, "exp")?;
    let exponent = graph.resolve(graph.operand(eqn, site, 0)?);
    (exponent.site == SiteId::ROOT && !is_shifted(graph, exponent)).then_some(exponent.atom)
}

fn moved(builder: &mut Builder<'_>, links: &[EqnId], value: Atom) -> Result<Atom, CannotBuild> {
    links
        .iter()
        .rev()
        .try_fold(value, |value, &link| builder.again(link, value))
}
