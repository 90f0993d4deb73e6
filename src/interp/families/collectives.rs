//! Collectives, and the primitives whose jaxprs run on the devices of a mesh.

use super::arithmetic::Op;
use super::elementwise::combine;
use super::pieces::{joined, part};
use super::reductions::reduced;
use super::{Row, row_of};
use crate::interp::call::{Call, Outcome};
use crate::interp::devices::{self, along, coordinates};
use crate::interp::fault::Fault;
use crate::interp::real::Real;
use crate::interp::tensor::Tensor;
use crate::ir::{DType, EqnId, ParamValue};
use crate::schema::params;

pub(super) const fn rows<R: Real>() -> &'static [Row<R>] {
    const {
        &[
            row_of("shard_map", shard_map),
            row_of("xla_pmap", pmap),
            row_of("psum", |call| reduce_named(call, Op::Add)),
            row_of("psum2", |call| reduce_named(call, Op::Add)),
            row_of("psum_invariant", |call| reduce_named(call, Op::Add)),
            row_of("pmax", |call| reduce_named(call, Op::Max)),
            row_of("pmin", |call| reduce_named(call, Op::Min)),
            row_of("all_gather", meet),
            row_of("all_gather_invariant", meet),
            row_of("reduce_scatter", meet),
            row_of("all_to_all", meet),
            row_of("ppermute", meet),
            row_of("axis_index", |call| position(call, |(at, _)| at)),
            row_of("axis_size", |call| position(call, |(_, count)| count)),
        ]
    }
}

fn meet<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    devices::meet(&call.machine.frames, call.eqn, call.inputs)
}

/// Reduces over axes of the operands, if there are numbers among `axes`, and over devices, if there are names.
fn reduce_named<R: Real>(call: &Call<'_, R>, op: Op) -> Outcome<R> {
    let axes = call.value("axes")?;
    let numbers = params::axis_numbers(call.symbols(), axes);
    let local = call.inputs.iter().map(|x| match numbers.as_slice() {
        [] => Ok(x.clone()),
        axes if axes.iter().all(|&axis| axis < x.rank()) => reduced(call, op, x, axes.to_vec()),
        _ => Err(Fault::Param("axes")),
    });
    let local: Vec<Tensor<R>> = local.collect::<Result<_, _>>()?;
    if params::axis_names(call.symbols(), axes).is_empty() {
        return Ok(local);
    }
    devices::meet(&call.machine.frames, call.eqn, &local)
}

fn position<R: Real>(call: &Call<'_, R>, chosen: fn((usize, usize)) -> usize) -> Outcome<R> {
    let names = params::axis_names(call.symbols(), call.value("axis_name")?);
    let found = devices::position(&call.machine.frames, &names);
    let found = found.ok_or_else(|| no_axis(&names))?;
    Ok(vec![Tensor::from_ints(
        DType::Int32,
        &[],
        [chosen(found) as i128],
    )])
}

fn no_axis(names: &[String]) -> Fault {
    Fault::Operands(format!("no mesh has the axis `{}`", names.join("`, `")))
}

/// What each device gets from the collective `eqn`, from what each brought.
fn exchange<R: Real>(
    outer: &Call<'_, R>,
    eqn: EqnId,
    brought: &[Vec<Tensor<R>>],
) -> Result<Vec<Vec<Tensor<R>>>, Fault> {
    let call = Call {
        machine: outer.machine,
        eqn,
        inputs: &[],
    };
    let symbols = call.symbols();
    let named = call.param("axes").or_else(|| call.param("axis_name"));
    let names = params::axis_names(symbols, named.ok_or(Fault::Param("axis_name"))?);
    let axes = devices::axes(&call.machine.frames);
    let mut groups = devices::groups(&axes, &names).ok_or_else(|| no_axis(&names))?;
    if let Some(value) = call.given("axis_index_groups") {
        let parts = params::items(value).unwrap_or_default().iter();
        let parts: Option<Vec<Vec<usize>>> = parts.map(|part| params::indices(symbols, part)).collect();
        let parts = parts.ok_or(Fault::Param("axis_index_groups"))?;
        let known = |group: &Vec<usize>| parts.iter().flatten().all(|&at| at < group.len());
        if !groups.iter().all(known) {
            return Err(Fault::Param("axis_index_groups"));
        }
        let divided = groups.iter().flat_map(|group| {
            let member = |part: &Vec<usize>| part.iter().map(|&at| group[at]).collect();
            parts.iter().map(member).collect::<Vec<Vec<usize>>>()
        });
        groups = divided.collect();
    }
    let mut given: Vec<Vec<Tensor<R>>> = vec![Vec::new(); brought.len()];
    for group in groups {
        for operand in 0..brought[0].len() {
            let values: Vec<&Tensor<R>> = group.iter().map(|&device| &brought[device][operand]).collect();
            for (&device, value) in group.iter().zip(exchanged(&call, &values)?) {
                given[device].push(value);
            }
        }
    }
    Ok(given)
}

