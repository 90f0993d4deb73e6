//! What is checked before a program runs: that its primitives and types are known, and that values fit.

use rustc_hash::FxHashSet;

use super::families::supported;
use super::fault::{EvalError, Unsupported};
use super::key::{Implementation, Key};
use super::number::is_known;
use super::plan::Kind;
use super::real::Real;
use super::tensor::{Data, Tensor};
use crate::ir::{DType, EqnId, Program, Type, ValueId};
use crate::schema::held_by;

/// More elements than this in one array are not tried.
pub(crate) const MOST_ELEMENTS: usize = 1 << 28;

/// The element type and extents of a type whose values can be held.
pub(crate) fn layout(ty: &Type) -> Option<(DType, Vec<usize>)> {
    let dtype = match ty {
        Type::Array(array) => Some(array.dtype).filter(|&dtype| is_known(dtype)),
        Type::Key { implementation, .. } => Implementation::from_name(implementation).map(|_| DType::Uint32),
        Type::Reference { .. } => return layout(&held_by(ty)?),
        _ => None,
    }?;
    let extent = |dim: &crate::ir::Dim| usize::try_from(dim.size()?).ok();
    let shape: Vec<usize> = ty.shape()?.iter().map(extent).collect::<Option<_>>()?;
    let count = shape
        .iter()
        .try_fold(1usize, |count, &size| count.checked_mul(size))?;
    (count <= MOST_ELEMENTS).then_some((dtype, shape))
}

pub(super) fn fits<R: Real>(ty: &Type, tensor: &Tensor<R>) -> bool {
    let is_key_of = |key: &Key| match ty {
        Type::Key { implementation, .. } => key.implementation().name() == &**implementation,
        _ => false,
    };
    let has_kind = match tensor.data() {
        Data::Key(keys) => matches!(ty, Type::Key { .. }) && keys.iter().all(is_key_of),
        data => Kind::of_type(ty) == Kind::of(data),
    };
    has_kind && layout(ty) == Some((tensor.dtype, tensor.shape.clone()))
}

/// A tensor's type as jaxprs spell it.
pub(super) fn described<R: Real>(tensor: &Tensor<R>) -> String {
    let sizes: Vec<u64> = tensor.shape.iter().map(|&size| size as u64).collect();
    match tensor.data() {
        Data::Key(keys) => {
            let implementation = Key::common_implementation(keys).name();
            format!("key<{implementation}>{:?}", tensor.shape)
        }
        _ => Type::array(tensor.dtype, &sizes).to_string(),
    }
}

/// Constants as the program takes them: JAX narrows those of 64 bits where its types have 32.
pub(super) fn canonical<R: Real>(
    program: &Program,
    variables: &[ValueId],
    values: &[Tensor<R>],
) -> Vec<Tensor<R>> {
    let narrowed = |(place, value): (usize, &Tensor<R>)| {
        let wanted = variables
            .get(place)
            .and_then(|&variable| program.type_of(variable).dtype());
        match wanted {
            Some(dtype) if dtype.class() == value.dtype.class() && 2 * dtype.bits() == value.dtype.bits() => {
                value.narrowed(dtype)
            }
            _ => value.clone(),
        }
    };
    values.iter().enumerate().map(narrowed).collect()
}

pub(super) fn check_values<R: Real>(
    program: &Program,
    what: &'static str,
    variables: &[ValueId],
    values: &[Tensor<R>],
) -> Result<(), EvalError> {
    let (expected, found) = (variables.len(), values.len());
    if expected != found {
        return Err(EvalError::Count {
            what,
            expected,
            found,
        });
    }
    for (&variable, value) in variables.iter().zip(values) {
        let ty = program.type_of(variable);
        if !fits(ty, value) {
            return Err(EvalError::Input {
                name: program.name(variable),
                expected: ty.to_string(),
                found: described(value),
            });
        }
    }
    Ok(())
}

/// Finds what cannot be evaluated before anything is.
pub(super) fn check_supported(program: &Program) -> Result<(), EvalError> {
    let mut seen = FxHashSet::default();
    let eqns = reachable(program);
    let unknown = eqns.iter().copied().filter(|&eqn| {
        let name = program.primitive(eqn);
        !supported(name) && seen.insert(name)
    });
    let unsupported: Vec<Unsupported> = unknown
        .map(|eqn| Unsupported {
            primitive: program.primitive(eqn).to_owned(),
            eqn,
        })
        .collect();
    if !unsupported.is_empty() {
        return Err(EvalError::Unsupported(unsupported));
    }
    let main = &program.blocks[program.main()];
    let bound = eqns.iter().flat_map(|&eqn| program.outputs(eqn));
    for &value in main.consts.iter().chain(&main.inputs).chain(bound) {
        let ty = program.type_of(value);
        if layout(ty).is_none() {
            let name = program.name(value);
            return Err(EvalError::Type { name, ty: ty.clone() });
        }
    }
    Ok(())
}

/// The equations of the outermost jaxpr and of all that it runs. Bodies that are only printed, such as the
/// derivative of a custom rule, are left out.
pub(crate) fn reachable(program: &Program) -> Vec<EqnId> {
    let (mut found, mut seen) = (Vec::new(), FxHashSet::default());
    let mut stack = vec![program.main()];
    while let Some(block) = stack.pop() {
        if !seen.insert(block) {
            continue;
        }
        for &eqn in &program.blocks[block].eqns {
            found.push(eqn);
            let bodies = crate::schema::bodies(program, eqn).unwrap_or_default();
            stack.extend(bodies.iter().map(|body| body.block));
        }
    }
    found
}
