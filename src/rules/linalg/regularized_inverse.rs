//! Adds a ridge to matrices that are inverted although they have no inverse in working precision.
//!
//! `find` and `triangular` recognize an inverse by what is computed, `identity` knows identities and ridges, `outside` follows
//! the inputs of a jaxpr to those who call it, and `build` makes the new equations.

mod build;
mod find;
mod identity;
mod outside;
mod triangular;

use crate::analysis::{Definition, Definitions, Graph, Node, SiteId};
use crate::ir::{Atom, DType, EqnId, Format, Program, Type};
use crate::rewrite::{NativeEdit, NativeRule, Place};

use find::{Inverse, find};
use identity::Look;
use outside::{Outside, callers};

/// Which matrices get a ridge, and which ridge.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ridge {
    /// Whether all matrices get it, and not just those whose computed inverse has no correct digit.
    pub always: bool,
    /// Its size relative to the largest absolute entry of a matrix; `None` for a default by dtype.
    pub relative: Option<f64>,
}

/// The rule, with what the user asked for.
pub(in crate::rules) struct RegularizedInverse {
    ridge: Ridge,
    outside: Outside,
}

impl RegularizedInverse {
    /// The rule for one program.
    pub(in crate::rules) fn new(program: &Program, ridge: Ridge) -> Self {
        // Who calls what is asked only about inverses, and there is none without a factorization.
        let outside = match program.symbols.get("lu") {
            Some(_) => Outside::of(program),
            None => Outside::default(),
        };
        Self { ridge, outside }
    }

    /// The ridge for matrices of `dtype`, relative to their largest absolute entry.
    ///
    /// At the square root of the rounding unit, what the ridge takes away from the inverse and what rounding takes
    /// away from it are alike. `always` changes good matrices too, and takes less.
    fn relative(&self, dtype: DType) -> Option<f64> {
        let epsilon = Format::arithmetic_of(dtype)?.epsilon;
        let default = if self.ridge.always {
            epsilon.max(1e-6)
        } else {
            epsilon.sqrt()
        };
        Some(self.ridge.relative.unwrap_or(default)).filter(|&ridge| ridge > 0.0 && ridge.is_finite())
    }

    fn note(&self, ridge: f64) -> String {
        if self.ridge.always {
            return format!("always: every matrix gets a ridge of {ridge:.3e} times its largest entry");
        }
        format!(
            "guarded: a matrix whose inverse has no correct digit gets a ridge of {ridge:.3e} times its largest \
             entry, every other keeps its inverse; the price is two inverses and two products"
        )
    }

    /// The inverse that `root` computes, unless something speaks against a ridge.
    fn wanted(&self, program: &Program, definitions: &Definitions, place: &Place) -> Option<Inverse> {
        let graph = Graph::new(program, definitions);
        let look = Look::new(&graph, &self.outside);
        let inverse = find(&look, place.root)?;
        let matrix = Node {
            atom: inverse.matrix,
            site: SiteId::ROOT,
        };
        // The body of a call that is an inverse as a whole is left to that call.
        let wanted = !callers(program, place.block).any(|call| find(&look, call).is_some())
            && !look.has_ridge(matrix)
            && !is_of_a_guard(program, definitions, &inverse, place.root);
        wanted.then_some(inverse)
    }
}

impl NativeRule for RegularizedInverse {
    fn name(&self) -> &'static str {
        "regularized-inverse"
    }

    fn roots(&self) -> &'static [&'static str] {
        &[
            "jit",
            "pjit",
            "closed_call",
            "core_call",
            "remat",
            "remat2",
            "checkpoint",
            "custom_linear_solve",
            "triangular_solve",
        ]
    }

    fn apply(&self, program: &mut Program, definitions: &Definitions, place: &Place) -> Option<NativeEdit> {
        program.symbols.get("lu")?;
        let inverse = self.wanted(program, definitions, place)?;
        let ridge = self.relative(program.atom_type(inverse.matrix).and_then(Type::dtype)?)?;
        let eqns = build::replacement(program, place, &inverse, self.ridge.always, ridge).ok()?;
        Some(NativeEdit {
            eqns,
            note: Some(self.note(ridge)),
        })
    }
}

/// Whether an inverse only serves to tell how good the inverse of its matrix is, as in our own guard.
fn is_of_a_guard(program: &Program, definitions: &Definitions, inverse: &Inverse, root: EqnId) -> bool {
    let stopped = match inverse.matrix {
        Atom::Value(value) => match definitions.get(value) {
            Definition::Eqn(eqn, _) => program.primitive(eqn) == "stop_gradient",
            _ => false,
        },
        Atom::Literal(_) => false,
    };
    let product = [inverse.matrix, Atom::Value(program.outputs(root)[inverse.output])];
    stopped
        && program
            .eqns
            .ids()
            .any(|eqn| program.inputs(eqn) == product && program.primitive(eqn) == "dot_general")
}
