//! What to do by hand where no rule helps: one row a primitive.

use crate::ir::Program;
use crate::trace::{Birth, Operand, Origin, Step};

/// A primitive, and what to do about the infinities and NaN that it makes.
const ROWS: &[(&str, &str)] = &[
    (
        "acos",
        "keep the operand inside (-1, 1): `jnp.clip(x, -1 + eps, 1 - eps)`",
    ),
    ("acosh", "the operand must be at least 1"),
    (
        "asin",
        "keep the operand inside (-1, 1): `jnp.clip(x, -1 + eps, 1 - eps)`",
    ),
    (
        "atanh",
        "keep the operand inside (-1, 1): it saturates where `tanh` made it",
    ),
    (
        "cholesky",
        "the matrix is not positive definite in this precision: add `eps * jnp.eye(n)`",
    ),
    ("cosh", "the operand is too large; work with its logarithm"),
    (
        "div",
        "the divisor is zero, or both sides are infinite: keep it away from zero before dividing",
    ),
    (
        "exp",
        "the operand is too large: subtract its maximum first, or stay in logarithms",
    ),
    (
        "exp2",
        "the operand is too large: subtract its maximum first, or stay in logarithms",
    ),
    ("expm1", "the operand is too large; work with its logarithm"),
    (
        "integer_pow",
        "the power leaves the range of the dtype: scale the operand, or take logarithms",
    ),
    (
        "log",
        "the operand is not positive: find why, or work with its logarithm from the start",
    ),
    ("log1p", "the operand is -1 or less"),
    ("lu", "the matrix is singular in this precision"),
    (
        "mul",
        "the product leaves the range of the dtype: scale a factor, or take logarithms",
    ),
    (
        "pow",
        "the base is negative or zero, or the power leaves the range: guard the base",
    ),
    ("reduce_prod", "add logarithms instead of multiplying"),
    (
        "reduce_sum",
        "the sum leaves the range of the dtype: sum in a wider one, or scale",
    ),
    (
        "rsqrt",
        "the operand is not positive: add a small constant inside the root",
    ),
    ("sinh", "the operand is too large; work with its logarithm"),
    (
        "sqrt",
        "the operand is negative: a difference that should not be may be rounding",
    ),
    (
        "square",
        "the square leaves the range of the dtype: scale the operand",
    ),
    ("triangular_solve", "the matrix is singular in this precision"),
];

/// What to do about a derivative that is infinite where `where` has chosen the other branch.
const DOUBLE_WHERE: &str = "the branch that `where` does not take is differentiated too, and 0 times its infinite derivative is NaN: \
                            choose the operand before the function as well, `where(p, f(where(p, x, 1)), c)`";

/// What to do about an origin, which may belong to a backward pass.
pub(super) fn advice(program: &Program, origin: &Origin, backward: bool) -> Option<&'static str> {
    let zero_by_zero = |step: &Step| {
        step.birth == Birth::Origin && step.operands == [Operand::Element(0.0), Operand::Element(0.0)]
    };
    if zero_meets_infinity(program, origin) || (backward && origin.chain.iter().any(zero_by_zero)) {
        return Some(DOUBLE_WHERE);
    }
    let name = program.primitive(origin.eqn);
    let row = ROWS.iter().find(|(primitive, _)| *primitive == name);
    row.map(|&(_, advice)| advice)
}

/// Whether an infinity becomes NaN because it is multiplied by a zero, as in derivatives of `where`.
fn zero_meets_infinity(program: &Program, origin: &Origin) -> bool {
    let zero = Operand::Element(0.0);
    let is_product = |step: &Step| {
        step.birth == Birth::Carried
            && step.value.is_nan()
            && program.primitive(step.eqn) == "mul"
            && step.operands.contains(&zero)
    };
    origin.chain.iter().any(is_product)
}

#[cfg(test)]
mod tests {
    use super::ROWS;

    #[test]
    fn rows_are_sorted_and_name_primitives() {
        assert!(ROWS.is_sorted_by_key(|(name, _)| name));
        for (name, _) in ROWS {
            assert!(crate::schema::primitive(name).is_some(), "{name}");
        }
    }
}
