"""Judge emitted Python by what JAX recorded.

    python tests/real_jax/emitted.py BINARY DIRECTORY [--rewrite [--true]] [--mode jit]

For each NAME.jaxpr in DIRECTORY, ``BINARY emit NAME.jaxpr`` writes a module,
which runs on the inputs in NAME.json, eagerly and under jit. Each output is
compared with the recorded one; under jit, where XLA may fuse what was recorded
one primitive at a time, it may instead be what jit makes of the original:

    agrees       every output of every case
    differs      an output has another value, shape or dtype
    raises       JAX rejects the module
    refused      the binary says that it cannot write the program, and why
    unrecorded   NAME.json has no results

With --rewrite the module is that of ``BINARY rewrite --emit python``, and each
element is compared with the true value of NAME.json, if there is one: it may
become right, and may not become worse. Then there are two more verdicts:

    repaired     wrong before, right now
    worse        neither right nor what the original gives

With --true as well, the recorded results are the true values, as in fixtures/lift,
and each output of the rewritten module must agree with them.

Reasons are printed, a line a program. The exit status is 1 if anything differs,
raises or is worse.
"""

import argparse
import collections
import concurrent.futures
import inspect
import json
import pathlib
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from arrays import decode, encode, ulps
from evaluate import to_function

Verdict = tuple[str, str]
BROKEN = ("differs", "raises", "worse")

#: How near finite numbers must be, as a part of the array's largest one.
CLOSENESS = {"float64": 1e-12, "complex128": 1e-12, "float16": 2**-9, "bfloat16": 2**-6}
#: The same for other dtypes: results of another order of summation.
SINGLE = 1e-5
#: What 64-bit dtypes are to JAX when they are off.
NARROW = {
    "float64": "float32",
    "int64": "int32",
    "uint64": "uint32",
    "complex128": "complex64",
}
#: Tolerance in ulps where a case with a true value names none.
DEFAULT_ULPS = 4.0


def emit(binary: str, file: pathlib.Path, rewrite: bool) -> tuple[str, str]:
    """The module, or nothing and what the binary says against it."""
    command = ["rewrite", "--emit", "python", "-q"] if rewrite else ["emit", "-q"]
    run = subprocess.run(
        [binary, *command, str(file)], capture_output=True, encoding="utf-8"
    )
    if run.returncode == 0:
        return run.stdout, ""
    errors = re.findall(r"as Python: (.*?)(?:╭|help:|\Z)", run.stderr, re.DOTALL)
    reasons = {" ".join(error.replace("│", "").split()) for error in errors}
    return "", "; ".join(sorted(reasons)) or run.stderr.strip()[:300]


def load(text: str) -> Callable[..., Any]:
    """The function of a module."""
    namespace: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(text, "emitted.py", "exec"), namespace)
    return namespace["main"]


class Unrecorded(ValueError):
    """The json does not hold all that the program needs."""


def constant_values(description: dict[str, Any]) -> list[Any]:
    """The values of all constvars; numpy's wide integers are narrow ones to JAX."""
    groups = [group["values"] for group in description.get("inner_consts", ())]
    recorded = [*description.get("consts", ()), *(v for group in groups for v in group)]
    values = [decode(value) for value in recorded]
    return [jnp.asarray(v) if isinstance(v, np.ndarray) else v for v in values]


def wants_64_bits(description: dict[str, Any]) -> bool:
    """Whether the program was recorded with 64-bit numbers on."""
    wide = re.search('"(?:float64|u?int64|complex128)"', json.dumps(description))
    return bool(description.get("x64", wide))


def results(
    text: str, description: dict[str, Any], modes: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Any], list[Any]]]:
    """The outputs of each case in each mode."""
    jax.config.update("jax_enable_x64", wants_64_bits(description))
    function = load(text)
    constants = constant_values(description)
    compiled = jax.jit(function)
    for case in description["cases"]:
        inputs = [decode(value) for value in case["inputs"]]
        if len(inspect.signature(function).parameters) > len(constants) + len(inputs):
            raise Unrecorded("constants of a jaxpr inside")
        is_float0 = any(jax.dtypes.float0 == getattr(x, "dtype", 0) for x in inputs)
        for mode in modes:
            run = compiled if mode == "jit" and not is_float0 else function
            yield mode, case, list(run(*constants, *inputs))


def difference(found: Any, recorded: dict[str, Any]) -> str:
    """How an output differs from the recorded one, or nothing."""
    dtype, shape = str(getattr(found, "dtype", "no array")), tuple(np.shape(found))
    if not jax.config.jax_enable_x64:
        # A Python number that a program gives back as it is was recorded as numpy's.
        narrow = NARROW.get(recorded["dtype"], recorded["dtype"])
        recorded = {**recorded, "dtype": narrow}
    if found.dtype == jax.dtypes.float0:
        dtype = "float0"
    if dtype != recorded["dtype"] or shape != tuple(recorded["shape"]):
        return f"{dtype}{list(shape)}, not {recorded['dtype']}{recorded['shape']}"
    if dtype == "float0":
        return ""
    expected = decode(recorded)
    if dtype.startswith("key<"):
        found, expected = jax.random.key_data(found), jax.random.key_data(expected)
    found, expected = np.asarray(found), np.asarray(expected)
    if not jnp.issubdtype(found.dtype, jnp.inexact):
        wrong = found != expected
    else:
        wide = np.complex128 if found.dtype.kind == "c" else np.float64
        found, expected = found.astype(wide), expected.astype(wide)
        finite = np.isfinite(found) & np.isfinite(expected)
        scale = np.max(np.abs(expected[np.isfinite(expected)]), initial=0.0)
        with np.errstate(all="ignore"):
            near = np.abs(found - expected) <= CLOSENESS.get(dtype, SINGLE) * scale
        same = (np.isnan(found) & np.isnan(expected)) | (found == expected)
        wrong = ~np.where(finite, near, same)
    if not np.any(wrong):
        return ""
    first = int(np.argmax(wrong.reshape(-1)))
    pair = found.reshape(-1)[first], expected.reshape(-1)[first]
    return f"{int(np.sum(wrong))} elements, {first}: {pair[0]}, recorded {pair[1]}"


