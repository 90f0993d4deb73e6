//! Makes the equations that take the place of an inverse.

use super::find::Inverse;
use crate::edit::{Builder, CannotBuild, Memo};
use crate::ir::{ArrayType, Atom, EqnId, ParamValue, Program, Type, ValueId, VarName};
use crate::rewrite::Place;
use crate::schema::params::DotDimensionNumbers;

/// The inverse of the matrix with a ridge, behind whatever decides which matrices of the batch get one.
pub(super) fn replacement(
    program: &mut Program,
    place: &Place,
    inverse: &Inverse,
    always: bool,
    ridge: f64,
) -> Result<Vec<EqnId>, CannotBuild> {
    let Some(Type::Array(ty)) = program.atom_type(inverse.matrix) else {
        return Err(CannotBuild::Argument);
    };
    let ty = ty.clone();
    let mut memo = Memo::default();
    let mut writer = Writer {
        builder: Builder::new(program, &mut memo, place.version),
        ty,
    };
    let matrix = writer.regularized(inverse, always, ridge)?;
    let copies = writer.copy(inverse, matrix, Some(place.root));
    let eqns = writer.builder.eqns;
    hand_on(program, place, inverse, matrix, &copies);
    Ok(eqns)
}

struct Writer<'p> {
    builder: Builder<'p>,
    /// The type of the matrix.
    ty: ArrayType,
}

