//! `conv_general_dilated`.

use num_complex::Complex64;

use super::contractions::{accumulator, product_sum};
use super::convert::converted;
use super::windows::{Sliding, padding_in_front, steps};
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor, each_index, strides};
use crate::schema::params::ConvDimensionNumbers;

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const { &[row_of("conv_general_dilated", convolve)] }
}

const NUMBERS: &str = "dimension_numbers";

/// Which axes play which part, and how the kernel slides.
struct Plan {
    numbers: ConvDimensionNumbers,
    axes: Vec<Sliding>,
    /// Extents of the kernel along the spatial axes.
    kernel: Vec<usize>,
    /// Extents of the output: batch, features, and the spatial axes.
    output: Vec<usize>,
    /// Features of the input that one feature of the output sees.
    seen: usize,
    /// Features of the output in one group of features, and in one group of the batch.
    per_feature_group: usize,
    per_batch_group: usize,
}

impl Plan {
    fn read<R: Real>(call: &Call<'_, R>) -> Result<Self, Fault> {
        let (x, kernel, shape) = (call.input(0)?, call.input(1)?, call.out_shape(0)?);
        let unreadable = || Fault::Param(NUMBERS);
        let numbers = ConvDimensionNumbers::read(call.symbols(), call.value(NUMBERS)?);
        let numbers = numbers.ok_or_else(unreadable)?;
        let rank = x.rank();
        let fits = |spec: &[usize]| spec.len() == rank && (0..rank).all(|axis| spec.contains(&axis));
        let specs = [&numbers.lhs_spec, &numbers.rhs_spec, &numbers.out_spec];
        if rank < 2 || kernel.rank() != rank || shape.len() != rank || !specs.iter().all(|spec| fits(spec)) {
            return Err(unreadable());
        }
        let input: Vec<usize> = numbers.lhs_spec.iter().map(|&axis| x.shape[axis]).collect();
        let sizes: Vec<usize> = numbers.rhs_spec.iter().map(|&axis| kernel.shape[axis]).collect();
        let output: Vec<usize> = numbers.out_spec.iter().map(|&axis| shape[axis]).collect();
        let (feature_groups, batch_groups) = (
            call.index("feature_group_count")?,
            call.index("batch_group_count")?,
        );
        let sound = feature_groups > 0
            && batch_groups > 0
            && output[1] == sizes[0]
            && input[1] == sizes[1] * feature_groups
            && input[0] == output[0] * batch_groups
            && output[1].is_multiple_of(feature_groups)
            && output[1].is_multiple_of(batch_groups);
        if !sound {
            return Err(Fault::Operands("the shapes of the operands differ".to_owned()));
        }
        let spatial = rank - 2;
        let stride = steps(call, "window_strides", spatial)?;
        let base_dilation = steps(call, "lhs_dilation", spatial)?;
        let window_dilation = steps(call, "rhs_dilation", spatial)?;
        let low = padding_in_front(call, spatial)?;
        let axis = |axis: usize| Sliding {
            extent: input[axis + 2],
            stride: stride[axis],
            base_dilation: base_dilation[axis],
            window_dilation: window_dilation[axis],
            low: low[axis],
        };
        Ok(Self {
            axes: (0..spatial).map(axis).collect(),
            seen: sizes[1],
            kernel: sizes[2..].to_vec(),
            per_feature_group: output[1] / feature_groups,
            per_batch_group: output[1] / batch_groups,
            numbers,
            output,
        })
    }

    /// The pairs of places of the input and the kernel that one element of the output sums.
    fn terms(&self, at: &[usize], input_steps: &[usize], kernel_steps: &[usize]) -> Vec<(usize, usize)> {
        let (batch, feature) = (at[0], at[1]);
        let batch = feature / self.per_batch_group.max(1) * self.output[0] + batch;
        let first_feature = feature / self.per_feature_group.max(1) * self.seen;
        let (lhs, rhs) = (&self.numbers.lhs_spec, &self.numbers.rhs_spec);
        let mut found = Vec::new();
        each_index(&self.kernel, |offsets| {
            let mut x = batch * input_steps[lhs[0]];
            let mut k = feature * kernel_steps[rhs[0]];
            for (axis, &offset) in offsets.iter().enumerate() {
                let Some(place) = self.axes[axis].source(at[axis + 2], offset) else {
                    return;
                };
                x += place * input_steps[lhs[axis + 2]];
                k += offset * kernel_steps[rhs[axis + 2]];
            }
            found.extend((0..self.seen).map(|seen| {
                let x = x + (first_feature + seen) * input_steps[lhs[1]];
                (x, k + seen * kernel_steps[rhs[1]])
            }));
        });
        found
    }
}

fn convolve<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, kernel) = (call.input(0)?, call.input(1)?);
    let (shape, dtype) = (call.out_shape(0)?, call.out_dtype(0)?);
    let plan = Plan::read(call)?;
    let (a, b) = (converted(call, x, dtype)?, converted(call, kernel, dtype)?);
    let (input_steps, kernel_steps, out_steps) = (strides(&x.shape), strides(&kernel.shape), strides(&shape));
    // The terms of each element of the output, in the output's own order.
    let mut terms = vec![Vec::new(); shape.iter().product()];
    each_index(&plan.output, |at| {
        let place: usize = plan
            .numbers
            .out_spec
            .iter()
            .zip(at)
            .map(|(&axis, index)| index * out_steps[axis])
            .sum();
        terms[place] = plan.terms(at, &input_steps, &kernel_steps);
    });
    let mut result = match (a.data(), b.data()) {
        (Data::Float(x), Data::Float(k)) => {
            let step = accumulator(dtype);
            let sum = |terms: &Vec<(usize, usize)>| product_sum(step, x, k, terms.iter().copied());
            Tensor::from_floats(dtype, &shape, terms.iter().map(sum))
        }
        (Data::Complex(x), Data::Complex(k)) => {
            let sum = |terms: &Vec<(usize, usize)>| {
                let products = terms.iter().map(|&(i, j)| x[i] * k[j]);
                products.fold(Complex64::ZERO, |sum, product| sum + product)
            };
            Tensor::from_complex(dtype, &shape, terms.iter().map(sum))
        }
        (Data::Int(x), Data::Int(k)) => {
            let sum = |terms: &Vec<(usize, usize)>| {
                let products = terms.iter().map(|&(i, j)| x[i].wrapping_mul(k[j]));
                i128::from(products.fold(0i64, i64::wrapping_add))
            };
            Tensor::from_ints(dtype, &shape, terms.iter().map(sum))
        }
        _ => return Err(call.not_on(x)),
    };
    call.flush(&mut result);
    Ok(vec![result])
}
