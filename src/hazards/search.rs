//! Looks for inputs on which suspects break.

use rustc_hash::FxHashMap;

use super::accuracy;
use super::judge::Judge;
use super::samples::Sampler;
use super::suspects::Suspect;
use super::{Kind, Witness, shrink};
use crate::analysis::ranges::Range;
use crate::interp::Inputs;
use crate::ir::inner_constvars;
use crate::ir::{BlockId, EqnId, Program, Type, ValueId};
use crate::schema::bodies;
use crate::schema::params::{DotDimensionNumbers, ScanShape};

/// How much one program may cost: element operations, with an overhead an equation.
const WORK: u64 = 1_000_000;
/// What an equation costs beside its elements.
const OVERHEAD: u64 = 60;
/// Runs that no program needs more of.
const RUNS: u64 = 64;

/// Simple inputs on which suspects break, for those for which one was found.
pub(super) fn witnesses(
    original: &Program,
    improved: &Program,
    inputs: &[(ValueId, Range)],
    suspects: &[Suspect],
) -> FxHashMap<(EqnId, Kind), Witness> {
    let mut found = FxHashMap::default();
    // The text does not say what constvars hold.
    let closed = improved.blocks[improved.main()].consts.is_empty() && inner_constvars(improved).is_empty();
    let runs = cost(improved, improved.main(), 0).map_or(0, |cost| (WORK / cost.max(1)).min(RUNS));
    let Some(mut sampler) = Sampler::new(improved, inputs).filter(|_| closed && runs > 0) else {
        return found;
    };
    let judge = Judge::new(original, improved);
    let mut open: Vec<(EqnId, Kind)> = suspects
        .iter()
        .filter(|suspect| suspect.kind != Kind::VanishedEpsilon && !accuracy::finds(suspect.kind))
        .map(|suspect| (suspect.eqn, suspect.kind))
        .collect();
    for round in 0..runs {
        if open.is_empty() {
            break;
        }
        let sample = sampler.sample(round as usize);
        let Some(broken) = judge.witnessed(&sample) else {
            break;
        };
        for event in broken {
            let Some(at) = open.iter().position(|&suspect| suspect == event) else {
                continue;
            };
            open.remove(at);
            let happens = |inputs: &Inputs| {
                judge
                    .witnessed(inputs)
                    .is_some_and(|events| events.contains(&event))
            };
            let simple = shrink::simplest(&happens, &mut sampler, sample.clone(), runs);
            let text = shrink::text(improved, &simple);
            found.insert(event, Witness { inputs: simple, text });
        }
    }
    accuracy::witnesses(improved, suspects, &mut sampler, runs, &mut found);
    found
}

/// What one run costs; `None` where nobody knows, because a loop decides itself how long it runs.
fn cost(program: &Program, block: BlockId, depth: usize) -> Option<u64> {
    const DEEPEST: usize = 32;
    if depth > DEEPEST {
        return None;
    }
    let mut total: u64 = 0;
    for &eqn in &program.blocks[block].eqns {
        let own = program
            .outputs(eqn)
            .iter()
            .map(|&value| elements(program.type_of(value)))
            .sum::<u64>();
        let own = own
            .saturating_mul(contracted(program, eqn))
            .saturating_add(OVERHEAD);
        let mut inside: u64 = 0;
        for body in bodies(program, eqn)? {
            inside = inside.saturating_add(cost(program, body.block, depth + 1)?);
        }
        let times = match program.primitive(eqn) {
            "while" => return None,
            "scan" => {
                let (inputs, outputs) = (program.inputs(eqn).len(), program.outputs(eqn).len());
                let shape = ScanShape::read(program, program.params(eqn), inputs, outputs)?;
                u64::try_from(shape.length?).ok()?
            }
            _ => 1,
        };
        total = total
            .saturating_add(own)
            .saturating_add(inside.saturating_mul(times));
    }
    Some(total)
}

fn elements(ty: &Type) -> u64 {
    let extents = ty.shape().unwrap_or_default().iter();
    extents.fold(1, |count: u64, dim| count.saturating_mul(dim.size().unwrap_or(1)))
}

/// How many products an element of a contraction is the sum of; 1 for other primitives.
fn contracted(program: &Program, eqn: EqnId) -> u64 {
    let operand = |index: usize| {
        program
            .inputs(eqn)
            .get(index)
            .and_then(|&atom| program.atom_type(atom))
    };
    match program.primitive(eqn) {
        "dot_general" => {
            let numbers = program
                .param(eqn, "dimension_numbers")
                .and_then(|value| DotDimensionNumbers::read(&program.symbols, value))
                .unwrap_or_default();
            let shape = operand(0).and_then(Type::shape).unwrap_or_default();
            let extents = numbers
                .lhs_contracting
                .iter()
                .filter_map(|&axis| shape.get(axis)?.size());
            extents.product::<u64>().max(1)
        }
        "conv_general_dilated" => operand(1).map_or(1, elements),
        "lu" | "cholesky" | "triangular_solve" => operand(0).map_or(1, elements),
        _ => 1,
    }
}
