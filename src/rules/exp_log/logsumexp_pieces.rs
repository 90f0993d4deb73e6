//! Takes a logarithm of exponentials that were put together into one array by the exponents put together.
//!
//! A pattern has a fixed number of operands, and an array is put together from any number of pieces.

use crate::analysis::{Definitions, Graph, Node, SiteId, is_exponential_sum, movement};
use crate::edit::{Builder, CannotBuild};
use crate::ir::{Atom, DType, EqnId, Program, Type};
use crate::rewrite::{NativeEdit, NativeRule, Place};

/// The rule.
pub(in crate::rules) struct LogsumexpPieces;

/// Primitives that put operands together into one array. The padding of `pad` is its last operand.
const JOINS: [&str; 3] = ["concatenate", "stack", "pad"];

/// Longer chains do not occur between an array that was put together and the logarithm of its sum.
const LONGEST: usize = 8;

/// `log … Σ … concatenate pieces`.
struct Found {
    /// What moves elements and adds them, from the logarithm down.
    links: Vec<EqnId>,
    /// Whether anything is added.
    summed: bool,
    join: EqnId,
    pieces: Vec<Piece>,
}

/// An operand of the equation that puts pieces together.
#[derive(Clone, Copy)]
enum Piece {
    /// A sum of exponentials, or one of them. Its logarithm is repaired in its turn.
    Exponential(Atom),
    /// A number that is not below zero, in the place of this operand.
    Constant(f64, Atom),
}

impl NativeRule for LogsumexpPieces {
    fn name(&self) -> &'static str {
        "logsumexp-pieces"
    }

    fn roots(&self) -> &'static [&'static str] {
        &["log"]
    }

    fn apply(&self, program: &mut Program, definitions: &Definitions, place: &Place) -> Option<NativeEdit> {
        let found = find(&Graph::new(program, definitions), place)?;
        NativeEdit::of_root(program, place, |builder| replacement(builder, &found))
    }
}

fn find(graph: &Graph<'_>, place: &Place) -> Option<Found> {
    let mut node = graph.operand(place.root, SiteId::ROOT, 0)?;
    let (mut links, mut summed) = (Vec::new(), false);
    for _ in 0..=LONGEST {
        let (eqn, site) = graph.equation(node).filter(|&(_, site)| site == SiteId::ROOT)?;
        let primitive = graph.program.primitive(eqn);
        if JOINS.contains(&primitive) {
            let pieces = pieces(graph, eqn)?;
            return Some(Found {
                links,
                summed,
                join: eqn,
                pieces,
            });
        }
        if movement(graph.program, eqn).is_none() {
            (primitive == "reduce_sum").then_some(())?;
            summed = true;
        }
        links.push(eqn);
        node = graph.operand(eqn, site, 0)?;
    }
    None
}

/// The operands, if each is an exponential or a number, and not all are numbers.
fn pieces(graph: &Graph<'_>, join: EqnId) -> Option<Vec<Piece>> {
    let operands = graph.program.inputs(join).iter();
    let pieces: Option<Vec<Piece>> = operands.map(|&atom| piece(graph, atom)).collect();
    let has_exponential =
        |pieces: &Vec<Piece>| pieces.iter().any(|piece| matches!(piece, Piece::Exponential(_)));
    pieces.filter(has_exponential)
}

fn piece(graph: &Graph<'_>, atom: Atom) -> Option<Piece> {
    let node = Node {
        atom,
        site: SiteId::ROOT,
    };
    match graph.constant(node) {
        Some(value) => (value >= 0.0).then_some(Piece::Constant(value, atom)),
        None => is_exponential_sum(graph, node).then_some(Piece::Exponential(atom)),
    }
}

fn replacement(builder: &mut Builder<'_>, found: &Found) -> Result<Atom, CannotBuild> {
    let logs: Result<Vec<Atom>, CannotBuild> = found
        .pieces
        .iter()
        .map(|piece| logarithm(builder, *piece))
        .collect();
    let equation = builder.program.eqns[found.join];
    let ty = builder
        .program
        .outputs(found.join)
        .first()
        .map(|&value| builder.program.values[value].ty);
    // The logarithms have the types of what they are taken of, and so has the array that is put together from them.
    let mut result = builder.push(
        equation.primitive,
        equation.params,
        &logs?,
        ty.ok_or(CannotBuild::Argument)?,
    );
    if found.summed {
        result = builder.apply("exp", &[], &[result])?;
    }
    for &link in found.links.iter().rev() {
        result = builder.again(link, result)?;
    }
    if found.summed {
        result = builder.apply("log", &[], &[result])?;
    }
    Ok(result)
}

fn logarithm(builder: &mut Builder<'_>, piece: Piece) -> Result<Atom, CannotBuild> {
    match piece {
        Piece::Exponential(atom) => builder.apply("log", &[], &[atom]),
        Piece::Constant(value, atom) => {
            let ty = builder
                .program
                .atom_type(atom)
                .and_then(Type::as_array)
                .ok_or(CannotBuild::Argument)?;
            let (shape, dtype): (_, DType) = (ty.shape.to_vec(), ty.dtype);
            let literal = builder.literal(value.ln(), dtype);
            builder.broadcast(literal, &[], shape)
        }
    }
}
