"""Formulas as people spell them, with their true values, and look-alikes.

A family has a truth in float64, inputs that the naive formula gets wrong
(``breaks``) and inputs that it gets right (``agrees``), and many spellings.
Inputs are of shape (3, 4).
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special as sp
from jax import lax

Function = Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class Family:
    """One formula: its truth, its inputs, and its spellings by name."""

    truth: Function
    breaks: Sequence[tuple[Any, ...]]
    agrees: Sequence[tuple[Any, ...]]
    spellings: dict[str, Function]
    tolerance: float = 8.0


def rows(*values: float) -> np.ndarray:
    """Three rows that differ a little."""
    row = np.array(values)
    return np.stack([row, row[::-1], row * 0.75])


def log_sum(x: Any) -> Any:
    return jnp.log(jnp.sum(jnp.exp(x), -1))


def two_levels(x: Any) -> Any:
    return jnp.log(jnp.exp(x).reshape(3, 2, 2).sum(-1).sum(-1))


def by_scan(x: Any) -> Any:
    return lax.scan(lambda c, row: (c, log_sum(row)), 0.0, x)[1]


def by_cond(x: Any) -> Any:
    return lax.cond(x[0, 0] > -1e9, log_sum, lambda x: x[:, 0], x)


def by_loop(x: Any) -> Any:
    def body(i: Any, out: Any) -> Any:
        return out.at[i].set(log_sum(x[i]))

    return lax.fori_loop(0, 3, body, jnp.zeros(3, x.dtype))


def soft(x: Any) -> Any:
    return jnp.exp(x) / jnp.sum(jnp.exp(x), -1, keepdims=True)


def soft_by_none(x: Any) -> Any:
    e = jnp.exp(x)
    return e / e.sum(1)[:, None]


def soft_reciprocal(x: Any) -> Any:
    e = jnp.exp(x)
    return e * (1 / e.sum(-1, keepdims=True))


def norm_by_einsum(x: Any) -> Any:
    return jnp.sqrt(jnp.einsum("ij,ij->i", x, x))


LARGE, SMALL = rows(1000, 999, 998, -20), rows(-1000, -1001, -1002, -1003)
PLAIN = rows(0.5, -1.25, 2.0, 0.125)
POSITIVE = rows(0.5, 1.25, 2.0, 0.125)

LOGSUMEXP = {
    "log(sum(exp))": log_sum,
    "keepdims, squeezed": lambda x: jnp.squeeze(
        jnp.log(jnp.sum(jnp.exp(x), -1, keepdims=True)), -1
    ),
    "keepdims, indexed": lambda x: jnp.log(jnp.sum(jnp.exp(x), 1, keepdims=True))[:, 0],
    "lax.reduce": lambda x: lax.log(
        lax.reduce(lax.exp(x), np.zeros((), x.dtype), lax.add, (1,))
    ),
    "vmap": jax.vmap(lambda r: jnp.log(jnp.sum(jnp.exp(r)))),
    "vmap over columns": lambda x: jax.vmap(log_sum, in_axes=1)(x.T),
    "a product with ones": lambda x: jnp.log(jnp.exp(x) @ jnp.ones(4, x.dtype)),
    "einsum": lambda x: jnp.log(jnp.einsum("ij->i", jnp.exp(x))),
    "transposed": lambda x: jnp.log(jnp.exp(x.T).sum(0)),
    "transposed exponentials": lambda x: jnp.log(jnp.exp(x).T.sum(0)),
    "mean": lambda x: jnp.log(jnp.mean(jnp.exp(x), -1)) + np.log(4),
    "sum over count": lambda x: jnp.log(jnp.exp(x).sum(1) / 4) + np.log(4),
    "term by term": lambda x: jnp.log(
        jnp.exp(x[:, 0]) + jnp.exp(x[:, 1]) + jnp.exp(x[:, 2]) + jnp.exp(x[:, 3])
    ),
    "Python's sum": lambda x: jnp.log(sum(jnp.exp(x[:, i]) for i in range(4))),
    "minus log of the inverse": lambda x: -jnp.log(1 / jnp.sum(jnp.exp(x), -1)),
    "squares of roots": lambda x: jnp.log(jnp.square(jnp.exp(x / 2)).sum(-1)),
    "one more axis": lambda x: jnp.log(jnp.exp(x)[..., None].sum((1, 2))),
    "two levels": two_levels,
    "concatenated exponentials": lambda x: jnp.log(
        jnp.concatenate([jnp.exp(x[:, :2]), jnp.exp(x[:, 2:])], -1).sum(-1)
    ),
    "stacked exponentials": lambda x: jnp.log(
        jnp.stack([jnp.exp(x[:, i]) for i in range(4)]).sum(0)
    ),
    "sum of two sums": lambda x: jnp.log(
        jnp.exp(x[:, :2]).sum(-1) + jnp.exp(x[:, 2:]).sum(-1)
    ),
    "jit inside": jax.jit(log_sum),
    "jit of parts": lambda x: jnp.log(jax.jit(lambda x: jnp.exp(x).sum(-1))(x)),
    "checkpoint": jax.checkpoint(log_sum),
    "scan": by_scan,
    "cond": by_cond,
    "fori_loop": by_loop,
    "lax.map": lambda x: lax.map(log_sum, x),
    "half of it": lambda x: 2 * (0.5 * jnp.log(jnp.exp(x).sum(-1))),
    "of a sum of two": lambda x: jnp.log(jnp.sum(jnp.exp(x / 2 + x / 2), -1)),
    "product of exponentials": lambda x: jnp.log(
        jnp.sum(jnp.exp(x / 2) * jnp.exp(x / 2), -1)
    ),
    "all present in a mask": lambda x: jnp.log(
        jnp.sum(jnp.where(jnp.abs(x) < 1e9, jnp.exp(x), 0), -1)
    ),
    "sum with where": lambda x: jnp.log(
        jnp.sum(jnp.exp(x), -1, where=jnp.abs(x) < 1e9)
    ),
    "power of a half": lambda x: 2 * jnp.log(jnp.sqrt(jnp.exp(x).sum(-1))),
    "weights of one": lambda x: jnp.log(jnp.sum(jnp.full_like(x, 1.0) * jnp.exp(x), -1)),
    "last of cumsum": lambda x: jnp.log(jnp.cumsum(jnp.exp(x), -1))[:, -1],
    "constants folded": lambda x: jnp.log(3 * jnp.sum(jnp.exp(x), -1)) - np.log(3),
    "flattened": lambda x: jnp.log(
        jax.ops.segment_sum(jnp.exp(x).ravel(), jnp.repeat(jnp.arange(3), 4), 3)
    ),
}

SOFTMAX = {
    "keepdims": soft,
    "None": soft_by_none,
    "reciprocal": soft_reciprocal,
    "vmap": jax.vmap(lambda r: jnp.exp(r) / jnp.exp(r).sum()),
    "broadcast_to": lambda x: (
        jnp.exp(x) / jnp.broadcast_to(jnp.exp(x).sum(-1)[:, None], x.shape)
    ),
    "transposed": lambda x: (jnp.exp(x).T / jnp.exp(x).sum(-1)).T,
    "transposed before": lambda x: (jnp.exp(x.T) / jnp.exp(x.T).sum(0)).T,
    "exp of x - log(sum)": lambda x: jnp.exp(
        x - jnp.log(jnp.exp(x).sum(-1, keepdims=True))
    ),
    "exp(x) / exp(lse)": lambda x: (
        jnp.exp(x) / jnp.exp(jnp.log(jnp.exp(x).sum(-1, keepdims=True)))
    ),
    "gradient of lse": jax.grad(lambda x: log_sum(x).sum()),
    "jit of parts": lambda x: jax.jit(jnp.exp)(x) / jnp.exp(x).sum(-1, keepdims=True),
    "scan": lambda x: lax.scan(
        lambda c, r: (c, jnp.exp(r) / jnp.exp(r).sum()), 0.0, x
    )[1],
    "einsum": lambda x: jnp.einsum("ij,i->ij", jnp.exp(x), 1 / jnp.exp(x).sum(1)),
    "reciprocal by power": lambda x: jnp.exp(x) * jnp.exp(x).sum(-1, keepdims=True) ** -1,
    "sum by matmul": lambda x: jnp.exp(x) / (jnp.exp(x) @ jnp.ones((4, 1), x.dtype)),
    "numerator scaled": lambda x: (2 * jnp.exp(x)) / (2 * jnp.exp(x).sum(-1, keepdims=True)),
    "checkpoint": jax.checkpoint(soft),
    "linearized": lambda x: jax.vjp(log_sum, x)[1](jnp.ones(3, x.dtype))[0],
}

LOG_SOFTMAX = {
    "log(jax.nn.softmax)": lambda x: jnp.log(jax.nn.softmax(x)),
    "log of naive": lambda x: jnp.log(soft(x)),
    "log of reciprocal": lambda x: jnp.log(soft_reciprocal(x)),
    "x - log(sum(exp))": lambda x: x - jnp.log(jnp.exp(x).sum(-1, keepdims=True)),
    "x - log_sum[:, None]": lambda x: x - log_sum(x)[:, None],
    "vmap": jax.vmap(lambda r: jnp.log(jnp.exp(r) / jnp.exp(r).sum())),
    "minus -log": lambda x: -(-jnp.log(soft(x))),
    "-(log sum - x)": lambda x: -(log_sum(x)[:, None] - x),
    "transposed": lambda x: jnp.log(soft(x).T).T,
    "log(exp) - log(sum)": lambda x: (
        jnp.log(jnp.exp(x)) - jnp.log(jnp.exp(x).sum(-1, keepdims=True))
    ),
    "columns": lambda x: jnp.stack(
        [jnp.log(jax.nn.softmax(x)[:, i]) for i in range(4)], 1
    ),
    "log of jit softmax": lambda x: jnp.log(jax.jit(soft)(x)),
    "scan": lambda x: lax.scan(lambda c, r: (c, jnp.log(jax.nn.softmax(r))), 0.0, x)[1],
    "log2 times log 2": lambda x: jnp.log2(jax.nn.softmax(x)) * np.log(2),
}

SOFTPLUS = {
    "log(1 + exp)": lambda x: jnp.log(1 + jnp.exp(x)),
    "log(exp + 1)": lambda x: jnp.log(jnp.exp(x) + 1.0),
    "log1p(exp)": lambda x: jnp.log1p(jnp.exp(x)),
    "lax": lambda x: lax.log(lax.add(lax.exp(x), lax.full_like(x, 1))),
    "ones_like": lambda x: jnp.log(jnp.ones_like(x) + jnp.exp(x)),
    "minus log sigmoid": lambda x: -jnp.log(jax.nn.sigmoid(-x)),
    "-log(1 - sigmoid)": lambda x: -jnp.log(1 - jax.nn.sigmoid(x)),
    "-log1p(-sigmoid)": lambda x: -jnp.log1p(-jax.nn.sigmoid(x)),
    "log(1/(1+exp))": lambda x: -jnp.log(1 / (1 + jnp.exp(x))),
    "exp(0)": lambda x: jnp.log(jnp.exp(x) + jnp.exp(jnp.zeros_like(x))),
    "x + log(1 + exp(-x))": lambda x: x + jnp.log(1 + jnp.exp(-x)),
    "x - log_sigmoid": lambda x: x - jnp.log(jax.nn.sigmoid(x)),
    "vmap": jax.vmap(jax.vmap(lambda v: jnp.log(1 + jnp.exp(v)))),
    "scan": lambda x: lax.scan(lambda c, r: (c, jnp.log(1 + jnp.exp(r))), 0.0, x)[1],
    "log1p of square": lambda x: jnp.log1p(jnp.exp(x / 2) ** 2),
    "1/exp(-x)": lambda x: jnp.log(1 + 1 / jnp.exp(-x)),
    "beta": lambda x: jnp.log(1 + jnp.exp(2 * (x / 2))),
}

SIGMOID = {
    "exp / (1 + exp)": lambda x: jnp.exp(x) / (1 + jnp.exp(x)),
    "exp / (exp + 1)": lambda x: jnp.exp(x) / (jnp.exp(x) + 1),
    "1 - 1/(1 + exp)": lambda x: 1 - 1 / (1 + jnp.exp(x)),
    "1 - sigmoid(-x)": lambda x: 1 - jax.nn.sigmoid(-x),
    "gradient of softplus": jax.grad(lambda x: jnp.log(1 + jnp.exp(x)).sum()),
    "gradient of log1p(exp)": jax.grad(lambda x: jnp.log1p(jnp.exp(x)).sum()),
    "exp * 1/(1 + exp)": lambda x: jnp.exp(x) * (1 / (1 + jnp.exp(x))),
    "exp(x - log(1 + exp))": lambda x: jnp.exp(x - jnp.log(1 + jnp.exp(x))),
    "half angles": lambda x: jnp.exp(x / 2) / (jnp.exp(x / 2) + jnp.exp(-x / 2)),
    "exp(log sigmoid)": lambda x: jnp.exp(jnp.log(jax.nn.sigmoid(x))),
}

EXPM1 = {
    "exp - 1": lambda x: jnp.exp(x) - 1,
    "-1 + exp": lambda x: -1 + jnp.exp(x),
    "-(1 - exp)": lambda x: -(1 - jnp.exp(x)),
    "ones": lambda x: jnp.exp(x) - jnp.ones_like(x),
    "exp + (-1)": lambda x: jnp.exp(x) + (-1.0),
    "exp(x) - exp(0)": lambda x: jnp.exp(x) - jnp.exp(0.0),
    "1/exp(-x) - 1": lambda x: 1 / jnp.exp(-x) - 1,
    "lax": lambda x: lax.sub(lax.exp(x), lax.full_like(x, 1)),
}

LOG1P = {
    "log(1 + x)": lambda x: jnp.log(1 + x),
    "log(x + 1)": lambda x: jnp.log(x + 1),
    "log(1 - -x)": lambda x: jnp.log(1 - (-x)),
    "log(x - -1)": lambda x: jnp.log(x - (-1)),
    "-log(1/(1 + x))": lambda x: -jnp.log(1 / (1 + x)),
    "half log of the square": lambda x: 0.5 * jnp.log((1 + x) ** 2),
    "log2": lambda x: jnp.log2(1 + x) * np.log(2),
    "log10": lambda x: jnp.log10(1 + x) * np.log(10),
    "2 log sqrt": lambda x: 2 * jnp.log(jnp.sqrt(1 + x)),
}

NORM = {
    "sqrt(sum(x*x))": lambda x: jnp.sqrt(jnp.sum(x * x, -1)),
    "sum(x**2) ** 0.5": lambda x: jnp.sum(x**2, -1) ** 0.5,
    "power(sum, 0.5)": lambda x: jnp.power(jnp.square(x).sum(-1), 0.5),
    "linalg.norm": lambda x: jnp.linalg.norm(x, axis=-1),
    "linalg.norm of each": jax.vmap(jnp.linalg.norm),
    "einsum": norm_by_einsum,
    "vdot": jax.vmap(lambda r: jnp.sqrt(jnp.vdot(r, r))),
    "r @ r": jax.vmap(lambda r: jnp.sqrt(r @ r)),
    "r.T @ r": lambda x: jnp.stack([jnp.sqrt(x[i] @ x[i]) for i in range(3)]),
    "abs(x)**2": lambda x: jnp.sqrt(jnp.sum(jnp.abs(x) ** 2, -1)),
    "keepdims": lambda x: jnp.sqrt(jnp.sum(x * x, -1, keepdims=True))[:, 0],
    "1/rsqrt": lambda x: 1 / lax.rsqrt(jnp.sum(x * x, -1)),
    "matmul with ones": lambda x: jnp.sqrt((x * x) @ jnp.ones(4, x.dtype)),
    "exp of half log": lambda x: jnp.exp(0.5 * jnp.log(jnp.sum(x * x, -1))),
    "root of mean": lambda x: jnp.sqrt(jnp.mean(x * x, -1) * 4),
    "two by two": lambda x: jnp.sqrt(
        jnp.sum(x[:, :2] ** 2, -1) + jnp.sum(x[:, 2:] ** 2, -1)
    ),
    "term by term": lambda x: jnp.sqrt(
        x[:, 0] ** 2 + x[:, 1] ** 2 + x[:, 2] ** 2 + x[:, 3] ** 2
    ),
    "scan": lambda x: lax.scan(lambda c, r: (c, jnp.linalg.norm(r)), 0.0, x)[1],
}

VARIANCE = {
    "mean(x**2) - mean(x)**2": lambda x: jnp.mean(x**2, -1) - jnp.mean(x, -1) ** 2,
    "square": lambda x: jnp.mean(jnp.square(x), 1) - jnp.square(jnp.mean(x, 1)),
    "sums over count": lambda x: (x * x).sum(-1) / 4 - (x.sum(-1) / 4) ** 2,
    "one division": lambda x: ((x * x).sum(-1) - x.sum(-1) ** 2 / 4) / 4,
    "vmap": jax.vmap(lambda r: jnp.mean(r * r) - jnp.mean(r) * jnp.mean(r)),
    "times the inverse": lambda x: (x * x).sum(-1) * 0.25 - (x.sum(-1) * 0.25) ** 2,
    "by einsum": lambda x: jnp.einsum("ij,ij->i", x, x) / 4 - jnp.mean(x, 1) ** 2,
    "negated": lambda x: -(jnp.mean(x, -1) ** 2 - jnp.mean(x**2, -1)),
    "add of negated": lambda x: jnp.mean(x**2, -1) + (-(jnp.mean(x, -1) ** 2)),
    "keepdims": lambda x: (
        jnp.mean(x**2, -1, keepdims=True) - jnp.mean(x, -1, keepdims=True) ** 2
    )[:, 0],
    "(n Σx² − (Σx)²)/n²": lambda x: (4 * (x * x).sum(-1) - x.sum(-1) ** 2) / 16,
    "square of deviation": lambda x: jnp.sqrt(
        jnp.mean(x**2, -1) - jnp.mean(x, -1) ** 2
    )
    ** 2,
    "scan": lambda x: lax.scan(
        lambda c, r: (c, jnp.mean(r * r) - jnp.mean(r) ** 2), 0.0, x
    )[1],
}

TANH = {
    "exps": lambda x: (jnp.exp(x) - jnp.exp(-x)) / (jnp.exp(x) + jnp.exp(-x)),
    "order": lambda x: (jnp.exp(x) - jnp.exp(-x)) / (jnp.exp(-x) + jnp.exp(x)),
    "exp 2x": lambda x: (jnp.exp(2 * x) - 1) / (jnp.exp(2 * x) + 1),
    "exp 2x, 1 + e": lambda x: (jnp.exp(2 * x) - 1) / (1 + jnp.exp(2 * x)),
    "x + x": lambda x: (jnp.exp(x + x) - 1) / (jnp.exp(x + x) + 1),
    "exp -2x": lambda x: (1 - jnp.exp(-2 * x)) / (1 + jnp.exp(-2 * x)),
    "sinh / cosh": lambda x: jnp.sinh(x) / jnp.cosh(x),
    "2 sigmoid - 1": lambda x: 2 * jax.nn.sigmoid(2 * x) - 1,
    "sigmoid(2x) - sigmoid(-2x)": lambda x: jax.nn.sigmoid(2 * x) - jax.nn.sigmoid(-2 * x),
    "1 - 2/(e + 1)": lambda x: 1 - 2 / (jnp.exp(2 * x) + 1),
    "gradient of log cosh": jax.grad(lambda x: jnp.log(jnp.cosh(x)).sum()),
}

LOGADDEXP = {
    "log(exp + exp)": lambda x, y: jnp.log(jnp.exp(x) + jnp.exp(y)),
    "swapped": lambda x, y: jnp.log(jnp.exp(y) + jnp.exp(x)),
    "stack": lambda x, y: jnp.log(jnp.exp(jnp.stack([x, y])).sum(0)),
    "stack of exponentials": lambda x, y: jnp.log(
        jnp.stack([jnp.exp(x), jnp.exp(y)]).sum(0)
    ),
    "x + log(1 + exp(y - x))": lambda x, y: x + jnp.log(1 + jnp.exp(y - x)),
    "x + log1p(exp(y - x))": lambda x, y: x + jnp.log1p(jnp.exp(y - x)),
    "half sum": lambda x, y: jnp.log(0.5 * (jnp.exp(x) + jnp.exp(y))) + np.log(2),
    "vmap": jax.vmap(lambda x, y: jnp.log(jnp.exp(x) + jnp.exp(y))),
    "broadcast": lambda x, y: jnp.log(jnp.exp(x) + jnp.exp(y + jnp.zeros_like(x))),
}

ENTROPY = {
    "-sum(p log p)": lambda p: -jnp.sum(p * jnp.log(p), -1),
    "sum(-p log p)": lambda p: jnp.sum(-p * jnp.log(p), -1),
    "sum(log p * p)": lambda p: -jnp.sum(jnp.log(p) * p, -1),
    "einsum": lambda p: -jnp.einsum("ij,ij->i", p, jnp.log(p)),
    "vdot": jax.vmap(lambda p: -jnp.vdot(p, jnp.log(p))),
    "p log 1/p": lambda p: jnp.sum(p * jnp.log(1 / p), -1),
}


def true_entropy(p: Any) -> Any:
    return sp.entr(p).sum(-1)


FAMILIES = {
    "logsumexp": Family(lambda x: sp.logsumexp(x, -1), [(LARGE,), (SMALL,)], [(PLAIN,)], LOGSUMEXP),
    "softmax": Family(lambda x: sp.softmax(x, -1), [(LARGE,), (SMALL,)], [(PLAIN,)], SOFTMAX, 64),
    "log_softmax": Family(
        lambda x: sp.log_softmax(x, -1),
        [(LARGE - np.array([0, 0, 0, 500.0]),), (SMALL * 3,)],
        [(PLAIN,)],
        LOG_SOFTMAX,
        64,
    ),
    "softplus": Family(lambda x: np.logaddexp(x, 0), [(LARGE,), (rows(-20, -30, 100, 90),)], [(PLAIN,)], SOFTPLUS),
    "sigmoid": Family(sp.expit, [(rows(100, 200, 90, 1000),)], [(PLAIN,)], SIGMOID),
    "expm1": Family(np.expm1, [(rows(1e-9, -1e-8, 1e-5, 1e-3),)], [(PLAIN,)], EXPM1),
    "log1p": Family(np.log1p, [(rows(1e-9, -1e-8, 1e-5, 1e-3),)], [(POSITIVE,)], LOG1P),
    "norm": Family(
        lambda x: np.linalg.norm(x, axis=-1),
        [(rows(3e20, 4e20, 1e20, 0),), (rows(3e-25, 4e-25, 1e-25, 0),)],
        [(PLAIN,)],
        NORM,
    ),
    "variance": Family(
        lambda x: np.var(x, -1),
        [(rows(10001, 10002, 10003, 10004),)],
        [(PLAIN,)],
        VARIANCE,
        16,
    ),
    "tanh": Family(np.tanh, [(rows(100, -100, 1e-6, 200),)], [(PLAIN,)], TANH),
    "logaddexp": Family(np.logaddexp, [(LARGE, LARGE[::-1]), (SMALL, SMALL - 1)], [(POSITIVE, POSITIVE[::-1])], LOGADDEXP),
    "entropy": Family(true_entropy, [(rows(1, 0, 0, 0),)], [(rows(0.5, 0.25, 0.125, 0.125),)], ENTROPY),
}

#: Spellings that are run in narrow dtypes as well.
NARROW = ("log(sum(exp))", "keepdims", "log(1 + exp)", "log(jax.nn.softmax)", "exps")

#: Wrapped around the first spelling of each family: the body, not its place, decides.
WRAPPERS: dict[str, Callable[[Function], Function]] = {
    "under jit": jax.jit,
    "under checkpoint": jax.checkpoint,
    "under cond": lambda f: (
        lambda *xs: lax.cond(xs[0].sum() < np.inf, f, lambda *xs: f(*(x + 1 for x in xs)), *xs)
    ),
    "under vmap": lambda f: lambda *xs: jax.vmap(f)(*(x[None] for x in xs))[0],
    "under scan": lambda f: (
        lambda *xs: lax.scan(lambda c, row: (c, f(*row)), 0.0, tuple(x[None] for x in xs))[1][0]
    ),
}

#: Nothing may be done to these.
LOOKALIKES: dict[str, Function] = {
    "log(sum(x))": lambda x: jnp.log(jnp.sum(x, -1)),
    "log(max(exp))": lambda x: jnp.log(jnp.max(x, -1)),
    "shifted logsumexp": lambda x: jax.nn.logsumexp(x, -1),
    "jax.nn.softmax": lambda x: jax.nn.softmax(x, -1),
    "jax.nn.log_softmax": lambda x: jax.nn.log_softmax(x, -1),
    "jax.nn.softplus": jax.nn.softplus,
    "jax.nn.sigmoid": jax.nn.sigmoid,
    "jax.nn.log_sigmoid": jax.nn.log_sigmoid,
    "jnp.logaddexp": lambda x: jnp.logaddexp(x, x[::-1]),
    "jnp.logaddexp2": lambda x: jnp.logaddexp2(x, x[::-1]),
    "jnp.hypot": lambda x: jnp.hypot(x, x[::-1]),
    "jnp.var": lambda x: jnp.var(x, -1),
    "jnp.std": lambda x: jnp.std(x, -1),
    "jnp.mean": lambda x: jnp.mean(x, -1),
    "log1p": jnp.log1p,
    "expm1": jnp.expm1,
    "log(2 + x)": lambda x: jnp.log(2 + x),
    "log(1.0000001 + x)": lambda x: jnp.log(1.0000001 + x),
    "exp(x) - 2": lambda x: jnp.exp(x) - 2,
    "exp(x) - 0.9999999": lambda x: jnp.exp(x) - 0.9999999,
    "1 - x": lambda x: 1 - x,
    "1 - sin": lambda x: 1 - jnp.sin(x),
    "2 - cos": lambda x: 2 - jnp.cos(x),
    "TwoSum": lambda x: (x - ((x + x[::-1]) - x[::-1])) + (x[::-1] - ((x + x[::-1]) - x)),
    "Fast2Sum": lambda x: x[::-1] - ((x + x[::-1]) - x),
    "Kahan": lambda x: lax.scan(
        lambda c, r: ((c[0] + (r - c[1]), ((c[0] + (r - c[1])) - c[0]) - (r - c[1])), None),
        (x[0], x[0] * 0),
        x,
    )[0],
    "sum of squares": lambda x: jnp.sum(x * x, -1),
    "sqrt(sum(|x|))": lambda x: jnp.sqrt(jnp.sum(jnp.abs(x), -1)),
    "sqrt(x * y)": lambda x: jnp.sqrt(x * x[::-1]),
    "sqrt(x)": jnp.sqrt,
    "rsqrt(x)": lax.rsqrt,
    "layer norm": lambda x: (
        (x - x.mean(-1, keepdims=True)) * lax.rsqrt(x.var(-1, keepdims=True) + 1e-5)
    ),
    "relu": jax.nn.relu,
    "gelu": jax.nn.gelu,
    "gelu, exact": lambda x: jax.nn.gelu(x, approximate=False),
    "silu": jax.nn.silu,
    "elu": jax.nn.elu,
    "tanh": jnp.tanh,
    "x * tanh(softplus)": lambda x: x * jnp.tanh(jax.nn.softplus(x)),
    "cumsum": lambda x: jnp.cumsum(x, -1),
    "cumlogsumexp": lambda x: lax.cumlogsumexp(x, 1),
    "exp / max": lambda x: jnp.exp(x) / jnp.max(x, -1, keepdims=True),
    "x / sum(x)": lambda x: x / jnp.sum(x, -1, keepdims=True),
    "where(x > 0, x, 0)": lambda x: jnp.where(x > 0, x, 0),
    "double where": lambda x: jnp.where(x > 0, jnp.log(jnp.where(x > 0, x, 1)), 0),
    "clip": lambda x: jnp.clip(x, 0, 1),
    "one_hot": lambda x: jax.nn.one_hot(jnp.argmax(x, -1), 4),
    "matmul": lambda x: x @ x.T,
    "solve": lambda x: jnp.linalg.solve(x[:, :3] + 4 * jnp.eye(3), x[:, 3]),
    "cholesky": lambda x: jnp.linalg.cholesky(x @ x.T + jnp.eye(3)),
    "qr": lambda x: jnp.linalg.qr(x)[1],
    "slogdet": lambda x: jnp.linalg.slogdet(x[:, :3])[1],
    "sinc": jnp.sinc,
    "arctan2": lambda x: jnp.arctan2(x, x[::-1]),
    "arccos": lambda x: jnp.arccos(x),
    "gammaln": lambda x: jax.scipy.special.gammaln(x),
    "erf": lambda x: jax.scipy.special.erf(x),
    "erfc": lambda x: jax.scipy.special.erfc(x),
    "log_ndtr": lambda x: jax.scipy.special.log_ndtr(x),
    "xlogy": lambda x: jax.scipy.special.xlogy(x, x),
    "betaln": lambda x: jax.scipy.special.betaln(x, x + 1),
    "dropout": lambda x: jnp.where(jnp.sin(x * 91) > 0.5, x / 0.5, 0),
    "huber": lambda x: jnp.where(jnp.abs(x) < 1, 0.5 * x * x, jnp.abs(x) - 0.5),
    "sort": lambda x: jnp.sort(x, -1),
}
