"""Arrays of the CASES.json files, and distances between them."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def decode(array: dict[str, Any], dtype: str | None = None) -> Any:
    """The array that the JSON describes."""
    name = dtype or array["dtype"]
    if "key_data" in array:
        implementation = {"fry": "threefry2x32"}.get(name[4:-1], name[4:-1])
        return jax.random.wrap_key_data(
            jnp.asarray(decode(array["key_data"])), impl=implementation
        )
    if name == "float0":
        return np.zeros(array["shape"], jax.dtypes.float0)
    values = [
        complex(float(value[0]), float(value[1]))
        if isinstance(value, list)
        else float(value)
        if isinstance(value, str)
        else value
        for value in array["values"]
    ]
    return np.array(values).astype(jnp.dtype(name)).reshape(array["shape"])


def encode(value: Any) -> dict[str, Any]:
    """The JSON that describes an array."""
    dtype = str(value.dtype)
    if dtype.startswith("key<"):
        data = encode(jax.random.key_data(value))
        return {"dtype": dtype, "shape": list(value.shape), "key_data": data}
    array = np.asarray(value)
    if array.dtype.kind == "c":
        values = [[number(x.real), number(x.imag)] for x in array.reshape(-1)]
    elif not jnp.issubdtype(array.dtype, jnp.floating):
        kind = bool if array.dtype == bool else int
        values = [kind(x) for x in array.reshape(-1)]
    else:
        values = [number(float(x)) for x in array.reshape(-1)]
    return {"dtype": dtype, "shape": list(array.shape), "values": values}


def number(value: float) -> float | str:
    if math.isfinite(value):
        return float(value)
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def ulps(values: Any, truth: Any) -> np.ndarray:
    """How far each element is from the truth, in ulps of the values' dtype.

    A subnormal result may be flushed to zero; a truth beyond the dtype's range
    counts as the infinity to which it rounds.
    """
    values = np.asarray(values)
    if values.dtype.kind == "c":
        return np.maximum(
            ulps(values.real, np.real(truth)), ulps(values.imag, np.imag(truth))
        )
    if not jnp.issubdtype(values.dtype, jnp.floating):
        return np.where(values == np.asarray(truth), 0.0, np.inf)
    info = jnp.finfo(values.dtype)
    wide = values.astype(np.float64)
    truth = np.asarray(truth, np.float64).reshape(wide.shape)
    rounded = truth.astype(values.dtype).astype(np.float64)
    tiny, largest = float(info.tiny), float(info.max)
    with np.errstate(all="ignore"):
        magnitude = np.clip(np.abs(truth), tiny, largest)
        spacing = np.exp2(np.floor(np.log2(magnitude))) * float(info.eps)
        distance = np.abs(wide - truth) / spacing
    flushed = (np.abs(truth) < tiny) & (wide == 0)
    same = (wide == rounded) & ~np.isfinite(rounded)
    same |= np.isnan(wide) & np.isnan(rounded)
    distance = np.where(np.isfinite(wide) & np.isfinite(rounded), distance, np.inf)
    return np.where(flushed | same, 0.0, distance)
