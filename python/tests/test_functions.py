"""Functions as their papers write them: value and gradient equal stable ones.

Each entry is a naive function, what a numerical analyst would have written (or the
closed form of the gradient), and inputs at which the naive one fails.
"""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.nn import log_sigmoid, log_softmax, logsumexp, one_hot, softmax, softplus

from jaxpeep import improve

X = jnp.array([120.0, -30.0, 5.0, 0.25])
LOGITS = jnp.array([[500.0, 1.0, -500.0], [-200.0, 300.0, 299.0]])
LABELS = jnp.array([2, 1])
W = jnp.array([0.5, 0.25, 0.125, 0.125])


def normal(shape, seed, scale=1.0):
    values = np.random.default_rng(seed).normal(size=shape) * scale
    return jnp.asarray(values, jnp.float32)


Q, K, V = normal((3, 4), 0, 40.0), normal((5, 4), 1, 4.0), normal((5, 2), 2)
MIXTURE = jnp.array([-1.0, 0.5, 2.0])
TRANSITION = log_softmax(normal((3, 3), 3), axis=-1)
EMISSION = normal((40, 3), 4) - 30.0


@dataclasses.dataclass(frozen=True)
class Pair:
    """A naive function of one array, the stable one, and where to compare them."""

    name: str
    naive: Callable[[jax.Array], jax.Array]
    stable: Callable[[jax.Array], jax.Array]
    x: jax.Array


def naive_softmax(x):
    e = jnp.exp(x)
    return e / jnp.sum(e, axis=-1, keepdims=True)


def attention(softmax, q):
    return jnp.sum((softmax(q @ K.T / 2.0) @ V) ** 2)


def hmm_naive(emission):
    def step(alpha, e):
        alpha = (alpha @ jnp.exp(TRANSITION)) * jnp.exp(e)
        return alpha, ()

    alpha, _ = jax.lax.scan(step, jnp.exp(emission[0]), emission[1:])
    return jnp.log(jnp.sum(alpha))


def hmm_log_space(log_sum_exp, emission):
    def step(alpha, e):
        return log_sum_exp(alpha[:, None] + TRANSITION, axis=0) + e, ()

    alpha, _ = jax.lax.scan(step, emission[0], emission[1:])
    return log_sum_exp(alpha, axis=0)


def naive_lse(x, axis):
    return jnp.log(jnp.sum(jnp.exp(x), axis=axis))


def naive_mixture(x):
    parts = 0.25 * jnp.exp(-0.5 * (x[:, None] - MIXTURE) ** 2)
    return -jnp.sum(jnp.log(jnp.sum(parts, axis=1)))


def stable_mixture(x):
    parts = -0.5 * (x[:, None] - MIXTURE) ** 2 + np.float32(np.log(0.25))
    return -jnp.sum(logsumexp(parts, axis=1))


POINTS = jnp.array([0.0, 1.0, 2.5, 4.0])


def kernel(length):
    return jnp.exp(-0.5 * ((POINTS[:, None] - POINTS[None]) / length) ** 2)


def gp_inverse(length):
    matrix = kernel(length) + 0.1 * jnp.eye(4)
    return X[2:] @ jnp.ones((2, 4)) @ jnp.linalg.inv(matrix) @ jnp.ones(4)


def gp_solve(length):
    matrix = kernel(length) + 0.1 * jnp.eye(4)
    return X[2:] @ jnp.ones((2, 4)) @ jnp.linalg.solve(matrix, jnp.ones(4))


