"""Judge regularized inverses by real JAX.

    python tests/real_jax/inverse.py BINARY

Programs with jnp.linalg.inv are traced, printed, rewritten by BINARY and run.
A matrix without an inverse in float32 must get a finite one, and finite
gradients; a matrix that has one must keep it bit for bit, however bad its
condition looks. The exit status is 1 if anything is not so.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import evaluate


@cache
def to_function(text: str) -> Callable[..., list[Any]]:
    """Compiled once: programs depend on the shape of a matrix alone, so most come more than once."""
    return jax.jit(evaluate.to_function(text))


RANDOM = np.random.default_rng(0)
TALL = RANDOM.normal(size=(2, 5)).astype(np.float32)


def hilbert(n: int) -> np.ndarray:
    index = np.arange(n)
    return (1 / (index[:, None] + index + 1)).astype(np.float32)


SINGULAR = {
    "rank 1": np.float32([[1, 2], [2, 4]]),
    "rank 1, scaled up": np.float32([[1e8, 2e8], [2e8, 4e8]]),
    "rank 1, scaled down": np.float32([[1e-8, 2e-8], [2e-8, 4e-8]]),
    "rank 2 of 3": np.float32([[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
    "all ones": np.ones((3, 3), np.float32),
    "zero": np.zeros((3, 3), np.float32),
    "1 by 1, zero": np.zeros((1, 1), np.float32),
    "Gram of deficient rank": TALL.T @ TALL,
}
REGULAR = {
    "scaled rows": np.diag(np.float32([1e-6, 1, 1e6])),
    "rows of very different size": np.float32([[1e10, 3e9], [0.7, 1.1]]),
    "columns of very different size": np.float32([[1e10, 0.7], [3e9, 1.1]]),
    "Hilbert 5": hilbert(5),
    "nearly singular": np.float32([[1, 2], [2, 4.0001]]),
    "1 by 1": np.float32([[3]]),
    "random": RANDOM.normal(size=(5, 5)).astype(np.float32),
    "tiny": np.float32([[1e-30, 0], [0, 2e-30]]),
    "nan": np.float32([[np.nan, 1], [1, 2]]),
    "inf": np.float32([[np.inf, 1], [1, 2]]),
}


def inverse_sum(a: Any) -> Any:
    return jnp.linalg.inv(a).sum()


def inlined(a: Any) -> Any:
    with jax.disable_jit():
        return jnp.linalg.inv(a)


def inlined_gradient(a: Any) -> Any:
    with jax.disable_jit():
        return jax.grad(inverse_sum)(a)


def by_factors(a: Any) -> Any:
    identity = jnp.eye(a.shape[-1])
    return jax.scipy.linalg.lu_solve(jax.scipy.linalg.lu_factor(a), identity)


def in_loop(a: Any) -> Any:
    def step(product: Any, _: None) -> tuple[Any, None]:
        return product @ jnp.linalg.inv(a), None

    return jax.lax.scan(step, jnp.eye(a.shape[-1]), None, length=2)[0]


PROGRAMS = {
    "inverse": jnp.linalg.inv,
    "gradient": jax.grad(inverse_sum),
    "value and gradient": jax.value_and_grad(inverse_sum),
    "inlined": inlined,
    "inlined gradient": inlined_gradient,
    "lu_solve": by_factors,
    "solve": lambda a: jnp.linalg.solve(a, jnp.eye(a.shape[-1])),
    "second derivatives": jax.hessian(inverse_sum),
    "jit": jax.jit(lambda a: jnp.linalg.inv(a)),
    "checkpoint": jax.grad(jax.checkpoint(inverse_sum)),
    "tangent": lambda a: jax.jvp(jnp.linalg.inv, (a,), (jnp.ones_like(a),)),
    "transposed": lambda a: jnp.linalg.inv(a.T).T,
    "loop": in_loop,
}


class Failures:
    def __init__(self, binary: str) -> None:
        self.binary = binary
        self.count = 0

    @cache
    def rewritten(self, text: str, *options: str) -> str:
        command = [
            self.binary,
            "rewrite",
            "--only",
            "regularized-inverse",
            *options,
            "-",
        ]
        run = subprocess.run(command, input=text, capture_output=True, encoding="utf-8")
        if run.returncode > 1:
            raise RuntimeError(run.stderr.strip())
        return run.stdout

    def expect(self, holds: bool, *what: str) -> None:
        if not holds:
            self.count += 1
            print("FAILED", *what, sep=": ")

    def program(self, name: str, function: Callable[..., Any]) -> None:
        for label, matrix in {**SINGULAR, **REGULAR}.items():
            old = str(jax.make_jaxpr(function)(matrix))
            new = self.rewritten(old)
            self.expect(new != old, name, label, "nothing was rewritten")
            self.expect(self.rewritten(new) == new, name, label, "not settled")
            before, after = to_function(old)(matrix), to_function(new)(matrix)
            if label in SINGULAR:
                finite = all(bool(jnp.isfinite(x).all()) for x in after)
                self.expect(finite, name, label, f"{before} became {after}")
            else:
                self.expect(
                    identical(before, after), name, label, f"{before} became {after}"
                )

    def derivative(self) -> None:
        """The rewritten text itself can be differentiated, in both modes."""
        for label, matrix in {**SINGULAR, **REGULAR}.items():
            text = str(jax.make_jaxpr(jnp.linalg.inv)(matrix))
            first = gradient(text)(matrix)
            second = gradient(self.rewritten(text))(matrix)
            if label in SINGULAR:
                self.expect(
                    bool(jnp.isfinite(second).all()), "derivative", label, str(second)
                )
            else:
                self.expect(
                    identical([first], [second]),
                    "derivative",
                    label,
                    f"{first} {second}",
                )
            always = self.rewritten(text, "--regularize", "always")
            (value,) = to_function(always)(matrix)
            plain = label not in ("nan", "inf", "tiny")
            self.expect(
                not plain or bool(jnp.isfinite(value).all()),
                "always",
                label,
                str(value),
            )

    def batch(self) -> None:
        """Only the singular matrices of a batch change."""
        mixed = np.stack(
            [REGULAR["nearly singular"], SINGULAR["rank 1"], REGULAR["nan"]]
        )
        mixed = np.stack([mixed, mixed[::-1]])
        for function in (jnp.linalg.inv, jax.vmap(jax.vmap(jnp.linalg.inv))):
            text = str(jax.make_jaxpr(function)(mixed))
            (before,) = to_function(text)(mixed)
            (after,) = to_function(self.rewritten(text))(mixed)
            for index in np.ndindex(2, 3):
                singular = bool((mixed[index] == SINGULAR["rank 1"]).all())
                kept = identical([before[index]], [after[index]])
                good = bool(jnp.isfinite(after[index]).all()) if singular else kept
                self.expect(
                    good, "batch", str(index), f"{before[index]} {after[index]}"
                )

    def ridge(self) -> None:
        """The option says how large the ridge is, relative to the largest entry."""
        text = str(jax.make_jaxpr(jnp.linalg.inv)(SINGULAR["zero"]))
        (value,) = to_function(self.rewritten(text, "--ridge", "0.25"))(
            SINGULAR["zero"]
        )
        self.expect(identical([value], [4 * jnp.eye(3)]), "ridge", str(value))


@cache
def gradient(text: str) -> Callable[..., Any]:
    function = evaluate.to_function(text)
    return jax.jit(jax.grad(lambda a: function(a)[0].sum()))


def identical(before: list[Any], after: list[Any]) -> bool:
    """Whether all bits agree, save those of a nan."""
    pairs = zip(before, after, strict=True)
    return all(np.array_equal(x, y, equal_nan=True) for x, y in pairs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    failures = Failures(parser.parse_args().binary)
    for name, function in PROGRAMS.items():
        failures.program(name, function)
    failures.derivative()
    failures.batch()
    failures.ridge()
    print(f"JAX {jax.__version__}: {len(PROGRAMS)} programs, {failures.count} failures")
    return 1 if failures.count else 0


if __name__ == "__main__":
    sys.exit(main())
