//! Arithmetic, comparisons, choices: an element of the output depends on the elements at its own place.

use std::cmp::Ordering;

use num_complex::Complex64;

use super::arithmetic::Op;
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::{Pair, Real};
use crate::interp::tensor::{Data, Tensor, elements, places, strides};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("add", |call| binary(call, Op::Add)),
            row_of("add_any", |call| binary(call, Op::Add)),
            row_of("sub", |call| binary(call, Op::Sub)),
            row_of("mul", |call| binary(call, Op::Mul)),
            row_of("div", |call| binary(call, Op::Div)),
            row_of("rem", |call| binary(call, Op::Rem)),
            row_of("max", |call| binary(call, Op::Max)),
            row_of("min", |call| binary(call, Op::Min)),
            row_of("pow", pow),
            row_of("atan2", |call| binary(call, Op::Atan2)),
            row_of("and", |call| binary(call, Op::And)),
            row_of("or", |call| binary(call, Op::Or)),
            row_of("xor", |call| binary(call, Op::Xor)),
            row_of("eq", |call| {
                comparison(call, |order| order == Some(Ordering::Equal))
            }),
            row_of("ne", |call| {
                comparison(call, |order| order != Some(Ordering::Equal))
            }),
            row_of("lt", |call| {
                comparison(call, |order| order == Some(Ordering::Less))
            }),
            row_of("le", |call| {
                comparison(call, |order| order.is_some_and(Ordering::is_le))
            }),
            row_of("gt", |call| {
                comparison(call, |order| order == Some(Ordering::Greater))
            }),
            row_of("ge", |call| {
                comparison(call, |order| order.is_some_and(Ordering::is_ge))
            }),
            row_of("lt_to", |call| total(call, Ordering::is_lt)),
            row_of("le_to", |call| total(call, Ordering::is_le)),
            row_of("eq_to", |call| total(call, Ordering::is_eq)),
            row_of("select_n", select),
            row_of("clamp", clamp),
            row_of("complex", complex),
        ]
    }
}

/// Both operands in the shape of the result. Old releases let scalars and unit axes stand for all elements.
pub(super) fn aligned<R: Real>(
    call: &Call<'_, R>,
    index: usize,
    shape: &[usize],
) -> Result<Tensor<R>, Fault> {
    let tensor = call.input(index)?;
    stretched(tensor, shape)
}

pub(super) fn stretched<R: Real>(tensor: &Tensor<R>, shape: &[usize]) -> Result<Tensor<R>, Fault> {
    if tensor.shape == shape {
        return Ok(tensor.clone());
    }
    if tensor.rank() == 0 {
        return Ok(tensor.repeated(shape));
    }
    let mut steps = vec![0; shape.len()];
    if tensor.rank() == shape.len() {
        for (axis, stride) in strides(&tensor.shape).into_iter().enumerate() {
            match tensor.shape[axis] {
                1 => {}
                size if size == shape[axis] => steps[axis] = stride,
                _ => return Err(Fault::Operands("the shapes of the operands differ".to_owned())),
            }
        }
    } else {
        return Err(Fault::Operands("the ranks of the operands differ".to_owned()));
    }
    if tensor.is_empty() && elements(shape) > 0 {
        return Err(Fault::Operands("the shapes of the operands differ".to_owned()));
    }
    Ok(tensor.pick(shape, &places(shape, 0, &steps)))
}

/// Both operands in the shape of the result, as arithmetic reads them: without subnormal numbers, if they are flushed.
pub(super) fn numbers<R: Real>(
    call: &Call<'_, R>,
    index: usize,
    shape: &[usize],
) -> Result<Tensor<R>, Fault> {
    let mut tensor = aligned(call, index, shape)?;
    if matches!(tensor.data(), Data::Float(_)) {
        call.flush(&mut tensor);
    }
    Ok(tensor)
}

