//! Conditions and functions of rules about elementwise formulas.

use super::{ConditionRow, FunctionRow, Kind, Value};
use crate::analysis::{
    is_chosen, is_clipped, is_compensated, is_differentiated, is_discrete, is_divisor, is_fixed, is_guarded,
    is_inverted, is_merged, is_multiplied, is_negation_of, is_normalized, is_one_regime, is_selected,
    scales_exponential,
};
use crate::edit::{Builder, CannotBuild};
use crate::ir::{DType, Format, Type};
use crate::rewrite::matcher::Binding;
use crate::schema::params::int;

pub(super) const NONZERO: ConditionRow = ConditionRow {
    name: "nonzero",
    arguments: &[Kind::Constant],
    doc: "the constant is finite and not zero",
    ask: |q| {
        let value = q.constant(0)?;
        Some(value != 0.0 && value.is_finite())
    },
};

pub(super) const FIXED: ConditionRow = ConditionRow {
    name: "fixed",
    arguments: &[Kind::Value],
    doc: "x is computed from nothing but numbers in the text",
    ask: |q| Some(is_fixed(q.graph, q.node(0)?)),
};

pub(super) const CHOSEN: ConditionRow = ConditionRow {
    name: "chosen",
    arguments: &[Kind::Value],
    doc: "x comes from a select, such as one that keeps it in the range of a formula",
    ask: |q| Some(is_chosen(q.graph, q.node(0)?)),
};

pub(super) const GUARDED: ConditionRow = ConditionRow {
    name: "guarded",
    arguments: &[Kind::Value],
    doc: "x comes from a select, a clamp, or a sum or bound with a constant, which keeps it off the edge",
    ask: |q| Some(is_guarded(q.graph, q.node(0)?)),
};

pub(super) const COMPENSATED: ConditionRow = ConditionRow {
    name: "compensated",
    arguments: &[Kind::Value],
    doc: "1 is taken off s again near by, so that its rounding is relied on",
    ask: |q| Some(is_compensated(q.graph, q.node(0)?)),
};

pub(super) const ONE_REGIME: ConditionRow = ConditionRow {
    name: "one_regime",
    arguments: &[Kind::Value],
    doc: "a comparison with a constant chooses between r and another value: r is the formula for one range",
    ask: |q| Some(is_one_regime(q.graph, q.node(0)?)),
};

pub(super) const SELECTED: ConditionRow = ConditionRow {
    name: "selected",
    arguments: &[Kind::Value],
    doc: "a choice near by takes r as one of its cases",
    ask: |q| Some(is_selected(q.graph, q.node(0)?)),
};

pub(super) const DISCRETE: ConditionRow = ConditionRow {
    name: "discrete",
    arguments: &[Kind::Value],
    doc: "x is computed from integers, masks and numbers in the text, so that nobody takes its derivative",
    ask: |q| Some(is_discrete(q.graph, q.node(0)?)),
};

pub(super) const SCALES_EXPONENTIAL: ConditionRow = ConditionRow {
    name: "scales_exponential",
    arguments: &[Kind::Value],
    doc: "r is multiplied by exponentials that are not shifted, so that lifting adds their exponents",
    ask: |q| Some(scales_exponential(q.graph, q.node(0)?)),
};

pub(super) const DIVIDES: ConditionRow = ConditionRow {
    name: "divides",
    arguments: &[Kind::Value],
    doc: "something is divided by s, as in the derivative of its root, and s stays as it is there",
    ask: |q| Some(is_divisor(q.graph, q.node(0)?)),
};

pub(super) const CLIPPED: ConditionRow = ConditionRow {
    name: "clipped",
    arguments: &[Kind::Value],
    doc: "max, min or clamp puts a bound on x",
    ask: |q| Some(is_clipped(q.graph, q.node(0)?)),
};

