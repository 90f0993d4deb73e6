"""Emit programs of all kinds and compare the modules with the functions they came from.

    python tests/real_jax/emitted_programs.py BINARY [--only PATTERN]

Each function here is traced and printed by the JAX that runs this; the module that
``BINARY emit`` writes is then run beside the function itself: eagerly, under jit, under
grad where the function has a derivative that the text carries, and under vmap. A line
is printed for each difference; the exit status is 1 if there is any.
"""

import argparse
import functools
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy as jsp
import numpy as np
from jax import lax

from emitted import load

#: How near finite numbers must be, as a part of the array's largest one.
CLOSENESS = {"bfloat16": 2**-6, "float16": 2**-9, "float64": 1e-12, "complex128": 1e-12}
SINGLE = 2e-5

PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], str]] = {}


def program(*args: Any, but: str = "") -> Callable[[Any], Any]:
    """Adds a function with its arguments; ``but`` names modes that do not apply."""

    def add(function: Any) -> Any:
        PROGRAMS[function.__name__] = function, args, but
        return function

    return add


random = np.random.default_rng(7)


def normal(*shape: int, dtype: Any = np.float32) -> jax.Array:
    return jnp.asarray(random.normal(size=shape), dtype)


def positive(*shape: int, dtype: Any = np.float32) -> jax.Array:
    return jnp.asarray(random.uniform(0.1, 0.9, size=shape), dtype)


def whole(*shape: int, dtype: Any = np.int32) -> jax.Array:
    return jnp.asarray(random.integers(-5, 6, size=shape), dtype)


def matrix(size: int) -> jax.Array:
    root = random.normal(size=(size, size))
    return jnp.asarray(root @ root.T + size * np.eye(size), np.float32)


KEY = jax.random.key(3)


@program(positive(5))
def trigonometry(x):
    return jnp.sin(x) + jnp.cos(x) * jnp.tan(x), jnp.arcsin(x) - jnp.arctan2(x, 1 - x)


@program(positive(5))
def hyperbolic(x):
    return (
        jnp.sinh(x) + jnp.tanh(x),
        jnp.arctanh(x) + jnp.arcsinh(x),
        jnp.arccosh(1 + x),
    )


@program(positive(5))
def special(x):
    s = jsp.special
    return lax.lgamma(x), lax.digamma(x), s.erfinv(x), s.betainc(2.0, 3.0, x), s.i0e(x)


@program(positive(5), but="grad")
def more_special(x):
    return lax.igamma(x, 2 * x), lax.igammac(x, x), jsp.special.zeta(1 + x, 2.0)


@program(positive(5))
def powers(x):
    return x**3, x**-2, x**0.3, jnp.cbrt(x), lax.rsqrt(x), jnp.exp2(x), jnp.log2(x)


@program(normal(6), but="grad")
def rounding(x):
    away = lax.round(x, lax.RoundingMethod.AWAY_FROM_ZERO)
    return jnp.floor(x), jnp.ceil(x), jnp.round(x), away, jnp.sign(x), x % 0.7


@program(whole(6), whole(6), but="grad")
def bits(x, y):
    shifts = x << 2, x >> 1, lax.shift_right_logical(x, jnp.int32(3))
    counts = lax.population_count(x), lax.clz(y), ~x
    return x & y, x | y, x ^ y, *shifts, *counts


@program(normal(6), normal(6))
def choices(x, y):
    chosen = jnp.where(x > y, jnp.maximum(x, 0.5), jnp.minimum(y, -0.5))
    return lax.clamp(-1.0, x, 1.0), chosen, lax.select_n(x > 0, y, x)


@program(normal(4), but="grad")
def bit_casts(x):
    words = lax.bitcast_convert_type(x, jnp.uint32)
    return words, lax.nextafter(x, x + 1), lax.reduce_precision(x, 5, 10)


@program(normal(4), normal(4))
def complex_numbers(x, y):
    z = lax.complex(x, y)
    return jnp.abs(jnp.exp(z) * jnp.conj(z)), jnp.real(z**2), jnp.imag(z / (1 + z))


