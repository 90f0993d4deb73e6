//! What a rule sees of an equation: parameters and types, not variables.

use super::fault::TypeFault;
use super::params;
use super::primitive::Primitive;
use super::shape::is_unknown;
use crate::ir::{ArrayType, BlockId, DType, Dim, EqnId, ParamValue, Params, Program, Type};

/// An equation as far as its types go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypedEqn<'a> {
    /// The program that interned everything.
    pub program: &'a Program,
    /// The row of the equation's primitive.
    pub primitive: &'static Primitive,
    /// Its parameters.
    pub params: &'a Params,
    /// The types of the operands; [`Type::Untyped`] where one is not known.
    pub inputs: &'a [&'a Type],
    /// The types in the binder, if there is one.
    pub printed: Option<&'a [&'a Type]>,
}

/// The shape and the type of an operand that has a shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shaped<'a> {
    pub(super) ty: &'a Type,
    pub(super) shape: &'a [Dim],
}

impl<'a> TypedEqn<'a> {
    /// The type of an operand; unknown if there is no such operand or nothing can be said about it.
    pub(super) fn operand(&self, index: usize) -> Result<&'a Type, TypeFault> {
        match self.inputs.get(index) {
            Some(ty) if !is_unknown(ty) => Ok(ty),
            _ => Err(TypeFault::Unknown),
        }
    }

    /// An operand that must be an array of numbers or of keys.
    pub(super) fn shaped(&self, index: usize) -> Result<Shaped<'a>, TypeFault> {
        let ty = self.operand(index)?;
        match ty.shape() {
            Some(shape) => Ok(Shaped { ty, shape }),
            None => Err(self.not_an_array(index, ty)),
        }
    }

    /// An operand that must be an array of numbers.
    pub(super) fn array(&self, index: usize) -> Result<&'a ArrayType, TypeFault> {
        let ty = self.operand(index)?;
        ty.as_array().ok_or_else(|| self.not_an_array(index, ty))
    }

    /// An operand that must be an array of one of the element types that the primitive's row accepts.
    pub(super) fn accepted(&self, index: usize) -> Result<&'a ArrayType, TypeFault> {
        let array = self.array(index)?;
        if self.primitive.accepts.contains(array.dtype) {
            return Ok(array);
        }
        let (name, dtype) = (self.primitive.name, array.dtype.short_name());
        Err(TypeFault::operand(
            index,
            format!("{name} is not defined on {dtype}"),
        ))
    }

    fn not_an_array(&self, index: usize, found: &Type) -> TypeFault {
        let name = self.primitive.name;
        TypeFault::operand(
            index,
            format!("operand {index} of {name} must be an array, and is {found}"),
        )
    }

    /// The type of an output in the binder.
    pub(super) fn binder(&self, index: usize) -> Result<&'a Type, TypeFault> {
        match self.printed.and_then(|printed| printed.get(index)) {
            Some(ty) if !is_unknown(ty) => Ok(ty),
            _ => Err(TypeFault::Unknown),
        }
    }

    pub(super) fn param(&self, name: &str) -> Option<&'a ParamValue> {
        self.params.get(self.program.symbols.get(name)?)
    }

    /// A parameter that the rule cannot do without.
    pub(super) fn value(&self, name: &'static str) -> Result<&'a ParamValue, TypeFault> {
        self.param(name).ok_or(TypeFault::Unreadable(name))
    }

    pub(super) fn int(&self, name: &'static str) -> Result<i64, TypeFault> {
        params::int(&self.program.symbols, self.value(name)?).ok_or(TypeFault::Unreadable(name))
    }

    pub(super) fn ints(&self, name: &'static str) -> Result<Vec<i64>, TypeFault> {
        params::ints(&self.program.symbols, self.value(name)?).ok_or(TypeFault::Unreadable(name))
    }

    pub(super) fn int_tuples(&self, name: &'static str) -> Result<Vec<Vec<i64>>, TypeFault> {
        params::int_tuples(&self.program.symbols, self.value(name)?).ok_or(TypeFault::Unreadable(name))
    }

    pub(super) fn boolean(&self, name: &'static str) -> Result<bool, TypeFault> {
        params::boolean(self.value(name)?).ok_or(TypeFault::Unreadable(name))
    }

    /// A parameter that is an element type.
    pub(super) fn dtype(&self, name: &'static str) -> Result<DType, TypeFault> {
        params::dtype(&self.program.symbols, self.value(name)?).ok_or(TypeFault::Unreadable(name))
    }

    /// A parameter that is an element type, or `fallback` when it is `None` or left out.
    pub(super) fn dtype_or(&self, name: &'static str, fallback: DType) -> Result<DType, TypeFault> {
        match self.param(name) {
            None | Some(ParamValue::None) => Ok(fallback),
            Some(_) => self.dtype(name),
        }
    }

    /// The one jaxpr in a parameter.
    pub(super) fn block(&self, name: &'static str) -> Result<BlockId, TypeFault> {
        match self.value(name)?.jaxprs() {
            [jaxpr] => Ok(jaxpr.block()),
            _ => Err(TypeFault::Unreadable(name)),
        }
    }

    /// A parameter that is one axis of `rank`.
    pub(super) fn axis(&self, name: &'static str, rank: usize) -> Result<usize, TypeFault> {
        axis_of(name, self.int(name)?, rank)
    }

    /// A parameter that is a tuple of different axes of `rank`.
    pub(super) fn axes(&self, name: &'static str, rank: usize) -> Result<Vec<usize>, TypeFault> {
        distinct_axes(name, &self.ints(name)?, rank)
    }

    /// A parameter that is a shape; symbolic extents are printed as text.
    pub(super) fn shape(&self, name: &'static str) -> Result<Vec<Dim>, TypeFault> {
        let symbols = &self.program.symbols;
        let items = params::items(self.value(name)?).ok_or(TypeFault::Unreadable(name))?;
        items
            .iter()
            .map(|item| match (params::int(symbols, item), item) {
                (Some(size), _) => super::shape::extent(size)
                    .ok_or_else(|| TypeFault::parameter(name, format!("`{name}` has the extent {size}"))),
                (None, ParamValue::Text(text)) => Ok(Dim::Symbolic(symbols.text(*text).into())),
                (None, _) => Ok(super::shape::any_extent()),
            })
            .collect()
    }
}

