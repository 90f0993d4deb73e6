"""Replay the witnesses of ``jaxpeep check`` under real JAX.

    python tests/real_jax/witness.py FINDINGS.json

FINDINGS.json is what ``jaxpeep check --format json --witness DIR …`` printed. Each
finding with a witness is confirmed if the program, run by JAX on the saved inputs,
gives NaN or an infinity; where digits are lost, if the same program in float64 gives
something else; where the hazard is one of integers, if it runs at all, because
nothing shows it. The exit status is 1 if a witness is not confirmed.
"""

import collections
import json
import pathlib
import re
import sys
import warnings

import jax
import ml_dtypes
import numpy as np

from evaluate import evaluate

SILENT = (
    "hazard-integer-overflow",
    "hazard-integer-division",
    "hazard-narrowing",
)
DIGITS = ("hazard-cancellation", "hazard-accumulation")
# A third of the digits: float64 rounds the inputs no further, but is no exact arithmetic either.
DIFFERENCE = {"float16": 1e-2, "bfloat16": 3e-2, "float32": 1e-4}


def spoiled(outputs: list) -> bool:
    """Whether an output holds NaN or an infinity."""
    arrays = (np.asarray(output) for output in outputs)
    floats = (
        a.astype(np.float64)
        for a in arrays
        if a.dtype.kind in "fV" or "float" in a.dtype.name
    )
    return any(not np.isfinite(array).all() for array in floats)


def widened(text: str, inputs: list[np.ndarray]) -> tuple[str, list[np.ndarray]]:
    """The same program in float64."""
    text = re.sub(r"\b(?:bf16|f16|f32)\[", "f64[", text)
    text = re.sub(r"\b(?:bfloat16|float16|float32)\b", "float64", text)
    floats = ("float16", "bfloat16", "float32")
    wide = [a.astype(np.float64) if a.dtype.name in floats else a for a in inputs]
    return text, wide


def lost(outputs: list, truths: list) -> bool:
    """Whether an output differs from what float64 gives by much more than rounding."""
    for output, truth in zip(outputs, truths):
        narrow, truth = np.asarray(output), np.asarray(truth)
        if narrow.dtype.name not in DIFFERENCE or not truth.size:
            continue
        error = np.abs(narrow.astype(np.float64) - truth.astype(np.float64)).max()
        bound = DIFFERENCE[narrow.dtype.name] * np.abs(truth).max()
        # NaN where there is a number has lost all of its digits.
        if np.isfinite(bound) and not error <= bound:
            return True
    return False


def read(array: np.ndarray) -> np.ndarray:
    """An array of the archive; NumPy does not know bfloat16 and gives raw bytes."""
    return array.view(ml_dtypes.bfloat16) if array.dtype.kind == "V" else array


def main(findings: pathlib.Path) -> int:
    warnings.simplefilter("ignore")
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    for finding in json.loads(findings.read_text())["findings"]:
        if not (finding["witness"] and finding["witness"]["file"]):
            continue
        rule, file = finding["rule"], finding["file"]
        archive = np.load(finding["witness"]["file"])
        inputs = [read(archive[f"arg{index}"]) for index in range(len(archive.files))]
        jax.config.update("jax_enable_x64", "64[" in pathlib.Path(file).read_text())
        try:
            outputs = evaluate(pathlib.Path(file).read_text(), inputs)
        except (
            TypeError,
            ValueError,
            NotImplementedError,
            KeyError,
            AttributeError,
        ) as error:
            counts[rule, "not run"] += 1
            print(f"not run: {file}: {type(error).__name__}: {error}"[:200])
            continue
        confirmed = rule in SILENT or spoiled(outputs)
        if rule in DIGITS:
            jax.config.update("jax_enable_x64", True)
            text, wide = widened(pathlib.Path(file).read_text(), inputs)
            confirmed = lost(outputs, evaluate(text, wide))
        counts[rule, "confirmed" if confirmed else "false alarm"] += 1
        if not confirmed:
            print(
                f"false alarm: {file}:{finding['line']}: {rule}: {finding['witness']['inputs']}"
            )
    for (rule, verdict), count in sorted(counts.items()):
        print(f"{count:6} {verdict:12} {rule}")
    return int(any(verdict == "false alarm" for _, verdict in counts))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1])))