@program(normal(3, 3).astype(jnp.complex64), but="grad")
def complex_arrays(z):
    return z @ z.T + 2j, jnp.sum(z, axis=0), jnp.angle(z), jnp.sqrt(z)


@program(normal(2, 6, dtype=jnp.bfloat16))
def bfloat16(x):
    return jax.nn.softmax(x), jnp.sum(x * 0.1, axis=1), jnp.max(x)


@program(normal(2, 6, dtype=jnp.float16))
def float16(x):
    return jnp.log(jnp.sum(jnp.exp(x), -1)), jnp.mean(x), x.astype(jnp.float32) ** 2


@program(normal(8), but="grad")
def float8(x):
    small, wide = x.astype(jnp.float8_e4m3fn), x.astype(jnp.float8_e5m2)
    return small.astype(jnp.float32) + wide.astype(jnp.float32), small


@program(whole(8, dtype=np.int8), but="grad")
def int4(x):
    small = x.astype(jnp.int4)
    return (small + small).astype(jnp.int32), (small * jnp.int4(3)).astype(jnp.int8)


@program(whole(8, dtype=np.int8), but="grad")
def narrow_integers(x):
    y = x.astype(jnp.uint8)
    return x * 50, y - 7, y // 3, x.astype(jnp.int16) % 4, jnp.sum(x), jnp.prod(x)


@program(normal(3, 4) > 0, but="grad")
def truth_values(x):
    return jnp.all(x, 0), jnp.any(x, 1), x ^ True, ~x, jnp.sum(x), jnp.cumsum(x, 0)


@program(whole(3, 4), but="grad")
def reductions_of_integers(x):
    reduced = lax.reduce(x, np.int32(0), lax.bitwise_xor, (1,))
    return jnp.prod(x, 0), jnp.max(x), jnp.argmin(x, 1), jnp.argmax(x), reduced


@program(normal(3, 4))
def reductions(x):
    moments = jnp.mean(x, 0), jnp.var(x, 1), jnp.prod(x, 1), jnp.linalg.norm(x)
    return *moments, jnp.max(x, 1), jnp.min(x), lax.reduce_precision(jnp.sum(x), 8, 10)


@program(normal(3, 4), but="grad")
def reduction_by_a_function(x):
    def combine(a, b):
        return a[0] + b[0], jnp.maximum(a[1], b[1])

    return lax.reduce((x, x), (0.0, -jnp.inf), combine, (1,))


@program(normal(3, 4))
def running(x):
    back = lax.cumsum(x, axis=1, reverse=True)
    return back, jnp.cumprod(x, 0), lax.cumlogsumexp(x, axis=1), lax.cummax(x, axis=0)


@program(normal(7), whole(7), but="grad vmap")
def sorting(x, y):
    pairs = lax.sort((y, x), num_keys=2)
    return jnp.sort(x), jnp.argsort(-x), *pairs, *lax.top_k(x, 3), jnp.median(x)


@program(normal(4, 5))
def pieces(x):
    padded = lax.pad(x, 0.5, ((1, -1, 0), (0, 2, 1)))
    tail = lax.slice(x, (1, 0), (4, 5), (2, 2)), x[::-1], jnp.roll(x, 2, 1)
    return padded, *tail, jnp.tile(x, (2, 1)), *jnp.split(x, [1, 3], 1)


@program(normal(4, 5), jnp.int32(2))
def moving_pieces(x, i):
    piece = lax.dynamic_slice(x, (i, 1), (2, 3))
    return piece, lax.dynamic_update_slice(x, piece * 2, (0, i)), x[i], x[:, i]


@program(normal(3, 4), jnp.array([[0, 3], [1, 1], [2, -1]]))
def gathers(x, i):
    taken = jnp.take_along_axis(x, i, 1), jnp.take(x, i, axis=1, mode="clip")
    return *taken, x[i[:, 0]], x.at[i].get(mode="fill", fill_value=7.0)


