"""The decorator: traces a function, improves the text, and calls the result."""

import functools
import inspect
import os
import sys
import types
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Generic, ParamSpec, TypeVar, overload

import jax

from jaxpeep import _executable, _live, _tracing
from jaxpeep._report import Report, make_report

P = ParamSpec("P")
R = TypeVar("R")

#: Where the files of this package and of JAX are.
INSIDE = tuple(os.path.dirname(path) + os.sep for path in (__file__, jax.__file__))


class JaxpeepWarning(UserWarning):
    """Something of a function was not improved, or is not as it was."""


@overload
def improve(
    function: Callable[P, R],
    /,
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    options: Sequence[str] = (),
) -> "Improved[P, R]": ...
@overload
def improve(
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    options: Sequence[str] = (),
) -> "Callable[[Callable[P, R]], Improved[P, R]]": ...
def improve(
    function: Any = None,
    /,
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    options: Sequence[str] = (),
) -> Any:
    """The function with its formulas replaced by stable ones.

    Use it as a decorator, on a loss or on its gradient: ``improve(f)``,
    ``jit(grad(improve(f)))``, ``improve(grad(f))``. It takes what ``f`` takes, and
    gives what ``f`` gives: arrays in any nest of containers, of the same shapes and
    dtypes. A function in which there is nothing to improve is called as it is.

    It is traced once for each kind of arguments, as by ``jax.jit``: Python code in it
    runs then, and arrays around it are taken as they are then.

    Args:
      function: what to improve. JAX must be able to trace it.
      static_argnums: positional arguments that are not arrays.
      static_argnames: the same by name.
      options: more arguments of ``jaxpeep rewrite``, such as ``("--skip", "softmax")``.
        Settings are those of ``jaxpeep.toml`` or ``pyproject.toml`` in the folder where
        the program runs, or above it.

    Raises:
      ValueError: ``jaxpeep rewrite`` does not know one of the options.

    Warns:
      JaxpeepWarning: something is left as it was, and why.
    """
    if function is None:
        return functools.partial(
            improve,
            static_argnums=static_argnums,
            static_argnames=static_argnames,
            options=options,
        )
    return Improved(function, static_argnums, static_argnames, options)


