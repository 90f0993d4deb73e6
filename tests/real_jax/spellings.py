"""Judge jaxpeep on formulas in many spellings, and on look-alikes, by real JAX.

    python tests/real_jax/spellings.py BINARY [-v] [--only FAMILY]

Each spelling of ``spellings_table.py`` is traced and printed by the JAX at hand,
rewritten by BINARY, and both texts are run on the family's inputs, and on the
plain ones with noise (seed 0). A spelling is

    repaired   nowhere farther from the truth than the tolerance now, and it was
    right      nowhere farther before, and not now
    partly     better somewhere, and still wrong somewhere
    missed     wrong before and after
    worse      somewhere wrong now, and twice as far from the truth as before
    failed     the binary failed, or JAX rejects its text

The exit status is 1 if one is worse or failed, or a look-alike is rewritten.
"""

import argparse
import collections
import pathlib
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from arrays import ulps
from evaluate import evaluate
from spellings_table import FAMILIES, LOOKALIKES, NARROW, WRAPPERS, Family

VERDICTS = ("repaired", "right", "partly", "missed", "worse", "failed")


def rewrite(binary: str, text: str, folder: pathlib.Path) -> tuple[str, str]:
    """The new text, and what the binary says of it."""
    file = folder / "spelling.jaxpr"
    file.write_text(text + "\n", encoding="utf-8")
    command = [binary, "rewrite", str(file)]
    run = subprocess.run(command, capture_output=True, encoding="utf-8")
    if run.returncode > 1:
        raise RuntimeError(run.stderr.strip())
    return run.stdout, run.stderr


def spelled() -> Iterator[tuple[str, str, Callable[..., Any], Any]]:
    """Family, name, function and dtype of everything that is to be repaired."""
    for family, entry in FAMILIES.items():
        for name, function in entry.spellings.items():
            yield family, name, function, jnp.float32
            if name in NARROW:
                yield family, f"{name}, bfloat16", function, jnp.bfloat16
                yield family, f"{name}, float16", function, jnp.float16
        first = next(iter(entry.spellings.values()))
        for wrapper, wrap in WRAPPERS.items():
            yield family, wrapper, wrap(first), jnp.float32


def points(entry: Family, dtype: Any) -> Iterator[tuple[Any, ...]]:
    random = np.random.default_rng(0)
    for inputs in [*entry.breaks, *entry.agrees]:
        yield tuple(jnp.asarray(x).astype(dtype) for x in inputs)
    for inputs in entry.agrees * 3:
        noise = random.uniform(0.5, 1.0, size=np.shape(inputs[0]))
        yield tuple(jnp.asarray(x * noise).astype(dtype) for x in inputs)


def judge(
    binary: str, entry: Family, function: Callable[..., Any], dtype: Any, folder: pathlib.Path
) -> tuple[str, str]:
    """The verdict on a spelling, and a remark."""
    sample = next(points(entry, dtype))
    text = str(jax.make_jaxpr(function)(*sample).jaxpr)
    try:
        new, said = rewrite(binary, text, folder)
    except RuntimeError as error:
        return "failed", str(error)
    broken = better = wrong = False
    remark = "nothing fires" if new.strip() == text.strip() else "fires"
    for inputs in points(entry, dtype):
        wide = [np.asarray(x).astype(np.float64) for x in inputs]
        with np.errstate(all="ignore"):
            truth = np.asarray(entry.truth(*wide))
        limit = float(jnp.finfo(dtype).max)
        truth = np.where(np.abs(truth) > limit, np.sign(truth) * np.inf, truth)
        try:
            (before,) = evaluate(text, inputs)
            (after,) = evaluate(new, inputs)
        except Exception as error:
            return "failed", f"{type(error).__name__}: {error}"
        old, now = ulps(before, truth), ulps(after, truth)
        if np.any((now > entry.tolerance) & (now > 2 * old)):
            at = int(np.argmax(np.where(now > 2 * old, now, 0)))
            return "worse", (
                f"{now.flat[at]:.3g} ulps from {old.flat[at]:.3g} at "
                f"{[float(x.flat[min(at, x.size - 1)]) for x in wide]}"
            )
        broken |= bool(np.any(old > entry.tolerance))
        better |= bool(np.any((old > entry.tolerance) & (now <= entry.tolerance)))
        wrong |= bool(np.any(now > entry.tolerance))
    if not broken:
        return "right", str(remark)
    if not wrong:
        return "repaired", str(remark)
    return ("partly" if better else "missed"), str(remark)


def judge_lookalikes(binary: str, folder: pathlib.Path) -> int:
    """How many look-alikes are rewritten; each is named."""
    fired = 0
    for name, function in LOOKALIKES.items():
        text = str(jax.make_jaxpr(function)(jnp.zeros((3, 4))).jaxpr)
        new, said = rewrite(binary, text, folder)
        if new.strip() != text.strip():
            fired += 1
            print(f"fires      {name}: {said.strip().splitlines()[0].split(': ')[1]}")
    return fired


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("binary")
    parser.add_argument("--only", help="one family")
    parser.add_argument("-v", "--verbose", action="store_true", help="name each spelling")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    table: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for family, spelling, function, dtype in spelled():
            if options.only not in (None, family):
                continue
            verdict, remark = judge(options.binary, FAMILIES[family], function, dtype, folder)
            table[family][verdict] += 1
            if options.verbose or verdict not in ("repaired", "right"):
                print(f"{verdict:10} {family} · {spelling}: {remark}", flush=True)
        fired = judge_lookalikes(options.binary, folder)
    total = sum(table.values(), collections.Counter())
    print(f"JAX {jax.__version__}, seed 0\n{'family':12} " + " ".join(f"{v:>9}" for v in VERDICTS))
    for family, counts in [*table.items(), ("all", total)]:
        print(f"{family:12} " + " ".join(f"{counts[v]:9}" for v in VERDICTS))
    print(f"look-alikes: {len(LOOKALIKES)}, rewritten: {fired}")
    return 1 if total["worse"] or total["failed"] or fired else 0


if __name__ == "__main__":
    sys.exit(main())
