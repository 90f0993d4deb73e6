//! What to do by hand where no rule helps: one row a primitive.

use super::cause::Causes;
use super::link::{Birth, Operand, Step};
use super::report::Origin;
use crate::ir::Program;

/// A primitive, and what to do about the infinities and NaN that it makes.
const ROWS: &[(&str, &str)] = &[
    (
        "acos",
        "keep the operand inside (-1, 1): `jnp.clip(x, -1 + eps, 1 - eps)`",
    ),
    ("acosh", "the operand must be at least 1"),
    ("add", INFINITIES),
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
    (
        "convert_element_type",
        "the number is beyond the range of the new dtype: scale it before the conversion, or convert to a wider one",
    ),
    ("cosh", "the operand is too large; work with its logarithm"),
    (
        "div",
        "the divisor is zero, or both sides are infinite: keep it away from zero before dividing",
    ),
    (
        "dot_general",
        "the sum of products leaves the range of the dtype: scale a factor, or accumulate in a wider one",
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
    ("fft", "the sum leaves the range of the dtype: scale the operand"),
    (
        "gather",
        "an index lies outside of the array, and what is read there is NaN: clip the indices, or set `mode` and `fill_value`",
    ),
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
        "the operand is not positive: add a small constant under the root; where it is the derivative of `arccos` or \
         `arcsin`, keep their operand inside (-1, 1)",
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
    ("sub", INFINITIES),
    ("triangular_solve", "the matrix is singular in this precision"),
];

const INFINITIES: &str = "infinities meet, or the result leaves the range of the dtype: a row that is masked throughout with \
                          -inf has no maximum; choose another result for it with `jnp.where`, or mask with a finite number";

/// What to do about a derivative of a root at 0.
const ROOT: &str = "the derivative of a root, a norm or a standard deviation is infinite at 0: add a small constant under the root, \
                    or choose the operand before it, `jnp.sqrt(jnp.where(x > 0, x, 1))`";

/// What to do about a negative power of 0.
const RECIPROCAL: &str = "a negative power of 0: keep the base away from 0; in the derivative of `eigh` or `svd` it is the \
                          difference of two equal eigenvalues";

/// What to do about a power of 0 between −1 and 0: what is left of `x ** p` with p below 1 once it is differentiated.
const POWER: &str = "a power between -1 and 0 of 0, as the derivative of `x ** p` has it for p below 1, which is infinite at 0: \
                     choose the base before the power, `jnp.where(x > 0, x, 1) ** p`, and the result with another \
                     `jnp.where`, or add a small constant to the base";

/// What to do about an integer that is divided by zero.
pub(crate) const DIVISION: &str = "no infinity and no NaN tells of it: choose another divisor before the division, \
                                   `a // jnp.where(b == 0, 1, b)`, and the result with another `jnp.where`";

/// What to do about a mean of nothing.
const COUNT: &str =
    "the divisor counts what a mask keeps, which is nothing here: divide by `jnp.maximum(count, 1)`";

/// What to do about 0·log 0.
const ENTROPY: &str =
    "0 times the logarithm of 0 is NaN although the limit is 0: `jax.scipy.special.xlogy(x, y)`";

/// What to do about a derivative that is infinite where `where` has chosen the other branch.
const DOUBLE_WHERE: &str = "the branch that `where` does not take is differentiated too, and 0 times its infinite derivative is NaN: \
                            choose the operand before the function as well, `where(p, f(where(p, x, 1)), c)`";

impl Causes<'_> {
    /// What to do about an origin.
    pub(crate) fn advice(&self, origin: &Origin) -> Option<&'static str> {
        let name = |step: &Step| self.program.primitive(step.eqn);
        let is = |operand: Option<&Operand>, value: f64| operand == Some(&Operand::Element(value));
        // 0/0 and 0·inf, as a derivative has them.
        let meets_zero = |step: &&Step| match (step.birth, name(step)) {
            (Birth::Origin, "div") => step.operands.iter().all(|operand| is(Some(operand), 0.0)),
            (Birth::Carried, "mul") => {
                step.value.is_nan() && step.operands.iter().any(|operand| is(Some(operand), 0.0))
            }
            _ => false,
        };
        let zero = origin.chain.iter().find(meets_zero);
        if zero.is_some_and(|step| name(step) == "div" && self.divides_by_count(step)) {
            return Some(COUNT);
        }
        if zero.is_some_and(|step| self.is_of_a_select(step)) {
            return Some(DOUBLE_WHERE);
        }
        let born = origin.chain.iter().find(|step| step.birth == Birth::Origin)?;
        match name(born) {
            "div" if halves(self.program, born) && is(born.operands.get(1), 0.0) => return Some(ROOT),
            "pow" if is(born.operands.first(), 0.0) && is_root(born.operands.get(1)) => return Some(POWER),
            "integer_pow" | "pow" if is(born.operands.first(), 0.0) => return Some(RECIPROCAL),
            "log" if born.value == f64::NEG_INFINITY && zero.is_some_and(|step| name(step) == "mul") => {
                return Some(ENTROPY);
            }
            _ => {}
        }
        let row = ROWS.iter().find(|(primitive, _)| *primitive == name(born));
        row.map(|&(_, advice)| advice)
    }
}

/// Whether a division begins with the ½ of d√x = ½/√x.
fn halves(program: &Program, step: &Step) -> bool {
    let dividend = program.inputs(step.eqn).first();
    let literal = dividend.and_then(|atom| atom.literal());
    literal.is_some_and(|literal| program.literals[literal].value.as_f64() == Some(0.5))
}

/// Whether an exponent lies between −1 and 0.
fn is_root(exponent: Option<&Operand>) -> bool {
    matches!(exponent, Some(Operand::Element(exponent)) if -1.0 < *exponent && *exponent < 0.0)
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