fn binary<R: Real>(call: &Call<'_, R>, op: Op) -> Outcome<R> {
    let shape = call.out_shape(0)?;
    let (a, b) = (numbers(call, 0, &shape)?, numbers(call, 1, &shape)?);
    Ok(vec![combine(call, op, &a, &b)?])
}

/// Combines two tensors of one shape and dtype.
pub(super) fn combine<R: Real>(
    call: &Call<'_, R>,
    op: Op,
    a: &Tensor<R>,
    b: &Tensor<R>,
) -> Result<Tensor<R>, Fault> {
    let (dtype, shape) = (a.dtype, &a.shape);
    let undefined = || call.not_on(a);
    match (a.data(), b.data()) {
        (Data::Float(x), Data::Float(y)) => {
            let items = op.each_real(x, y).ok_or_else(undefined)?;
            Ok(call.floats(dtype, shape, items))
        }
        (Data::Int(_), Data::Int(_)) => {
            let pairs = (0..a.len()).map(|at| op.ints(dtype, a.int(at)?, b.int(at)?));
            let items: Vec<i128> = pairs.collect::<Option<_>>().ok_or_else(undefined)?;
            Ok(Tensor::from_ints(dtype, shape, items))
        }
        (Data::Bool(x), Data::Bool(y)) => {
            let items = x.iter().zip(y).map(|(&x, &y)| op.bools(x, y));
            let items: Vec<bool> = items.collect::<Option<_>>().ok_or_else(undefined)?;
            Ok(Tensor::from_bools(shape, items))
        }
        (Data::Complex(x), Data::Complex(y)) => {
            let items = x.iter().zip(y).map(|(&x, &y)| op.complex(x, y));
            let items: Vec<Complex64> = items.collect::<Option<_>>().ok_or_else(undefined)?;
            let mut result = Tensor::from_complex(dtype, shape, items);
            call.flush(&mut result);
            Ok(result)
        }
        _ => Err(undefined()),
    }
}

/// Floats may have integer exponents.
fn pow<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let shape = call.out_shape(0)?;
    let (a, b) = (numbers(call, 0, &shape)?, numbers(call, 1, &shape)?);
    if let (Data::Float(x), Data::Int(_)) = (a.data(), b.data()) {
        let exponents = (0..b.len()).map(|at| R::from_integer(b.int(at).unwrap_or_default()));
        let items = x.iter().zip(exponents).map(|(x, y)| x.join(Pair::Pow, &y));
        return Ok(vec![call.floats(a.dtype, &shape, items)]);
    }
    Ok(vec![combine(call, Op::Pow, &a, &b)?])
}

fn comparison<R: Real>(call: &Call<'_, R>, holds: fn(Option<Ordering>) -> bool) -> Outcome<R> {
    let shape = call.out_shape(0)?;
    let (a, b) = (numbers(call, 0, &shape)?, numbers(call, 1, &shape)?);
    let items = match (a.data(), b.data()) {
        (Data::Float(x), Data::Float(y)) => x.iter().zip(y).map(|(x, y)| holds(x.partial_cmp(y))).collect(),
        (Data::Bool(x), Data::Bool(y)) => x.iter().zip(y).map(|(x, y)| holds(x.partial_cmp(y))).collect(),
        (Data::Int(_), Data::Int(_)) => (0..a.len())
            .map(|at| holds(a.int(at).partial_cmp(&b.int(at))))
            .collect(),
        (Data::Complex(x), Data::Complex(y)) => {
            // Complex numbers are equal or they are not.
            let order = |x: &Complex64, y: &Complex64| if x == y { Some(Ordering::Equal) } else { None };
            x.iter().zip(y).map(|(x, y)| holds(order(x, y))).collect()
        }
        _ => return Err(call.not_on(&a)),
    };
    Ok(vec![Tensor::from_bools(&shape, items)])
}

