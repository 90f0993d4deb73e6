"""Programs as files for the command line, and their values as JSON."""

import dataclasses
import json
import math
import pathlib
import re
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from jaxpeep import _live, _tracing


@dataclasses.dataclass(frozen=True)
class Dump:
    """A printed program and the values that it was traced with.

    Attributes:
      text: the jaxpr, with the Python line of each equation.
      arrays: the values: those of constvars by the name of the variable, those of
        constvars of jaxprs inside as ``inner0_0`` and so on, those of the inputs as
        ``arg0``, ``arg1``, and so on.
    """

    text: str
    arrays: dict[str, np.ndarray]

    def save(self, path: str | pathlib.Path) -> None:
        """Writes ``PATH.jaxpr``, and ``PATH.npz`` with the arrays."""
        stem = str(path).removesuffix(".jaxpr")
        pathlib.Path(stem + ".jaxpr").write_text(self.text, encoding="utf-8")
        np.savez(stem + ".npz", **self.arrays)

    def __str__(self) -> str:
        return self.text


def dump(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Dump:
    """Traces a function on arguments and prints it for the command line.

    ``dump(loss, params, batch).save("loss")`` writes ``loss.jaxpr`` and ``loss.npz``;
    then ``jaxpeep check loss.jaxpr`` names the lines of Python.
    """
    traced = _tracing.trace_call(function, args, kwargs)
    text = _tracing.printed(traced.jaxpr)
    values = zip(constvar_names(text), traced.constants)
    arrays = {name: storable(value) for name, value in values}
    for jaxpr, inside in enumerate(_live.constants_inside(traced.closed)):
        for index, value in enumerate(inside):
            arrays[f"inner{jaxpr}_{index}"] = storable(value)
    for index, leaf in enumerate(traced.leaves):
        arrays[f"arg{index}"] = storable(leaf)
    return Dump(text, arrays)


def constvar_names(text: str) -> list[str]:
    """The names of the constvars of the main jaxpr, the last at the margin."""
    starts = list(re.finditer(r"^\{ lambda ([^;]*);", text, re.MULTILINE))
    return re.findall(r"([\w]+):", starts[-1].group(1)) if starts else []


def storable(value: Any) -> np.ndarray:
    """A value as numpy keeps it; a PRNG key as its words."""
    if is_key(value):
        return np.asarray(jax.random.key_data(value))
    return np.asarray(value)


def is_key(value: Any) -> bool:
    return str(getattr(value, "dtype", "")).startswith("key<")


def cases(traced: _tracing.Traced) -> str:
    """Constants and inputs of a traced program, as the commands read them."""
    avals = [variable.aval for variable in traced.jaxpr.invars]
    inputs = [encode(x, aval.dtype) for x, aval in zip(traced.leaves, avals)]
    inside = _live.constants_inside(traced.closed)
    document: dict[str, Any] = {
        "consts": [encode(value) for value in traced.constants],
        "inner_consts": [{"values": [encode(x) for x in values]} for values in inside],
        "cases": [{"label": "arguments", "inputs": inputs}],
    }
    return json.dumps(document)


def encode(value: Any, dtype: Any = None) -> dict[str, Any]:
    """An array as ``{"dtype", "shape", "values"}``; a key has ``key_data``."""
    if is_key(value):
        data = encode(jax.random.key_data(value))
        return {"dtype": str(value.dtype), "shape": list(value.shape), "key_data": data}
    array = np.asarray(value) if dtype is None else np.asarray(value).astype(dtype)
    flat = array.reshape(-1)
    if array.dtype.kind == "c":
        values: list[Any] = [[number(x.real), number(x.imag)] for x in flat]
    elif array.dtype.kind in "biu":
        values = [item.item() for item in flat]
    else:
        values = [number(float(item)) for item in flat]
    return {"dtype": str(array.dtype), "shape": list(array.shape), "values": values}


def number(value: Any) -> float | str:
    """A number, or the word for what JSON has no number for."""
    value = float(value)
    if math.isfinite(value):
        return value
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
