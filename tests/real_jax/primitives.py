"""How to compute each primitive with public JAX functions.

``compute(equation, operands)`` takes the values of the operands, or Python
numbers for literals without a type, and returns the list of results.
"""

import re
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxpr_text import Equation
from parameters import Unsupported, dtype_of, is_untyped, parameter, shape_of

Values = list[Any]


def typed(values: Values, dtype: Any) -> Values:
    return [jnp.asarray(v, dtype) if is_untyped(v) else v for v in values]


def alike(values: Values, fallback: Any) -> Values:
    """Literals in the dtype of the first value that has one."""
    dtypes = [value.dtype for value in values if not is_untyped(value)]
    return typed(values, dtypes[0] if dtypes else fallback)


def broadcast(values: Values) -> Values:
    """Scalars and dimensions of size 1 stretched, as elementwise primitives do."""
    ranks = {value.ndim for value in values} - {0}
    if len(ranks) > 1:
        raise TypeError(f"operands of shapes {[value.shape for value in values]}")
    shape = jnp.broadcast_shapes(*(value.shape for value in values))
    return [jnp.broadcast_to(v, shape) if v.shape != shape else v for v in values]


# Elementwise primitives

SAME_NAME = """
    abs acos acosh add asin asinh atan atan2 atanh bessel_i0e bessel_i1e cbrt ceil
    clz complex conj cos cosh digamma div eq erf erf_inv erfc exp exp2 expm1 floor
    ge gt igamma igammac imag is_finite le lgamma log log1p logistic lt max min mul
    ne neg nextafter polygamma population_count pow real rem rsqrt
    shift_left shift_right_arithmetic shift_right_logical sign sin sinh sqrt square
    stop_gradient sub tan tanh zeta
""".split()

ELEMENTWISE: dict[str, Callable[..., Any]] = {
    **{name: getattr(lax, name) for name in SAME_NAME},
    "add_any": lax.add,
    "and": lax.bitwise_and,
    "copy": lambda x: x,
    "copy_p": lambda x: x,
    "device_put": lambda x: x,
    "not": lax.bitwise_not,
    "one_minus_square": lambda x: 1 - x * x,
    "log2": jnp.log2,
    "optimization_barrier": lambda x: x,
    "or": lax.bitwise_or,
    "regularized_incomplete_beta": lax.betainc,
    "xor": lax.bitwise_xor,
    # On a mesh of one device, which is all that is supported:
    "pbroadcast": lambda x: x,
    "psum2": lambda x: x,
    "psum_invariant": lambda x: x,
    "pvary": lambda x: x,
}


def elementwise(equation: Equation, operands: Values) -> Values:
    output = equation.outputs[0].type or ""
    if equation.primitive == "pow":  # the exponent may be an integer array
        base, exponent = operands
        operands = [*alike([base], dtype_of(output)), exponent]
        operands = typed(operands, operands[0].dtype)
    operands = alike(operands, default_dtype(equation, operands, output))
    function = ELEMENTWISE[equation.primitive]
    return [function(*broadcast(operands))]


def default_dtype(equation: Equation, operands: Values, output: str) -> Any:
    """The dtype of literals which are all the operands there are."""
    if dtype_of(output) == jnp.bool_ and equation.primitive not in ("and", "or", "not"):
        return jnp.asarray(operands[0]).dtype
    return dtype_of(output)


# Everything else: one function for each primitive

TABLE: dict[str, Callable[[Equation, Values], Any]] = {}


def primitive(*names: str) -> Callable:
    def register(function: Callable) -> Callable:
        TABLE.update(dict.fromkeys(names, function))
        return function

    return register


REDUCERS = {
    "reduce_sum": (lax.add, lambda dtype: 0),
    "reduce_prod": (lax.mul, lambda dtype: 1),
    "reduce_max": (lax.max, lambda dtype: lowest(dtype)),
    "reduce_min": (lax.min, lambda dtype: highest(dtype)),
    "reduce_and": (lax.bitwise_and, lambda dtype: True),
    "reduce_or": (lax.bitwise_or, lambda dtype: False),
    "reduce_xor": (lax.bitwise_xor, lambda dtype: 0),
}


REDUCTION_OF = {"psum": "reduce_sum", "pmax": "reduce_max", "pmin": "reduce_min"}