/// What the members of one group get, from what they brought.
fn exchanged<R: Real>(call: &Call<'_, R>, values: &[&Tensor<R>]) -> Result<Vec<Tensor<R>>, Fault> {
    let same = |value: Tensor<R>| vec![value; values.len()];
    match call.machine.program.primitive(call.eqn) {
        "psum" | "psum2" | "psum_invariant" => Ok(same(combined(call, Op::Add, values)?)),
        "pmax" => Ok(same(combined(call, Op::Max, values)?)),
        "pmin" => Ok(same(combined(call, Op::Min, values)?)),
        "all_gather" | "all_gather_invariant" => {
            let axis = call.index("all_gather_dimension")?;
            Ok(same(gathered(values, axis, call.flag("tiled"))?))
        }
        "reduce_scatter" => {
            let axis = call.index("scatter_dimension")?;
            cut(
                &combined(call, Op::Add, values)?,
                axis,
                values.len(),
                call.flag("tiled"),
            )
        }
        "all_to_all" => {
            let (split, concat) = (call.index("split_axis")?, call.index("concat_axis")?);
            let tiled = call.flag("tiled");
            let pieces: Vec<Vec<Tensor<R>>> = values
                .iter()
                .map(|value| cut(value, split, values.len(), tiled))
                .collect::<Result<_, _>>()?;
            let received = |member: usize| {
                let parts: Vec<&Tensor<R>> = pieces.iter().map(|pieces| &pieces[member]).collect();
                gathered(&parts, concat, tiled)
            };
            (0..values.len()).map(received).collect()
        }
        "ppermute" => permuted(call, values),
        _ => Err(Fault::Operands("it is not a collective".to_owned())),
    }
}

fn combined<R: Real>(call: &Call<'_, R>, op: Op, values: &[&Tensor<R>]) -> Result<Tensor<R>, Fault> {
    let (first, rest) = values.split_first().ok_or(Fault::Param("axes"))?;
    rest.iter()
        .try_fold((*first).clone(), |sum, value| combine(call, op, &sum, value))
}

/// The values one behind another along an axis; a new one unless they are tiles.
fn gathered<R: Real>(values: &[&Tensor<R>], axis: usize, tiled: bool) -> Result<Tensor<R>, Fault> {
    let part = |value: &&Tensor<R>| {
        if tiled {
            return Ok((*value).clone());
        }
        let mut shape = value.shape.clone();
        if axis > shape.len() {
            return Err(Fault::Operands("there is no such axis".to_owned()));
        }
        shape.insert(axis, 1);
        Ok(value.reshaped(&shape))
    };
    joined(&values.iter().map(part).collect::<Result<Vec<_>, _>>()?, axis)
}

/// As many parts along an axis; without the axis unless they are tiles.
fn cut<R: Real>(value: &Tensor<R>, axis: usize, count: usize, tiled: bool) -> Result<Vec<Tensor<R>>, Fault> {
    let extent = value.shape.get(axis).copied().unwrap_or_default();
    if !extent.is_multiple_of(count) || (!tiled && extent != count) {
        return Err(Fault::Operands(format!(
            "axis {axis} cannot be cut into {count} parts"
        )));
    }
    let size = extent / count;
    let piece = |at: usize| {
        let piece = part(value, axis, at * size, size);
        let mut shape = piece.shape.clone();
        if !tiled {
            shape.remove(axis);
        }
        piece.reshaped(&shape)
    };
    Ok((0..count).map(piece).collect())
}

/// Sends along the pairs of `perm`; who receives nothing gets zeros.
fn permuted<R: Real>(call: &Call<'_, R>, values: &[&Tensor<R>]) -> Result<Vec<Tensor<R>>, Fault> {
    let pairs = params::items(call.value("perm")?).unwrap_or_default().iter();
    let pairs: Option<Vec<Vec<usize>>> = pairs.map(|pair| params::indices(call.symbols(), pair)).collect();
    let pairs = pairs.ok_or(Fault::Param("perm"))?;
    let mut received: Vec<Tensor<R>> = values
        .iter()
        .map(|value| Tensor::filled(value.dtype, &value.shape, 0.0))
        .collect();
    for pair in &pairs {
        match pair.as_slice() {
            &[from, to] if from < values.len() && to < values.len() => received[to] = values[from].clone(),
            _ => return Err(Fault::Param("perm")),
        }
    }
    Ok(received)
}

/// How an array is cut: the axes, each with the mesh axes over which it is.
type Partition = Vec<(usize, Vec<String>)>;

/// How operands or outputs lie on the mesh: specs in new releases, names in old ones.
fn partitions<R: Real>(
    call: &Call<'_, R>,
    new: &'static str,
    old: &'static str,
) -> Result<Vec<Partition>, Fault> {
    let value = call
        .param(new)
        .or_else(|| call.param(old))
        .ok_or(Fault::Param(new))?;
    let items = params::items(value).ok_or(Fault::Param(new))?.iter();
    let found: Option<Vec<Partition>> = items
        .map(|item| params::partition(call.symbols(), item))
        .collect();
    found.ok_or(Fault::Param(new))
}

