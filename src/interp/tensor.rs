//! Arrays: a dtype, a shape, and the elements in row-major order.

use num_complex::Complex64;

use std::sync::Arc;

use super::key::Key;
use super::number::wrap;
use super::real::Real;
use crate::ir::{DType, DTypeClass};

/// The elements of a [`Tensor`], in a type that holds every number of the dtype.
#[derive(Clone, Debug, PartialEq)]
pub enum Data<R = f64> {
    /// `bool`.
    Bool(Vec<bool>),
    /// Integers; those of `uint64` as the bits of an `i64`.
    Int(Vec<i64>),
    /// Real floating-point numbers.
    Float(Vec<R>),
    /// Complex numbers.
    Complex(Vec<Complex64>),
    /// PRNG keys.
    Key(Vec<Key>),
    /// A mutable reference: the number of the cell that holds an array of the tensor's dtype and shape.
    Reference(usize),
}

/// Applies one expression to the vector in a [`Data`], whatever its elements are, and wraps the result again.
macro_rules! same_kind {
    ($data:expr, $items:ident => $body:expr) => {
        match $data {
            $crate::interp::tensor::Data::Bool($items) => $crate::interp::tensor::Data::Bool($body),
            $crate::interp::tensor::Data::Int($items) => $crate::interp::tensor::Data::Int($body),
            $crate::interp::tensor::Data::Float($items) => $crate::interp::tensor::Data::Float($body),
            $crate::interp::tensor::Data::Complex($items) => $crate::interp::tensor::Data::Complex($body),
            $crate::interp::tensor::Data::Key($items) => $crate::interp::tensor::Data::Key($body),
            $crate::interp::tensor::Data::Reference(cell) => $crate::interp::tensor::Data::Reference(*cell),
        }
    };
}

/// An array. An array of PRNG keys has the dtype of their data, `uint32`. Copies share their elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor<R = f64> {
    /// Element type.
    pub dtype: DType,
    /// Extents, outermost first.
    pub shape: Vec<usize>,
    /// The elements, as many as the product of the extents.
    data: Arc<Data<R>>,
}

impl<R: Real> Tensor<R> {
    /// The elements, as many as the product of the extents.
    pub fn data(&self) -> &Data<R> {
        &self.data
    }

    /// The elements, to change: those of this array only.
    pub(super) fn data_mut(&mut self) -> &mut Data<R> {
        Arc::make_mut(&mut self.data)
    }

    /// Integers or booleans, wrapped to the dtype.
    pub fn from_ints(dtype: DType, shape: &[usize], items: impl IntoIterator<Item = i128>) -> Self {
        let data = match dtype.class() {
            DTypeClass::Bool => Data::Bool(items.into_iter().map(|item| item != 0).collect()),
            _ => Data::Int(items.into_iter().map(|item| wrap(dtype, item)).collect()),
        };
        Self::new(dtype, shape, data)
    }

    /// Real numbers, rounded to the dtype.
    pub fn from_floats(dtype: DType, shape: &[usize], items: impl IntoIterator<Item = R>) -> Self {
        Self::rounded_floats(dtype, shape, items.into_iter().collect(), false)
    }

    /// Real numbers, rounded to the dtype and flushed if that is asked for.
    pub(super) fn rounded_floats(dtype: DType, shape: &[usize], mut items: Vec<R>, flushes: bool) -> Self {
        R::round_all(&mut items, dtype, flushes);
        Self::new(dtype, shape, Data::Float(items))
    }

    /// Complex numbers, rounded to the dtype.
    pub fn from_complex(dtype: DType, shape: &[usize], items: impl IntoIterator<Item = Complex64>) -> Self {
        let part = dtype.real_part();
        let rounded = |item: Complex64| Complex64::new(item.re.rounded(part), item.im.rounded(part));
        Self::new(
            dtype,
            shape,
            Data::Complex(items.into_iter().map(rounded).collect()),
        )
    }

    /// Truth values.
    pub fn from_bools(shape: &[usize], items: Vec<bool>) -> Self {
        Self::new(DType::Bool, shape, Data::Bool(items))
    }

    /// PRNG keys.
    pub fn from_keys(shape: &[usize], keys: Vec<Key>) -> Self {
        Self::new(DType::Uint32, shape, Data::Key(keys))
    }

    /// The array whose elements, given with the first axis running fastest, are these.
    #[must_use]
    pub fn rows_first(&self) -> Self {
        let mut steps = vec![1; self.rank()];
        for axis in 1..self.rank() {
            steps[axis] = steps[axis - 1] * self.shape[axis - 1];
        }
        self.pick(&self.shape, &places(&self.shape, 0, &steps))
    }

    pub(super) fn new(dtype: DType, shape: &[usize], data: Data<R>) -> Self {
        Self {
            dtype,
            shape: shape.to_vec(),
            data: Arc::new(data),
        }
    }

