"""Hold the derivatives of rewritten programs to those of the programs as they came.

    python tests/real_jax/gradients.py BINARY [--only PATTERN]

Each function here, and its gradient, is traced and printed by the JAX that runs
this, rewritten, and run as the module that ``rewrite --emit python`` writes. Its
gradient must be that of the function: at ordinary inputs, and where a formula may
have a kink that the function has not: at zeros, at ties, and with zeros among the
weights. A line is printed for each difference, and for each program that is not
rewritten; the exit status is 1 if there is any.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from emitted import load

#: How near derivatives must be, as a part of the largest one.
CLOSENESS = 1e-4
SIZE = 4


def log_mix(weight: Any, a: Any, b: Any) -> Any:
    return jnp.log(weight * jnp.exp(a) + (1.0 - weight) * jnp.exp(b))


def cross_entropy(x: Any, label: Any) -> Any:
    p = 1.0 / (1.0 + jnp.exp(-x))
    return label * jnp.log(p) + (1.0 - label) * jnp.log(1.0 - p)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "softplus": lambda x: jnp.log(1.0 + jnp.exp(x)),
    "softplus of log1p": lambda x: jnp.log1p(jnp.exp(x)),
    "softplus, reflected": lambda x: jnp.log(1.0 + jnp.exp(x)) - x,
    "log sigmoid": lambda x: jnp.log(jax.nn.sigmoid(x)),
    "log of 1 - sigmoid": lambda x: jnp.log(1.0 - jax.nn.sigmoid(x)),
    "quotient by 1 + exp": lambda x, w: w / (1.0 + jnp.exp(x)),
    "logaddexp": lambda x, y: jnp.log(jnp.exp(x) + jnp.exp(y)),
    "sum and constant": lambda x: jnp.log(2.0 + jnp.sum(jnp.exp(x))),
    "pair": lambda x, y: jnp.log(jnp.exp(x) / (jnp.exp(x) + jnp.exp(2 * y))),
    "one of many": lambda x, y: (
        -jnp.log(jnp.exp(x) / (jnp.exp(x) + jnp.sum(jnp.exp(y))))
    ),
    "two sums": lambda x, y: jnp.log(jnp.sum(jnp.exp(x)) + jnp.sum(jnp.exp(y))),
    "weighted sum": lambda x, w: jnp.log(0.5 + jnp.sum(w**2 * jnp.exp(x))),
    "mixture": lambda a, b: log_mix(0.25, a, b),
    "softmax": lambda x: jnp.exp(x) / jnp.sum(jnp.exp(x)),
    "label": lambda x: jnp.log(jnp.sum(jnp.exp(x))) - x[0],
    "mean under softmax": lambda x, w: jnp.sum(jnp.exp(x) * w) / jnp.sum(jnp.exp(x)),
    "cross entropy": cross_entropy,
    "quotient of differences": lambda x, y: (
        (jnp.exp(x) - jnp.exp(y)) / (jnp.exp(x) + jnp.sin(y) ** 2)
    ),
    "tanh": lambda x: (jnp.exp(2 * x) - 1) / (jnp.exp(2 * x) + 1),
    "log cosh": lambda x: jnp.log((jnp.exp(x) + jnp.exp(-x)) / 2),
    "bin of a logistic": lambda x, w: jnp.log(
        jax.nn.sigmoid(x + jnp.cosh(w)) - jax.nn.sigmoid(x - 1.0)
    ),
    "normal density": lambda x, w: (
        jnp.log(6.28 * jnp.cosh(w) ** 2) / 2 + (x - 1.0) ** 2 / (2.0 * jnp.cosh(w) ** 2)
    ),
    "p-norm": lambda x: jnp.sum(jnp.abs(x + 0.1) ** 3) ** (1 / 3),
    "swish": lambda x: x * jnp.exp(x) / (1.0 + jnp.exp(x)),
    "entropy": lambda x: -jnp.sum(jax.nn.softmax(x) * jnp.log(jax.nn.softmax(x))),
}


def weighted_sum(outputs: Any) -> jax.Array:
    """One number that depends on each element of the outputs in another way."""
    leaves = jax.tree.leaves(outputs)
    weights = [jnp.cos(jnp.arange(leaf.size)).reshape(leaf.shape) for leaf in leaves]
    return sum(jnp.sum(leaf * weight) for leaf, weight in zip(leaves, weights))


def gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """The gradient with respect to all arguments."""

    def total(*arguments: Any) -> jax.Array:
        return weighted_sum(function(*arguments))

    return lambda *arguments: jax.grad(total, tuple(range(len(arguments))))(*arguments)


def points(count: int) -> Iterator[tuple[str, list[jax.Array]]]:
    """Inputs, by name."""
    random = np.random.default_rng(3)
    values = [random.normal(size=SIZE) for _ in range(count)]
    half = [value * (np.arange(SIZE) % 2) for value in values]
    for name, arrays in [
        ("ordinary numbers", values),
        ("zeros", [np.zeros(SIZE)] * count),
        ("ties", values[:1] * count),
        ("zeros in places", half),
        ("zeros in places of the last", [*values[:-1], half[-1]]),
    ]:
        yield name, [jnp.asarray(array, np.float32) for array in arrays]


def rewritten(binary: str, function: Callable[..., Any], count: int) -> Any:
    """The module of the rewritten program; nothing if it stays as it is."""
    arguments = [np.zeros(SIZE, np.float32)] * count
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "program.jaxpr")
        file.write_text(f"{jax.make_jaxpr(function)(*arguments)}\n")
        command = [binary, "rewrite", "-q"]
        diff = subprocess.run(
            [*command, "--diff", file], check=False, capture_output=True
        )
        if diff.returncode == 0:
            return None
        run = subprocess.run(
            [*command, "--emit", "python", file], capture_output=True, check=True
        )
    return load(run.stdout.decode())


def differences(
    name: str, function: Callable[..., Any], module: Any, count: int
) -> Iterator[str]:
    """What the gradients of a function and of its module differ in."""
    for point, arguments in points(count):
        pair = gradient(function)(*arguments), gradient(module)(*arguments)
        for index, (expected, found) in enumerate(zip(*pair)):
            scale = float(jnp.max(jnp.abs(expected))) + 1e-3
            error = float(jnp.max(jnp.abs(found - expected))) / scale
            if not error <= CLOSENESS:
                yield f"{name}, {point}, argument {index}: {found}, not {expected}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--only", default="", help="a pattern for names")
    options = parser.parse_args()
    found, compared = [], 0
    for name, function in FUNCTIONS.items():
        if not re.search(options.only, name):
            continue
        count = function.__code__.co_argcount
        programs = (name, function), (f"{name}, gradient", gradient(function))
        for label, program in programs:
            compared += 1
            module = rewritten(options.binary, program, count)
            if module is None:
                found.append(f"{label}: not rewritten")
            else:
                found.extend(differences(label, program, module, count))
    print(*found, f"{compared} programs, {len(found)} differences", sep="\n")
    return int(bool(found) or not compared)


if __name__ == "__main__":
    sys.exit(main())
