//! Elementwise arithmetic, comparison, conversion and selection.

use crate::ir::{ArrayType, DType, Dim, Type};
use crate::schema::fault::TypeFault;
use crate::schema::primitive::Moves::Nowhere;
use crate::schema::primitive::{Arity, DTypes, ElementType, ParamSpec, Primitive, param};
use crate::schema::shape::{agree, decorated, shapes_agree, with_dtype, with_shape};
use crate::schema::typed_eqn::TypedEqn;
use crate::schema::version::Version;

const BOOL: ElementType = ElementType::Always(DType::Bool);
const ORDERED: DTypes = DTypes::BITS.or(DTypes::FLOAT);
const ACCURACY: &[ParamSpec] = &[param("accuracy").unless("None").since(Version::V0_6)];
const LATE_ACCURACY: &[ParamSpec] = &[param("accuracy").unless("None").since(Version::V0_12)];

/// An operation on one number.
pub(super) const fn unary(name: &'static str, accepts: DTypes) -> Primitive {
    Primitive::new(name, Arity::Exactly(1), elementwise)
        .elementwise()
        .on(accepts)
}

/// An operation on two numbers of one type.
pub(super) const fn binary(name: &'static str, accepts: DTypes) -> Primitive {
    Primitive::new(name, Arity::Exactly(2), elementwise)
        .elementwise()
        .on(accepts)
}

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Primitive] = &[
    binary("add", DTypes::NUMBER),
    binary("add_any", DTypes::ANY),
    binary("sub", DTypes::NUMBER),
    binary("mul", DTypes::NUMBER).params(&[param("out_dtype").unless("None").since(Version::V0_10)]),
    binary("div", DTypes::NUMBER),
    binary("rem", DTypes::INT.or(DTypes::FLOAT)),
    binary("max", DTypes::ANY),
    binary("min", DTypes::ANY),
    binary("atan2", DTypes::INEXACT),
    binary("nextafter", DTypes::FLOAT),
    binary("and", DTypes::BITS),
    binary("or", DTypes::BITS),
    binary("xor", DTypes::BITS),
    binary("shift_left", DTypes::INT),
    binary("shift_right_arithmetic", DTypes::INT),
    binary("shift_right_logical", DTypes::INT),
    binary("mulhi", DTypes::INT).since(Version::V0_10),
    binary("eq", DTypes::ANY).gives(BOOL),
    binary("ne", DTypes::ANY).gives(BOOL),
    binary("lt", ORDERED).gives(BOOL),
    binary("le", ORDERED).gives(BOOL),
    binary("gt", ORDERED).gives(BOOL),
    binary("ge", ORDERED).gives(BOOL),
    binary("eq_to", ORDERED).gives(BOOL),
    binary("lt_to", ORDERED).gives(BOOL),
    binary("le_to", ORDERED).gives(BOOL),
    Primitive::new("pow", Arity::Exactly(2), pow).elementwise().on(DTypes::INEXACT),
    Primitive::new("complex", Arity::Exactly(2), complex).elementwise().on(DTypes::FLOAT),
    unary("neg", DTypes::NUMBER),
    unary("sign", DTypes::NUMBER),
    unary("abs", DTypes::NUMBER).gives(ElementType::RealPart),
    unary("not", DTypes::BITS),
    unary("square", DTypes::NUMBER).since(Version::V0_4_38),
    unary("integer_pow", DTypes::NUMBER).params(&[param("y")]),
    unary("floor", DTypes::FLOAT),
    unary("ceil", DTypes::FLOAT),
    unary("round", DTypes::FLOAT).params(&[param("rounding_method")]),
    unary("is_finite", DTypes::FLOAT).gives(BOOL),
    unary("reduce_precision", DTypes::FLOAT).params(&[param("exponent_bits"), param("mantissa_bits")]),
    unary("population_count", DTypes::INT),
    unary("clz", DTypes::INT),
    unary("real", DTypes::COMPLEX).gives(ElementType::RealPart),
    unary("imag", DTypes::COMPLEX).gives(ElementType::RealPart),
    Primitive::new("conj", Arity::Exactly(1), conj).elementwise().on(DTypes::INEXACT).params(&[param("input_dtype")]),
    unary("exp", DTypes::INEXACT).params(ACCURACY),
    unary("exp2", DTypes::INEXACT).params(ACCURACY),
    unary("expm1", DTypes::INEXACT).params(ACCURACY),
    unary("log", DTypes::INEXACT).params(ACCURACY),
    unary("log1p", DTypes::INEXACT).params(ACCURACY),
    unary("log2", DTypes::INEXACT).params(ACCURACY).since(Version::V0_12),
    unary("sqrt", DTypes::INEXACT).params(ACCURACY),
    unary("rsqrt", DTypes::INEXACT).params(ACCURACY),
    unary("cbrt", DTypes::FLOAT).params(ACCURACY),
    unary("logistic", DTypes::INEXACT).params(ACCURACY),
    unary("tanh", DTypes::INEXACT).params(ACCURACY),
    unary("sin", DTypes::INEXACT).params(ACCURACY),
    unary("cos", DTypes::INEXACT).params(ACCURACY),
    unary("tan", DTypes::INEXACT).params(ACCURACY),
    unary("asin", DTypes::INEXACT),
    unary("acos", DTypes::INEXACT),
    unary("atan", DTypes::INEXACT),
    unary("sinh", DTypes::INEXACT),
    unary("cosh", DTypes::INEXACT),
    unary("asinh", DTypes::INEXACT),
    unary("acosh", DTypes::INEXACT),
    unary("atanh", DTypes::INEXACT),
    unary("one_minus_square", DTypes::INEXACT).since(Version::V0_12),
    unary("erf", DTypes::FLOAT),
    unary("erfc", DTypes::FLOAT).params(LATE_ACCURACY),
    unary("erf_inv", DTypes::FLOAT),
    Primitive::new("polynomial", Arity::AtLeast(1), elementwise).elementwise().on(DTypes::NUMBER).since(Version::V0_12),
    Primitive::new("convert_element_type", Arity::Exactly(1), convert_element_type).elementwise().params(&[
        param("new_dtype"),
        param("sharding").unless("None").since(Version::V0_4_38).until(Version::V0_8),
        param("weak_type").or("False"),
    ]),
    Primitive::new("select_n", Arity::AtLeast(2), select_n).elementwise(),
    Primitive::new("clamp", Arity::Exactly(3), clamp).elementwise().on(ORDERED),
    Primitive::new("copy", Arity::Exactly(1), same).elementwise().moves(Nowhere),
    Primitive::new("copy_p", Arity::Exactly(1), same).elementwise().moves(Nowhere),
    Primitive::new("stop_gradient", Arity::Exactly(1), same).elementwise(),
];