pub(super) const LARGEST_EXPONENT: FunctionRow = FunctionRow {
    name: "largest_exponent",
    arguments: &[Kind::Value],
    doc: "the largest integer whose exponential is well inside the dtype of x",
    compute: |builder, arguments| by_dtype(builder, arguments, |dtype| Format::of(dtype)?.exponent),
};

pub(super) const MERGED: ConditionRow = ConditionRow {
    name: "merged",
    arguments: &[Kind::Value],
    doc: "a logarithm near by is taken of r, or it is multiplied by an exponential: what is made of both is better",
    ask: |q| Some(is_merged(q.graph, q.node(0)?)),
};

pub(super) const MULTIPLIED: ConditionRow = ConditionRow {
    name: "multiplied",
    arguments: &[Kind::Value],
    doc: "a product near by has t as a factor, as in the derivative of a function of t, and more than a number beside",
    ask: |q| Some(is_multiplied(q.graph, q.node(0)?)),
};

pub(super) const DIFFERENTIATED: ConditionRow = ConditionRow {
    name: "differentiated",
    arguments: &[Kind::Value],
    doc: "l + l·t stands near by, as in the derivative of tanh, which relies on how t was rounded",
    ask: |q| Some(is_differentiated(q.graph, q.node(0)?)),
};

pub(super) const INVERTED: ConditionRow = ConditionRow {
    name: "inverted",
    arguments: &[Kind::Value],
    doc: "something near by divides by what t or t² leaves of 1, or takes its root or logarithm",
    ask: |q| Some(is_inverted(q.graph, q.node(0)?)),
};

pub(super) const NEGATES: ConditionRow = ConditionRow {
    name: "negates",
    arguments: &[Kind::Value, Kind::Value],
    doc: "x and y differ in the sign only: x and −x, 2x and −2x, x − y and y − x",
    ask: |q| Some(is_negation_of(q.graph, q.node(0)?, q.node(1)?)),
};

pub(super) const ONE: ConditionRow = ConditionRow {
    name: "one",
    arguments: &[Kind::Constant],
    doc: "the constant is exactly 1 in its dtype",
    ask: |q| q.constant(0).map(|value| value.to_bits() == 1f64.to_bits()),
};

pub(super) const NORMALIZED: ConditionRow = ConditionRow {
    name: "normalized",
    arguments: &[Kind::Value],
    doc: "x is a quotient by a maximum, so that its square does not overflow",
    ask: |q| Some(is_normalized(q.graph, q.node(0)?)),
};

pub(super) const EVEN: ConditionRow = ConditionRow {
    name: "even",
    arguments: &[Kind::Param],
    doc: "the parameter is an even integer other than zero",
    ask: |q| match q.bindings.get(q.slot(0)?) {
        Binding::Param(eqn, key) => {
            let program = q.graph.program;
            let value = int(&program.symbols, program.params(*eqn).get(*key)?)?;
            Some(value != 0 && value % 2 == 0)
        }
        _ => None,
    },
};

pub(super) const INVERSE: ConditionRow = ConditionRow {
    name: "inverse",
    arguments: &[Kind::Constant, Kind::Constant],
    doc: "the first constant is 1 / the second, rounded as in float32 or better; the second is above 1, and not 2",
    ask: |q| Some(is_inverse(q.constant(0)?, q.constant(1)?)),
};

pub(super) const INVERSE_OF_POWER: ConditionRow = ConditionRow {
    name: "inverse_of_power",
    arguments: &[Kind::Constant, Kind::Param],
    doc: "as inverse, of an integer that is a parameter",
    ask: |q| {
        let Binding::Param(eqn, key) = q.bindings.get(q.slot(1)?) else {
            return None;
        };
        let program = q.graph.program;
        let power = i32::try_from(int(&program.symbols, program.params(*eqn).get(*key)?)?).ok()?;
        Some(is_inverse(q.constant(0)?, power.into()))
    },
};

/// Square roots have rules of their own.
fn is_inverse(inverse: f64, power: f64) -> bool {
    power > 1.0 && power != 2.0 && (inverse * power - 1.0).abs() < f64::from(f32::EPSILON)
}

