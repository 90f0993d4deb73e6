//! The kinds of hazards: one row each, with what people read about them.

use super::Certainty;

/// What breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An operand outside of a function's domain gives NaN.
    Domain,
    /// An operand where a function has a pole gives an infinity or NaN.
    Pole,
    /// A result larger than the largest number of its dtype.
    Overflow,
    /// A conversion to a dtype that does not hold the number.
    Narrowing,
    /// An integer that wraps around.
    IntegerOverflow,
    /// An integer divided by zero.
    IntegerDivision,
    /// Infinities of the program's own, as masks write them, that meet: NaN.
    OwnInfinity,
    /// A difference of numbers that nearly agree: rounding is all that is left.
    Cancellation,
    /// A sum in a narrow dtype that stops growing.
    Accumulation,
    /// A small constant against division by zero that its dtype rounds to zero.
    VanishedEpsilon,
}

struct Row {
    kind: Kind,
    name: &'static str,
    /// What happens, behind the primitive.
    happens: &'static str,
    help: &'static str,
    page: &'static str,
}

const ROWS: &[Row] = &[
    Row {
        kind: Kind::Domain,
        name: "hazard-domain",
        happens: "of a number outside of its domain gives nan",
        help: "bound the operand by what mathematics says of it, for instance `jnp.maximum(x, 0)` before `sqrt`, or \
               choose another input before the function with `jnp.where`, not another result behind it",
        page: "A root or logarithm of a negative number, an arc cosine of a number beyond 1: the operand is a sum or \
               a difference that rounding, or an input, takes out of the domain.",
    },
    Row {
        kind: Kind::Pole,
        name: "hazard-pole",
        happens: "at a zero or a pole gives inf or nan",
        help: "keep the operand away from the pole: add a constant that the dtype can hold, or choose another input \
               before the function with `jnp.where`",
        page: "A division by zero, a logarithm of zero: the operand is computed, and some input makes it zero, or so \
               small that it is rounded to zero.",
    },
    Row {
        kind: Kind::Overflow,
        name: "hazard-overflow",
        happens: "overflows, although the result of the program can be represented",
        help: "rescale before the operation, or work with logarithms",
        page: "An intermediate result is larger than the largest number of its dtype, and what the program computes \
               from it is not.",
    },
    Row {
        kind: Kind::Narrowing,
        name: "hazard-narrowing",
        happens: "gives a number that the new dtype does not hold",
        help: "bound the number before the conversion, or convert to a wider dtype",
        page: "A float above 65504 becomes inf in float16; one beyond an integer's range becomes the nearest end of \
               it.",
    },
    Row {
        kind: Kind::IntegerOverflow,
        name: "hazard-integer-overflow",
        happens: "wraps around",
        help: "compute in a wider integer, or in floats",
        page: "Integers of JAX wrap around without a word, and 64-bit integers are 32-bit ones unless x64 is enabled.",
    },
    Row {
        kind: Kind::IntegerDivision,
        name: "hazard-integer-division",
        happens: "of integers divides by zero and gives a number all the same",
        help: "choose another divisor before the division with `jnp.where`",
        page: "A division of integers by zero gives −1, and a remainder the dividend: no infinity and no NaN tells \
               that it happened.",
    },
    Row {
        kind: Kind::OwnInfinity,
        name: "hazard-infinity",
        happens: "of infinities that the program itself wrote gives nan",
        help: "write a large finite number in place of the infinity, or choose another input with `jnp.where` where \
               everything is masked",
        page: "Masks write -inf: where a whole row is masked its maximum is -inf too, and -inf - -inf is NaN.",
    },
    Row {
        kind: Kind::Cancellation,
        name: "hazard-cancellation",
        happens: "of numbers that nearly agree leaves less than half of the digits of the result",
        help: "compute the difference itself: see `jaxpeep trace --precision` with this input, and the rules of \
               `jaxpeep rules list` for formulas that do",
        page: "Two rounded numbers that nearly agree are subtracted, and the result of the program is mostly their \
               rounding. It is reported only where the inputs' own rounding would change the result far less.",
    },
    Row {
        kind: Kind::Accumulation,
        name: "hazard-accumulation",
        happens: "in a narrow dtype leaves less than half of the digits of the result",
        help: "sum in float32: `jnp.sum(x, dtype=jnp.float32)`, `preferred_element_type=jnp.float32`, or a float32 carry",
        page: "A sum of bfloat16 stops growing at 256 times its terms, one of float16 at 2048 times: what is added is \
               less than half of the last digit.",
    },
    Row {
        kind: Kind::VanishedEpsilon,
        name: "hazard-vanished-epsilon",
        happens: "takes a constant that its dtype rounds to zero, so that it protects nothing",
        help: "choose a constant of at least 1e-7 in float16, 1e-38 elsewhere, or compute in float32",
        page: "An epsilon such as 1e-8 is zero in float16: the text shows `0.0:f16[]`.",
    },
];

impl Kind {
    /// All kinds.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.kind)
    }

    fn row(self) -> &'static Row {
        let at = ROWS.iter().position(|row| row.kind == self).unwrap_or_default();
        &ROWS[at]
    }

    /// What settings and baselines call it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.name == name).map(|row| row.kind)
    }

    /// What to do about it.
    pub fn help(self) -> &'static str {
        self.row().help
    }

    /// What there is to say about it, for `explain`.
    pub fn page(self) -> &'static str {
        self.row().page
    }

    /// Whether no NaN and no infinity shows it.
    pub fn is_silent(self) -> bool {
        matches!(
            self,
            Self::IntegerOverflow
                | Self::IntegerDivision
                | Self::Narrowing
                | Self::Cancellation
                | Self::Accumulation
                | Self::VanishedEpsilon
        )
    }

    /// What goes wrong in an equation of `primitive`.
    pub fn message(self, primitive: &str, certainty: Certainty) -> String {
        let happens = self.row().happens;
        match certainty {
            Certainty::Definite => format!("`{primitive}` {happens}, on every input"),
            Certainty::Witnessed => format!("`{primitive}` {happens}"),
            Certainty::Possible => format!("`{primitive}` {happens}, if the operand goes that far"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lead_back() {
        for kind in Kind::all() {
            assert_eq!(Kind::named(kind.name()), Some(kind));
        }
        assert_eq!(Kind::all().count(), 10);
    }
}
