"""What ``jaxpeep check`` and ``jaxpeep trace`` find, as Python objects."""

import dataclasses
import pathlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from jaxpeep import _executable, _printing, _tracing

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Finding:
    """A formula that loses numbers.

    Attributes:
      rule: the name of the rule, for ``jaxpeep explain``.
      severity: ``error``, ``warning`` or ``note``.
      message: what goes wrong.
      help: what to write in its place.
      source: the Python line, such as ``train.py:12:8 (loss)``.
      equation: the equation on one line.
      scope: the calls and loops around it, outermost first.
      line: its line in the print-out; nothing for one that another rule made.
      column: its column.
    """

    rule: str
    severity: str
    message: str
    help: str | None = None
    source: str | None = None
    equation: str = ""
    scope: tuple[str, ...] = ()
    line: int | None = None
    column: int | None = None


@dataclasses.dataclass(frozen=True)
class Origin:
    """An equation that makes a NaN or an infinity out of finite numbers.

    Attributes:
      kind: ``nan``, ``+inf`` or ``-inf``.
      source: the Python line.
      equation: the equation on one line.
      elements: how many elements it makes so.
      example_index: the place of one of them.
      reaches_outputs: the results that it spoils; none if it is masked.
      chain: the lines through which it reaches them.
      fix: the rule that would repair it.
      operands: the ranges of its operands.
      scope: the calls and loops around it, with the iteration.
      line: its line in the print-out.
      column: its column.
    """

    kind: str
    source: str | None = None
    equation: str = ""
    elements: int = 0
    example_index: tuple[int, ...] = ()
    reaches_outputs: tuple[int, ...] = ()
    chain: tuple[Any, ...] = ()
    fix: str | None = None
    operands: tuple[Any, ...] = ()
    scope: tuple[str, ...] = ()
    line: int | None = None
    column: int | None = None


def from_json(kind: type[T], fields: Mapping[str, Any]) -> T:
    """An object of the fields that it has; commands may print more."""
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    known = {name: value for name, value in fields.items() if name in names}
    return kind(
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in known.items()
        }
    )


def check(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> list[Finding]:
    """The formulas of a function that lose numbers, on whatever inputs.

    The arguments decide shapes and dtypes only.
    """
    traced = _tracing.trace_call(function, args, kwargs)
    text = _tracing.printed(traced.jaxpr)
    document = _executable.run_json(["check", "-"], text)
    return [from_json(Finding, finding) for finding in document["findings"]]


def trace(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> list[Origin]:
    """Where NaNs and infinities are born when a function runs on these arguments."""
    traced = _tracing.trace_call(function, args, kwargs)
    document = with_inputs("trace", traced)
    return [from_json(Origin, origin) for origin in document["origins"]]


def with_inputs(
    command: str, traced: _tracing.Traced, options: Sequence[str] = ()
) -> dict[str, Any]:
    """Runs a command on a traced program and its values."""
    with tempfile.TemporaryDirectory(prefix="jaxpeep-") as folder:
        inputs = pathlib.Path(folder, "inputs.json")
        inputs.write_text(_printing.cases(traced), encoding="utf-8")
        text = _tracing.printed(traced.jaxpr)
        arguments = [command, *options, "-", "--inputs", str(inputs)]
        return _executable.run_json(arguments, text)
