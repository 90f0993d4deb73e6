//! Recognizes inverses by what is computed: the solution of linear equations whose right side is an identity.
//!
//! Nothing is taken from names: a function called `inv` may compute anything, and `jnp.linalg.inv` may have been
//! inlined. What `custom_linear_solve` solves is read from its `matvec`, which says what it multiplies by.

use rustc_hash::FxHashSet;

use super::identity::Look;
use super::triangular;
use crate::analysis::{Definition, Graph, IndexMap, Link, Node, SiteId};
use crate::ir::{Atom, Dim, EqnId, ParamValue, Program, Type, ValueId};
use crate::schema::params::{DotDimensionNumbers, argument, int};

/// An equation of a block that computes an inverse.
pub(super) struct Inverse {
    /// What is inverted, as it is read in the block.
    pub(super) matrix: Atom,
    /// The variables of the block that are the matrix.
    pub(super) aliases: Vec<ValueId>,
    /// The equations that compute the inverse from the matrix, in order; the last is the root.
    pub(super) slice: Vec<EqnId>,
    /// Which output of the root is the inverse.
    pub(super) output: usize,
    /// Whether that output is the inverse of the transpose.
    pub(super) transposed: bool,
    /// The factors of the matrix, where they serve the inverse and its gradient alone: they do in
    /// `custom_linear_solve`, and users share what `lu_factor` gives.
    pub(super) factors: Vec<ValueId>,
}

/// The inverse that `root` computes.
pub(super) fn find(look: &Look<'_>, root: EqnId) -> Option<Inverse> {
    let outputs = look.graph.program.outputs(root);
    outputs.iter().enumerate().find_map(|(output, &value)| {
        let node = Node {
            atom: Atom::Value(value),
            site: SiteId::ROOT,
        };
        is_real_and_square(look.graph.type_of(node)?).then_some(())?;
        let solved = solution(look, node)?;
        let slice = if look.graph.outermost_call(solved.factors.1) == Some(root) {
            vec![root]
        } else {
            inlined(look, root, &solved)?
        };
        belongs(look, root, &solved).then_some(())?;
        let aliases = aliases(look, &slice, solved.matrix);
        let matrix = Atom::Value(*aliases.first()?);
        let factors = if solved.owns_factors {
            factors(look, &slice, &solved)
        } else {
            Vec::new()
        };
        Some(Inverse {
            matrix,
            aliases,
            slice,
            output,
            transposed: solved.transposed,
            factors,
        })
    })
}

/// The solution of `A X = I`, found behind a node.
struct Solved {
    matrix: Node,
    /// The equation that factorizes the matrix.
    factors: (EqnId, SiteId),
    /// The equation that solves.
    solve: EqnId,
    transposed: bool,
    owns_factors: bool,
}

fn is_real_and_square(ty: &Type) -> bool {
    let Type::Array(array) = ty else { return false };
    let sized = array.shape.iter().all(|dim| matches!(dim, Dim::Size(_)));
    sized && array.dtype.is_float() && matches!(&*array.shape, [.., rows, columns] if rows == columns)
}

fn solution(look: &Look<'_>, node: Node) -> Option<Solved> {
    let (chain, node) = views(look, node);
    if let Some((factors, solve)) = triangular::factors(look, node) {
        let matrix = look.graph.resolve(look.graph.operand(factors.0, factors.1, 0)?);
        let transposed = swaps(look, &chain, node)?;
        return Some(Solved {
            matrix,
            factors,
            solve,
            transposed,
            owns_factors: false,
        });
    }
    let (solve, site) = look.graph.equation_of(node, "custom_linear_solve")?;
    let program = look.graph.program;
    let [matvec, vecmat, solver, transposed_solver] = const_lengths(program, solve)?;
    let right = matvec + vecmat + solver + transposed_solver;
    if matvec != 1 || program.inputs(solve).len() != right + 1 {
        return None;
    }
    let operand = |index| look.graph.operand(solve, site, index);
    let matrix = look.graph.resolve(operand(0)?);
    // The solver gets the factors and the permutation, in this order or the other.
    let mut consts = matvec + vecmat..matvec + vecmat + solver;
    let factors = consts.find_map(|index| factorization(look, operand(index)?, matrix))?;
    if !look.is_identity(operand(right)?) {
        return None;
    }
    let transposed = solves_transposed(look.graph, solve)? ^ swaps(look, &chain, node)?;
    Some(Solved {
        matrix,
        factors,
        solve,
        transposed,
        owns_factors: true,
    })
}