impl Writer<'_> {
    /// `select_n(guard & row = column, A, A + ε)` with `ε = ridge·max|A|`, or `ridge` where `A = 0`.
    ///
    /// Everything but `A + ε` is hidden from differentiation, so that the derivative is that of the inverse.
    fn regularized(&mut self, inverse: &Inverse, always: bool, ridge: f64) -> Result<Atom, CannotBuild> {
        let stopped = self.builder.apply("stop_gradient", &[], &[inverse.matrix])?;
        let square = self.builder.diagonal_like(&self.ty)?;
        let eye = self.builder.stacked_like(&self.ty, square)?;
        let magnitude = self.builder.apply("abs", &[], &[stopped])?;
        let (rows, columns) = self.last_two();
        let largest = self.builder.reduce("reduce_max", &[rows, columns], magnitude)?;
        let mask = if always {
            eye
        } else {
            let guard = self.guard(inverse, stopped, square, largest)?;
            let guard = self.over_matrices(guard)?;
            self.builder.apply("and", &[], &[guard, eye])?
        };
        let epsilon = self.epsilon(largest, ridge)?;
        let sum = self.builder.apply("add", &[], &[inverse.matrix, epsilon])?;
        self.builder.apply("select_n", &[], &[mask, inverse.matrix, sum])
    }

    /// Whether a matrix is finite and its inverse has no correct digit: with `r = ‖A X − I‖∞` the relative error of
    /// `X` is at most `r / (1 − r)` for `r < 1` (Higham, Accuracy and Stability of Numerical Algorithms, §14.1).
    /// Where rows of `A` are of very different size, `r` is large although `X` is right, so its error is asked as well.
    fn guard(
        &mut self,
        inverse: &Inverse,
        stopped: Atom,
        square: Atom,
        largest: Atom,
    ) -> Result<Atom, CannotBuild> {
        let copies = self.copy(inverse, stopped, None);
        let inverted = copies
            .last()
            .and_then(|&(_, copy)| self.builder.program.outputs(copy).get(inverse.output).copied())
            .ok_or(CannotBuild::Argument)?;
        let inverted = Atom::Value(inverted);
        let (rows, columns) = self.last_two();
        // The dimensions of rows and columns of the inverse.
        let (own_rows, own_columns) = if inverse.transposed {
            (columns, rows)
        } else {
            (rows, columns)
        };
        let product = self.product(stopped, columns, inverted, own_rows)?;
        let identity = self.builder.convert(square, self.ty.dtype)?;
        let identity = self.builder.stacked_like(&self.ty, identity)?;
        let difference = self.builder.apply("sub", &[], &[product, identity])?;
        let error = self.product(inverted, own_columns, difference, rows)?;
        let digits = self.has_digits(inverted, own_columns, error)?;
        let difference = self.builder.apply("abs", &[], &[difference])?;
        let sums = self.builder.reduce("reduce_sum", &[columns], difference)?;
        let residual = self.builder.reduce("reduce_max", &[rows], sums)?;
        let one = self.builder.scalar_like(&self.ty, 1.0)?;
        let good = self.builder.apply("lt", &[], &[residual, one])?;
        let good = self.builder.apply("or", &[], &[good, digits])?;
        let bad = self.builder.apply("not", &[], &[good])?;
        // The largest entry is inf or nan if any entry is.
        let finite = self.builder.apply("is_finite", &[], &[largest])?;
        self.builder.apply("and", &[], &[finite, bad])
    }

    /// Whether each row of the inverse `X` has a correct digit: `X − A⁻¹` is `X (A X − I)` to first order, which
    /// scaling the rows or columns of `A` does not change, and of an exactly singular `A` it is as large as `X`.
    fn has_digits(&mut self, inverted: Atom, own_columns: usize, error: Atom) -> Result<Atom, CannotBuild> {
        let (rows, columns) = self.last_two();
        let magnitude = self.builder.apply("abs", &[], &[inverted])?;
        let largest = self.builder.reduce("reduce_max", &[own_columns], magnitude)?;
        let error = self.builder.apply("abs", &[], &[error])?;
        let error = self.builder.reduce("reduce_max", &[columns], error)?;
        let tenth = self.builder.scalar_like(&self.ty, 0.1)?;
        let allowed = self.builder.apply("mul", &[], &[largest, tenth])?;
        let correct = self.builder.apply("lt", &[], &[error, allowed])?;
        self.builder.reduce("reduce_and", &[rows], correct)
    }

    fn epsilon(&mut self, largest: Atom, ridge: f64) -> Result<Atom, CannotBuild> {
        let zero = self.builder.scalar_like(&self.ty, 0.0)?;
        let ridge = self.builder.scalar_like(&self.ty, ridge)?;
        let is_zero = self.builder.apply("eq", &[], &[largest, zero])?;
        let relative = self.builder.apply("mul", &[], &[largest, ridge])?;
        let batch = self.ty.shape[..self.last_two().0].to_vec();
        let absolute = self.builder.broadcast(ridge, &[], batch)?;
        let epsilon = self
            .builder
            .apply("select_n", &[], &[is_zero, relative, absolute])?;
        self.over_matrices(epsilon)
    }

    /// The product of matrices over one dimension of each. In full precision on every device, since the guard takes
    /// what the product loses for what the inverse lacks.
    fn product(&mut self, lhs: Atom, lhs_dim: usize, rhs: Atom, rhs_dim: usize) -> Result<Atom, CannotBuild> {
        let (rows, _) = self.last_two();
        let symbols = &mut self.builder.program.symbols;
        let highest = ParamValue::Text(symbols.intern("Precision.HIGHEST"));
        let dtype = ParamValue::Text(symbols.intern(self.ty.dtype.long_name()));
        let batch: Vec<usize> = (0..rows).collect();
        let numbers = DotDimensionNumbers {
            lhs_contracting: vec![lhs_dim],
            rhs_contracting: vec![rhs_dim],
            lhs_batch: batch.clone(),
            rhs_batch: batch,
        };
        let given = [
            ("dimension_numbers", numbers.value()),
            (
                "precision",
                ParamValue::Tuple(Box::new([highest.clone(), highest])),
            ),
            ("preferred_element_type", dtype),
        ];
        self.builder.apply("dot_general", &given, &[lhs, rhs])
    }

    /// One value for each matrix, as one for each of its entries.
    fn over_matrices(&mut self, values: Atom) -> Result<Atom, CannotBuild> {
        let batch: Vec<usize> = (0..self.last_two().0).collect();
        self.builder.broadcast(values, &batch, self.ty.shape.to_vec())
    }

    /// The dimensions of rows and columns. A matrix that was found to be square has them.
    fn last_two(&self) -> (usize, usize) {
        let rank = self.ty.shape.len();
        (rank.saturating_sub(2), rank.saturating_sub(1))
    }

    /// The equations of the inverse once more for another matrix, each with its copy. The copy of `root` binds the
    /// variables of `root`.
    fn copy(&mut self, inverse: &Inverse, matrix: Atom, root: Option<EqnId>) -> Vec<(EqnId, EqnId)> {
        let program = &mut *self.builder.program;
        let mut renamed: Vec<(ValueId, Atom)> =
            inverse.aliases.iter().map(|&value| (value, matrix)).collect();
        let mut copies = Vec::new();
        for &eqn in &inverse.slice {
            let inputs: Vec<Atom> = program
                .inputs(eqn)
                .iter()
                .map(|&atom| rename(&renamed, atom))
                .collect();
            let mut outputs = program.outputs(eqn).to_vec();
            if root != Some(eqn) {
                for output in &mut outputs {
                    let fresh = program.add_value(VarName::UNDERSCORE, program.values[*output].ty);
                    renamed.push((*output, Atom::Value(fresh)));
                    *output = fresh;
                }
            }
            let equation = program.eqns[eqn];
            let copy = program.add_eqn(equation.primitive, equation.params, &inputs, &outputs);
            self.builder.eqns.push(copy);
            copies.push((eqn, copy));
        }
        copies
    }
}

