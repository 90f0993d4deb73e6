"""Print a large program for the benchmarks.

    python benches/generate.py FAMILY N OUT

writes to OUT the jaxpr of a program of about N equations, as JAX prints it:

    forward  x + log(sum(exp(x))) / 2, over and over
    train    unrolled training of a network with a naive softmax cross-entropy
    nested   jit, scan, cond and custom derivatives around shared definitions

A million equations take JAX several minutes and gigabytes.
"""

import argparse
import pathlib
import sys
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

Body = Callable[[Any], Any]

SAMPLES, FEATURES, HIDDEN, CLASSES = 8, 4, 16, 3


def forward(x: jax.Array) -> jax.Array:
    return x + 0.5 * jnp.log(jnp.sum(jnp.exp(x)))


def loss(weights: tuple, inputs: jax.Array, targets: jax.Array) -> jax.Array:
    first, bias, last = weights
    hidden = jnp.tanh(inputs @ first + bias)
    exponentials = jnp.exp(hidden @ last)
    probabilities = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return -jnp.mean(jnp.sum(targets * jnp.log(probabilities), axis=-1))


def train(state: tuple) -> tuple:
    """One step of gradient descent."""
    weights, inputs, targets = state
    gradients = jax.grad(loss)(weights, inputs, targets)
    weights = tuple(w - 0.1 * g for w, g in zip(weights, gradients, strict=True))
    return weights, inputs, targets


@jax.custom_jvp
def softplus(x: jax.Array) -> jax.Array:
    return jnp.log(1.0 + jnp.exp(x))


@softplus.defjvp
def softplus_jvp(primals: tuple, tangents: tuple) -> tuple:
    (x,), (t,) = primals, tangents
    return softplus(x), t * jax.nn.sigmoid(x)


@jax.jit
def normalize(x: jax.Array) -> jax.Array:
    """A definition that every repetition shares."""
    return x - jnp.log(jnp.sum(jnp.exp(x)))


def nested(x: jax.Array) -> jax.Array:
    def step(carry: jax.Array, row: jax.Array) -> tuple:
        carry = lax.cond(row > 0, softplus, normalize, carry)
        return carry, jnp.log(jnp.sum(jnp.exp(carry)))

    @jax.jit
    def block(x: jax.Array) -> jax.Array:
        last, totals = lax.scan(step, normalize(x), x)
        return last + softplus(totals)

    return normalize(block(x))


FAMILIES: dict[str, tuple[Body, Any]] = {
    "forward": (forward, jnp.ones(16)),
    "train": (
        train,
        (
            (
                jnp.ones((FEATURES, HIDDEN)),
                jnp.zeros(HIDDEN),
                jnp.ones((HIDDEN, CLASSES)),
            ),
            jnp.ones((SAMPLES, FEATURES)),
            jnp.ones((SAMPLES, CLASSES)) / CLASSES,
        ),
    ),
    "nested": (nested, jnp.ones(16)),
}


def printed(body: Body, start: Any, repetitions: int) -> str:
    def program(state: Any) -> Any:
        for _ in range(repetitions):
            state = body(state)
        return state

    return str(jax.make_jaxpr(program)(start)) + "\n"


def equations(text: str) -> int:
    return text.count(" = ")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("n", type=int, metavar="N")
    parser.add_argument("out", type=pathlib.Path, metavar="OUT")
    options = parser.parse_args()

    body, start = FAMILIES[options.family]
    two, four = (equations(printed(body, start, count)) for count in (2, 4))
    each = (four - two) / 2
    repetitions = max(1, round((options.n - two) / each) + 2)
    text = printed(body, start, repetitions)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text, encoding="utf-8")
    print(f"{options.out}: {equations(text)} equations, {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
