//! Dimension numbers: which axis plays which part in contractions, gathers, scatters and convolutions.

use super::{argument, indices, int_list, items};
use crate::ir::{ParamValue, Symbols};

/// `(([1], [0]), ([], []))` of a `dot_general`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DotDimensionNumbers {
    pub lhs_contracting: Vec<usize>,
    pub rhs_contracting: Vec<usize>,
    pub lhs_batch: Vec<usize>,
    pub rhs_batch: Vec<usize>,
}

impl DotDimensionNumbers {
    /// Reads the parameter `dimension_numbers`.
    pub(crate) fn read(symbols: &Symbols, value: &ParamValue) -> Option<Self> {
        let [contracting, batch] = items(value)? else {
            return None;
        };
        let (lhs_contracting, rhs_contracting) = pair(symbols, contracting)?;
        let (lhs_batch, rhs_batch) = pair(symbols, batch)?;
        Some(Self {
            lhs_contracting,
            rhs_contracting,
            lhs_batch,
            rhs_batch,
        })
    }

    /// The parameter `dimension_numbers`.
    pub(crate) fn value(&self) -> ParamValue {
        let pair = |one, other| ParamValue::Tuple(Box::new([one, other]));
        pair(
            pair(int_list(&self.lhs_contracting), int_list(&self.rhs_contracting)),
            pair(int_list(&self.lhs_batch), int_list(&self.rhs_batch)),
        )
    }

    /// The axes of the left operand that are neither contracted nor batched, in order.
    pub(crate) fn lhs_free(&self, rank: usize) -> Vec<usize> {
        others(rank, &self.lhs_contracting, &self.lhs_batch)
    }

    /// The axes of the right operand that are neither contracted nor batched, in order.
    pub(crate) fn rhs_free(&self, rank: usize) -> Vec<usize> {
        others(rank, &self.rhs_contracting, &self.rhs_batch)
    }
}

fn pair(symbols: &Symbols, value: &ParamValue) -> Option<(Vec<usize>, Vec<usize>)> {
    match items(value)? {
        [left, right] => Some((indices(symbols, left)?, indices(symbols, right)?)),
        _ => None,
    }
}

fn others(rank: usize, some: &[usize], more: &[usize]) -> Vec<usize> {
    (0..rank)
        .filter(|axis| !some.contains(axis) && !more.contains(axis))
        .collect()
}

/// `GatherDimensionNumbers(…)`; the batching dimensions are empty before 0.4.38.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GatherDimensionNumbers {
    pub offset_dims: Vec<usize>,
    pub collapsed_slice_dims: Vec<usize>,
    pub start_index_map: Vec<usize>,
    pub operand_batching_dims: Vec<usize>,
    pub start_indices_batching_dims: Vec<usize>,
}

impl GatherDimensionNumbers {
    /// Reads the parameter `dimension_numbers`.
    pub(crate) fn read(symbols: &Symbols, value: &ParamValue) -> Option<Self> {
        Some(Self {
            offset_dims: field(symbols, value, "offset_dims")?,
            collapsed_slice_dims: field(symbols, value, "collapsed_slice_dims")?,
            start_index_map: field(symbols, value, "start_index_map")?,
            operand_batching_dims: new_field(symbols, value, "operand_batching_dims")?,
            start_indices_batching_dims: new_field(symbols, value, "start_indices_batching_dims")?,
        })
    }
}

/// `ScatterDimensionNumbers(…)`; the batching dimensions are empty before 0.4.38.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the fields are called as in JAX")]
pub(crate) struct ScatterDimensionNumbers {
    pub update_window_dims: Vec<usize>,
    pub inserted_window_dims: Vec<usize>,
    pub scatter_dims_to_operand_dims: Vec<usize>,
    pub operand_batching_dims: Vec<usize>,
    pub scatter_indices_batching_dims: Vec<usize>,
}

impl ScatterDimensionNumbers {
    /// Reads the parameter `dimension_numbers`.
    pub(crate) fn read(symbols: &Symbols, value: &ParamValue) -> Option<Self> {
        Some(Self {
            update_window_dims: field(symbols, value, "update_window_dims")?,
            inserted_window_dims: field(symbols, value, "inserted_window_dims")?,
            scatter_dims_to_operand_dims: field(symbols, value, "scatter_dims_to_operand_dims")?,
            operand_batching_dims: new_field(symbols, value, "operand_batching_dims")?,
            scatter_indices_batching_dims: new_field(symbols, value, "scatter_indices_batching_dims")?,
        })
    }
}

/// `ConvDimensionNumbers(lhs_spec=(0, 3, 1, 2), …)`: where batch, feature and spatial axes stand.
///
/// The first two axes are batch and feature of the input and the output, and output and input feature of the
/// kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the fields are called as in JAX")]
pub(crate) struct ConvDimensionNumbers {
    pub lhs_spec: Vec<usize>,
    pub rhs_spec: Vec<usize>,
    pub out_spec: Vec<usize>,
}

impl ConvDimensionNumbers {
    /// Reads the parameter `dimension_numbers`.
    pub(crate) fn read(symbols: &Symbols, value: &ParamValue) -> Option<Self> {
        Some(Self {
            lhs_spec: field(symbols, value, "lhs_spec")?,
            rhs_spec: field(symbols, value, "rhs_spec")?,
            out_spec: field(symbols, value, "out_spec")?,
        })
    }
}

fn field(symbols: &Symbols, value: &ParamValue, name: &str) -> Option<Vec<usize>> {
    indices(symbols, argument(symbols, value, name)?)
}

/// A field that old releases do not have; an unreadable one is still unreadable.
fn new_field(symbols: &Symbols, value: &ParamValue, name: &str) -> Option<Vec<usize>> {
    match argument(symbols, value, name) {
        Some(field) => indices(symbols, field),
        None => Some(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::testing::value;

    #[test]
    fn dot_dimension_numbers_are_lists() {
        let mut symbols = Symbols::default();
        let numbers = value("(([2], [0]), ([0], [1]))", &mut symbols);
        let numbers = DotDimensionNumbers::read(&symbols, &numbers).expect("well formed");
        assert_eq!(numbers.lhs_contracting, [2]);
        assert_eq!(numbers.rhs_batch, [1]);
        assert_eq!(numbers.lhs_free(3), [1]);
        let odd = value("(([2], [0]),)", &mut symbols);
        assert_eq!(DotDimensionNumbers::read(&symbols, &odd), None);
    }

    #[test]
    fn batching_dimensions_came_later() {
        let mut symbols = Symbols::default();
        let old = "GatherDimensionNumbers(offset_dims=(1,), collapsed_slice_dims=(np.int64(0),), \
                   start_index_map=(0,))";
        let old = value(old, &mut symbols);
        let numbers = GatherDimensionNumbers::read(&symbols, &old).expect("well formed");
        assert_eq!(numbers.collapsed_slice_dims, [0]);
        assert_eq!(numbers.operand_batching_dims, [0usize; 0]);
    }
}