fn rename(renamed: &[(ValueId, Atom)], atom: Atom) -> Atom {
    renamed
        .iter()
        .find(|(value, _)| atom == Atom::Value(*value))
        .map_or(atom, |&(_, new)| new)
}

/// Gives the new factors to those behind the root who read the old ones to solve with them once more: they belong
/// to the gradient of the inverse, or hand the factors on to it. JAX shares the factors with nothing else; an
/// equation that looks at single factors, such as the product of a determinant, keeps those of the matrix.
fn hand_on(program: &mut Program, place: &Place, inverse: &Inverse, matrix: Atom, copies: &[(EqnId, EqnId)]) {
    let inner = &copies[..copies.len().saturating_sub(1)];
    let outputs = inner.iter().flat_map(|&(old, new)| {
        program
            .outputs(old)
            .iter()
            .copied()
            .zip(program.outputs(new).iter().map(|&value| Atom::Value(value)))
    });
    let factors: Vec<(ValueId, Atom)> = outputs.filter(|(old, _)| inverse.factors.contains(old)).collect();
    if factors.is_empty() {
        return;
    }
    let with_matrix: Vec<(ValueId, Atom)> = inverse
        .aliases
        .iter()
        .map(|&value| (value, matrix))
        .chain(factors.iter().copied())
        .collect();
    let eqns = &program.blocks[place.block].eqns;
    let behind: Vec<EqnId> = eqns
        .iter()
        .copied()
        .skip_while(|&eqn| eqn != place.root)
        .skip(1)
        .collect();
    for eqn in behind {
        let reads = |atom: &Atom| factors.iter().any(|&(value, _)| *atom == Atom::Value(value));
        let renamed = match program.primitive(eqn) {
            "custom_linear_solve" if program.inputs(eqn).iter().any(reads) => &with_matrix,
            _ if program.params(eqn).jaxprs().next().is_some() => &factors,
            _ => continue,
        };
        for operand in program.eqns[eqn].inputs.indices() {
            program.operands[operand] = rename(renamed, program.operands[operand]);
        }
    }
    let outputs = program.blocks[place.block]
        .outputs
        .iter()
        .map(|&atom| rename(&factors, atom))
        .collect();
    program.blocks[place.block].outputs = outputs;
}