def lowest(dtype: Any) -> Any:
    if dtype == jnp.bool_:
        return False
    floating = jnp.issubdtype(dtype, jnp.floating)
    return -jnp.inf if floating else jnp.iinfo(dtype).min


def highest(dtype: Any) -> Any:
    if dtype == jnp.bool_:
        return True
    floating = jnp.issubdtype(dtype, jnp.floating)
    return jnp.inf if floating else jnp.iinfo(dtype).max


@primitive(*REDUCERS)
def reduction(equation: Equation, operands: Values) -> Any:
    (x,) = alike(operands, dtype_of(equation.outputs[0].type))
    combine, initial = REDUCERS[equation.primitive]
    axes = tuple(parameter(equation, "axes"))
    # lax.reduce recognizes these, also under differentiation.
    return lax.reduce(x, np.array(initial(x.dtype), x.dtype), combine, axes)


@primitive("psum", "pmax", "pmin")
def across(equation: Equation, operands: Values) -> Values:
    """Over dimensions, or over the names of a mesh of one device."""
    axes = parameter(equation, "axes")
    names = [axis for axis in axes if isinstance(axis, str)]
    dimensions = tuple(axis for axis in axes if axis not in names)
    combine, initial = REDUCERS[REDUCTION_OF[equation.primitive]]
    return [
        lax.reduce(x, np.array(initial(x.dtype), x.dtype), combine, dimensions)
        for x in operands
    ]


@primitive("argmax", "argmin")
def arg_extreme(equation: Equation, operands: Values) -> Any:
    (axis,) = parameter(equation, "axes")
    function = getattr(lax, equation.primitive)
    dtype = equation.parameters["index_dtype"]  # int32, or <class 'numpy.int32'>
    return function(operands[0], axis, re.sub(r"<class 'numpy\.(\w+)'>", r"\1", dtype))


@primitive("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp")
def cumulative(equation: Equation, operands: Values) -> Any:
    reverse = parameter(equation, "reverse")
    function = getattr(lax, equation.primitive)
    return function(operands[0], axis=parameter(equation, "axis"), reverse=reverse)


@primitive("broadcast_in_dim")
def broadcast_in_dim(equation: Equation, operands: Values) -> Any:
    output = equation.outputs[0].type
    (x,) = typed(operands[:1], dtype_of(output))
    axes = parameter(equation, "broadcast_dimensions", ())
    shape = parameter(equation, "shape", shape_of(output))  # newer releases: no shape
    return lax.broadcast_in_dim(x, shape, axes)


@primitive("reshape")
def reshape(equation: Equation, operands: Values) -> Any:
    new_sizes = parameter(equation, "new_sizes")
    (x,) = typed(operands, dtype_of(equation.outputs[0].type))
    return lax.reshape(x, new_sizes, parameter(equation, "dimensions"))


@primitive("squeeze", "rev")
def squeeze(equation: Equation, operands: Values) -> Any:
    function = {"squeeze": lax.squeeze, "rev": lax.rev}[equation.primitive]
    return function(operands[0], parameter(equation, "dimensions"))


@primitive("transpose")
def transpose(equation: Equation, operands: Values) -> Any:
    return lax.transpose(operands[0], parameter(equation, "permutation"))


@primitive("iota")
def iota(equation: Equation, operands: Values) -> Any:
    dtype, shape, dimension = (
        parameter(equation, key) for key in ("dtype", "shape", "dimension")
    )
    return lax.broadcasted_iota(jnp.dtype(dtype), shape, dimension)


@primitive("empty", "empty2")
def empty(equation: Equation, operands: Values) -> Any:
    """Zeros, as on CPU: programs do not depend on what they find there."""
    output = equation.outputs[0].type
    return jnp.zeros(shape_of(output), dtype_of(output))


def new_dtype(equation: Equation) -> Any:
    return jnp.dtype(equation.parameters["new_dtype"])


@primitive("convert_element_type")
def convert_element_type(equation: Equation, operands: Values) -> Any:
    return lax.convert_element_type(operands[0], new_dtype(equation))


@primitive("bitcast_convert_type")
def bitcast_convert_type(equation: Equation, operands: Values) -> Any:
    return lax.bitcast_convert_type(operands[0], new_dtype(equation))


