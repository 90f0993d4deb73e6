//! What running a program costs, so that a search for inputs ends: known beforehand but for `while` loops, of which
//! the steps are counted as they are taken.

use std::cell::Cell;

use rustc_hash::FxHashMap;

use crate::ir::{BlockId, EqnId, Program, Type};
use crate::schema::bodies;
use crate::schema::params::{DotDimensionNumbers, ScanShape};

/// How much the runs on different inputs may cost: element operations, with an overhead an equation.
const WORK: u64 = 1_000_000;
/// How much the whole search in one program may cost: what is found is run again to make it simple, and to tell what
/// spoils an output from what is beside it.
const WHOLE_WORK: u64 = 30_000_000;
/// What an equation costs beside its elements.
const OVERHEAD: u64 = 60;
/// Runs that no program needs more of.
const RUNS: u64 = 64;
/// Steps after which the loops of a run are stopped.
const STEPS: u64 = 1_000;
/// What these steps may cost in one run.
const WORK_OF_STEPS: u64 = 2_000_000;
/// Jaxprs inside one another.
const DEEPEST: usize = 32;

/// What one run costs.
pub(super) struct Cost {
    /// A run in which each `while` takes one step.
    run: u64,
    /// One step of every `while`.
    step: u64,
    /// Each equation by itself.
    own: FxHashMap<EqnId, u64>,
    /// What may still be spent.
    left: Cell<u64>,
}

impl Cost {
    /// What a run of the program costs; `None` where nobody knows.
    pub(super) fn of(program: &Program) -> Option<Self> {
        let mut cost = Self {
            run: 0,
            step: 0,
            own: FxHashMap::default(),
            left: Cell::new(WHOLE_WORK),
        };
        cost.run = cost.block(program, program.main(), 0)?;
        Some(cost)
    }

    /// How often the program may run.
    pub(super) fn runs(&self) -> u64 {
        (WORK / self.run.max(1)).min(RUNS)
    }

    /// Whether a run may take longer than another.
    pub(super) fn has_loops(&self) -> bool {
        self.step > 0
    }

    /// Steps after which the loops of one run are stopped: an input that never ends a loop is no witness.
    pub(super) fn most_steps(&self) -> u64 {
        (WORK_OF_STEPS / self.step.max(1)).clamp(1, STEPS)
    }

    /// Counts the run of an equation, if it matters how often it runs.
    pub(super) fn spend_on(&self, eqn: EqnId) {
        if self.has_loops() {
            self.spend(self.own.get(&eqn).copied().unwrap_or(OVERHEAD));
        }
    }

    /// Counts a run that has begun: all of it, unless its equations are counted as they run.
    pub(super) fn spend_on_run(&self) {
        self.spend(if self.has_loops() { OVERHEAD } else { self.run });
    }

    /// Counts work.
    pub(super) fn spend(&self, work: u64) {
        self.left.set(self.left.get().saturating_sub(work));
    }

    /// What is left to be spent.
    pub(super) fn left(&self) -> u64 {
        self.left.get()
    }

    /// Allows for as much work again.
    pub(super) fn refill(&self) {
        self.left.set(WHOLE_WORK);
    }

