//! Literals and element types as Python.

use super::fault::Fault;
use super::python::{Expr, float};
use crate::ir::{DType, DTypeClass, Literal, LiteralValue, Program, Type};

/// The element type as a value: `jnp.float32`.
pub(super) fn dtype(dtype: DType) -> Expr {
    Expr::Atom(match dtype {
        DType::Bool => "jnp.bool_".to_owned(),
        DType::Float0 => "jax.dtypes.float0".to_owned(),
        dtype => format!("jnp.{}", dtype.long_name()),
    })
}

/// A literal of its own element type, exactly.
pub(super) fn literal(program: &Program, literal: &Literal) -> Result<Expr, Fault> {
    let opaque = || {
        Fault::Other(format!(
            "the literal `{}` has no value",
            program.symbols.text(literal.text)
        ))
    };
    let ty = literal.ty.map(|ty| &program.types[ty]);
    match ty {
        Some(Type::Array(array)) if array.shape.is_empty() => {
            scalar(array.dtype, literal.value).ok_or_else(opaque)
        }
        Some(_) => Err(opaque()),
        None => untyped(literal.value).ok_or_else(opaque),
    }
}

/// A number of the element type `dtype`.
pub(super) fn scalar(dtype: DType, value: LiteralValue) -> Option<Expr> {
    if dtype == DType::Float0 {
        let zeros = Expr::call(
            "np.zeros",
            [Expr::Tuple(Vec::new()), Expr::atom("jax.dtypes.float0")],
        );
        return Some(zeros);
    }
    let number = match (dtype.class(), value) {
        (DTypeClass::Bool, LiteralValue::Bool(truth)) => Expr::boolean(truth),
        (DTypeClass::Bool, _) | (_, LiteralValue::Opaque) => return None,
        (DTypeClass::Complex, LiteralValue::Complex(re, im)) => {
            complex(f64::from_bits(re), f64::from_bits(im))
        }
        (DTypeClass::Complex, value) => complex(value.as_f64()?, 0.0),
        (DTypeClass::Float, value) => Expr::Atom(shortest(dtype, value.as_f64()?)),
        (_, LiteralValue::Int(int)) => Expr::atom(int.to_string()),
        (_, LiteralValue::Bool(truth)) => Expr::atom(u8::from(truth).to_string()),
        (_, _) => return None,
    };
    Some(Expr::call(constructor(dtype), [number]))
}

/// What makes a scalar of an element type: numpy's own where numpy has it.
fn constructor(dtype: DType) -> String {
    let numpy = matches!(
        dtype,
        DType::Int8
            | DType::Int16
            | DType::Int32
            | DType::Int64
            | DType::Uint8
            | DType::Uint16
            | DType::Uint32
            | DType::Uint64
            | DType::Float16
            | DType::Float32
            | DType::Float64
            | DType::Complex64
            | DType::Complex128
    );
    match dtype {
        DType::Bool => "np.bool_".to_owned(),
        _ if numpy => format!("np.{}", dtype.long_name()),
        _ => format!("jnp.{}", dtype.long_name()),
    }
}

/// The fewest digits that give the same number: those of a single where that is what it is rounded to.
fn shortest(dtype: DType, value: f64) -> String {
    let single = value as f32;
    if dtype == DType::Float32 && value.is_finite() {
        let digits = f64::from(single);
        let few = single.to_string().parse::<f64>().unwrap_or(digits);
        if few as f32 == single {
            return float(few);
        }
    }
    float(value)
}

fn complex(re: f64, im: f64) -> Expr {
    Expr::call("complex", [Expr::Atom(float(re)), Expr::Atom(float(im))])
}

fn untyped(value: LiteralValue) -> Option<Expr> {
    Some(match value {
        LiteralValue::Bool(truth) => Expr::boolean(truth),
        LiteralValue::Int(int) => Expr::atom(int.to_string()),
        LiteralValue::Float(bits) => Expr::Atom(float(f64::from_bits(bits))),
        LiteralValue::Complex(re, im) => complex(f64::from_bits(re), f64::from_bits(im)),
        LiteralValue::Opaque => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::layout::flat;

    fn written(dtype: DType, value: f64) -> String {
        flat(&scalar(dtype, LiteralValue::float(value)).expect("it is a number"))
    }

    #[test]
    fn singles_are_written_with_their_own_digits() {
        assert_eq!(
            written(DType::Float32, 0.100_000_001_490_116_12),
            "np.float32(0.1)"
        );
        assert_eq!(
            written(DType::Float64, 0.100_000_001_490_116_12),
            "np.float64(0.10000000149011612)"
        );
        assert_eq!(written(DType::Float32, f64::INFINITY), "np.float32(np.inf)");
        assert_eq!(written(DType::Bfloat16, 0.5), "jnp.bfloat16(0.5)");
        // 1e-300 rounds to the single 0, which has no other digits than that.
        assert_eq!(written(DType::Float32, 1e-300), "np.float32(0.0)");
    }

    #[test]
    fn a_number_is_not_a_truth_value() {
        assert_eq!(scalar(DType::Bool, LiteralValue::Int(1)), None);
        let one = scalar(DType::Complex64, LiteralValue::Int(1)).map(|one| flat(&one));
        assert_eq!(one.as_deref(), Some("np.complex64(complex(1.0, 0.0))"));
    }
}