    /// One element everywhere: 0, `False`, and for floats also what `number` says.
    pub(super) fn filled(dtype: DType, shape: &[usize], number: f64) -> Self {
        let count = elements(shape);
        match dtype.class() {
            DTypeClass::Float => {
                // What a literal says is rounded in every arithmetic: the literal is a number of its dtype.
                let number = R::from_f64(number.rounded(dtype));
                Self::from_floats(dtype, shape, std::iter::repeat_n(number, count))
            }
            DTypeClass::Complex => Self::from_complex(
                dtype,
                shape,
                std::iter::repeat_n(Complex64::new(number, 0.0), count),
            ),
            _ => Self::from_ints(dtype, shape, std::iter::repeat_n(number as i128, count)),
        }
    }

    /// The same numbers in a dtype of the same class.
    pub(super) fn narrowed(&self, dtype: DType) -> Self {
        match self.data() {
            Data::Float(items) => Self::from_floats(dtype, &self.shape, items.iter().cloned()),
            Data::Complex(items) => Self::from_complex(dtype, &self.shape, items.iter().copied()),
            Data::Int(items) => Self::from_ints(dtype, &self.shape, items.iter().map(|&item| item.into())),
            _ => self.clone(),
        }
    }

    /// How many of its elements are infinite or NaN.
    pub(crate) fn nonfinite(&self) -> usize {
        match self.data() {
            Data::Float(items) => items.iter().filter(|item| !item.is_finite()).count(),
            Data::Complex(items) => items.iter().filter(|item| !item.is_finite()).count(),
            _ => 0,
        }
    }

    /// The same array in another arithmetic.
    pub fn with_numbers<S: Real>(&self, convert: impl FnMut(&R) -> S) -> Tensor<S> {
        let data = match self.data() {
            Data::Bool(items) => Data::Bool(items.clone()),
            Data::Int(items) => Data::Int(items.clone()),
            Data::Float(items) => Data::Float(items.iter().map(convert).collect()),
            Data::Complex(items) => Data::Complex(items.clone()),
            Data::Key(items) => Data::Key(items.clone()),
            Data::Reference(cell) => Data::Reference(*cell),
        };
        Tensor::new(self.dtype, &self.shape, data)
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        elements(&self.shape)
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// The same elements in another shape of as many.
    pub(super) fn reshaped(&self, shape: &[usize]) -> Self {
        debug_assert_eq!(elements(shape), self.len());
        Self {
            dtype: self.dtype,
            shape: shape.to_vec(),
            data: Arc::clone(&self.data),
        }
    }

    /// The one element everywhere.
    pub(super) fn repeated(&self, shape: &[usize]) -> Self {
        let data = same_kind!(self.data(), items => taken(items, &vec![0; elements(shape)]));
        Self::new(self.dtype, shape, data)
    }

    /// The elements at these places, in this order.
    pub(super) fn pick(&self, shape: &[usize], places: &[usize]) -> Self {
        let data = same_kind!(self.data(), items => taken(items, places));
        Self::new(self.dtype, shape, data)
    }

    /// The integer at a place, as a number of any sign; truth values are 0 and 1.
    pub(super) fn int(&self, place: usize) -> Option<i128> {
        match self.data() {
            Data::Bool(items) => items.get(place).map(|&item| i128::from(item)),
            Data::Int(items) => items
                .get(place)
                .map(|&item| super::number::signed(self.dtype, item)),
            _ => None,
        }
    }
}

fn taken<T: Clone>(items: &[T], places: &[usize]) -> Vec<T> {
    places.iter().map(|&place| items[place].clone()).collect()
}

/// The number of elements of a shape.
pub(super) fn elements(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// How far apart neighbours along each axis lie.
pub(super) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// Calls `visit` with every index of a shape, in row-major order.
pub(super) fn each_index(shape: &[usize], mut visit: impl FnMut(&[usize])) {
    let mut index = vec![0; shape.len()];
    for _ in 0..elements(shape) {
        visit(&index);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
}

/// For every index of `shape`, the place `offset + Σ index·step`.
pub(super) fn places(shape: &[usize], offset: usize, steps: &[usize]) -> Vec<usize> {
    let Some((&width, outer)) = shape.split_last() else {
        return vec![offset];
    };
    let (step, outer_steps) = (steps[outer.len()], &steps[..outer.len()]);
    let mut found = Vec::with_capacity(elements(shape));
    each_index(outer, |index| {
        let first = offset
            + index
                .iter()
                .zip(outer_steps)
                .map(|(index, step)| index * step)
                .sum::<usize>();
        found.extend((0..width).map(|at| first + at * step));
    });
    found
}

/// The places of the elements of each line along an axis.
pub(super) fn lanes(shape: &[usize], axis: usize) -> Vec<Vec<usize>> {
    let own = strides(shape);
    let mut starts = shape.to_vec();
    starts[axis] = 1;
    if elements(shape) == 0 {
        return Vec::new();
    }
    let starts = places(&starts, 0, &own);
    let lane = |start: usize| (0..shape[axis]).map(|at| start + at * own[axis]).collect();
    starts.into_iter().map(lane).collect()
}
