"""What the decorator of the Python package costs.

    python benches/decorator.py

prints ratios, each from one run: a jitted training step with the improved loss
against the same step with the hand-stabilised one, after tracing; and the first call
of ``improve(f)`` against the compilation by ``jax.jit`` that follows it.
"""

import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp

from jaxpeep import improve

REPEATS = 15
STEPS = 200


def layers(count: int, width: int) -> list[jax.Array]:
    keys = jax.random.split(jax.random.key(0), count)
    return [jax.random.normal(key, (width, width)) / width**0.5 for key in keys]


def logits(weights: list[jax.Array], x: jax.Array) -> jax.Array:
    for weight in weights:
        x = jnp.tanh(x @ weight)
    return x


def naive(weights: list[jax.Array], x: jax.Array) -> jax.Array:
    z = jnp.exp(logits(weights, x))
    return -jnp.mean(jnp.log(z / jnp.sum(z, axis=-1, keepdims=True))[:, 0])


def stable(weights: list[jax.Array], x: jax.Array) -> jax.Array:
    return -jnp.mean(jax.nn.log_softmax(logits(weights, x))[:, 0])


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    jax.block_until_ready(run())
    return time.perf_counter() - start


def steps(step: Callable, weights: list[jax.Array], x: jax.Array) -> Callable:
    def run() -> object:
        for _ in range(STEPS):
            gradient = step(weights, x)
        return gradient

    return run


def main() -> None:
    weights, x = layers(8, 64), jnp.ones((32, 64))
    by_hand = steps(jax.jit(jax.grad(stable)), weights, x)
    improved = steps(jax.jit(jax.grad(improve(naive))), weights, x)
    by_hand(), improved()
    # The two take turns, so that what else runs on the machine slows both.
    pairs = [(seconds(improved), seconds(by_hand)) for _ in range(REPEATS)]
    ratio = statistics.median(left / right for left, right in pairs)
    print(f"a jitted step, improved / by hand: {ratio:.3f} (median of {REPEATS})")

    first = []
    for width in range(REPEATS):
        f = improve(naive)
        x = jnp.ones((33 + width, 64))
        before = seconds(lambda: f.prepare(weights, x))
        compiled = seconds(lambda: jax.jit(jax.grad(f))(weights, x))
        first.append(before / compiled)
    ratio = statistics.median(first)
    print(
        f"first call, improving / compiling by jit: {ratio:.3f} (median of {REPEATS})"
    )


if __name__ == "__main__":
    main()
