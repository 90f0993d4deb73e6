//! A sum of exponentials by segments, each segment shifted by its maximum.

use crate::edit::{Builder, CannotBuild};
use crate::ir::{
    Atom, Block, CallArgument, DType, Dim, EqnId, Format, JaxprRef, ParamValue, Params, ParamsId, Program,
    Symbol, Type, VarName,
};
use crate::schema::params::{ScatterDimensionNumbers, int_tuple};

/// `Σ exp(x − shift)`, and the shift, both one element a segment.
pub(super) struct Shifted {
    pub(super) shift: Atom,
    pub(super) sum: Atom,
}

/// The sum that a `scatter-add` of exponentials into zeros takes, shifted.
pub(super) fn shifted(builder: &mut Builder<'_>, scatter: EqnId) -> Result<Shifted, CannotBuild> {
    let &[zeros, positions, updates] = builder.program.inputs(scatter) else {
        return Err(CannotBuild::Argument);
    };
    let (shape, dtype) = array(builder, zeros)?;
    let exponents = builder.apply("log", &[], &[updates])?;
    // The shift cancels, so its derivative is zero, and a maximum by segments has none in JAX.
    let stopped = builder.apply("stop_gradient", &[], &[exponents])?;
    let lowest = builder.literal(f64::NEG_INFINITY, dtype);
    let lowest = builder.broadcast(lowest, &[], shape.clone())?;
    let maximum = scatter_max(builder, scatter, [lowest, positions, stopped])?;
    // A segment without elements, or with an infinite maximum, is not shifted: inf − inf is NaN.
    let finite = builder.apply("is_finite", &[], &[maximum])?;
    let zero = builder.literal(0.0, dtype);
    let zero = builder.broadcast(zero, &[], shape)?;
    let shift = builder.apply("select_n", &[], &[finite, zero, maximum])?;
    let own = gather(builder, scatter, shift, positions, updates)?;
    let difference = builder.apply("sub", &[], &[exponents, own])?;
    // Bites only for an element of no segment, which is dropped, so that 0·inf does not arise in its derivative. An
    // infinity is one of the caller's, and stays.
    let largest = Format::of(dtype).and_then(|format| format.exponent);
    let largest = builder.literal(largest.ok_or(CannotBuild::Argument)?, dtype);
    let bounded = builder.apply("min", &[], &[difference, largest])?;
    let finite = builder.apply("is_finite", &[], &[difference])?;
    let bounded = builder.apply("select_n", &[], &[finite, difference, bounded])?;
    let terms = builder.apply("exp", &[], &[bounded])?;
    let equation = builder.program.eqns[scatter];
    let ty = builder.type_of(zeros).ok_or(CannotBuild::Argument)?;
    let sum = builder.push(
        equation.primitive,
        equation.params,
        &[zeros, positions, terms],
        ty,
    );
    Ok(Shifted { shift, sum })
}

fn array(builder: &Builder<'_>, atom: Atom) -> Result<(Vec<Dim>, DType), CannotBuild> {
    let ty = builder.program.atom_type(atom).and_then(Type::as_array);
    let ty = ty.ok_or(CannotBuild::Argument)?;
    Ok((ty.shape.to_vec(), ty.dtype))
}

/// The maximum of the segments, with the parameters of the sum.
fn scatter_max(builder: &mut Builder<'_>, scatter: EqnId, inputs: [Atom; 3]) -> Result<Atom, CannotBuild> {
    let (_, dtype) = array(builder, inputs[0])?;
    let body = maximum_of_two(builder.program, dtype);
    let key = builder.program.symbols.intern("update_jaxpr");
    let replaced = |(name, value): (Symbol, &ParamValue)| {
        let is_body = name == key && *value != ParamValue::None;
        let value = if is_body { body.clone() } else { value.clone() };
        (name, value)
    };
    let params = Params(builder.program.params(scatter).iter().map(replaced).collect());
    let params = builder.program.params.intern(params);
    let primitive = builder.program.symbols.intern("scatter-max");
    let ty = builder.type_of(inputs[0]).ok_or(CannotBuild::Argument)?;
    Ok(builder.push(primitive, params, &inputs, ty))
}