pub(super) const VECTOR: ConditionRow = ConditionRow {
    name: "vector",
    arguments: &[Kind::Value],
    doc: "x has one dimension",
    ask: |q| Some(q.graph.type_of(q.node(0)?)?.shape()?.len() == 1),
};

pub(super) const NEGATED: FunctionRow = FunctionRow {
    name: "negated",
    arguments: &[Kind::Constant],
    doc: "the constant with the other sign",
    compute: |_, arguments| match arguments {
        [Value::Constant(value)] => Ok(Value::Constant(-value)),
        _ => Err(CannotBuild::Argument),
    },
};

pub(super) const SQUARE_ROOT_OF: FunctionRow = FunctionRow {
    name: "square_root_of",
    arguments: &[Kind::Constant],
    doc: "the square root of a constant, rounded once",
    compute: |_, arguments| match arguments {
        [Value::Constant(value)] if *value >= 0.0 => Ok(Value::Constant(value.sqrt())),
        _ => Err(CannotBuild::Argument),
    },
};

pub(super) const SUM_OF: FunctionRow = FunctionRow {
    name: "sum_of",
    arguments: &[Kind::Constant, Kind::Constant],
    doc: "the sum of two constants, rounded once",
    compute: |_, arguments| match arguments {
        [Value::Constant(one), Value::Constant(other)] => Ok(Value::Constant(one + other)),
        _ => Err(CannotBuild::Argument),
    },
};

pub(super) const NUMBER: FunctionRow = FunctionRow {
    name: "number",
    arguments: &[Kind::Param],
    doc: "an integer that is a parameter, as a constant",
    compute: |_, arguments| match arguments {
        [Value::Integer(value)] => i32::try_from(*value)
            .map(|value| Value::Constant(value.into()))
            .map_err(|_| CannotBuild::Argument),
        _ => Err(CannotBuild::Argument),
    },
};

pub(super) const HIDES_ONE: FunctionRow = FunctionRow {
    name: "hides_one",
    arguments: &[Kind::Value],
    doc: "the smallest power of 2 whose square is no other number when 1 is added, in the dtype of x",
    compute: |builder, arguments| {
        by_dtype(builder, arguments, |dtype| match dtype {
            DType::Float16 => Some(64.0),
            DType::Bfloat16 => Some(16.0),
            DType::Float32 => Some(4096.0),
            DType::Float64 => Some(134_217_728.0),
            _ => None,
        })
    },
};

pub(super) const ERFC_TAIL: FunctionRow = FunctionRow {
    name: "erfc_tail",
    arguments: &[Kind::Value],
    doc: "from where on five terms of its asymptotic series give erfc to the precision of the dtype of x",
    compute: |builder, arguments| {
        by_dtype(builder, arguments, |dtype| match dtype {
            DType::Float16 => Some(2.5),
            DType::Bfloat16 | DType::Float32 => Some(8.0),
            DType::Float64 => Some(25.0),
            _ => None,
        })
    },
};

pub(super) const STIRLING: FunctionRow = FunctionRow {
    name: "stirling",
    arguments: &[Kind::Value],
    doc: "from where on three terms of Stirling's series give lgamma to the precision of the dtype of x",
    compute: |builder, arguments| {
        by_dtype(builder, arguments, |dtype| match dtype {
            DType::Float16 | DType::Bfloat16 | DType::Float32 => Some(10.0),
            DType::Float64 => Some(100.0),
            _ => None,
        })
    },
};

/// A number that depends on the dtype of a value.
fn by_dtype(
    builder: &Builder<'_>,
    arguments: &[Value],
    number: fn(DType) -> Option<f64>,
) -> Result<Value, CannotBuild> {
    let [Value::Atom(x)] = arguments else {
        return Err(CannotBuild::Argument);
    };
    let dtype = builder.program.atom_type(*x).and_then(Type::dtype);
    dtype
        .and_then(number)
        .map(Value::Constant)
        .ok_or(CannotBuild::Argument)
}
