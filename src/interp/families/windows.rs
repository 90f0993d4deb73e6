//! Windows that slide over an array: reductions in them, and their derivatives.

use std::cmp::Ordering;

use super::arithmetic::Op;
use super::convert::converted;
use super::pieces::chained;
use super::scatter::combine_at;
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor, each_index, elements, strides};
use crate::ir::{DType, ParamValue};
use crate::schema::params;

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("reduce_window_sum", |call| reduce_window(call, Op::Add)),
            row_of("reduce_window_max", |call| reduce_window(call, Op::Max)),
            row_of("reduce_window_min", |call| reduce_window(call, Op::Min)),
            row_of("reduce_window", general_reduce_window),
            row_of("select_and_scatter_add", select_and_scatter_add),
            row_of("select_and_scatter", select_and_scatter),
            row_of("select_and_gather_add", select_and_gather_add),
        ]
    }
}

/// How a window slides along one axis.
pub(super) struct Sliding {
    /// The extent of the operand.
    pub(super) extent: usize,
    /// How far apart the places of the window are.
    pub(super) stride: usize,
    /// How far the operand's elements stand apart.
    pub(super) base_dilation: usize,
    /// How far apart the elements that a window sees stand.
    pub(super) window_dilation: usize,
    /// Padding in front, which may be negative.
    pub(super) low: i64,
}

impl Sliding {
    /// Which element of the operand stands at a place of the window; `None` in padding and between elements.
    pub(super) fn source(&self, window: usize, offset: usize) -> Option<usize> {
        let place = (window * self.stride + offset * self.window_dilation) as i64 - self.low;
        let place = usize::try_from(place).ok()?;
        let at = place / self.base_dilation;
        (place.is_multiple_of(self.base_dilation) && at < self.extent).then_some(at)
    }
}

/// A parameter that is one positive number an axis; left out and `None` are all ones.
pub(super) fn steps<R: Real>(
    call: &Call<'_, R>,
    name: &'static str,
    rank: usize,
) -> Result<Vec<usize>, Fault> {
    let numbers = match call.given(name) {
        Some(value) => params::indices(call.symbols(), value).ok_or(Fault::Param(name))?,
        None => vec![1; rank],
    };
    if numbers.len() == rank && !numbers.contains(&0) {
        Ok(numbers)
    } else {
        Err(Fault::Param(name))
    }
}

/// The parameter `padding`: the width in front of each axis. What stands behind follows from the output's extent.
pub(super) fn padding_in_front<R: Real>(call: &Call<'_, R>, rank: usize) -> Result<Vec<i64>, Fault> {
    let pairs = params::int_tuples(call.symbols(), call.value("padding")?);
    let pairs = pairs.filter(|pairs| pairs.len() == rank && pairs.iter().all(|pair| pair.len() == 2));
    let pairs = pairs.ok_or(Fault::Param("padding"))?;
    Ok(pairs.into_iter().map(|pair| pair[0]).collect())
}

/// A window over all axes of an operand.
struct Window {
    axes: Vec<Sliding>,
    sizes: Vec<usize>,
    own: Vec<usize>,
}

impl Window {
    fn read<R: Real>(call: &Call<'_, R>, operand: &[usize]) -> Result<Self, Fault> {
        let rank = operand.len();
        let sizes = call.indices("window_dimensions")?;
        let stride = steps(call, "window_strides", rank)?;
        let base_dilation = steps(call, "base_dilation", rank)?;
        let window_dilation = steps(call, "window_dilation", rank)?;
        let low = padding_in_front(call, rank)?;
        if sizes.len() != rank {
            return Err(Fault::Param("window_dimensions"));
        }
        let axis = |axis: usize| Sliding {
            extent: operand[axis],
            stride: stride[axis],
            base_dilation: base_dilation[axis],
            window_dilation: window_dilation[axis],
            low: low[axis],
        };
        Ok(Self {
            axes: (0..rank).map(axis).collect(),
            own: strides(operand),
            sizes,
        })
    }

    /// Calls `visit` with the place of every element of the operand that the window at `at` sees, in order.
    fn each(&self, at: &[usize], mut visit: impl FnMut(usize)) {
        each_index(&self.sizes, |offsets| {
            let axes = self.axes.iter().zip(at).zip(offsets).zip(&self.own);
            let place = axes
                .into_iter()
                .try_fold(0, |place, (((axis, &at), &offset), step)| {
                    Some(place + axis.source(at, offset)? * step)
                });
            if let Some(place) = place {
                visit(place);
            }
        });
    }

    /// The places that each window sees, in the order of the output's elements.
    fn places(&self, windows: &[usize]) -> Vec<Vec<usize>> {
        let mut found = Vec::with_capacity(elements(windows));
        each_index(windows, |at| {
            let mut seen = Vec::new();
            self.each(at, |place| seen.push(place));
            found.push(seen);
        });
        found
    }
}

/// Narrow floats are combined in f32 and rounded at the end, as XLA's CPU does.
pub(super) fn widened<R: Real>(call: &Call<'_, R>, x: &Tensor<R>) -> Result<Tensor<R>, Fault> {
    if x.dtype.is_float() && x.dtype.bits() < 32 {
        converted(call, x, DType::Float32)
    } else {
        Ok(x.clone())
    }
}