/// The views between a node and what they start from.
fn views(look: &Look<'_>, node: Node) -> (Vec<Link>, Node) {
    /// Longer chains do not occur.
    const LONGEST: usize = 16;
    let mut chain = Vec::new();
    let mut node = look.graph.resolve(node);
    while let Some((eqn, site)) = look.graph.equation(node)
        && let Some(inner) = look.view(eqn, site).filter(|_| chain.len() < LONGEST)
    {
        chain.push(Link { eqn, site });
        node = look.graph.resolve(inner);
    }
    (chain, node)
}

/// Whether a chain of views swaps rows and columns; `None` if it moves anything else.
fn swaps(look: &Look<'_>, chain: &[Link], inner: Node) -> Option<bool> {
    let rank = look.graph.type_of(inner)?.shape()?.len();
    let map = look.graph.index_map(chain, rank)?;
    let mut swapped = IndexMap::identity(rank);
    swapped.0.swap(rank.checked_sub(2)?, rank - 1);
    if map == swapped {
        return Some(true);
    }
    (map == IndexMap::identity(rank)).then_some(false)
}

fn const_lengths(program: &Program, solve: EqnId) -> Option<[usize; 4]> {
    let lengths = program.param(solve, "const_lengths")?;
    let mut found = [0; 4];
    for (length, name) in found
        .iter_mut()
        .zip(["matvec", "vecmat", "solve", "transpose_solve"])
    {
        *length = usize::try_from(int(&program.symbols, argument(&program.symbols, lengths, name)?)?).ok()?;
    }
    Some(found)
}

/// The `lu` of `matrix` whose first output a node is. JAX hides the factorization from differentiation.
fn factorization(look: &Look<'_>, factors: Node, matrix: Node) -> Option<(EqnId, SiteId)> {
    let factors = look.graph.resolve(factors);
    let (lu, site) = look.graph.equation_of(factors, "lu")?;
    if Atom::Value(*look.graph.program.outputs(lu).first()?) != factors.atom {
        return None;
    }
    let mut node = look.graph.resolve(look.graph.operand(lu, site, 0)?);
    while node != matrix {
        let (eqn, site) = look.graph.equation_of(node, "stop_gradient")?;
        node = look.graph.resolve(look.graph.operand(eqn, site, 0)?);
    }
    Some((lu, site))
}

/// Whether a `custom_linear_solve` of an identity gives the inverse of the transpose.
///
/// Its `matvec` computes `M x` or `x Mᵀ` from the matrix `A` and `x`, where `M` is `A` or `Aᵀ`.
fn solves_transposed(graph: &Graph<'_>, solve: EqnId) -> Option<bool> {
    let program = graph.program;
    let jaxprs = program.param(solve, "jaxprs")?;
    let Some(ParamValue::Listing(listing)) = argument(&program.symbols, jaxprs, "matvec") else {
        return None;
    };
    let block = &program.blocks[program.listings[*listing].main];
    let (&[matrix, x], &[result]) = (&*block.inputs, &*block.outputs) else {
        return None;
    };
    let outside = super::outside::Outside::default();
    let look = Look::new(graph, &outside);
    let (chain, product) = views(
        &look,
        Node {
            atom: result,
            site: SiteId::ROOT,
        },
    );
    let (dot, site) = graph.equation_of(product, "dot_general")?;
    let numbers = DotDimensionNumbers::read(&program.symbols, program.param(dot, "dimension_numbers")?)?;
    let rank = graph.type_of(product)?.shape()?.len();
    let batch: Vec<usize> = (0..rank.checked_sub(2)?).collect();
    let (rows, columns) = (rank - 2, rank - 1);
    if numbers.lhs_batch != batch || numbers.rhs_batch != batch {
        return None;
    }
    let reads = |index, value| {
        graph
            .operand(dot, site, index)
            .is_some_and(|node| node.atom == Atom::Value(value))
    };
    let (of_matrix, of_x, free) = if reads(0, matrix) && reads(1, x) {
        (&*numbers.lhs_contracting, &*numbers.rhs_contracting, rows)
    } else if reads(0, x) && reads(1, matrix) {
        (&*numbers.rhs_contracting, &*numbers.lhs_contracting, columns)
    } else {
        return None;
    };
    let (&[of_matrix], &[of_x]) = (of_matrix, of_x) else {
        return None;
    };
    let free = if swaps(&look, &chain, product)? {
        rows + columns - free
    } else {
        free
    };
    let from_the_right = match (of_x, free) {
        _ if of_x == rows && free == rows => false,
        _ if of_x == columns && free == columns => true,
        _ => return None,
    };
    Some((of_matrix == rows) ^ from_the_right)
}