/// The output is what the operand is.
pub(super) fn same(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    Ok(vec![eqn.operand(0)?.clone()])
}

/// Operands of one element type and of shapes that fit one another.
pub(super) fn elementwise(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let dtype = one_dtype(eqn, 0)?;
    let shape = common_shape(eqn, 0..eqn.inputs.len())?;
    let gives = match eqn.primitive.gives {
        ElementType::Same => eqn.dtype_or("out_dtype", dtype)?,
        ElementType::RealPart => dtype.real_part(),
        ElementType::Always(dtype) => dtype,
    };
    Ok(vec![result(eqn, gives, shape)])
}

/// An array that carries the decorations of all operands.
pub(super) fn result(eqn: &TypedEqn<'_>, dtype: DType, shape: Vec<Dim>) -> Type {
    decorated(
        Type::Array(ArrayType::new(dtype, shape)),
        eqn.inputs.iter().copied(),
    )
}

/// The element type of the operands from `first` on, which must have one that the primitive accepts.
///
/// Operands are compared as far as they are known, so that a literal whose type is not printed hides no fault.
fn one_dtype(eqn: &TypedEqn<'_>, first: usize) -> Result<DType, TypeFault> {
    let mut common: Option<(usize, DType)> = None;
    let mut unknown = false;
    for index in first..eqn.inputs.len() {
        let dtype = match eqn.accepted(index) {
            Ok(array) => array.dtype,
            Err(TypeFault::Unknown) => {
                unknown = true;
                continue;
            }
            Err(fault) => return Err(fault),
        };
        match common {
            Some((place, other)) if other != dtype => {
                let (name, other, dtype) = (eqn.primitive.name, other.short_name(), dtype.short_name());
                let message = format!("operand {place} of {name} is {other}, and operand {index} is {dtype}");
                return Err(TypeFault::operand(index, message));
            }
            _ => common = Some((index, dtype)),
        }
    }
    match common {
        Some((_, dtype)) if !unknown => Ok(dtype),
        _ => Err(TypeFault::Unknown),
    }
}

