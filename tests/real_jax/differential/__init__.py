"""Programs for ``differential.py``: what the interpreter is compared with JAX on.

Each module holds those of one theme. ``add`` files a function with what makes its arguments from a seeded generator.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

MODULES = ("elementwise", "arrays", "linear_algebra", "drawing", "library")


@dataclass(frozen=True)
class Program:
    """A function, and how its outputs are compared."""

    name: str
    function: Callable[..., Any]
    arguments: Callable[[np.random.Generator], tuple]
    x64: bool = False
    #: Each element is compared with its own size, not with the scale of its array.
    elementwise: bool = False


PROGRAMS: list[Program] = []


def add(name: str, function: Callable[..., Any], arguments: Any, **fields: Any) -> None:
    make = arguments if callable(arguments) else lambda generator: arguments
    PROGRAMS.append(Program(name, function, make, **fields))


def normal(
    *shapes: tuple[int, ...], dtype: Any = np.float32
) -> Callable[[np.random.Generator], tuple]:
    """Arguments of these shapes, drawn from the normal distribution."""

    def make(generator: np.random.Generator) -> tuple:
        if np.dtype(dtype).kind == "c":
            parts = [
                (generator.normal(size=shape), generator.normal(size=shape))
                for shape in shapes
            ]
            return tuple(
                (real + 1j * imaginary).astype(dtype) for real, imaginary in parts
            )
        return tuple(
            np.asarray(generator.normal(size=shape)).astype(dtype) for shape in shapes
        )

    return make


def load_programs() -> list[Program]:
    for module in MODULES:
        importlib.import_module(f"differential.{module}")
    return PROGRAMS