class Improved(Generic[P, R]):
    """A function that ``improve`` was applied to."""

    def __init__(
        self,
        function: Callable[P, R],
        static_argnums: int | Sequence[int] = (),
        static_argnames: str | Sequence[str] = (),
        options: Sequence[str] = (),
    ) -> None:
        functools.update_wrapper(self, function, updated=())
        self.function = function
        self.options = checked(options)
        self._numbers, self._names = static_arguments(
            function, static_argnums, static_argnames
        )
        self._programs: dict[Any, Callable[..., Any]] = {}

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        program, leaves = self._prepared(args, kwargs)
        return program(*leaves)

    def prepare(self, /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Traces and improves for these arguments, without a call."""
        self._prepared(args, kwargs)

    def _prepared(self, args: Any, kwargs: Any) -> tuple[Callable[..., Any], list[Any]]:
        """What to call for these arguments, and the arrays among them."""
        static, leaves, tree = self._split(args, kwargs)
        kinds = tuple(map(_tracing.input_type, leaves))
        # 2, 2.0 and True are equal, and a function may do something else for each.
        types = tuple(type(value) for values in static for _, value in values)
        key = (static, types, tree, kinds, _tracing.context())
        program = self._programs.get(key)
        if program is None:
            program = self._program(static, leaves, tree, key)
        return program, leaves

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else Method(self, instance)

    def __repr__(self) -> str:
        return f"<improved {name_of(self.function)}>"

    def report(self, /, *args: P.args, **kwargs: P.kwargs) -> Report:
        """What is changed for these arguments, and numbers before and after.

        The result shows itself in a notebook.
        """
        static, leaves, tree = self._split(args, kwargs)
        return make_report(
            _tracing.trace(self._bound(static), leaves, tree), self.options
        )

    def _split(self, args: Any, kwargs: Any) -> tuple[Any, list[Any], Any]:
        """The static arguments, the arrays among the others, and their structure."""
        numbers = {n % len(args) for n in self._numbers if -len(args) <= n < len(args)}
        static = (
            tuple((n, args[n]) for n in sorted(numbers)),
            tuple((k, kwargs[k]) for k in sorted(kwargs) if k in self._names),
        )
        dynamic = tuple(a for n, a in enumerate(args) if n not in numbers)
        rest = {k: v for k, v in kwargs.items() if k not in self._names}
        leaves, tree = jax.tree_util.tree_flatten((dynamic, rest))
        return static, leaves, tree

    def _bound(self, static: Any) -> Callable[..., R]:
        """The function with its static arguments in place."""
        positional, named = static

        def call(*args: Any, **kwargs: Any) -> R:
            whole = list(args)
            for number, value in positional:
                whole.insert(number, value)
            return self.function(*whole, **kwargs, **dict(named))

        return call

    def _program(
        self, static: Any, leaves: list[Any], tree: Any, key: Any
    ) -> Callable[..., Any]:
        """The improved function of the arrays, kept for the next call."""
        function = self._bound(static)
        traced = _tracing.trace(function, leaves, tree)
        program = self._rewritten(traced)
        if program is None:

            def original(*leaves: Any) -> Any:
                args, kwargs = jax.tree_util.tree_unflatten(tree, leaves)
                return function(*args, **kwargs)

            program = original

        # A value of a transformation around may not outlive it.
        holds_tracer = any(map(_tracing.is_tracer, traced.constants))
        if not holds_tracer and _tracing.context() is not None:
            self._programs[key] = program
        return program

    def _rewritten(self, traced: _tracing.Traced) -> Callable[..., Any] | None:
        """What to call in place of the function; nothing if it stays as it is."""
        command = ["rewrite", "--emit", "python", "--live", *self.options, "-"]
        try:
            document = _executable.run_json(command, _tracing.printed(traced.jaxpr))
        except _executable.JaxpeepError as error:
            self._warn(f"is left as it is: {error}")
            return None
        (file,) = document["files"]
        if not file["rewrites"]:
            return None
        for loss in file["losses"]:
            self._warn(f"is improved, but not all of it: {loss['what']}")
        return runnable(file["python"], file["constants"], traced)

    def _warn(self, message: str) -> None:
        frame = caller()
        warnings.warn_explicit(
            f"{name_of(self.function)} {message}",
            JaxpeepWarning,
            frame.f_code.co_filename,
            frame.f_lineno,
            module=frame.f_globals.get("__name__"),
            registry=frame.f_globals.setdefault("__warningregistry__", {}),
        )


class Method:
    """An improved function with the object that it is a method of."""

    def __init__(self, improved: Improved[Any, Any], instance: Any) -> None:
        functools.update_wrapper(self, improved.function, updated=())
        self.__func__ = improved
        self.__self__ = instance

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self.__func__(self.__self__, *args, **kwargs)

    def prepare(self, /, *args: Any, **kwargs: Any) -> None:
        """As ``Improved.prepare``."""
        self.__func__.prepare(self.__self__, *args, **kwargs)

    def report(self, /, *args: Any, **kwargs: Any) -> Report:
        """As ``Improved.report``."""
        return self.__func__.report(self.__self__, *args, **kwargs)


def name_of(function: Any) -> str:
    return getattr(function, "__name__", "the function")


def checked(options: Sequence[str]) -> tuple[str, ...]:
    """Options that ``jaxpeep rewrite`` knows, tried on a program without equations."""
    if isinstance(options, str):
        raise ValueError(f"options: write {options.split()} for {options!r}")
    options = tuple(options)
    if options:
        try:
            _executable.run(
                ["rewrite", "-q", *options, "-"], "{ lambda ; . let  in () }"
            )
        except _executable.Missing:
            pass
        except _executable.JaxpeepError as error:
            raise ValueError(f"options: {error}") from None
    return options


def caller() -> types.FrameType:
    """The innermost frame that belongs neither to this package nor to JAX."""
    frame = sys._getframe()
    while frame.f_code.co_filename.startswith(INSIDE) and frame.f_back:
        frame = frame.f_back
    return frame


def static_arguments(
    function: Callable[..., Any],
    numbers: int | Sequence[int],
    names: str | Sequence[str],
) -> tuple[tuple[int, ...], frozenset[str]]:
    """Numbers and names of static arguments; one given by name may come by position."""
    numbers = (numbers,) if isinstance(numbers, int) else tuple(numbers)
    names = (names,) if isinstance(names, str) else tuple(names)
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return numbers, frozenset(names)
    by_position = (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    )
    positional = [p.name for p in parameters if p.kind in by_position]
    known = {p.name for p in parameters}
    if unknown := [name for name in names if name not in known]:
        if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters):
            raise ValueError(f"static_argnames: the function has no argument {unknown}")
    places = {positional.index(name) for name in names if name in positional}
    named = {positional[n] for n in numbers if -len(positional) <= n < len(positional)}
    return tuple(sorted({*numbers, *places})), frozenset({*names, *named})


def runnable(
    module: str, constants: Sequence[str], traced: _tracing.Traced
) -> Callable[..., Any]:
    """The function of an emitted module, with constants and structure in place."""
    namespace: dict[str, Any] = {
        "__name__": "jaxpeep.improved",
        "live": _live.Live(traced.closed),
    }
    exec(compile(module, "<improved by jaxpeep>", "exec"), namespace)
    main = namespace["main"]
    first = traced.constants
    for path in constants:
        first += _live.constants_at(traced.closed, path)
    weak = [getattr(v.aval, "weak_type", False) for v in traced.jaxpr.outvars]
    out_tree = traced.out_tree

    def improved(*leaves: Any) -> Any:
        results = main(*first, *leaves)
        typed = [
            _live.strong_to_weak(result) if is_weak else result
            for result, is_weak in zip(results, weak, strict=True)
        ]
        return jax.tree_util.tree_unflatten(out_tree, typed)

    return improved