/// The shape of the operands at `indices` together: all have it, or are of rank 0, or have extents of 1 instead.
pub(super) fn common_shape(
    eqn: &TypedEqn<'_>,
    indices: impl IntoIterator<Item = usize>,
) -> Result<Vec<Dim>, TypeFault> {
    let mut common: Vec<Dim> = Vec::new();
    let mut unknown = false;
    for index in indices {
        let shape = match eqn.shaped(index) {
            Ok(shaped) => shaped.shape,
            Err(TypeFault::Unknown) => {
                unknown = true;
                continue;
            }
            Err(fault) => return Err(fault),
        };
        if common.is_empty() {
            common = shape.to_vec();
        } else if !shape.is_empty() && !widen(&mut common, shape) {
            let (name, ty) = (eqn.primitive.name, eqn.inputs[index]);
            let message = format!("operand {index} of {name} is {ty}, which does not fit the others");
            return Err(TypeFault::operand(index, message));
        }
    }
    if unknown {
        Err(TypeFault::Unknown)
    } else {
        Ok(common)
    }
}

/// Takes the extents of `shape` where `common` has 1, and its shardings; false if the two do not fit.
fn widen(common: &mut [Dim], shape: &[Dim]) -> bool {
    common.len() == shape.len()
        && common.iter_mut().zip(shape).all(|(common, dim)| {
            if common.size() == Some(1) || (agree(common, dim) && matches!(dim, Dim::Sharded(..))) {
                *common = dim.clone();
                true
            } else {
                dim.size() == Some(1) || agree(common, dim)
            }
        })
}

/// The exponent may be an integer.
fn pow(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let base = eqn.accepted(0)?;
    let exponent = eqn.array(1)?;
    if !exponent.dtype.is_integer() && exponent.dtype != base.dtype {
        let message = format!(
            "pow of {} has an exponent of {}",
            base.dtype.short_name(),
            exponent.dtype.short_name()
        );
        return Err(TypeFault::operand(1, message));
    }
    Ok(vec![result(eqn, base.dtype, common_shape(eqn, 0..2)?)])
}

fn complex_of(dtype: DType) -> Option<DType> {
    match dtype {
        DType::Float32 | DType::Complex64 => Some(DType::Complex64),
        DType::Float64 | DType::Complex128 => Some(DType::Complex128),
        _ => None,
    }
}

fn complex(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let dtype = one_dtype(eqn, 0)?;
    let complex = complex_of(dtype).ok_or_else(|| {
        TypeFault::operand(
            0,
            format!("no complex number has parts of {}", dtype.short_name()),
        )
    })?;
    Ok(vec![result(eqn, complex, common_shape(eqn, 0..2)?)])
}

/// A real operand becomes complex.
fn conj(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let dtype = eqn.accepted(0)?.dtype;
    let complex = complex_of(dtype)
        .ok_or_else(|| TypeFault::operand(0, format!("{} has no conjugate", dtype.short_name())))?;
    Ok(vec![with_dtype(eqn.operand(0)?, complex)])
}

fn convert_element_type(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    eqn.array(0)?;
    Ok(vec![with_dtype(eqn.operand(0)?, eqn.dtype("new_dtype")?)])
}

/// `select_n which a b …`: the cases are of one type, and `which` is a scalar or of their shape.
fn select_n(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let which = eqn.array(0)?;
    if !matches!(which.dtype, DType::Bool | DType::Int32) {
        return Err(TypeFault::operand(
            0,
            format!("select_n chooses by bool or int32, not by {}", eqn.inputs[0]),
        ));
    }
    if which.dtype == DType::Bool && eqn.inputs.len() > 3 {
        return Err(TypeFault::operand(
            0,
            "a bool chooses between no more than two cases",
        ));
    }
    let first = eqn.shaped(1)?;
    for index in 2..eqn.inputs.len() {
        let case = eqn.shaped(index)?;
        if !crate::schema::shape::types_agree(first.ty, case.ty) {
            return Err(TypeFault::operand_type(index, first.ty, case.ty));
        }
    }
    if !which.shape.is_empty() && !shapes_agree(&which.shape, first.shape) {
        let message = format!(
            "select_n chooses by {} between cases of {}",
            eqn.inputs[0], first.ty
        );
        return Err(TypeFault::operand(0, message));
    }
    let shape = common_shape(eqn, 1..eqn.inputs.len())?;
    Ok(vec![decorated(
        with_shape(first.ty, shape),
        eqn.inputs.iter().copied(),
    )])
}

/// `clamp low x high`: the bounds are scalars or of the shape of `x`.
fn clamp(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    one_dtype(eqn, 0)?;
    let x = eqn.shaped(1)?;
    for index in [0, 2] {
        let bound = eqn.shaped(index)?;
        if !bound.shape.is_empty() && !shapes_agree(bound.shape, x.shape) {
            return Err(TypeFault::operand_type(index, x.ty, bound.ty));
        }
    }
    Ok(vec![decorated(x.ty.clone(), eqn.inputs.iter().copied())])
}
