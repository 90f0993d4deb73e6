//! Contractions and convolutions.

use super::super::equation::{Equation, Outcome, dtype, int, int_tuples, ints, one, plain};
use super::super::fault::Fault;
use super::super::python::Expr;
use super::{Row, keyword, own};
use crate::schema::params::{self, ConvDimensionNumbers, DotDimensionNumbers};

#[rustfmt::skip] // One row a primitive.
pub(super) const ROWS: &[Row] = &[
    own("conv_general_dilated", convolution)
        .arguments(&[
            keyword("window_strides", ints),
            keyword("padding", int_tuples),
            keyword("lhs_dilation", ints),
            keyword("rhs_dilation", ints),
            keyword("feature_group_count", int),
            keyword("batch_group_count", int),
            keyword("precision", plain),
            keyword("preferred_element_type", dtype),
        ])
        .reads(&["dimension_numbers", "lhs_shape", "rhs_shape"]),
    own("dot_general", dot_general).reads(&["dimension_numbers", "precision", "preferred_element_type"]),
];

fn dot_general(equation: &mut Equation<'_, '_>) -> Outcome {
    let symbols = &equation.program().symbols;
    let numbers = equation.param("dimension_numbers");
    let numbers = numbers.and_then(|value| DotDimensionNumbers::read(symbols, value));
    let numbers = numbers.ok_or(Fault::Param("dimension_numbers"))?;
    let pair = |left, right| Expr::Tuple(vec![Expr::ints::<usize>(left), Expr::ints::<usize>(right)]);
    let numbers = Expr::Tuple(vec![
        pair(numbers.lhs_contracting, numbers.rhs_contracting),
        pair(numbers.lhs_batch, numbers.rhs_batch),
    ]);
    let mut call = Expr::call("lax.dot_general", equation.operands()?).with("dimension_numbers", numbers);
    if equation.given("precision").is_some() {
        call = call.with("precision", equation.read("precision", plain)?);
    }
    if let Some(value) = equation.given("preferred_element_type") {
        let wanted = params::dtype(symbols, value);
        if wanted != equation.dtype(0).ok() || wanted != equation.dtype(1).ok() {
            call = call.with(
                "preferred_element_type",
                equation.read("preferred_element_type", dtype)?,
            );
        }
    }
    Ok(one(call))
}

fn convolution(equation: &mut Equation<'_, '_>) -> Outcome {
    let symbols = &equation.program().symbols;
    let numbers = equation.param("dimension_numbers");
    let numbers = numbers.and_then(|value| ConvDimensionNumbers::read(symbols, value));
    let numbers = numbers.ok_or(Fault::Param("dimension_numbers"))?;
    let specs = [numbers.lhs_spec, numbers.rhs_spec, numbers.out_spec].map(Expr::ints);
    let Some(row) = super::row(equation.program().primitive(equation.eqn)) else {
        return Err(Fault::Param("dimension_numbers"));
    };
    let mut call = equation.simple("lax.conv_general_dilated", row.arguments)?;
    call.expr = call
        .expr
        .with("dimension_numbers", Expr::call("lax.ConvDimensionNumbers", specs));
    Ok(call)
}