@program(normal(6), jnp.array([0, 5, 5, 9]), normal(4))
def scatters(x, i, u):
    added = x.at[i].add(u, mode="drop"), x.at[i[:2]].set(u[:2])
    return *added, x.at[i[:2]].multiply(2.0)


@program(normal(6), jnp.array([0, 5, 5, 9]), normal(4), but="grad")
def more_scatters(x, i, u):
    return x.at[i].min(u), x.at[i].max(u, mode="clip"), x.at[i[:2]].apply(jnp.sin)


@program(normal(3), normal(2, 3))
def joins(x, y):
    return jnp.concatenate([x[None], y]), jnp.stack([x, y[0]], 1), jnp.outer(x, x)


@program(normal(2, 4, 9), normal(6, 2, 3))
def convolution(x, kernel):
    return lax.conv_general_dilated(
        x, kernel, (2,), [(1, 2)], rhs_dilation=(2,), feature_group_count=2
    )


@program(normal(1, 5, 5, 2), normal(3, 3, 2, 4))
def transposed_convolution(x, kernel):
    return lax.conv_transpose(x, kernel, (2, 2), "SAME")


@program(normal(1, 6, 6, 2))
def pooling(x):
    window, step = (1, 2, 2, 1), (1, 2, 2, 1)
    largest = lax.reduce_window(x, -jnp.inf, lax.max, window, step, "VALID")
    return largest, lax.reduce_window(x, 0.0, lax.add, window, step, "SAME")


@program(normal(2, 3, 4), normal(2, 4, 5))
def contractions(x, y):
    return (
        jnp.einsum("bij,bjk->bik", x, y),
        jnp.einsum("bij,bjk->ki", x, y),
        x[0] @ y[0],
    )


@program(whole(3, 4, dtype=np.int8), whole(4, 2, dtype=np.int8), but="grad")
def integer_product(x, y):
    return lax.dot(x, y, preferred_element_type=jnp.int32), x @ y


@program(matrix(4), normal(4))
def solvers(a, b):
    chol = jnp.linalg.cholesky(a)
    lower = jsp.linalg.solve_triangular(chol, b, lower=True)
    return (
        chol,
        lower,
        jnp.linalg.solve(a, b),
        jnp.linalg.inv(a),
        jnp.linalg.slogdet(a)[1],
    )


@program(matrix(4), but="vmap")
def decompositions(a):
    q, r = jnp.linalg.qr(a)
    return q @ r, jnp.linalg.eigvalsh(a), jnp.linalg.svd(a, compute_uv=False)


@program(normal(5, 3), but="grad")
def vectors_of_svd(a):
    u, s, vt = jnp.linalg.svd(a, full_matrices=False)
    return (u * s) @ vt, s, *lax.linalg.lu(a)


@program(normal(2, 8))
def transforms(x):
    spectrum = jnp.fft.rfft(x)
    return jnp.abs(jnp.fft.fft(x)), jnp.fft.irfft(spectrum * 2), jnp.real(spectrum)


@program(normal(5, 3), normal(3))
def scans(xs, start):
    weights = jnp.array([0.5, -0.5, 2.0])

    def step(carry, x):
        carry = jnp.tanh(carry * weights + x)
        return carry, jnp.sum(carry)

    forward = lax.scan(step, start, xs)
    return forward, lax.scan(step, start, xs, reverse=True, unroll=2)


@program(normal(3))
def nested_loops(x):
    def outer(carry, _):
        return lax.fori_loop(0, 2, lambda i, c: c * 0.9 + i, carry), carry

    return lax.scan(outer, x, None, length=4)


@program(normal(3), but="grad")
def while_loops(x):
    limit = jnp.sum(x) + 20.0

    def condition(state):
        return jnp.sum(state[1]) < limit

    return lax.while_loop(
        condition, lambda s: (s[0] + 1, s[1] + jnp.abs(x) + 1), (0, x)
    )