@primitive("reduce_precision")
def reduce_precision(equation: Equation, operands: Values) -> Any:
    bits = (parameter(equation, key) for key in ("exponent_bits", "mantissa_bits"))
    return lax.reduce_precision(operands[0], *bits)


@primitive("integer_pow")
def integer_pow(equation: Equation, operands: Values) -> Any:
    return lax.integer_pow(operands[0], parameter(equation, "y"))


@primitive("round")
def round_(equation: Equation, operands: Values) -> Any:
    method = parameter(equation, "rounding_method")
    method = int(str(method).rpartition(".")[2]) if isinstance(method, str) else method
    return lax.round(operands[0], lax.RoundingMethod(method))


@primitive("select_n")
def select_n(equation: Equation, operands: Values) -> Any:
    output = equation.outputs[0].type
    which, *cases = operands
    return lax.select_n(which, *typed(cases, dtype_of(output)))


@primitive("clamp")
def clamp(equation: Equation, operands: Values) -> Any:
    return lax.clamp(*alike(operands, dtype_of(equation.outputs[0].type)))


@primitive("concatenate")
def concatenate(equation: Equation, operands: Values) -> Any:
    return lax.concatenate(operands, parameter(equation, "dimension"))


@primitive("stack")
def stack(equation: Equation, operands: Values) -> Any:
    return jnp.stack(operands, parameter(equation, "axis"))


@primitive("tile")
def tile(equation: Equation, operands: Values) -> Any:
    return jnp.tile(operands[0], parameter(equation, "reps"))


@primitive("unstack")
def unstack(equation: Equation, operands: Values) -> Values:
    axis = parameter(equation, "axis")
    moved = jnp.moveaxis(operands[0], axis, 0)
    return [moved[index] for index in range(len(equation.outputs))]


@primitive("split")
def split(equation: Equation, operands: Values) -> Values:
    axis, start, parts = parameter(equation, "axis"), 0, []
    for size in parameter(equation, "sizes"):
        parts.append(lax.slice_in_dim(operands[0], start, start + size, axis=axis))
        start += size
    return parts


@primitive("pad")
def pad(equation: Equation, operands: Values) -> Any:
    x, value = alike(operands, dtype_of(equation.outputs[0].type))
    return lax.pad(x, value, parameter(equation, "padding_config"))


@primitive("slice")
def slice_(equation: Equation, operands: Values) -> Any:
    bounds = ("start_indices", "limit_indices", "strides")
    return lax.slice(operands[0], *(parameter(equation, key) for key in bounds))


@primitive("dynamic_slice")
def dynamic_slice(equation: Equation, operands: Values) -> Any:
    x, *start = operands
    return lax.dynamic_slice(x, start, parameter(equation, "slice_sizes"))


@primitive("dynamic_update_slice")
def dynamic_update_slice(equation: Equation, operands: Values) -> Any:
    x, update, *start = alike(operands[:2], None) + operands[2:]
    return lax.dynamic_update_slice(x, update, start)


@primitive("gather")
def gather(equation: Equation, operands: Values) -> Any:
    keys = ("indices_are_sorted", "unique_indices", "mode", "fill_value")
    return lax.gather(
        *operands,
        parameter(equation, "dimension_numbers"),
        parameter(equation, "slice_sizes"),
        **{key: parameter(equation, key) for key in keys},
    )


@primitive("scatter", "scatter-add", "scatter-mul", "scatter-min", "scatter-max")
def scatter(equation: Equation, operands: Values) -> Any:
    keys = ("indices_are_sorted", "unique_indices", "mode")
    if equation.primitive == "scatter" and not isinstance(
        equation.parameters.get("update_jaxpr", "None"), str
    ):
        raise Unsupported("scatter that applies a function")
    x, indices, update = operands
    x, update = alike([x, update], None)
    function = getattr(lax, equation.primitive.replace("-", "_"))
    return function(
        x,
        indices,
        update,
        parameter(equation, "dimension_numbers"),
        **{key: parameter(equation, key) for key in keys},
    )


@primitive("sort")
def sort(equation: Equation, operands: Values) -> Values:
    keys = ("dimension", "is_stable", "num_keys")
    return list(lax.sort(operands, **{key: parameter(equation, key) for key in keys}))


