//! `gather`: windows of an array, at places that another array holds.

use super::index_windows::{IndexWindows, Mode};
use super::pieces::chained;
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::fault::Fault;
use crate::interp::key::Key;
use crate::interp::number::limits;
use crate::interp::real::Real;
use crate::interp::tensor::{Data, Tensor};
use crate::ir::{DType, ParamValue};
use crate::schema::params::{self, GatherDimensionNumbers};

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const { &[row_of("gather", gather)] }
}

fn gather<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let (x, indices, shape) = (call.input(0)?, call.input(1)?, call.out_shape(0)?);
    let numbers = GatherDimensionNumbers::read(call.symbols(), call.value("dimension_numbers")?);
    let numbers = numbers.ok_or(Fault::Param("dimension_numbers"))?;
    let windows = IndexWindows {
        offset_axes: numbers.offset_dims,
        collapsed: numbers.collapsed_slice_dims,
        index_map: numbers.start_index_map,
        batching: numbers.operand_batching_dims,
        index_batching: numbers.start_indices_batching_dims,
        sizes: Some(call.indices("slice_sizes")?),
    };
    // XLA moves windows inside whatever was promised.
    let moves = Mode::read(call)? != Mode::FillOrDrop;
    let places = windows.places(&x.shape, indices, &shape, moves)?;
    if places.iter().all(Option::is_some) {
        return Ok(vec![
            x.pick(&shape, &places.into_iter().flatten().collect::<Vec<_>>()),
        ]);
    }
    let all = chained(&[x, &filler(call, x)?])?;
    let places: Vec<usize> = places.into_iter().map(|place| place.unwrap_or(x.len())).collect();
    Ok(vec![all.pick(&shape, &places)])
}

/// What stands for elements outside: `fill_value`, or NaN, the least signed, the greatest unsigned, `True`.
fn filler<R: Real>(call: &Call<'_, R>, x: &Tensor<R>) -> Result<Tensor<R>, Fault> {
    let number = match call.given("fill_value") {
        Some(ParamValue::Float(text)) => {
            let number = call.symbols().text(*text).parse::<f64>();
            Some(number.map_err(|_| Fault::Param("fill_value"))?)
        }
        Some(ParamValue::Text(text)) => call.symbols().text(*text).parse::<f64>().ok(),
        Some(ParamValue::Bool(value)) => Some(f64::from(u8::from(*value))),
        Some(value) => {
            params::int(call.symbols(), value).map(|number| crate::interp::number::to_float(number.into()))
        }
        None => None,
    };
    if let Data::Key(keys) = x.data() {
        let filling = Key::from_words(Key::common_implementation(keys), |_| u32::MAX);
        return Ok(Tensor::from_keys(&[], vec![filling]));
    }
    if let Some(number) = number {
        return Ok(Tensor::filled(x.dtype, &[], number));
    }
    let (least, greatest) = limits(x.dtype);
    Ok(match x.dtype {
        DType::Bool => Tensor::from_ints(x.dtype, &[], [1]),
        dtype if dtype.is_integer() => {
            Tensor::from_ints(dtype, &[], [if least < 0 { least } else { greatest }])
        }
        dtype => Tensor::filled(dtype, &[], f64::NAN),
    })
}