/// `{ lambda ; a b. let c = max a b in (c,) }`, which JAX prints beside the primitive.
fn maximum_of_two(program: &mut Program, dtype: DType) -> ParamValue {
    let ty = program.types.intern(Type::scalar(dtype));
    let [a, b, c] = [(); 3].map(|()| program.add_value(VarName::UNDERSCORE, ty));
    let primitive = program.symbols.intern("max");
    let params: ParamsId = program.params.intern(Params::default());
    let eqn = program.add_eqn(primitive, params, &[Atom::Value(a), Atom::Value(b)], &[c]);
    let block = program.blocks.push(Block {
        inputs: vec![a, b],
        eqns: vec![eqn],
        outputs: vec![Atom::Value(c)],
        ..Block::default()
    });
    ParamValue::Jaxpr(JaxprRef::Inline(block))
}

/// For each of the updates what stands at the place to which it is added; anything for those that are dropped.
fn gather(
    builder: &mut Builder<'_>,
    scatter: EqnId,
    from: Atom,
    positions: Atom,
    updates: Atom,
) -> Result<Atom, CannotBuild> {
    let param = |program: &Program, key| program.param(scatter, key).cloned();
    let printed = param(builder.program, "dimension_numbers").ok_or(CannotBuild::Argument)?;
    let numbers = ScatterDimensionNumbers::read(&builder.program.symbols, &printed);
    let numbers = numbers.ok_or(CannotBuild::Argument)?;
    let sizes = slice_sizes(
        &numbers,
        array(builder, from)?.0.len(),
        &array(builder, updates)?.0,
    );
    let mode = mode(builder.program, param(builder.program, "mode").as_ref())?;
    let dual = dimension_numbers(builder.program, &printed, &numbers)?;
    let mut given = vec![
        ("dimension_numbers", dual),
        ("mode", mode),
        ("slice_sizes", int_tuple(&sizes.ok_or(CannotBuild::Argument)?)),
    ];
    for key in ["indices_are_sorted", "unique_indices"] {
        given.extend(param(builder.program, key).map(|value| (key, value)));
    }
    builder.apply("gather", &given, &[from, positions])
}

/// The extents of one update, seen from where it is added.
fn slice_sizes(numbers: &ScatterDimensionNumbers, rank: usize, updates: &[Dim]) -> Option<Vec<usize>> {
    let mut windows = numbers.update_window_dims.iter();
    let size = |dim: usize| {
        if numbers.inserted_window_dims.contains(&dim) || numbers.operand_batching_dims.contains(&dim) {
            return Some(1);
        }
        usize::try_from(updates.get(*windows.next()?)?.size()?).ok()
    };
    (0..rank).map(size).collect()
}

/// Positions out of bounds are brought into them, since what is read there is dropped again.
fn mode(program: &mut Program, printed: Option<&ParamValue>) -> Result<ParamValue, CannotBuild> {
    let Some(ParamValue::Text(text)) = printed else {
        return Err(CannotBuild::Argument);
    };
    let text = program.symbols.text(*text).to_owned();
    let mode = match text.rsplit_once('.') {
        Some((_, "PROMISE_IN_BOUNDS")) => text,
        Some((path, _)) => format!("{path}.CLIP"),
        None => return Err(CannotBuild::Argument),
    };
    Ok(ParamValue::Text(program.symbols.intern(&mode)))
}

/// The numbers of the `gather` that reads where a `scatter` writes, with the fields that the release prints.
fn dimension_numbers(
    program: &mut Program,
    printed: &ParamValue,
    numbers: &ScatterDimensionNumbers,
) -> Result<ParamValue, CannotBuild> {
    let ParamValue::Call { arguments, .. } = printed else {
        return Err(CannotBuild::Argument);
    };
    let fields = [
        ("offset_dims", &numbers.update_window_dims),
        ("collapsed_slice_dims", &numbers.inserted_window_dims),
        ("start_index_map", &numbers.scatter_dims_to_operand_dims),
        ("operand_batching_dims", &numbers.operand_batching_dims),
        (
            "start_indices_batching_dims",
            &numbers.scatter_indices_batching_dims,
        ),
    ];
    // Before 0.4.38 the last two are not there.
    let fields = fields.iter().take(arguments.len());
    let symbols = &mut program.symbols;
    let arguments = fields
        .map(|(name, dims)| CallArgument {
            keyword: Some(symbols.intern(name)),
            value: int_tuple(dims),
        })
        .collect();
    let name = symbols.intern("GatherDimensionNumbers");
    Ok(ParamValue::Call { name, arguments })
}
