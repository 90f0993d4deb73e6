//! Arrays that several rules build: constants, indices, diagonals, reductions.
//!
//! Inside `shard_map` operands must vary over the same devices. What is made of nothing is the same on all of them, so
//! that it is given the type of the array that it stands beside.

use super::{Builder, CannotBuild};
use crate::ir::{ArrayType, Atom, DType, Dim, ParamValue};
use crate::schema::params::int_tuple;

impl Builder<'_> {
    /// `operand` reduced over some of its axes.
    pub fn reduce(&mut self, name: &str, axes: &[usize], operand: Atom) -> Result<Atom, CannotBuild> {
        self.apply(name, &[("axes", int_tuple(axes))], &[operand])
    }

    /// `operand` in another dtype.
    pub fn convert(&mut self, operand: Atom, dtype: DType) -> Result<Atom, CannotBuild> {
        let given = [
            ("new_dtype", self.dtype(dtype)),
            ("weak_type", ParamValue::Bool(false)),
        ];
        self.apply("convert_element_type", &given, &[operand])
    }

    /// A number in the dtype of an array, varying as the array does.
    pub fn scalar_like(&mut self, like: &ArrayType, value: f64) -> Result<Atom, CannotBuild> {
        let literal = self.literal(value, like.dtype);
        self.varying_as(literal, like.manual_axes.as_deref())
    }

    /// An array of one number in the dtype of another, varying as that does.
    pub fn filled_like(
        &mut self,
        like: &ArrayType,
        value: f64,
        shape: Vec<Dim>,
    ) -> Result<Atom, CannotBuild> {
        let scalar = self.scalar_like(like, value)?;
        self.broadcast(scalar, &[], shape)
    }

    /// The indices along the last dimension but one of matrices, one for each of their rows, varying as they do.
    pub fn row_indices_like(&mut self, matrices: &ArrayType) -> Result<Atom, CannotBuild> {
        let [batch @ .., rows, _] = &*matrices.shape else {
            return Err(CannotBuild::Argument);
        };
        let indices = self.iota(std::slice::from_ref(rows), 0)?;
        let indices = self.varying_as(indices, matrices.manual_axes.as_deref())?;
        let shape = [batch, std::slice::from_ref(rows)].concat();
        self.broadcast(indices, &[batch.len()], shape)
    }

    /// The mask of the diagonal of one of many matrices, varying as they do.
    pub fn diagonal_like(&mut self, matrices: &ArrayType) -> Result<Atom, CannotBuild> {
        let [.., rows, columns] = &*matrices.shape else {
            return Err(CannotBuild::Argument);
        };
        let shape = [rows.clone(), columns.clone()];
        let (rows, columns) = (self.iota(&shape, 0)?, self.iota(&shape, 1)?);
        let mask = self.apply("eq", &[], &[rows, columns])?;
        self.varying_as(mask, matrices.manual_axes.as_deref())
    }

    /// One matrix as a stack of equal ones.
    pub fn stacked_like(&mut self, matrices: &ArrayType, matrix: Atom) -> Result<Atom, CannotBuild> {
        let rank = matrices.shape.len();
        let rows = rank.checked_sub(2).ok_or(CannotBuild::Argument)?;
        self.broadcast(matrix, &[rows, rows + 1], matrices.shape.to_vec())
    }

    /// The indices along a dimension, the same on all devices.
    fn iota(&mut self, shape: &[Dim], dimension: i64) -> Result<Atom, CannotBuild> {
        let extents: Option<Vec<ParamValue>> = shape
            .iter()
            .map(|dim| i64::try_from(dim.size()?).ok().map(ParamValue::Int))
            .collect();
        let given = [
            ("dimension", ParamValue::Int(dimension)),
            ("dtype", self.dtype(DType::Int32)),
            (
                "shape",
                ParamValue::Tuple(extents.ok_or(CannotBuild::Argument)?.into()),
            ),
        ];
        self.apply("iota", &given, &[])
    }

    /// A dtype as a parameter.
    fn dtype(&mut self, dtype: DType) -> ParamValue {
        ParamValue::Text(self.program.symbols.intern(dtype.long_name()))
    }
}
