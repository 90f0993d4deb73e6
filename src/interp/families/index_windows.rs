//! Windows of an array at places that another array holds: what `gather` and `scatter` have in common.

use crate::interp::call::Call;
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Tensor, each_index, elements, places, strides};
use crate::ir::ParamValue;

/// What happens to a window that does not lie inside the array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// It is moved inside.
    Clip,
    /// It is filled, or its update is dropped.
    FillOrDrop,
    /// The program promises that there is none.
    Promise,
}

impl Mode {
    /// The parameter `mode`, an enum or, in old releases, its number.
    pub(super) fn read<R: Real>(call: &Call<'_, R>) -> Result<Self, Fault> {
        let number = match call.value("mode")? {
            ParamValue::Text(text) => match call.symbols().text(*text).rsplit('.').next() {
                Some("CLIP") => 0,
                Some("FILL_OR_DROP") => 1,
                Some("PROMISE_IN_BOUNDS") => 2,
                _ => return Err(Fault::Param("mode")),
            },
            ParamValue::Int(number) => *number,
            _ => return Err(Fault::Param("mode")),
        };
        match number {
            0 => Ok(Self::Clip),
            1 => Ok(Self::FillOrDrop),
            2 => Ok(Self::Promise),
            _ => Err(Fault::Param("mode")),
        }
    }
}

/// The place nearest to `start` that is at least 0 and at most `room`.
pub(super) fn within(start: i128, room: usize) -> usize {
    usize::try_from(start.max(0)).map_or(room, |start| start.min(room))
}

/// Which axes play which part. "The elements" are those of the output of a gather, and the updates of a scatter.
pub(super) struct IndexWindows {
    /// The axes of the elements that run inside a window, one for each axis of the array that a window spans.
    pub(super) offset_axes: Vec<usize>,
    /// The axes of the array that a window does not span.
    pub(super) collapsed: Vec<usize>,
    /// The axes of the array that the components of an index are for.
    pub(super) index_map: Vec<usize>,
    /// Batch axes of the array, and those axes of the indices that they go with.
    pub(super) batching: Vec<usize>,
    pub(super) index_batching: Vec<usize>,
    /// The extents of a window along each axis of the array; `None` takes those of the elements.
    pub(super) sizes: Option<Vec<usize>>,
}

impl IndexWindows {
    /// Where each element lies in the array; `None` for those outside, unless windows are moved inside.
    ///
    /// Fails if the axes and extents do not fit one another.
    pub(super) fn places<R: Real>(
        &self,
        array: &[usize],
        indices: &Tensor<R>,
        shape: &[usize],
        moves: bool,
    ) -> Result<Vec<Option<usize>>, Fault> {
        let unreadable = || Fault::Param("dimension_numbers");
        let spans = |axis: &usize| !self.collapsed.contains(axis) && !self.batching.contains(axis);
        let window_axes: Vec<usize> = (0..array.len()).filter(spans).collect();
        let is_batch = |axis: &usize| !self.offset_axes.contains(axis);
        let batch_axes: Vec<usize> = (0..shape.len()).filter(is_batch).collect();
        let sizes = self.fitting(array, shape, &window_axes).ok_or_else(unreadable)?;
        let (components, batch_shape) = indices.shape.split_last().ok_or_else(unreadable)?;
        let batches_fit = batch_shape.len() == batch_axes.len()
            && batch_axes
                .iter()
                .zip(batch_shape)
                .all(|(&axis, &size)| shape[axis] == size);
        let batching_fits = self.batching.len() == self.index_batching.len()
            && self.index_batching.iter().all(|&axis| axis < batch_axes.len());
        if *components != self.index_map.len() || !batches_fit || !batching_fits {
            return Err(unreadable());
        }
        let (own, steps) = (strides(array), strides(shape));
        let along = |axes: &[usize], steps: &[usize]| -> Vec<usize> {
            axes.iter().map(|&axis| steps[axis]).collect()
        };
        let window: Vec<usize> = along(&self.offset_axes, shape);
        let inside = places(&window, 0, &along(&window_axes, &own));
        let inside_elements = places(&window, 0, &along(&self.offset_axes, &steps));
        let batch_steps = along(&batch_axes, &steps);
        let mut found = vec![None; elements(shape)];
        let mut number = 0;
        each_index(batch_shape, |batch| {
            let start = self.start(array, &sizes, indices, number * components, moves);
            number += 1;
            let pairs = self.batching.iter().zip(&self.index_batching);
            let beside: usize = pairs.map(|(&axis, &from)| batch[from] * own[axis]).sum();
            let first: usize = batch.iter().zip(&batch_steps).map(|(at, step)| at * step).sum();
            for (inside, element) in inside.iter().zip(&inside_elements) {
                let place = start.map(|start| start + beside + inside);
                found[first + element] = place.filter(|&place| place < elements(array));
            }
        });
        Ok(found)
    }

    /// The extents of a window, if they fit the array and the elements.
    fn fitting(&self, array: &[usize], shape: &[usize], window_axes: &[usize]) -> Option<Vec<usize>> {
        let spanned = || window_axes.iter().zip(&self.offset_axes);
        let named = self.index_map.iter().chain(&self.batching).chain(&self.collapsed);
        if window_axes.len() != self.offset_axes.len()
            || self.offset_axes.iter().any(|&axis| axis >= shape.len())
            || named.into_iter().any(|&axis| axis >= array.len())
        {
            return None;
        }
        let sizes = self.sizes.clone().unwrap_or_else(|| {
            let mut sizes = vec![1; array.len()];
            spanned().for_each(|(&axis, &from)| sizes[axis] = shape[from]);
            sizes
        });
        let fits = sizes.len() == array.len()
            && sizes.iter().zip(array).all(|(size, extent)| size <= extent)
            && spanned().all(|(&axis, &from)| sizes[axis] == shape[from]);
        fits.then_some(sizes)
    }

    /// Where the window starts that the components from `at` on say.
    fn start<R: Real>(
        &self,
        array: &[usize],
        sizes: &[usize],
        indices: &Tensor<R>,
        at: usize,
        moves: bool,
    ) -> Option<usize> {
        let own = strides(array);
        self.index_map
            .iter()
            .enumerate()
            .try_fold(0, |place, (component, &axis)| {
                let start = indices.int(at + component)?;
                let inside = within(start, array[axis] - sizes[axis]);
                (moves || inside as i128 == start).then(|| place + inside * own[axis])
            })
    }
}
