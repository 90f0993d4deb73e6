"""Evaluate printed jaxpr text under real JAX.

    python tests/real_jax/evaluate.py FILE.jaxpr CASES.json

prints the outputs of each case as JSON. From Python, ``evaluate(text, inputs)``
computes, and ``to_function(text)`` gives a function for jax.grad and jax.jit.

Each result must have the shape and dtype that the text prints for it, or else
the evaluation fails with a ``PrintedTypeError``. The body of a function with a
custom derivative is run in place, so a gradient is that of the body; only the
functions in LIBRARY keep their own. Mutable references, callbacks and text
without types (``print_shapes=False``) are not supported.
"""

import argparse
import json
import pathlib
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from arrays import decode, encode
from jaxpr_text import (
    Atom,
    Binder,
    Equation,
    Jaxpr,
    Literal,
    Program,
    parse,
    parse_named_jaxprs,
    split_tuple,
)
from parameters import Unsupported, dtype_of, is_untyped, parameter, shape_of
from primitives import compute, typed


class PrintedTypeError(TypeError):
    """A result has another type than the text says."""


# Values and types


def literal_value(literal: Literal) -> Any:
    """An array, or a Python number where the text gives no type."""
    words = {"__builtins__": {}, "inf": float("inf"), "nan": float("nan")}
    value = eval(literal.text, words)
    if literal.type is None:
        return value
    if literal.type.startswith("float0"):
        return np.zeros(shape_of(literal.type), jax.dtypes.float0)
    return jnp.asarray(np.array(value).astype(dtype_of(literal.type)))


def has_type(value: Any, printed: str) -> bool:
    """Whether the value has the shape and dtype of the printed type."""
    name = printed.partition("[")[0]
    if name.startswith("key<"):
        expected = name
    elif name == "float0":
        expected = "float0"
    else:
        expected = str(dtype_of(printed))
    dtype = "float0" if value.dtype == jax.dtypes.float0 else str(value.dtype)
    return dtype == expected and tuple(value.shape) == shape_of(printed)


def check_type(binder: Binder, value: Any, line: int) -> None:
    if binder.type and re.fullmatch(r"[\w<>]+\[[\d,]*\]", binder.type):
        if not has_type(value, binder.type):
            raise PrintedTypeError(
                f"line {line}: {binder.name} is printed as {binder.type}"
                f" but is {value.dtype}{list(value.shape)}"
            )


def settle(value: Any, binder: Binder) -> Any:
    """A literal without a type takes that of the variable it is bound to."""
    if is_untyped(value) and binder.type:
        return jnp.asarray(value, dtype_of(binder.type))
    return value


# Equations that hold jaxprs


