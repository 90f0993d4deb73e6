//! Inputs of 64 bits where the program takes 32, as Python and `NumPy` make them: JAX rounds them on the way in.

use std::collections::BTreeSet;

use super::super::input::usage;
use crate::diagnostics::Diagnostic;
use crate::interp::{Case, Data, Tensor};
use crate::ir::{DType, Program};

/// Whether JAX without `jax_enable_x64` takes numbers of one dtype as those of the other.
pub(super) fn narrows(from: DType, to: DType) -> bool {
    matches!(
        (from, to),
        (DType::Float64, DType::Float32)
            | (DType::Int64, DType::Int32)
            | (DType::Uint64, DType::Uint32)
            | (DType::Complex128, DType::Complex64)
    )
}

/// Makes the inputs of all cases what the program takes; says which were made so: `` `a` from float64 to float32 ``.
///
/// Constvars need no care: recordings hold them in the dtypes of Python, and nobody types them in.
pub(super) fn all(cases: &mut [Case], program: &Program) -> Result<Vec<String>, Diagnostic> {
    let mut told = BTreeSet::new();
    let variables = &program.blocks[program.main()].inputs;
    for case in cases {
        for (&variable, value) in variables.iter().zip(&mut case.inputs.inputs) {
            let (from, to) = (value.dtype, program.type_of(variable).dtype());
            let Some(to) = to.filter(|&to| narrows(from, to)) else {
                continue;
            };
            let name = program.name(variable);
            *value = narrowed(value, to).map_err(|number| {
                let message = format!(
                    "case `{}`: `{name}` holds {number}, which no {} is",
                    case.label,
                    to.long_name()
                );
                usage(message).help("JAX would give another number its place; trace the program with `jax_enable_x64`, or change the input")
            })?;
            told.insert(format!(
                "`{name}` from {} to {}",
                from.long_name(),
                to.long_name()
            ));
        }
    }
    Ok(told.into_iter().collect())
}

/// The array with another dtype, or the number that has no place there.
fn narrowed(value: &Tensor, to: DType) -> Result<Tensor, i128> {
    let shape = &value.shape;
    Ok(match value.data() {
        Data::Float(items) => Tensor::from_floats(to, shape, items.iter().copied()),
        Data::Complex(items) => Tensor::from_complex(to, shape, items.iter().copied()),
        Data::Int(items) => {
            let is_unsigned = to == DType::Uint32;
            let wide = |&item: &i64| {
                if is_unsigned {
                    i128::from(item.cast_unsigned())
                } else {
                    i128::from(item)
                }
            };
            let (low, high) = if is_unsigned {
                (0, i128::from(u32::MAX))
            } else {
                (i128::from(i32::MIN), i128::from(i32::MAX))
            };
            if let Some(outside) = items.iter().map(wide).find(|item| !(low..=high).contains(item)) {
                return Err(outside);
            }
            Tensor::from_ints(to, shape, items.iter().map(wide))
        }
        _ => value.clone(),
    })
}