def differences(mode: str, case: dict[str, Any], outputs: list[Any]) -> str:
    """How the outputs of a case differ from the recorded ones, or nothing."""
    if len(outputs) != len(case["outputs"]):
        return f"{len(outputs)} outputs, not {len(case['outputs'])}"
    for index, pair in enumerate(zip(outputs, case["outputs"], strict=True)):
        if found := difference(*pair):
            return f"{mode}, {case['label']}, output {index}: {found}"
    return ""


def compiled_original(
    text: str, description: dict[str, Any], case: dict[str, Any]
) -> dict[str, Any]:
    """The case with what jit makes of the printed program in place of the outputs."""
    constants = [decode(value) for value in description.get("consts", ())]
    function = to_function(text, constants, description.get("inner_consts", ()))
    outputs = jax.jit(function)(*(decode(value) for value in case["inputs"]))
    return {**case, "outputs": [encode(output) for output in outputs]}


def judge(
    text: str, original: str, description: dict[str, Any], modes: tuple[str, ...]
) -> Verdict:
    """The verdict on a module that computes what the original computes."""
    if description.get("eval") == "jit":
        modes = ("jit",)
    for mode, case, outputs in results(text, description, modes):
        found = differences(mode, case, outputs)
        if found and mode == "jit":
            case = compiled_original(original, description, case)
            found = differences(mode, case, outputs)
        if found:
            return "differs", found
    return "agrees", ""


def judge_rewritten(
    text: str, original: str, description: dict[str, Any], modes: tuple[str, ...]
) -> Verdict:
    """The verdict on a module that may compute better than the original."""
    repaired = False
    tolerance = description.get("tolerance_ulps", DEFAULT_ULPS)
    for mode, case, outputs in results(text, description, modes):
        if "outputs" not in case:
            case = compiled_original(original, description, case)
        for index, found in enumerate(outputs):
            recorded = case["outputs"][index]
            if "truth" not in case:
                if found := difference(found, recorded):
                    return "worse", f"{mode}, {case['label']}, output {index}: {found}"
                continue
            truth = numbers(case["truth"][index]["values"]).reshape(np.shape(found))
            old, new = ulps(np.asarray(decode(recorded)), truth), ulps(found, truth)
            if np.any((new > tolerance) & (new > old)):
                return "worse", (
                    f"{mode}, {case['label']}, output {index}: {np.max(new):.3g} ulps"
                )
            repaired |= bool(np.any((old > tolerance) & (new <= tolerance)))
    return ("repaired" if repaired else "agrees"), ""


def numbers(values: list[Any]) -> np.ndarray:
    """True values; a complex number is a pair."""
    if any(isinstance(value, list) for value in values):
        return np.array([complex(float(re), float(im)) for re, im in values])
    return np.array([float(value) for value in values])


def verdict_on(
    file: pathlib.Path, module: tuple[str, str], options: argparse.Namespace
) -> Verdict:
    description = json.loads(file.with_suffix(".json").read_text())
    text, reason = module
    if not text:
        return "refused", reason
    against_truth = options.rewrite and not options.true
    known = "truth" if against_truth else "outputs"
    if not any(known in case for case in description.get("cases", ())):
        return "unrecorded", ""
    modes = tuple(options.mode)
    judged = judge_rewritten if against_truth else judge
    try:
        return judged(text, file.read_text(encoding="utf-8"), description, modes)
    except Unrecorded as error:
        return "unrecorded", str(error)
    except Exception as error:
        return "raises", " ".join(f"{type(error).__name__}: {error}".split())[:300]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("binary")
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--rewrite", action="store_true", help="rewrite before")
    parser.add_argument("--true", action="store_true", help="results are true values")
    parser.add_argument("--mode", action="append", choices=("eager", "jit"))
    parser.add_argument(
        "--only", default="", help="programs whose name holds this pattern"
    )
    options = parser.parse_args()
    options.mode = options.mode or ["eager", "jit"]

    warnings.filterwarnings("ignore")
    files = sorted(options.directory.glob("*.jaxpr"))
    files = [file for file in files if re.search(options.only, file.stem)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        modules = pool.map(lambda f: emit(options.binary, f, options.rewrite), files)
        modules = list(modules)
    counts: collections.Counter[str] = collections.Counter()
    for number, (file, module) in enumerate(zip(files, modules, strict=True)):
        verdict, reason = verdict_on(file, module, options)
        counts[verdict] += 1
        if verdict not in ("agrees", "repaired", "unrecorded"):
            print(f"{verdict:10} {file.stem}: {reason}", flush=True)
        if number % 100 == 99:
            jax.clear_caches()
    summary = ", ".join(f"{counts[verdict]} {verdict}" for verdict in sorted(counts))
    print(f"jax {jax.__version__}, {options.directory.name}: {summary}")
    return 1 if any(counts[verdict] for verdict in BROKEN) else 0


if __name__ == "__main__":
    sys.exit(main())