/// Comparison in the total order: -NaN, -inf, …, -0, +0, …, inf, NaN.
fn total<R: Real>(call: &Call<'_, R>, holds: fn(Ordering) -> bool) -> Outcome<R> {
    let shape = call.out_shape(0)?;
    let (a, b) = (aligned(call, 0, &shape)?, aligned(call, 1, &shape)?);
    let items = match (a.data(), b.data()) {
        (Data::Float(x), Data::Float(y)) => x.iter().zip(y).map(|(x, y)| holds(total_order(x, y))).collect(),
        (Data::Int(_), Data::Int(_)) => (0..a.len()).map(|at| holds(a.int(at).cmp(&b.int(at)))).collect(),
        (Data::Bool(x), Data::Bool(y)) => x.iter().zip(y).map(|(x, y)| holds(x.cmp(y))).collect(),
        _ => return Err(call.not_on(&a)),
    };
    Ok(vec![Tensor::from_bools(&shape, items)])
}

/// Numbers that are equal are zeros; numbers without an order are NaN, and those with the sign come first.
fn total_order<R: Real>(x: &R, y: &R) -> Ordering {
    let rank = |x: &R| match (x.is_nan(), x.is_sign_negative()) {
        (true, true) => -1,
        (false, _) => 0,
        (true, false) => 1,
    };
    let equal = || y.is_sign_negative().cmp(&x.is_sign_negative());
    rank(x)
        .cmp(&rank(y))
        .then_with(|| x.partial_cmp(y).unwrap_or(Ordering::Equal))
        .then_with(equal)
}

/// The first operand says which of the others to take; one beyond the last takes the last.
fn select<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let shape = call.out_shape(0)?;
    let cases: Vec<Tensor<R>> = (1..call.inputs.len())
        .map(|index| aligned(call, index, &shape))
        .collect::<Result<_, _>>()?;
    let which = aligned(call, 0, &shape)?;
    let Some((first, rest)) = cases.split_first() else {
        return Err(Fault::Operands("there is nothing to choose from".to_owned()));
    };
    let mut result = first.clone();
    let chosen = |at: usize| usize::try_from(which.int(at).unwrap_or_default()).unwrap_or(0);
    let last = rest.len();
    for (index, case) in rest.iter().enumerate() {
        let takes = |at: usize| chosen(at).min(last) == index + 1;
        overwrite(&mut result, case, takes);
    }
    Ok(vec![result])
}

fn overwrite<R: Real>(result: &mut Tensor<R>, case: &Tensor<R>, takes: impl Fn(usize) -> bool) {
    fn copy<T: Clone>(to: &mut [T], from: &[T], takes: impl Fn(usize) -> bool) {
        for (at, (to, from)) in to.iter_mut().zip(from).enumerate() {
            if takes(at) {
                *to = from.clone();
            }
        }
    }
    match (result.data_mut(), case.data()) {
        (Data::Bool(to), Data::Bool(from)) => copy(to, from, takes),
        (Data::Int(to), Data::Int(from)) => copy(to, from, takes),
        (Data::Float(to), Data::Float(from)) => copy(to, from, takes),
        (Data::Complex(to), Data::Complex(from)) => copy(to, from, takes),
        (Data::Key(to), Data::Key(from)) => copy(to, from, takes),
        // Operands of different kinds do not pass the type check.
        _ => {}
    }
}

/// `clamp low x high` is `min(max(x, low), high)`.
fn clamp<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let shape = call.out_shape(0)?;
    let [low, x, high] = [0, 1, 2].map(|index| aligned(call, index, &shape));
    let raised = combine(call, Op::Max, &x?, &low?)?;
    Ok(vec![combine(call, Op::Min, &raised, &high?)?])
}

fn complex<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (shape, dtype) = (call.out_shape(0)?, call.out_dtype(0)?);
    let (re, im) = (aligned(call, 0, &shape)?, aligned(call, 1, &shape)?);
    match (re.data(), im.data()) {
        (Data::Float(re), Data::Float(im)) => {
            let items = re
                .iter()
                .zip(im)
                .map(|(re, im)| Complex64::new(re.to_f64(), im.to_f64()));
            Ok(vec![Tensor::from_complex(dtype, &shape, items)])
        }
        _ => Err(call.not_on(&re)),
    }
}