@program(normal(3), jnp.bool_(True), jnp.int32(2))
def branches(x, flag, index):
    chosen = lax.cond(flag, lambda x: jnp.sin(x), lambda x: x * 2, x)
    parts = [lambda x: x, lambda x: -x, lambda x: jnp.exp(x)]
    return chosen, lax.switch(index, parts, x)


@program(normal(4))
def branches_in_scan(x):
    def step(carry, x):
        carry = lax.cond(x > 0, lambda c: c + x, lambda c: c * x, carry)
        return carry, carry

    return lax.scan(step, 1.0, x)


@jax.custom_jvp
def own_jvp(x):
    return jnp.sin(x)


own_jvp.defjvp(lambda x, t: (own_jvp(x[0]), 3.0 * t[0]))


@jax.custom_vjp
def own_vjp(x):
    return jnp.exp(x)


own_vjp.defvjp(lambda x: (own_vjp(x), x), lambda x, g: (2.0 * g,))


@program(normal(4), but="grad")
def derivative_rules(x):
    return own_jvp(x) + own_vjp(x)


@program(normal(4), but="grad")
def derivative_rules_in_vmap(x):
    return jax.vmap(own_jvp)(x), jax.vmap(own_vjp)(x)


@program(normal(4), but="grad")
def gradient_of_rules(x):
    return jax.grad(lambda x: jnp.sum(own_jvp(x) * own_vjp(x)))(x)


@program(normal(6))
def activations(x):
    nn = jax.nn
    return nn.relu(x), nn.relu6(x), nn.gelu(x), nn.silu(x), nn.log_sigmoid(x), nn.elu(x)


@program(normal(6), positive(6))
def log_functions(x, y):
    pairs = jnp.logaddexp(x, y), jnp.logaddexp2(x, y)
    return *pairs, jsp.special.xlogy(x, y), jsp.special.xlog1py(x, y)


@program(normal(2, 6))
def stable_functions(x):
    return (
        jsp.special.logsumexp(x, axis=1),
        jax.nn.log_softmax(x),
        jax.nn.standardize(x),
    )


@program(normal(4))
def remat(x):
    inner = jax.checkpoint(lambda x: jnp.sin(jnp.sin(x)))
    policy = jax.checkpoint_policies.dots_saveable
    return inner(x), jax.checkpoint(lambda x: jnp.cos(x) * x, policy=policy)(x)


@program(normal(5, 3))
def gradient_of_remat_in_scan(x):
    @jax.checkpoint
    def step(carry, x):
        return jnp.tanh(carry + x), jnp.sum(carry)

    return jax.grad(lambda x: jnp.sum(lax.scan(step, x[0], x)[1]))(x)


@program(normal(3, 4), but="grad")
def vmap_of_while(x):
    def f(x):
        return lax.while_loop(
            lambda c: jnp.sum(c) < 9.0, lambda c: c + jnp.abs(x) + 1, x
        )

    return jax.vmap(f)(x)


@program(normal(3, 4))
def vmap_of_branches(x):
    def f(x):
        start = lax.cond(x[0] > 0, jnp.sin, jnp.cos, x)
        return lax.scan(lambda c, v: (c + v, c * v), 0.0, start)

    return jax.vmap(f)(x)


@program(normal(3))
def linear_solve(x):
    return lax.custom_linear_solve(
        lambda v: 3.0 * v, x, lambda f, b: b / 3.0, symmetric=True
    )


@program(positive(3), but="grad")
def root(x):
    def solve(f, guess):
        return lax.fori_loop(0, 20, lambda _, y: y - f(y) / (2 * y + 1e-3), guess)

    return lax.custom_root(
        lambda y: y**2 - x, x, solve, lambda g, y: y / g(jnp.ones(3))
    )


@program(normal(8))
def associative_scan(x):
    return lax.associative_scan(jnp.add, x), lax.map(lambda v: jnp.sin(v) * v, x)


