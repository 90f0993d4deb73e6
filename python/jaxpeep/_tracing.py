"""Traces functions to jaxprs, with their arguments as flat lists of arrays."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

try:
    from jax._src.config import trace_context
except ImportError:
    trace_context = None


@dataclasses.dataclass(frozen=True)
class Traced:
    """A function traced on some arguments.

    Attributes:
      closed: what ``jax.make_jaxpr`` gives.
      leaves: the arrays among the arguments, in order.
      out_tree: the structure of the results.
    """

    closed: Any
    leaves: list[Any]
    out_tree: Any

    @property
    def jaxpr(self) -> Any:
        """The open jaxpr; newer releases have one class for both."""
        return getattr(self.closed, "jaxpr", self.closed)

    @property
    def constants(self) -> list[Any]:
        """The values of the constvars."""
        return list(self.closed.consts)


def trace(function: Callable[..., Any], leaves: Sequence[Any], in_tree: Any) -> Traced:
    """Traces ``function``, whose positional and keyword arguments are ``in_tree``."""
    structure = []

    def flat(*leaves: Any) -> list[Any]:
        args, kwargs = jax.tree_util.tree_unflatten(in_tree, leaves)
        results, out_tree = jax.tree_util.tree_flatten(function(*args, **kwargs))
        structure.append(out_tree)
        return results

    closed = jax.make_jaxpr(flat)(*leaves)
    return Traced(closed, list(leaves), structure[-1])


def trace_call(
    function: Callable[..., Any], args: Iterable[Any], kwargs: Mapping[str, Any]
) -> Traced:
    """Traces ``function`` on arguments."""
    leaves, tree = jax.tree_util.tree_flatten((tuple(args), dict(kwargs)))
    return trace(function, leaves, tree)


def printed(jaxpr: Any) -> str:
    """The text of a jaxpr, with the Python line of each equation."""
    return jaxpr.pretty_print(source_info=True, use_color=False) + "\n"


def context() -> Any:
    """All that tracing sees beside the arguments: the sizes of named axes, settings.

    Nothing where JAX does not tell, and then no trace may stand for another.
    """
    return None if trace_context is None else trace_context()


def is_tracer(value: Any) -> bool:
    return isinstance(value, jax.core.Tracer)


def is_weak(value: Any) -> bool:
    """Whether a value takes the dtype of what it meets, as a Python number does."""
    weak = getattr(value, "weak_type", None)
    return isinstance(value, (bool, int, float, complex)) if weak is None else weak


def input_type(leaf: Any) -> tuple[Any, ...]:
    """All that tracing sees of an argument."""
    aval = getattr(leaf, "aval", None)
    if aval is not None:
        return str(aval), is_weak(leaf)
    if isinstance(leaf, jax.ShapeDtypeStruct):
        return str(jax.core.ShapedArray(leaf.shape, leaf.dtype)), False
    if isinstance(leaf, (np.ndarray, np.generic)):
        return leaf.shape, str(leaf.dtype), False
    if isinstance(leaf, (bool, int, float, complex)):
        return (), type(leaf).__name__, True
    raise TypeError(
        f"an argument of type {type(leaf).__name__} is not an array: name it in"
        " `static_argnums` or `static_argnames`"
    )