fn reduce_window<R: Real>(call: &Call<'_, R>, op: Op) -> Outcome<R> {
    let (x, shape) = (call.input(0)?, call.out_shape(0)?);
    let window = Window::read(call, &x.shape)?;
    let wide = widened(call, x)?;
    let mut result = op.start(wide.dtype, &shape);
    for (to, places) in window.places(&shape).into_iter().enumerate() {
        for from in places {
            combine_at(call, op, &mut result, to, &wide, from)?;
        }
    }
    call.flush(&mut result);
    Ok(vec![converted(call, &result, x.dtype)?])
}

/// Operands and as many initial values, combined by a jaxpr of scalars.
fn general_reduce_window<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (operands, starts) = call.inputs.split_at(call.inputs.len() / 2);
    let first = &call.input(0)?.shape;
    let window = Window::read(call, first)?;
    let places = window.places(&call.out_shape(0)?);
    super::reductions::folded(call, operands, starts, &places)
}

/// The place that a window selects: the first that no later one beats.
fn selected<R: Real>(call: &Call<'_, R>, x: &Tensor<R>, places: &[usize]) -> Result<Option<usize>, Fault> {
    let wanted = selection(call)?;
    let Data::Float(items) = x.data() else {
        let order = |at: usize, best: usize| x.int(at).partial_cmp(&x.int(best));
        return Ok(first_best(places, |at, best| {
            order(at, best) == Some(wanted.reverse())
        }));
    };
    // A comparison with NaN fails, so a NaN is taken and then given up for whatever follows it.
    let keeps = |at: usize, best: usize| {
        let order = items[best].partial_cmp(&items[at]);
        order == Some(wanted) || order == Some(Ordering::Equal)
    };
    Ok(first_best(places, |at, best| !keeps(at, best)))
}

fn first_best(places: &[usize], beats: impl Fn(usize, usize) -> bool) -> Option<usize> {
    let (&first, rest) = places.split_first()?;
    Some(
        rest.iter()
            .fold(first, |best, &at| if beats(at, best) { at } else { best }),
    )
}

/// `select_prim` is `ge` where windows select their maximum and `le` where they select their minimum.
fn selection<R: Real>(call: &Call<'_, R>) -> Result<Ordering, Fault> {
    let ParamValue::Text(text) = call.value("select_prim")? else {
        return Err(Fault::Param("select_prim"));
    };
    match call.symbols().text(*text) {
        "ge" => Ok(Ordering::Greater),
        "le" => Ok(Ordering::Less),
        _ => Err(Fault::Param("select_prim")),
    }
}

/// Adds each element of the first operand where its window selects an element of the second.
fn select_and_scatter_add<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (source, x) = (call.input(0)?, call.input(1)?);
    let window = Window::read(call, &x.shape)?;
    let wide = widened(call, source)?;
    let mut result = Tensor::filled(wide.dtype, &x.shape, 0.0);
    for (from, places) in window.places(&source.shape).into_iter().enumerate() {
        if let Some(to) = selected(call, x, &places)? {
            combine_at(call, Op::Add, &mut result, to, &wide, from)?;
        }
    }
    call.flush(&mut result);
    Ok(vec![converted(call, &result, source.dtype)?])
}

/// Each element of the second operand goes where its window selects an element of the first. `select_jaxpr` says whether
/// the selected one stays when the next is seen, and `scatter_jaxpr` joins an element to what has come there, which is
/// the third operand at first.
fn select_and_scatter<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, source, start) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let (select, scatter) = (call.block("select_jaxpr")?, call.block("scatter_jaxpr")?);
    let window = Window::read(call, &x.shape)?;
    if x.is_empty() {
        return Ok(vec![x.clone()]);
    }
    let element = |x: &Tensor<R>, at: usize| x.pick(&[], &[at]);
    let mut found = vec![start.clone(); x.len()];
    for (from, places) in window.places(&source.shape).into_iter().enumerate() {
        let Some((&first, rest)) = places.split_first() else {
            continue;
        };
        let mut best = first;
        for &at in rest {
            let stays = call.machine.run(select, &[element(x, best), element(x, at)])?;
            if stays.first().and_then(|stays| stays.int(0)) == Some(0) {
                best = at;
            }
        }
        let mut joined = call
            .machine
            .run(scatter, &[found[best].clone(), element(source, from)])?;
        found[best] = joined.pop().ok_or(Fault::Param("scatter_jaxpr"))?;
    }
    let found: Vec<&Tensor<R>> = found.iter().collect();
    Ok(vec![chained(&found)?.reshaped(&x.shape)])
}

/// The elements of the first operand at the places where the windows select an element of the second.
fn select_and_gather_add<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (tangents, x) = (call.input(0)?, call.input(1)?);
    let shape = call.out_shape(0)?;
    let window = Window::read(call, &x.shape)?;
    let zero = Tensor::filled(tangents.dtype, &[], 0.0);
    let all = chained(&[tangents, &zero])?;
    let mut found = Vec::with_capacity(elements(&shape));
    for places in window.places(&shape) {
        found.push(selected(call, x, &places)?.unwrap_or(tangents.len()));
    }
    Ok(vec![all.pick(&shape, &found)])
}