@program(KEY, but="grad")
def random_numbers(key):
    first, second = jax.random.split(key)
    drawn = jax.random.normal(first, (3,)), jax.random.uniform(second, (2, 2))
    return (
        *drawn,
        jax.random.bernoulli(key, 0.3, (4,)),
        jax.random.randint(key, (3,), 0, 9),
    )


@program(KEY, but="grad vmap")
def more_random_numbers(key):
    key = jax.random.fold_in(key, 5)
    drawn = jax.random.permutation(key, 6), jax.random.gamma(key, 2.0, (2,))
    return (
        *drawn,
        jax.random.categorical(key, jnp.arange(4.0)),
        jax.random.bits(key, (2,)),
    )


@program(jnp.uint32(7), but="grad vmap")
def keys_are_results(seed):
    key = jax.random.key(seed, impl="rbg")
    return jax.random.key_data(key), jax.random.uniform(key, (2,)), jax.random.key(1)


@program(jax.random.split(KEY, 3), but="grad vmap")
def many_keys(keys):
    return (
        jax.vmap(lambda k: jax.random.normal(k, (2,)))(keys),
        keys[1],
        keys.reshape(3, 1),
    )


@program(jax.random.PRNGKey(4), but="grad")
def old_keys(key):
    return jax.random.split(key, 2), jax.random.exponential(key, (3,))


@program(normal(4))
def printed(x):
    jax.debug.print("x = {x}", x=jnp.sum(x) * 0)
    return lax.stop_gradient(x) * x


@program(normal(4, 3), but="grad")
def named_axes(x):
    def f(row):
        share = lax.pmean(row, "i"), lax.all_gather(row, "i"), lax.pmax(row, "i")
        turned = lax.ppermute(row, "i", [(k, (k + 1) % 4) for k in range(4)])
        return row * lax.axis_index("i"), turned, *share

    return jax.vmap(f, axis_name="i")(x)


@program(normal(4, 3), but="grad vmap")
def shards(x):
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:1]), ("x",))
    spec = jax.sharding.PartitionSpec("x")
    map_ = getattr(jax, "shard_map", None)
    if map_ is None:
        from jax.experimental.shard_map import shard_map as map_
    return map_(
        lambda x: x / lax.psum(x, "x") + lax.all_gather(x, "x", axis=1, tiled=True),
        mesh=mesh,
        in_specs=(spec,),
        out_specs=spec,
    )(x)


@program(normal(3, 3), but="grad vmap")
def maps_over_devices(x):
    return jax.pmap(lambda x: lax.psum(x, "d") * 2.0, axis_name="d")(x[None])


@jax.jit
def shared(x):
    return jnp.sin(x) * 2.0


@program(normal(4))
def shared_functions(x):
    return shared(shared(x)) + jax.jit(lambda x: shared(x))(x)


@program(jnp.zeros((0, 3)), but="grad")
def nothing_at_all(x):
    return jnp.sum(x, 0), jnp.concatenate([x, x]), x.reshape(3, 0), jnp.prod(x)


@program(normal(2))
def constants(x):
    return 1.0, x, jnp.arange(3), np.float32(2.5), x


@program(normal(3))
def closed_over(x):
    table = jnp.asarray(np.arange(6.0, dtype=np.float32).reshape(2, 3))
    return jax.jit(lambda x: table @ x)(x) + table[:, 0]


@program(jnp.array([0.0, jnp.nan, jnp.inf, -jnp.inf, -0.0]), but="grad")
def extremes(x):
    return jnp.nan_to_num(x), x * jnp.float32(jnp.nan), jnp.isinf(x), jnp.signbit(x)


def traced(function: Any, args: tuple[Any, ...]) -> tuple[str, list[Any], Any]:
    """The text of a function, the constants of it, and it itself on flat results."""

    def flat(*args: Any) -> list[Any]:
        return jax.tree_util.tree_leaves(function(*args))

    closed = jax.make_jaxpr(flat)(*args)
    jaxpr = getattr(closed, "jaxpr", closed)
    return jaxpr.pretty_print(source_info=True, use_color=False), closed.consts, flat