/// The types of an equation's operands, unknown ones included.
pub(super) fn operand_types(program: &Program, eqn: EqnId) -> Vec<&Type> {
    let ty = |&atom| program.atom_type(atom).unwrap_or(&Type::Untyped);
    program.inputs(eqn).iter().map(ty).collect()
}

/// The types in an equation's binder.
pub(super) fn binder_types(program: &Program, eqn: EqnId) -> Vec<&Type> {
    program
        .outputs(eqn)
        .iter()
        .map(|&value| program.type_of(value))
        .collect()
}

/// The rule of primitives that promise nothing about their outputs: they are what the binder says.
pub(super) fn as_printed(eqn: &TypedEqn<'_>) -> Result<Vec<Type>, TypeFault> {
    let printed = eqn.printed.ok_or(TypeFault::Unknown)?;
    Ok(printed.iter().map(|&ty| ty.clone()).collect())
}

/// Turns numbers into axes of `rank`, all of them different.
pub(super) fn distinct_axes(
    name: &'static str,
    numbers: &[i64],
    rank: usize,
) -> Result<Vec<usize>, TypeFault> {
    let mut axes = Vec::with_capacity(numbers.len());
    for &number in numbers {
        let next = axis_of(name, number, rank)?;
        if axes.contains(&next) {
            return Err(TypeFault::parameter(
                name,
                format!("`{name}` has the axis {next} twice"),
            ));
        }
        axes.push(next);
    }
    Ok(axes)
}

fn axis_of(name: &'static str, number: i64, rank: usize) -> Result<usize, TypeFault> {
    let axis = usize::try_from(number).ok().filter(|&axis| axis < rank);
    axis.ok_or_else(|| {
        TypeFault::parameter(
            name,
            format!("`{name}` has {number}, and the operand has rank {rank}"),
        )
    })
}