class Interpreter:
    """Runs the jaxprs of one program."""

    def __init__(self, program: Program, inner_constants: Sequence[dict]) -> None:
        self.program = program
        self.constants: dict[int, list[Any]] = {}
        self.attach(program.main, [*inner_constants], set())

    def attach(self, jaxpr: Jaxpr, rest: list[dict], seen: set[int]) -> None:
        """Give nested constvars their values, in the order of their recording."""
        children = []
        for equation in jaxpr.equations:
            for _, value in sorted(equation.parameters.items()):
                for nested in self.jaxprs_in(value):
                    if id(nested) in seen:
                        continue
                    seen.add(id(nested))
                    children.append(nested)
                    if nested.constvars and rest:
                        values = rest.pop(0)["values"]
                        self.constants[id(nested)] = [decode(v) for v in values]
        for child in children:
            self.attach(child, rest, seen)

    def jaxprs_in(self, value: Any) -> list[Jaxpr]:
        values = value if isinstance(value, list) else [value]
        known = self.program.definitions
        return [
            self.program.resolve(v)
            for v in values
            if isinstance(v, Jaxpr) or v in known
        ]

    def run(self, jaxpr: Jaxpr, operands: Sequence[Any]) -> list[Any]:
        """The results of ``jaxpr``, whose operands may begin with its constants."""
        constants = self.constants.get(id(jaxpr), [])
        binders = [*jaxpr.constvars, *jaxpr.invars]
        if len(operands) == len(jaxpr.invars):
            operands = [*constants, *operands]
        if len(operands) != len(binders):
            raise Unsupported("constants of a nested jaxpr are not recorded")
        scope: dict[str, Any] = {}
        for binder, value in zip(binders, operands, strict=True):
            scope[binder.name] = value = settle(value, binder)
            check_type(binder, value, 0)
        dropped = []
        for equation in jaxpr.equations:
            operands = [self.read(atom, scope) for atom in equation.operands]
            results = self.equation(equation, operands)
            for binder, value in zip(equation.outputs, results, strict=True):
                value = settle(value, binder)
                check_type(binder, value, equation.line)
                scope[binder.name] = value
                if binder.name == "_":
                    dropped.append(value)
        # A result `_` is dead outside: any of the right kind will do.
        return [
            dropped.pop(0) if atom == "_" and dropped else self.read(atom, scope)
            for atom in jaxpr.results
        ]

    def read(self, atom: Atom, scope: dict[str, Any]) -> Any:
        return literal_value(atom) if isinstance(atom, Literal) else scope[atom]

    def equation(self, equation: Equation, operands: list[Any]) -> list[Any]:
        special = getattr(self, "do_" + equation.primitive, None)
        if special:
            return special(equation, operands)
        for key in ("jaxpr", "call_jaxpr", "fun_jaxpr"):
            if key in equation.parameters and equation.primitive in CALLS:
                body = self.program.resolve(equation.parameters[key])
                return self.run(body, operands)
        return compute(equation, operands)

    def body(self, equation: Equation, key: str) -> Callable[..., list[Any]]:
        jaxpr = self.program.resolve(equation.parameters[key])
        return lambda *operands: self.run(jaxpr, operands)

    def operands_of(self, jaxpr: Jaxpr, operands: Sequence[Any]) -> list[Any]:
        return [settle(v, b) for v, b in zip(operands, jaxpr.invars, strict=True)]

    def do_custom_jvp_call(self, equation: Equation, operands: list[Any]) -> list[Any]:
        if library := LIBRARY.get(equation.parameters.get("name", "")):
            return [library(*typed(operands, dtype_of(equation.outputs[0].type)))]
        return self.run(
            self.program.resolve(equation.parameters["call_jaxpr"]), operands
        )

    def do_cond(self, equation: Equation, operands: list[Any]) -> list[Any]:
        index, *rest = operands
        branches = [self.program.resolve(b) for b in equation.parameters["branches"]]
        rest = self.operands_of(branches[0], rest)
        functions = [lambda *v, b=b: tuple(self.run(b, v)) for b in branches]
        if is_untyped(index) or not isinstance(index, jax.core.Tracer):
            return list(functions[max(0, min(int(index), len(functions) - 1))](*rest))
        return list(lax.switch(index, functions, *rest))

    def do_while(self, equation: Equation, operands: list[Any]) -> list[Any]:
        condition, step = (self.body(equation, k) for k in ("cond_jaxpr", "body_jaxpr"))
        n_condition = parameter(equation, "cond_nconsts")
        n_step = n_condition + parameter(equation, "body_nconsts")
        jaxpr = self.program.resolve(equation.parameters["body_jaxpr"])
        operands[n_condition:] = self.operands_of(jaxpr, operands[n_condition:])
        for_condition, for_step = operands[:n_condition], operands[n_condition:n_step]
        return list(
            lax.while_loop(
                lambda carry: condition(*for_condition, *carry)[0],
                lambda carry: tuple(step(*for_step, *carry)),
                tuple(operands[n_step:]),
            )
        )

    def do_scan(self, equation: Equation, operands: list[Any]) -> list[Any]:
        jaxpr = self.program.resolve(equation.parameters["jaxpr"])
        n_constants, n_carry = scan_counts(equation)
        start = n_constants + n_carry
        binders = jaxpr.invars[:start]
        head = [settle(v, b) for v, b in zip(operands, binders, strict=False)]

        def step(carry: tuple, rows: tuple) -> tuple[tuple, tuple]:
            results = self.run(jaxpr, [*head[:n_constants], *carry, *rows])
            results = [
                jnp.asarray(r, c.dtype) if is_untyped(r) else r
                for r, c in zip(results, carry, strict=False)
            ] + results[n_carry:]
            return tuple(results[:n_carry]), tuple(results[n_carry:])

        carry, rows = lax.scan(
            step,
            tuple(head[n_constants:]),
            tuple(operands[start:]),
            length=parameter(equation, "length"),
            reverse=parameter(equation, "reverse"),
        )
        return [*carry, *rows]

    def do_custom_linear_solve(
        self, equation: Equation, operands: list[Any]
    ) -> list[Any]:
        parts = parse_named_jaxprs(equation.parameters["jaxprs"])
        counts = re.findall(r"\w+=(\d+|None)", equation.parameters["const_lengths"])
        constants, start = {}, 0
        for name, count in zip(SOLVE_PARTS, counts, strict=True):
            length = 0 if count == "None" else int(count)
            constants[name] = operands[start : start + length]
            start += length

        def part(name: str) -> Callable[..., tuple] | None:
            if name not in parts:
                return None
            nested = Interpreter(parts[name], [])
            return lambda x: tuple(nested.run(parts[name].main, [*constants[name], *x]))

        matvec, solve, transposed = (
            part(name) for name in ("matvec", "solve", "transpose_solve")
        )
        solution = lax.custom_linear_solve(
            matvec,
            tuple(operands[start:]),
            lambda _, b: solve(b),
            transpose_solve=(lambda _, b: transposed(b)) if transposed else None,
        )
        return list(solution)


