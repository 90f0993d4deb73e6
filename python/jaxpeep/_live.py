"""Runs single equations of a traced jaxpr, found by their path.

``3.jaxpr.0.7`` is the eighth equation of the first jaxpr in the parameter ``jaxpr`` of
the fourth equation: all that the text of a jaxpr does not carry is still there.
"""

from collections.abc import Iterator
from typing import Any

import jax

try:
    from jax.extend.core import ClosedJaxpr, jaxpr_as_fun
except ImportError:  # JAX before 0.4.36
    from jax.core import ClosedJaxpr, jaxpr_as_fun


def jaxprs_in(value: Any) -> Iterator[Any]:
    """The jaxprs in a parameter, in the order in which they are printed."""
    if hasattr(getattr(value, "jaxpr", value), "eqns"):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from jaxprs_in(item)


def open_jaxpr(jaxpr: Any) -> Any:
    return getattr(jaxpr, "jaxpr", jaxpr)


def jaxpr_at(jaxpr: Any, path: list[str]) -> Any:
    """The jaxpr that a path leads to: equation, parameter, number, and so on."""
    while path:
        index, parameter, number, *path = path
        equation = open_jaxpr(jaxpr).eqns[int(index)]
        jaxpr = list(jaxprs_in(equation.params[parameter]))[int(number)]
    return jaxpr


def constants_at(jaxpr: Any, path: str) -> list[Any]:
    """The values of the constvars of a jaxpr inside another."""
    return list(jaxpr_at(jaxpr, path.split(".")).consts)


def constants_inside(jaxpr: Any) -> list[list[Any]]:
    """The values of the constvars of each jaxpr inside another that has some.

    Each jaxpr once, depth first, the parameters of an equation by name: the order in
    which the command line asks for them.
    """
    found, seen, stack = [], set(), [jaxpr]
    while stack:
        inside = []
        for equation in open_jaxpr(stack.pop()).eqns:
            for _, value in sorted(equation.params.items()):
                for item in jaxprs_in(value):
                    if id(open_jaxpr(item)) in seen:
                        continue
                    seen.add(id(open_jaxpr(item)))
                    if constants := list(getattr(item, "consts", None) or ()):
                        found.append(constants)
                    inside.append(item)
        stack.extend(reversed(inside))
    return found


class Live:
    """The equations of one traced jaxpr as functions: ``live(path, *operands)``."""

    def __init__(self, jaxpr: Any) -> None:
        self.jaxpr = jaxpr
        self.functions: dict[str, tuple[Any, list[int]]] = {}

    def __call__(self, path: str, *operands: Any) -> list[Any]:
        if path not in self.functions:
            self.functions[path] = self.function(path)
        function, chosen = self.functions[path]
        return function(*(operands[index] for index in chosen))

    def function(self, path: str) -> tuple[Any, list[int]]:
        """An equation as a function of its variables, and which operands those are."""
        *outer, index = path.split(".")
        jaxpr = open_jaxpr(jaxpr_at(self.jaxpr, outer))
        equation = jaxpr.eqns[int(index)]
        first: dict[Any, int] = {}
        for position, operand in enumerate(equation.invars):
            if not hasattr(operand, "val"):  # a literal has a value
                first.setdefault(operand, position)
        changes = {
            "constvars": [],
            "invars": list(first),
            "outvars": list(equation.outvars),
            "eqns": [equation],
        }
        if names := getattr(jaxpr, "debug_info", None):
            changes["debug_info"] = self.without_names(names, changes)
        alone = jaxpr.replace(**changes)
        closed = alone if not hasattr(self.jaxpr, "jaxpr") else ClosedJaxpr(alone, [])
        return jaxpr_as_fun(closed), list(first.values())

    @staticmethod
    def without_names(names: Any, changes: dict[str, Any]) -> Any:
        """Debug information that names as many inputs and results as there are."""
        fields = {}
        if hasattr(names, "arg_names"):
            fields["arg_names"] = ("",) * len(changes["invars"])
        if hasattr(names, "result_paths"):
            fields["result_paths"] = ("",) * len(changes["outvars"])
        return names._replace(**fields) if hasattr(names, "_replace") else names


def strong_to_weak(value: Any) -> Any:
    """The value as one that takes the dtype of what it meets."""
    try:
        from jax._src.lax.lax import _convert_element_type
    except ImportError:
        return value
    return _convert_element_type(value, jax.numpy.result_type(value), weak_type=True)