PAIRS = [
    Pair("logsumexp", lambda x: naive_lse(x, 0), logsumexp, X),
    Pair(
        "logsumexp of rows",
        lambda x: jnp.sum(naive_lse(x, 1)),
        lambda x: jnp.sum(logsumexp(x, axis=1)),
        LOGITS,
    ),
    Pair(
        "logmeanexp",
        lambda x: jnp.log(jnp.mean(jnp.exp(x))),
        lambda x: logsumexp(x) - jnp.log(4.0),
        X,
    ),
    Pair(
        "weighted logsumexp",
        lambda x: jnp.log(jnp.sum(W * jnp.exp(x))),
        lambda x: logsumexp(x, b=W),
        X,
    ),
    Pair(
        "masked logsumexp",
        lambda x: jnp.log(jnp.sum(jnp.where(x < 100.0, jnp.exp(x), 0.0))),
        lambda x: logsumexp(jnp.where(x < 100.0, x, -jnp.inf)),
        X,
    ),
    Pair(
        "softplus",
        lambda x: jnp.sum(jnp.log(1.0 + jnp.exp(x))),
        lambda x: jnp.sum(softplus(x)),
        X,
    ),
    Pair(
        "softplus by log1p",
        lambda x: jnp.sum(jnp.log1p(jnp.exp(x))),
        lambda x: jnp.sum(softplus(x)),
        X,
    ),
    Pair(
        "logaddexp",
        lambda x: jnp.sum(jnp.log(jnp.exp(x) + jnp.exp(2.0 * x))),
        lambda x: jnp.sum(jnp.logaddexp(x, 2.0 * x)),
        X,
    ),
    Pair(
        "sigmoid",
        lambda x: jnp.sum(W * (jnp.exp(x) / (1.0 + jnp.exp(x)))),
        lambda x: jnp.sum(W * jax.nn.sigmoid(x)),
        X,
    ),
    Pair(
        "reflected sigmoid",
        lambda x: jnp.sum(W / (1.0 + jnp.exp(x))),
        lambda x: jnp.sum(W * jax.nn.sigmoid(-x)),
        X,
    ),
    Pair(
        "log sigmoid",
        lambda x: jnp.sum(jnp.log(jax.nn.sigmoid(x))),
        lambda x: jnp.sum(log_sigmoid(x)),
        -X,
    ),
    Pair(
        "log of one minus sigmoid",
        lambda x: jnp.sum(jnp.log(1.0 - jax.nn.sigmoid(x))),
        lambda x: jnp.sum(log_sigmoid(-x)),
        X,
    ),
    Pair(
        "binary cross-entropy",
        lambda x: (
            -jnp.mean(
                W * jnp.log(jax.nn.sigmoid(x))
                + (1 - W) * jnp.log(1 - jax.nn.sigmoid(x))
            )
        ),
        lambda x: -jnp.mean(W * log_sigmoid(x) + (1 - W) * log_sigmoid(-x)),
        X,
    ),
    Pair(
        "softmax",
        lambda x: jnp.sum(W * naive_softmax(x)),
        lambda x: jnp.sum(W * softmax(x)),
        X,
    ),
    Pair(
        "cross-entropy by one-hot",
        lambda x: (
            -jnp.mean(jnp.sum(one_hot(LABELS, 3) * jnp.log(naive_softmax(x)), -1))
        ),
        lambda x: -jnp.mean(jnp.sum(one_hot(LABELS, 3) * log_softmax(x), -1)),
        LOGITS,
    ),
    Pair(
        "cross-entropy by index",
        lambda x: -jnp.mean(jnp.log(naive_softmax(x))[jnp.arange(2), LABELS]),
        lambda x: -jnp.mean(log_softmax(x)[jnp.arange(2), LABELS]),
        LOGITS,
    ),
    Pair(
        "cross-entropy by difference",
        lambda x: jnp.mean(naive_lse(x, 1) - x[jnp.arange(2), LABELS]),
        lambda x: -jnp.mean(log_softmax(x)[jnp.arange(2), LABELS]),
        LOGITS,
    ),
    Pair(
        "cross-entropy of the library's softmax",
        lambda x: -jnp.mean(jnp.log(softmax(x))[jnp.arange(2), LABELS]),
        lambda x: -jnp.mean(log_softmax(x)[jnp.arange(2), LABELS]),
        LOGITS,
    ),
    Pair(
        "label smoothing",
        lambda x: (
            -jnp.sum((0.9 * one_hot(LABELS, 3) + 0.1 / 3) * jnp.log(naive_softmax(x)))
        ),
        lambda x: -jnp.sum((0.9 * one_hot(LABELS, 3) + 0.1 / 3) * log_softmax(x)),
        LOGITS,
    ),
    Pair(
        "distillation",
        lambda x: -jnp.sum(W * jnp.log(naive_softmax(x / 2.0))),
        lambda x: -jnp.sum(W * log_softmax(x / 2.0)),
        4.0 * X,
    ),
    Pair(
        "contrastive loss",
        lambda q: -jnp.mean(jnp.diag(jnp.log(naive_softmax(q @ K[:3].T)))),
        lambda q: -jnp.mean(jnp.diag(log_softmax(q @ K[:3].T))),
        Q,
    ),
    Pair(
        "attention",
        lambda q: attention(naive_softmax, q),
        lambda q: attention(softmax, q),
        Q,
    ),
    Pair(
        "attention in jit",
        jax.jit(lambda q: attention(naive_softmax, q)),
        lambda q: attention(softmax, q),
        Q,
    ),
    Pair("mixture of normals", naive_mixture, stable_mixture, jnp.array([0.0, 40.0])),
    Pair(
        "softmax in vmap",
        lambda x: jnp.sum(jax.vmap(naive_softmax)(x)[:, 0] ** 2),
        lambda x: jnp.sum(softmax(x)[:, 0] ** 2),
        LOGITS,
    ),
    Pair(
        "logsumexp in scan",
        lambda x: jax.lax.scan(
            lambda c, row: (c + jnp.log(jnp.sum(jnp.exp(row))), ()), 0.0, x
        )[0],
        lambda x: jnp.sum(logsumexp(x, axis=1)),
        LOGITS,
    ),
    Pair(
        "HMM in log space by scan",
        lambda e: hmm_log_space(lambda x, axis: naive_lse(x, axis), e),
        lambda e: hmm_log_space(logsumexp, e),
        4.0 * EMISSION,
    ),
    Pair(
        "HMM in probabilities by scan",
        hmm_naive,
        lambda e: hmm_log_space(logsumexp, e),
        EMISSION,
    ),
    Pair("GP with an inverse", gp_inverse, gp_solve, jnp.float32(0.7)),
    Pair(
        "complement of an exponential",
        lambda x: jnp.sum(jnp.log(1.0 - jnp.exp(x))),
        lambda x: jnp.sum(jnp.log(-jnp.expm1(x))),
        jnp.array([-1e-9, -1e-4, -1.0]),
    ),
    Pair(
        "swish",
        lambda x: jnp.sum(x / (1.0 + jnp.exp(-x))),
        lambda x: jnp.sum(jax.nn.silu(x)),
        -X,
    ),
    Pair(
        "sigmoid by a hyperbolic tangent",
        lambda x: jnp.sum(jnp.log(0.5 * (1.0 + jnp.tanh(x / 2.0)))),
        lambda x: jnp.sum(log_sigmoid(x)),
        -X,
    ),
    Pair(
        "softplus, reflected",
        lambda x: jnp.sum(x + jnp.log(1.0 + jnp.exp(-x))),
        lambda x: jnp.sum(softplus(x)),
        -X,
    ),
    Pair(
        "logsumexp of a stack",
        lambda x: jnp.sum(jnp.log(jnp.sum(jnp.stack([jnp.exp(x), jnp.exp(2 * x)]), 0))),
        lambda x: jnp.sum(jnp.logaddexp(x, 2 * x)),
        X,
    ),
    Pair(
        "logsumexp of exponentials with a one behind them",
        lambda x: jnp.log(jnp.sum(jnp.append(jnp.exp(x), 1.0))),
        lambda x: logsumexp(jnp.append(x, 0.0)),
        X,
    ),
    Pair(
        "entropy by a product of vectors",
        lambda x: -jnp.vdot(naive_softmax(x), jnp.log(naive_softmax(x))),
        lambda x: -jnp.vdot(softmax(x), log_softmax(x)),
        X,
    ),
    Pair(
        "probability of a label by one-hot",
        lambda x: -jnp.mean(jnp.log(jnp.sum(one_hot(LABELS, 3) * softmax(x), -1))),
        lambda x: -jnp.mean(jnp.sum(one_hot(LABELS, 3) * log_softmax(x), -1)),
        LOGITS,
    ),
    Pair(
        "norm of a quaternion",
        lambda x: jnp.sqrt(x[0] ** 2 + x[1] ** 2 + x[2] ** 2 + x[3] ** 2),
        lambda x: 1e20 * jnp.linalg.norm(x / 1e20),
        jnp.float32(1e20) * W,
    ),
    Pair(
        "root of a quadratic equation",
        lambda b: jnp.sum((jnp.sqrt(b * b - 1.0) - b) * 2.0),
        lambda b: jnp.sum(-2.0 / (jnp.sqrt(b * b - 1.0) + b)),
        jnp.array([1e3, 2e4]),
    ),
]


def close(found, expected):
    scale = float(jnp.max(jnp.abs(expected)))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * scale)


def test_there_are_thirty_nine():
    assert len({pair.name for pair in PAIRS}) == 39


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_value_and_gradient_of_the_improved_function(pair):
    value, gradient = jax.jit(jax.value_and_grad(improve(pair.naive)))(pair.x)
    expected, slope = jax.value_and_grad(pair.stable)(pair.x)
    assert np.isfinite(expected)
    assert np.all(np.isfinite(slope))
    close(value, expected)
    close(gradient, slope)
