"""Judge jaxpeep's rewrites by real JAX.

    python tests/real_jax/check.py BINARY CASES_DIR

For each NAME.jaxpr in CASES_DIR, ``BINARY rewrite NAME.jaxpr`` prints the new
text. The old and the new text are evaluated on the inputs in NAME.json, and
each element of each output is compared with the true value there:

    repaired   wrong before, within NAME.json's tolerance now
    unchanged  as it was
    worse      not finite where it was finite, or farther from the truth than
               both the tolerance and the value before
    illegal    JAX rejects the new text, or gives other types than it prints
    failed     the binary failed

A file counts as the worst that befell an element. Where no true value is
recorded, the result must refine the original: where that is finite, stay near
it, measured by the scale of the output, or be nearer to what ``BINARY eval
--precision exact`` says; where it is infinite, stay so or become finite; where it
is NaN, anything. In a case whose label starts with "singular" a
matrix has no inverse, so finite values are noise and need only stay finite. The
exit status is 1 if anything is worse, illegal or failed.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import warnings
from typing import Any

import jax.numpy as jnp
import numpy as np

from arrays import ulps
from evaluate import evaluate_cases

VERDICTS = ("repaired", "unchanged", "worse", "illegal", "failed")
BROKEN = ("worse", "illegal", "failed")

#: Tolerance where the json gives none: rounding of a reordered computation.
DEFAULT_ULPS = 4.0

#: How far a value without a recorded truth may move, in ulps of the output's scale.
SCALE_ULPS = 32.0


def rewrite(binary: str, file: pathlib.Path) -> str:
    """What ``BINARY rewrite FILE`` prints; status 1 means that it found something."""
    run = subprocess.run(
        [binary, "rewrite", str(file)], capture_output=True, encoding="utf-8"
    )
    if run.returncode > 1:
        raise RuntimeError(f"exit status {run.returncode}: {run.stderr.strip()}")
    return run.stdout


def compare(before: Any, after: Any, truth: Any, tolerance: float) -> tuple[str, float]:
    """The verdict on one output, and how many ulps its worst element is off now."""
    old, new = ulps(before, truth), ulps(after, truth)
    worse = (new > tolerance) & (new > old)
    if np.any(worse):
        return "worse", float(np.max(new[worse]))
    worst = float(np.max(new, initial=0.0))
    if np.any((old > tolerance) & (new <= tolerance)):
        return "repaired", worst
    return "unchanged", worst


def refine(before: Any, after: Any, noise: bool) -> tuple[str, float]:
    """The verdict on one output whose true value nobody has recorded."""
    old, new = np.asarray(before), np.asarray(after)
    if not jnp.issubdtype(old.dtype, jnp.inexact):
        same = bool(np.array_equal(old, new))
        return ("unchanged", 0.0) if same else ("worse", float("inf"))
    wide = np.complex128 if old.dtype.kind == "c" else np.float64
    eps = float(jnp.finfo(old.dtype).eps)
    old, new = old.astype(wide), new.astype(wide)
    finite = np.isfinite(old)
    scale = max(1.0, float(np.max(np.abs(old[finite]), initial=0.0)))
    with np.errstate(all="ignore"):
        far = finite & ~(np.abs(new - old) <= SCALE_ULPS * eps * scale)
    if noise:
        far &= ~np.isfinite(new)
    lost = ~finite & ~np.isnan(old) & np.isnan(new)
    off = float(np.max(np.abs(new - old)[finite], initial=0.0)) / (eps * scale)
    if np.any(far | lost):
        return "worse", off
    repaired = np.any(~finite & np.isfinite(new))
    return ("repaired" if repaired else "unchanged"), off


def judge(binary: str, file: pathlib.Path) -> tuple[str, str]:
    """The verdict on one file and a remark."""
    description = json.loads(file.with_suffix(".json").read_text())
    original = file.read_text(encoding="utf-8")
    try:
        rewritten = rewrite(binary, file)
    except (OSError, RuntimeError) as error:
        return "failed", str(error)
    if rewritten == original:
        return "unchanged", ""
    before = evaluate_cases(original, description)
    try:
        after = evaluate_cases(rewritten, description)
    except Exception as error:
        return "illegal", f"{type(error).__name__}: {error}"
    tolerance = description.get("tolerance_ulps", DEFAULT_ULPS)
    found = {"unchanged": "the text changed, no value did"}
    for case, old, new in zip(description["cases"], before, after, strict=True):
        for index, value in enumerate(old):
            truth = true_value(case, index, value)
            if value.shape != new[index].shape or value.dtype != new[index].dtype:
                return "illegal", f"output {index} has another type"
            if truth is None:
                verdict, worst = refine(
                    value, new[index], case["label"].startswith("singular")
                )
                if verdict == "worse":
                    # The value moved: only the truth says whether for the better.
                    truth = exact_value(binary, file, case["label"], index, value)
                    verdict, worst = compare(value, new[index], truth, tolerance)
            else:
                verdict, worst = compare(value, new[index], truth, tolerance)
            remark = f"case {case['label']}, output {index}: {worst:.3g} ulps"
            found[verdict] = remark if verdict != "unchanged" else found[verdict]
    for verdict in ("worse", "repaired", "unchanged"):
        if verdict in found:
            return verdict, found[verdict]
    raise AssertionError("no verdict")


def true_value(case: dict[str, Any], index: int, computed: Any) -> np.ndarray | None:
    """The recorded true value of an output, if there is one."""
    if "truth" not in case:
        return None
    return numbers(case["truth"][index]["values"], computed.shape)


def exact_value(
    binary: str, file: pathlib.Path, label: str, index: int, computed: Any
) -> np.ndarray:
    """An output of the original over the real numbers, by jaxpeep's oracle."""
    command = [binary, "eval", str(file), "--precision", "exact", "--format", "json"]
    command += ["--inputs", str(file.with_suffix(".json")), "--case", label]
    run = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    values = json.loads(run.stdout)["cases"][0]["outputs"][index]["values"]
    return numbers(values, computed.shape)


def numbers(values: list[Any], shape: tuple[int, ...]) -> np.ndarray:
    """The numbers of JSON, where words stand for infinities and pairs for complex."""
    if any(isinstance(value, list) for value in values):
        return np.array([complex(float(re), float(im)) for re, im in values]).reshape(
            shape
        )
    return np.array([float(value) for value in values]).reshape(shape)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("binary")
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("-v", "--verbose", action="store_true", help="print each file")
    options = parser.parse_args()

    warnings.filterwarnings("ignore")
    table: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
    for file in sorted(options.directory.glob("*.jaxpr")):
        description = json.loads(file.with_suffix(".json").read_text())
        verdict, remark = judge(options.binary, file)
        table[description.get("rule", "-")][verdict] += 1
        if verdict in BROKEN or options.verbose:
            print(f"{verdict:10} {file.stem}: {remark}", flush=True)

    total = collections.Counter()
    width = max([len("rule"), *map(len, table)])
    print(f"{'rule':{width}} " + " ".join(f"{verdict:>9}" for verdict in VERDICTS))
    for rule, counts in [*sorted(table.items()), ("all", total)]:
        print(f"{rule:{width}} " + " ".join(f"{counts[v]:9}" for v in VERDICTS))
        if counts is not total:
            total.update(counts)
    return 1 if any(total[verdict] for verdict in BROKEN) else 0


if __name__ == "__main__":
    sys.exit(main())
