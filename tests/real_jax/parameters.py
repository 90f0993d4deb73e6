"""Printed types, and the parameters of an equation as Python values."""

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxpr_text import Equation


class Unsupported(NotImplementedError):
    """A primitive, or a use of one, that this interpreter does not know."""


def known_fields(structure: type) -> Callable[..., Any]:
    """Make a ``structure``, without empty fields which this release lacks."""

    def make(**fields: Any) -> Any:
        known = structure._fields
        return structure(**{k: v for k, v in fields.items() if k in known or v})

    return make


#: What parameter values may refer to; other words stay text.
WORDS = {
    "__builtins__": {},
    "inf": math.inf,
    "nan": math.nan,
    "np": np,
    "GatherDimensionNumbers": known_fields(lax.GatherDimensionNumbers),
    "ScatterDimensionNumbers": known_fields(lax.ScatterDimensionNumbers),
    "ConvDimensionNumbers": lax.ConvDimensionNumbers,
    "GatherScatterMode": lax.GatherScatterMode,
    "Precision": lax.Precision,
}


def parameter(equation: Equation, key: str, default: Any = None) -> Any:
    """The Python value of a parameter; text which is no expression stays text."""
    text = equation.parameters.get(key)
    if text is None:
        return default
    try:
        return eval(text, dict(WORDS))
    except Exception:
        return text


SHORT = {"f": "float", "i": "int", "u": "uint", "c": "complex", "bf": "bfloat"}


def dtype_of(type_text: str) -> Any:
    """The dtype of a printed type: ``f32[2,3]`` gives float32."""
    name = type_text.partition("[")[0].partition("<")[0]
    letters = name.rstrip("0123456789")
    if letters in SHORT and name != letters:
        name = SHORT[letters] + name[len(letters) :]
    elif name.startswith("f8_"):
        name = "float8_" + name[3:]
    return jnp.dtype(name)


def shape_of(type_text: str) -> tuple[int, ...]:
    dimensions = type_text.partition("[")[2].partition("]")[0].partition("{")[0]
    return tuple(int(d.partition("@")[0]) for d in dimensions.split(",") if d)


def is_untyped(value: Any) -> bool:
    """Whether the value is a literal that was printed without its type."""
    return isinstance(value, (bool, int, float, complex))