    /// What a block costs, each `while` in it for one step.
    fn block(&mut self, program: &Program, block: BlockId, depth: usize) -> Option<u64> {
        if depth > DEEPEST {
            return None;
        }
        let mut total: u64 = 0;
        for &eqn in &program.blocks[block].eqns {
            let own = own(program, eqn);
            self.own.insert(eqn, own);
            let mut inside: u64 = 0;
            for body in bodies(program, eqn)? {
                inside = inside.saturating_add(self.block(program, body.block, depth + 1)?);
            }
            let times = match program.primitive(eqn) {
                "while" => {
                    self.step = self.step.saturating_add(inside).max(1);
                    1
                }
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
}

/// What an equation costs without the jaxprs inside.
fn own(program: &Program, eqn: EqnId) -> u64 {
    let outputs = program.outputs(eqn).iter();
    let own: u64 = outputs.map(|&value| elements(program.type_of(value))).sum();
    own.saturating_mul(contracted(program, eqn))
        .saturating_add(dense(program, eqn).unwrap_or(0))
        .saturating_add(OVERHEAD)
}

fn elements(ty: &Type) -> u64 {
    let extents = ty.shape().unwrap_or_default().iter();
    extents.fold(1, |count: u64, dim| count.saturating_mul(dim.size().unwrap_or(1)))
}

fn operand(program: &Program, eqn: EqnId, index: usize) -> Option<&Type> {
    let &atom = program.inputs(eqn).get(index)?;
    program.atom_type(atom)
}

/// How many products an element of a contraction is the sum of; 1 for other primitives.
fn contracted(program: &Program, eqn: EqnId) -> u64 {
    match program.primitive(eqn) {
        "dot_general" => {
            let numbers = program
                .param(eqn, "dimension_numbers")
                .and_then(|value| DotDimensionNumbers::read(&program.symbols, value))
                .unwrap_or_default();
            let shape = operand(program, eqn, 0).and_then(Type::shape).unwrap_or_default();
            let extents = numbers
                .lhs_contracting
                .iter()
                .filter_map(|&axis| shape.get(axis)?.size());
            extents.product::<u64>().max(1)
        }
        "conv_general_dilated" => operand(program, eqn, 1).map_or(1, elements),
        _ => 1,
    }
}

/// An algorithm on dense matrices, which goes over all of an operand as often as its matrices have rows, or columns if
/// those are fewer.
struct Dense {
    primitive: &'static str,
    /// The operand that it goes over.
    operand: usize,
    /// Operations on an element each time, as flops are counted by Golub and Van Loan, Matrix Computations.
    operations: u64,
}

const fn dense_row(primitive: &'static str, operand: usize, operations: u64) -> Dense {
    Dense {
        primitive,
        operand,
        operations,
    }
}

#[rustfmt::skip] // One row a primitive.
const DENSE: &[Dense] = &[
    dense_row("cholesky", 0, 1),
    dense_row("lu", 0, 1),
    dense_row("triangular_solve", 1, 1),
    dense_row("qr", 0, 4),
    dense_row("geqrf", 0, 2),
    dense_row("householder_product", 0, 2),
    dense_row("hessenberg", 0, 4),
    dense_row("tridiagonal", 0, 2),
    dense_row("eigh", 0, 9),
    dense_row("svd", 0, 21),
    dense_row("schur", 0, 25),
    dense_row("eig", 0, 25),
];

/// What an algorithm on dense matrices costs; `None` for other primitives.
fn dense(program: &Program, eqn: EqnId) -> Option<u64> {
    let name = program.primitive(eqn);
    let row = DENSE.iter().find(|row| row.primitive == name)?;
    let [.., rows, columns] = operand(program, eqn, 0)?.shape()? else {
        return None;
    };
    let times = rows.size()?.min(columns.size()?);
    let elements = elements(operand(program, eqn, row.operand)?);
    Some(elements.saturating_mul(times).saturating_mul(row.operations))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::linear_algebra;
    use crate::schema::testing::one;

    /// Primitives of linear algebra that cost no more than other primitives do for each of their elements.
    const EXCEPTIONS: [(&str, &str); 3] = [
        ("tridiagonal_solve", "eliminates one entry a row"),
        (
            "lu_pivots_to_permutation",
            "exchanges as often as there are pivots",
        ),
        ("fft", "takes a logarithm of the extent for each element"),
    ];

    #[test]
    fn linear_algebra_is_weighted_or_an_exception() {
        for primitive in linear_algebra() {
            let is_dense = DENSE.iter().any(|row| row.primitive == primitive.name);
            let is_exception = EXCEPTIONS.iter().any(|row| row.0 == primitive.name);
            assert!(is_dense != is_exception, "{}", primitive.name);
        }
    }

    #[test]
    fn factorizations_cost_the_cube_of_the_extent() {
        for (inputs, eqn, outputs, products) in [
            (
                "a:f32[2,10,10]",
                "b:f32[2,10,10] c:i32[2,10] d:i32[2,10] = lu a",
                240,
                2 * 1000,
            ),
            (
                "a:f32[10,10]",
                "b:f32[10,10] c:f32[10] = eigh[lower=True] a",
                110,
                9 * 1000,
            ),
            ("a:f32[20,5]", "b:f32[5] = svd[compute_uv=False] a", 5, 21 * 500),
            (
                "a:f32[5,5] b:f32[5,3]",
                "c:f32[5,3] = triangular_solve a b",
                15,
                75,
            ),
            ("a:f32[5]", "b:c64[5] = fft a", 5, 0),
        ] {
            let program = one(inputs, eqn);
            let cost = Cost::of(&program).expect("all costs are known");
            assert_eq!(cost.run, outputs + products + OVERHEAD, "{eqn}");
        }
    }
}