/// Each device runs the jaxpr on its parts of the operands.
fn shard_map<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let body = call.block("jaxpr")?;
    let mut axes = params::mesh_axes(call.symbols(), call.value("mesh")?).ok_or(Fault::Param("mesh"))?;
    if let Some(manual) = call
        .param("newly_manual_axes")
        .or_else(|| call.param("manual_axes"))
    {
        let manual = params::axis_names(call.symbols(), manual);
        axes.retain(|(name, _)| manual.contains(name));
    }
    let (inputs, outputs) = (
        partitions(call, "in_specs", "in_names")?,
        partitions(call, "out_specs", "out_names")?,
    );
    if inputs.len() != call.inputs.len() || outputs.len() != call.out_count() {
        return Err(Fault::Param("in_specs"));
    }
    let run = |device: usize| {
        let pairs = call.inputs.iter().zip(&inputs);
        let parts = pairs.map(|(x, partition)| shard(x, partition, &axes, device));
        call.machine
            .run_afresh(body, &parts.collect::<Result<Vec<_>, _>>()?)
    };
    let results = devices::run(&call.machine.frames, axes.clone(), run, &|eqn, brought| {
        exchange(call, eqn, brought)
    })?;
    let output = |(index, partition): (usize, &Partition)| {
        let shards = results.iter().map(|results| &results[index]);
        assembled(&shards.collect::<Vec<_>>(), partition, &axes)
    };
    outputs.iter().enumerate().map(output).collect()
}

/// The part of an array that a device holds.
fn shard<R: Real>(
    x: &Tensor<R>,
    partition: &Partition,
    axes: &[(String, usize)],
    device: usize,
) -> Result<Tensor<R>, Fault> {
    partition.iter().try_fold(x.clone(), |x, (axis, names)| {
        let (at, count) = along(axes, device, names).ok_or_else(|| no_axis(names))?;
        Ok(cut(&x, *axis, count, true)?.swap_remove(at))
    })
}

/// The array of which devices hold parts; over axes that do not cut it, the first device's part counts.
fn assembled<R: Real>(
    shards: &[&Tensor<R>],
    partition: &Partition,
    axes: &[(String, usize)],
) -> Result<Tensor<R>, Fault> {
    let Some(((axis, names), rest)) = partition.split_first() else {
        return shards
            .first()
            .map(|&shard| shard.clone())
            .ok_or(Fault::Param("mesh"));
    };
    let (_, count) = along(axes, 0, names).ok_or_else(|| no_axis(names))?;
    let part = |at: usize| {
        let holds = |device: &usize| along(axes, *device, names).is_some_and(|(own, _)| own == at);
        let own: Vec<usize> = (0..shards.len()).filter(holds).collect();
        // The other devices take no part; the axes that are left tell these apart.
        let left: Vec<(String, usize)> = axes
            .iter()
            .filter(|(name, _)| !names.contains(name))
            .cloned()
            .collect();
        let mut inner: Vec<&Tensor<R>> = vec![shards[own[0]]; left.iter().map(|(_, size)| size).product()];
        for device in own {
            let places = coordinates(axes, device).into_iter().zip(axes);
            let places = places.filter(|(_, (name, _))| !names.contains(name));
            let number = places.fold(0, |number, (place, (_, size))| number * size + place);
            inner[number] = shards[device];
        }
        assembled(&inner, &rest.to_vec(), &left)
    };
    joined(&(0..count).map(part).collect::<Result<Vec<_>, _>>()?, *axis)
}

/// Each device runs the jaxpr on its rows of the operands.
fn pmap<R: Real>(call: &Call<'_, R>) -> Outcome<R> {
    let body = call.block("call_jaxpr")?;
    let size = call.index("axis_size")?;
    let name = params::axis_names(call.symbols(), call.value("axis_name")?);
    let axes = vec![(name.concat(), size)];
    let mapped = |name: &'static str| -> Result<Vec<Option<usize>>, Fault> {
        let items = params::items(call.value(name)?).ok_or(Fault::Param(name))?;
        let axis = |item: &ParamValue| usize::try_from(params::int(call.symbols(), item)?).ok();
        Ok(items.iter().map(axis).collect())
    };
    let (inputs, outputs) = (mapped("in_axes")?, mapped("out_axes")?);
    let run = |device: usize| {
        let row = |(x, axis): (&Tensor<R>, &Option<usize>)| match axis {
            None => Ok(x.clone()),
            Some(axis) => Ok(cut(x, *axis, size, false)?.swap_remove(device)),
        };
        let rows = call.inputs.iter().zip(&inputs).map(row);
        call.machine
            .run_afresh(body, &rows.collect::<Result<Vec<_>, Fault>>()?)
    };
    let results = devices::run(&call.machine.frames, axes, run, &|eqn, brought| {
        exchange(call, eqn, brought)
    })?;
    let output = |(index, axis): (usize, &Option<usize>)| {
        let values: Vec<&Tensor<R>> = results.iter().filter_map(|results| results.get(index)).collect();
        match (axis, values.first()) {
            (Some(axis), _) => gathered(&values, *axis, false),
            (None, Some(&first)) => Ok(first.clone()),
            (None, None) => Err(Fault::Param("out_axes")),
        }
    };
    outputs.iter().enumerate().map(output).collect()
}
