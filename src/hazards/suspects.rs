//! Equations that may break: what ranges do not rule out.

use std::cell::RefCell;

use super::table::{self, Row};
use super::{Kind, matrices};
use crate::analysis::ranges::{Range, Visit, integer_limits, run};
use crate::analysis::{Definitions, SiteId};
use crate::ir::{DType, DTypeClass, EqnId, Program, ValueId};
use crate::schema::solves_systems;

/// Equations that a program may take on ranges.
pub(super) const STEPS: u32 = 200_000;

/// An equation that may break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Suspect {
    pub(super) eqn: EqnId,
    pub(super) kind: Kind,
    /// Whether it breaks on every input, and an output of the program with it.
    pub(super) certain: bool,
    /// Whether it is worth telling without a witness.
    pub(super) telling: bool,
}

/// All of them, each equation and kind once, in the order in which they are met.
pub(super) fn find(
    program: &Program,
    definitions: &Definitions,
    inputs: &[(ValueId, Range)],
) -> Vec<Suspect> {
    let found = RefCell::new(Vec::new());
    let outputs = run(program, definitions, inputs, STEPS, &|visit: &Visit<'_, '_>| {
        for suspect in suspects(program, visit) {
            add(&mut found.borrow_mut(), suspect);
        }
    });
    let mut found = found.into_inner();
    let spoiled = outputs.iter().any(|&range| never_finite(range));
    for suspect in &mut found {
        suspect.certain &= spoiled || suspect.kind == Kind::VanishedEpsilon;
    }
    found
}

fn add(found: &mut Vec<Suspect>, new: Suspect) {
    let same = |old: &&mut Suspect| (old.eqn, old.kind) == (new.eqn, new.kind);
    match found.iter_mut().find(same) {
        Some(old) => {
            old.certain &= new.certain;
            old.telling |= new.telling;
        }
        None => found.push(new),
    }
}

fn never_finite(range: Range) -> bool {
    range.is_empty() && range.nan
        || range.low == f64::INFINITY && !range.is_empty()
        || range.high == f64::NEG_INFINITY && !range.is_empty()
}

fn suspects(program: &Program, visit: &Visit<'_, '_>) -> Vec<Suspect> {
    let primitive = program.primitive(visit.eqn);
    let Some(&output) = program.outputs(visit.eqn).first() else {
        return Vec::new();
    };
    let Some(dtype) = program.type_of(output).dtype() else {
        return Vec::new();
    };
    let suspect = |kind, certain, telling| Suspect {
        eqn: visit.eqn,
        kind,
        certain,
        telling,
    };
    let mut found = Vec::new();
    if dtype.is_float() {
        let given = solves_systems(primitive) && matrices::given(visit);
        if let Some(row) = table::breaks(primitive).filter(|_| !given) {
            let telling = |kind| row.telling && kind != Kind::Overflow;
            found.extend(breaks(row, visit).map(|(kind, certain)| suspect(kind, certain, telling(kind))));
        }
        let losing = table::loses(primitive, dtype).filter(|_| !program.span(visit.eqn).is_empty());
        found.extend(losing.map(|kind| suspect(kind, false, false)));
        if infinities_may_meet(visit) && table::breaks(primitive).is_some() {
            found.push(suspect(Kind::OwnInfinity, false, false));
        }
        if vanished(program, visit, dtype) {
            found.push(suspect(Kind::VanishedEpsilon, true, true));
        }
    } else if dtype.is_integer() {
        let operand = visit.operands.first().copied().unwrap_or(Range::ANYTHING);
        if primitive == "convert_element_type" && leaves(program, visit.eqn, operand, dtype) {
            found.push(suspect(Kind::Narrowing, false, false));
        }
        // Unsigned integers wrap around on purpose, as in random bits.
        if dtype.class() == DTypeClass::Unsigned {
            return found;
        }
        let by_zero = visit.operands.get(1).is_some_and(|divisor| divisor.zero);
        if ["div", "rem"].contains(&primitive) && by_zero {
            found.push(suspect(Kind::IntegerDivision, false, false));
        }
        let full = |range: &Range| *range == Range::of_dtype(dtype);
        let leaves_its_dtype = visit.outputs.iter().any(full) && !visit.operands.iter().any(full);
        if leaves_its_dtype && table::wraps(primitive).is_some() {
            found.push(suspect(Kind::IntegerOverflow, false, false));
        }
    }
    found
}

/// Whether NaN may come of infinities and of no NaN.
fn infinities_may_meet(visit: &Visit<'_, '_>) -> bool {
    visit.outputs.first().is_some_and(|range| range.nan)
        && !visit.operands.iter().any(|range| range.nan)
        && visit.operands.iter().any(|range| range.may_be_infinite())
}

/// What may come out of operands that are finite numbers.
fn breaks(row: &Row, visit: &Visit<'_, '_>) -> impl Iterator<Item = (Kind, bool)> {
    let numbers = Range::between(f64::MIN, f64::MAX);
    let clean: Vec<Range> = visit.operands.iter().map(|range| range.meet(numbers)).collect();
    let possible = !clean.iter().any(|range| range.is_empty());
    let out = if possible {
        visit.outputs_of(&clean)
    } else {
        Vec::new()
    };
    let out = out.first().copied().unwrap_or(Range::NOTHING);
    let at_zero = row
        .zero
        .and_then(|operand| clean.get(operand))
        .is_some_and(|range| range.zero);
    let certain = visit.site == SiteId::ROOT
        && visit.outputs.first().is_some_and(|&range| never_finite(range))
        && visit.operands.iter().all(|range| range.is_finite());
    let nan = out.nan.then_some((row.nan, certain));
    let infinite = out.may_be_infinite().then_some((row.infinite, certain));
    let pole = infinite
        .filter(|_| at_zero)
        .map(|(_, certain)| (Kind::Pole, certain));
    let each = [nan, infinite, pole].into_iter().flatten();
    let mut seen = Vec::new();
    each.filter(move |&(kind, _)| {
        let new = !seen.contains(&kind);
        seen.push(kind);
        new
    })
}

/// Whether a float may lie beyond the integers of `dtype`.
fn leaves(program: &Program, eqn: EqnId, operand: Range, dtype: DType) -> bool {
    let from = program
        .inputs(eqn)
        .first()
        .and_then(|&atom| program.atom_type(atom));
    let is_float = from.and_then(crate::ir::Type::dtype).is_some_and(DType::is_float);
    let Some((least, greatest)) = integer_limits(dtype) else {
        return false;
    };
    is_float && !operand.is_empty() && (operand.low < least || operand.high > greatest)
}

/// Whether an epsilon became zero: `x + 0.0` or `max x 0.0` in f16, where the sum is a divisor or goes to a
/// logarithm or root, and may be zero.
fn vanished(program: &Program, visit: &Visit<'_, '_>, dtype: DType) -> bool {
    let guards = matches!(program.primitive(visit.eqn), "add");
    if dtype != DType::Float16 || !guards {
        return false;
    }
    let literal_zero = [0, 1].into_iter().any(|index| {
        let node = visit.graph.operand(visit.eqn, visit.site, index);
        node.and_then(|node| visit.graph.constant(node)) == Some(0.0)
    });
    literal_zero && visit.outputs.first().is_some_and(|range| range.zero)
}