/// Whether an equation gives the inverse and what its gradient needs, and nothing else.
fn belongs(look: &Look<'_>, root: EqnId, solved: &Solved) -> bool {
    look.graph.program.outputs(root).iter().all(|&value| {
        let node = Node {
            atom: Atom::Value(value),
            site: SiteId::ROOT,
        };
        let (_, inner) = views(look, node);
        let made_by = look.graph.equation(inner).map(|(eqn, _)| eqn);
        made_by == Some(solved.solve) || made_by == Some(solved.factors.0) || look.is_identity(node)
    })
}

/// The equations of the block from the factorization to the solution.
fn inlined(look: &Look<'_>, root: EqnId, solved: &Solved) -> Option<Vec<EqnId>> {
    // A transpose behind the solution is not the root: it takes the regularized solution as it is.
    let reads_factors = look.graph.program.inputs(root).iter().any(|&atom| {
        let node = look.graph.resolve(Node {
            atom,
            site: SiteId::ROOT,
        });
        look.graph.equation_of(node, "lu") == Some(solved.factors)
    });
    if !reads_factors {
        return None;
    }
    let mut slice = Slice {
        look,
        matrix: solved.matrix,
        visited: FxHashSet::default(),
        eqns: Vec::new(),
    };
    slice.depends(root)?;
    // A call that computes more than the factors, such as a determinant, is not worth a copy.
    let has_more = |eqn: &&EqnId| {
        let calls = look.graph.program.params(**eqn).jaxprs().next().is_some();
        let outputs = look.graph.program.outputs(**eqn).len();
        **eqn != root && calls && factors(look, std::slice::from_ref(*eqn), solved).len() != outputs
    };
    slice.eqns.iter().find(has_more).is_none().then_some(slice.eqns)
}

/// The variables bound by equations that are outputs of the factorization.
fn factors(look: &Look<'_>, eqns: &[EqnId], solved: &Solved) -> Vec<ValueId> {
    let outputs = eqns.iter().flat_map(|&eqn| look.graph.program.outputs(eqn));
    let is_factor = |value: &ValueId| {
        let node = Node {
            atom: Atom::Value(*value),
            site: SiteId::ROOT,
        };
        look.graph.equation(node) == Some(solved.factors)
    };
    outputs.copied().filter(is_factor).collect()
}

/// The operands of equations that are the matrix.
fn aliases(look: &Look<'_>, eqns: &[EqnId], matrix: Node) -> Vec<ValueId> {
    let inputs = eqns.iter().flat_map(|&eqn| look.graph.program.inputs(eqn));
    inputs
        .filter(|&&atom| {
            look.graph.resolve(Node {
                atom,
                site: SiteId::ROOT,
            }) == matrix
        })
        .filter_map(|atom| atom.value())
        .collect()
}

/// Collects the equations between a matrix and its inverse.
struct Slice<'l, 'a> {
    look: &'l Look<'a>,
    matrix: Node,
    visited: FxHashSet<EqnId>,
    eqns: Vec<EqnId>,
}

impl Slice<'_, '_> {
    /// Whether an equation depends on the matrix; `None` if the question leads too far.
    fn depends(&mut self, eqn: EqnId) -> Option<bool> {
        /// From `lu` to the solution there are few equations, and an identity has few more.
        const LARGEST: usize = 64;
        if !self.visited.insert(eqn) {
            return Some(self.eqns.contains(&eqn));
        }
        if self.visited.len() > LARGEST {
            return None;
        }
        let mut depends = false;
        for atom in self.look.graph.program.inputs(eqn).to_vec() {
            if self.look.graph.resolve(Node {
                atom,
                site: SiteId::ROOT,
            }) == self.matrix
            {
                depends = true;
            } else if let Some(value) = atom.value()
                && let Definition::Eqn(inner, _) | Definition::Call(inner, _) =
                    self.look.graph.definition(value)
            {
                depends |= self.depends(inner)?;
            }
        }
        if depends {
            self.eqns.push(eqn);
        }
        Some(depends)
    }
}