@primitive("top_k")
def top_k(equation: Equation, operands: Values) -> Values:
    if parameter(equation, "axis", -1) not in (-1, operands[0].ndim - 1):
        raise Unsupported("top_k along another axis than the last")
    return list(lax.top_k(operands[0], parameter(equation, "k")))


@primitive("dot_general")
def dot_general(equation: Equation, operands: Values) -> Any:
    return lax.dot_general(
        *operands,
        parameter(equation, "dimension_numbers"),
        precision=parameter(equation, "precision"),
        preferred_element_type=parameter(equation, "preferred_element_type"),
    )


@primitive("conv_general_dilated")
def convolution(equation: Equation, operands: Values) -> Any:
    keys = "window_strides padding lhs_dilation rhs_dilation dimension_numbers"
    keys += " feature_group_count batch_group_count precision preferred_element_type"
    options = {key: parameter(equation, key) for key in keys.split()}
    return lax.conv_general_dilated(*operands, **options)


@primitive("reduce_window_sum", "reduce_window_max", "reduce_window_min")
def reduce_window(equation: Equation, operands: Values) -> Any:
    (x,) = operands
    combine, initial = REDUCERS["reduce_" + equation.primitive.rpartition("_")[2]]
    keys = "window_dimensions window_strides padding base_dilation window_dilation"
    options = {key: parameter(equation, key) for key in keys.split()}
    return lax.reduce_window(x, np.array(initial(x.dtype), x.dtype), combine, **options)


@primitive("lu")
def lu(equation: Equation, operands: Values) -> Values:
    return list(lax.linalg.lu(operands[0]))


@primitive("lu_pivots_to_permutation")
def lu_pivots_to_permutation(equation: Equation, operands: Values) -> Any:
    size = parameter(equation, "permutation_size")
    return lax.linalg.lu_pivots_to_permutation(operands[0], size)


@primitive("cholesky")
def cholesky(equation: Equation, operands: Values) -> Any:
    return lax.linalg.cholesky(operands[0], symmetrize_input=False)


@primitive("triangular_solve")
def triangular_solve(equation: Equation, operands: Values) -> Any:
    keys = "conjugate_a left_side lower transpose_a unit_diagonal".split()
    options = {key: parameter(equation, key) for key in keys}
    return lax.linalg.triangular_solve(*operands, **options)


@primitive("platform_index")
def platform_index(equation: Equation, operands: Values) -> Any:
    for index, platforms in enumerate(parameter(equation, "platforms")):
        if platforms is None or jax.default_backend() in platforms:
            return jnp.int32(index)
    raise Unsupported("no branch for this platform")


@primitive("random_wrap", "random_unwrap", "random_seed", "random_fold_in")
def random_conversion(equation: Equation, operands: Values) -> Any:
    if equation.primitive == "random_wrap":
        return jax.random.wrap_key_data(operands[0])
    if equation.primitive == "random_unwrap":
        return jax.random.key_data(operands[0])
    if equation.primitive == "random_seed":
        return jax.random.key(operands[0])
    return jax.random.fold_in(*operands)


@primitive("random_split")
def random_split(equation: Equation, operands: Values) -> Any:
    return jax.random.split(operands[0], parameter(equation, "shape"))


@primitive("random_bits")
def random_bits(equation: Equation, operands: Values) -> Any:
    dtype = dtype_of(equation.outputs[0].type)
    return jax.random.bits(operands[0], parameter(equation, "shape"), dtype)


def compute(equation: Equation, operands: Values) -> Values:
    """The results of an equation that holds no jaxpr."""
    if equation.primitive in ELEMENTWISE and len(equation.outputs) == 1:
        return elementwise(equation, operands)
    if function := TABLE.get(equation.primitive):
        results = function(equation, operands)
        return results if isinstance(results, list) else [results]
    if equation.primitive.startswith("debug_"):
        return []
    return bind(equation, operands)


def bind(equation: Equation, operands: Values) -> Values:
    """Any other primitive, by its name, with its parameters as they are printed."""
    from jax.extend.core import primitives

    found = getattr(primitives, f"{equation.primitive}_p", None)
    if found is None:
        raise Unsupported(f"primitive {equation.primitive}")
    options = {key: parameter(equation, key) for key in equation.parameters}
    results = found.bind(*operands, **options)
    return list(results) if found.multiple_results else [results]