def is_float(x: Any) -> bool:
    return jnp.issubdtype(jnp.asarray(x).dtype, jnp.floating)


def wrapped(mode: str, function: Any, args: tuple[Any, ...]) -> Any:
    """The function as a mode runs it."""
    if mode == "jit":
        return jax.jit(function)
    if mode == "vmap":
        stacked = tuple(jnp.stack([jnp.asarray(x)] * 2) for x in args)
        return lambda *_: jax.vmap(function)(*stacked)
    if mode == "grad":
        places = [index for index, x in enumerate(args) if is_float(x)]

        def total(*args: Any) -> Any:
            outputs = [x for x in function(*args) if is_float(x)]
            return sum(jnp.sum(jnp.asarray(x, jnp.float32)) for x in outputs)

        return jax.grad(total, argnums=places)
    return function


def difference(found: Any, expected: Any) -> str:
    """How a result differs, or nothing."""
    pair = jnp.asarray(found), jnp.asarray(expected)
    if pair[0].dtype != pair[1].dtype or pair[0].shape != pair[1].shape:
        return f"{pair[0].dtype}{pair[0].shape}, not {pair[1].dtype}{pair[1].shape}"
    dtype = str(pair[0].dtype)
    if dtype.startswith("key<"):
        pair = jax.random.key_data(pair[0]), jax.random.key_data(pair[1])
    elif is_float(pair[0]):
        wide = jnp.float64 if dtype == "float64" else jnp.float32
        pair = tuple(x.astype(wide) for x in pair)
    left, right = map(np.asarray, pair)
    if left.dtype.kind not in "fc":
        return "" if np.array_equal(left, right) else f"{left}, not {right}"
    scale = np.max(np.abs(right[np.isfinite(right)]), initial=0.0)
    with np.errstate(all="ignore"):
        near = np.abs(left - right) <= CLOSENESS.get(dtype, SINGLE) * scale
    same = near | (left == right) | (np.isnan(left) & np.isnan(right))
    return "" if np.all(same) else f"{left}, not {right}"


def differences(name: str, binary: str) -> Iterator[str]:
    function, args, but = PROGRAMS[name]
    try:
        text, constants, flat = traced(function, args)
    except (AttributeError, NotImplementedError, TypeError) as error:
        yield f"skipped: this JAX does not trace it: {str(error)[:80]}"
        return
    run = subprocess.run(
        [binary, "emit", "-q", "-"], input=text, capture_output=True, encoding="utf-8"
    )
    if run.returncode:
        yield f"refused: {run.stderr[:300]}"
        return
    main = functools.partial(load(run.stdout), *constants)
    for mode in ("eager", "jit", "grad", "vmap"):
        if mode in but.split() or (mode == "grad" and not any(map(is_float, args))):
            continue
        try:
            expected = jax.tree_util.tree_leaves(wrapped(mode, flat, args)(*args))
        except Exception as error:
            yield f"skipped: {mode} of the function itself: {str(error)[:80]}"
            continue
        try:
            found = jax.tree_util.tree_leaves(wrapped(mode, main, args)(*args))
        except Exception as error:
            yield f"{mode} raises {type(error).__name__}: {str(error)[:300]}"
            continue
        if len(found) != len(expected):
            yield f"{mode}: {len(found)} results, not {len(expected)}"
        for index, pair in enumerate(zip(found, expected)):
            if what := difference(*pair):
                yield f"{mode}, output {index}: {what}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("binary")
    parser.add_argument("--only", default="", help="programs whose name has this")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    names = [name for name in PROGRAMS if re.search(options.only, name)]
    wrong = skipped = 0
    for name in names:
        found = list(differences(name, options.binary))
        skipped += any(line.startswith("skipped") for line in found)
        wrong += any(not line.startswith("skipped") for line in found)
        for line in found:
            print(f"{name}: {line}", flush=True)
    agree = len(names) - wrong - skipped
    print(f"jax {jax.__version__}: {agree} agree, {wrong} differ, {skipped} skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