CALLS = """
    jit pjit closed_call core_call remat2 checkpoint shard_map custom_vjp_call
    custom_vjp_call_jaxpr
""".split()
#: Functions whose derivative is not that of their body; newer releases name them.
LIBRARY = {
    "logaddexp": jnp.logaddexp,
    "relu": jax.nn.relu,
    "xlog1py": jax.scipy.special.xlog1py,
    "xlogy": jax.scipy.special.xlogy,
}
SOLVE_PARTS = ("matvec", "vecmat", "solve", "transpose_solve")


def scan_counts(equation: Equation) -> tuple[int, int]:
    """How many of a scan's operands are constants, and how many the carry."""
    if "num_carry" in equation.parameters:
        counts = (parameter(equation, key) for key in ("num_consts", "num_carry"))
        return tuple(counts)
    # JAX 0.12 prints trees of consts, carry and rows: `None` for each operand,
    # but `Left(None)` for one that is left out, or the three trees as one.
    tree = equation.parameters["ft_in"]
    leaf = r"(?<!Left\()None"
    if tree.startswith("Pytree"):
        tree, leaf = re.sub(r".*PyTreeDef\((.*)\)\)$", r"\1", tree), r"\*"
    consts, carry, _ = (len(re.findall(leaf, part)) for part in split_tuple(tree))
    return consts, carry


# The interface


def to_function(
    text: str, consts: Sequence[Any] = (), inner_consts: Sequence[dict] = ()
) -> Callable[..., list[Any]]:
    """The program as a function of its inputs; it returns the list of outputs."""
    program = parse(text)
    interpreter = Interpreter(program, inner_consts)

    def function(*inputs: Any) -> list[Any]:
        inputs = [x if is_key(x) else jnp.asarray(x) for x in (*consts, *inputs)]
        results = interpreter.run(program.main, inputs)
        return [jnp.asarray(r) if is_untyped(r) else r for r in results]

    return function


def is_key(value: Any) -> bool:
    dtype = getattr(value, "dtype", None)
    return str(dtype).startswith("key<") or dtype == jax.dtypes.float0


def evaluate(
    text: str,
    inputs: Sequence[Any],
    consts: Sequence[Any] = (),
    inner_consts: Sequence[dict] = (),
) -> list[Any]:
    """The outputs of the program on ``inputs``."""
    return to_function(text, consts, inner_consts)(*inputs)


def evaluate_cases(text: str, description: dict[str, Any]) -> list[list[Any]]:
    """The outputs of each case of a CASES.json."""
    wide = re.search('"(?:float64|u?int64|complex128)"', json.dumps(description))
    jax.config.update("jax_enable_x64", bool(wide or description.get("x64")))
    consts = [decode(array) for array in description.get("consts", ())]
    function = to_function(text, consts, description.get("inner_consts", ()))
    return [
        function(*(decode(array) for array in case["inputs"]))
        for case in description["cases"]
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("cases", type=pathlib.Path)
    options = parser.parse_args()
    description = json.loads(options.cases.read_text())
    results = evaluate_cases(options.file.read_text(encoding="utf-8"), description)
    cases = [
        {"label": case["label"], "outputs": [encode(output) for output in outputs]}
        for case, outputs in zip(description["cases"], results, strict=True)
    ]
    print(json.dumps({"cases": cases}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
