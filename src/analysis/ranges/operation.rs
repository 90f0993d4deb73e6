//! What a transfer function sees of its equation.

use super::{Range, Ranges};
use crate::analysis::{Node, SiteId};
use crate::ir::{DType, Dim, EqnId, ParamValue, Program, Type};
use crate::schema::params;

/// An equation with the ranges of its operands.
pub(super) struct Operation<'a, 'p> {
    pub(super) ranges: &'a Ranges<'a, 'p>,
    pub(super) eqn: EqnId,
    pub(super) site: SiteId,
    pub(super) operands: &'a [Range],
}

impl<'p> Operation<'_, 'p> {
    pub(super) fn program(&self) -> &'p Program {
        self.ranges.graph.program
    }

    /// The range of an operand; of one that is missing nothing is known.
    pub(super) fn operand(&self, index: usize) -> Range {
        self.operands.get(index).copied().unwrap_or(Range::ANYTHING)
    }

    pub(super) fn node(&self, index: usize) -> Option<Node> {
        self.ranges.graph.operand(self.eqn, self.site, index)
    }

    /// Whether two operands are equal because they are computed alike.
    pub(super) fn same(&self, left: usize, right: usize) -> bool {
        self.node(left)
            .zip(self.node(right))
            .is_some_and(|(a, b)| self.ranges.graph.congruent(a, b))
    }

    pub(super) fn operand_type(&self, index: usize) -> Option<&'p Type> {
        self.program()
            .atom_type(*self.program().inputs(self.eqn).get(index)?)
    }

    pub(super) fn operand_dtype(&self, index: usize) -> Option<DType> {
        self.operand_type(index)?.dtype()
    }

    /// The element type of an output.
    pub(super) fn dtype(&self, output: usize) -> Option<DType> {
        let &value = self.program().outputs(self.eqn).get(output)?;
        self.program().type_of(value).dtype()
    }

    pub(super) fn is_float(&self) -> bool {
        self.dtype(0).is_some_and(DType::is_float)
    }

    pub(super) fn param(&self, key: &str) -> Option<&'p ParamValue> {
        self.program().param(self.eqn, key)
    }

    pub(super) fn int(&self, key: &str) -> Option<i64> {
        params::int(&self.program().symbols, self.param(key)?)
    }

    /// The text of a parameter that is a name.
    pub(super) fn text(&self, key: &str) -> Option<&'p str> {
        match self.param(key)? {
            ParamValue::Text(text) => Some(self.program().symbols.text(*text)),
            _ => None,
        }
    }

    pub(super) fn axes(&self) -> Option<Vec<usize>> {
        params::axes(self.program(), self.eqn)
    }

    /// The extent of an operand along an axis.
    pub(super) fn extent(&self, operand: usize, axis: usize) -> Option<f64> {
        extent(self.operand_type(operand)?.shape()?.get(axis)?)
    }

    /// How many elements of an operand a reduction over the axes makes one of.
    pub(super) fn reduced(&self, operand: usize, axes: &[usize]) -> Option<f64> {
        axes.iter().map(|&axis| self.extent(operand, axis)).product()
    }
}

fn extent(dim: &Dim) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "extents are far below 2^53")]
    dim.size().map(|size| size as f64)
}
