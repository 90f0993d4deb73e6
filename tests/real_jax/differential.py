"""Compare the interpreter with JAX on programs of its own, on seeded inputs.

    python tests/real_jax/differential.py [--seed N] [--jaxpeep PATH] [--freeze DIR] [NAME ...]

traces each program of ``differential/``, records what JAX computes, one primitive at a time, and has ``jaxpeep eval``
replay it. NAME is a part of programs' names; ``--freeze`` keeps the recordings of those that agree.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings
import zlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.append(str(ROOT / "fixtures"))

import jax
import numpy as np
from differential import Program, load_programs
from recording import describe, evaluate, to_json

#: How far apart elements may be, of their own size.
CLOSE = {
    "float64": 1e-12,
    "complex128": 1e-12,
    "float16": 2.0**-10,
    "bfloat16": 2.0**-7,
}
EXACT = {"bool", "float0"}


def record(program: Program, seed: int) -> tuple[str, str]:
    """What JAX prints and computes."""
    generator = np.random.default_rng([seed, zlib.crc32(program.name.encode())])
    jax.config.update("jax_enable_x64", program.x64)
    arguments = program.arguments(generator)
    closed = jax.make_jaxpr(program.function)(*arguments)
    description = describe(program.name, closed, program.x64)
    description["cases"] = evaluate(closed, {f"seed-{seed}": arguments})
    text = re.sub(r"/[^\s:]*/(?=[\w<>]+\.py\b)", "", str(closed))
    return text + "\n", to_json(description)


def numbers(values):
    flat = np.asarray([v for v in values], dtype=object).reshape(-1)
    return np.array([float(v) for v in flat], np.float64)


def worst(found: dict, recorded: dict) -> float:
    """The largest relative difference of an element, inf if a class differs; in units of what is allowed."""
    dtype = recorded["dtype"]
    if "key_data" in recorded or dtype in EXACT or dtype.startswith(("int", "uint")):
        return (
            0.0
            if found == recorded or found.get("values") == recorded.get("values")
            else np.inf
        )
    a, b = numbers(found["values"]), numbers(recorded["values"])
    if a.shape != b.shape:
        return np.inf
    tiny = (
        1.2e-38
        if dtype in ("float32", "bfloat16", "complex64")
        else 2.3e-308
        if "64" in dtype or "128" in dtype
        else 6.2e-5
    )
    with np.errstate(all="ignore"):
        distance = np.abs(a - b) / np.maximum(np.abs(b), tiny) / CLOSE.get(dtype, 1e-5)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    distance = np.where(
        same, 0.0, np.where(np.isfinite(a) & np.isfinite(b), distance, np.inf)
    )
    return float(distance.max(initial=0.0))


def judge(
    program: Program, text: str, recorded: str, jaxpeep: str, folder: pathlib.Path
) -> str:
    """Nothing if the interpreter agrees, or what is wrong."""
    file, cases = folder / f"{program.name}.jaxpr", folder / f"{program.name}.json"
    file.write_text(text)
    cases.write_text(recorded)
    command = [jaxpeep, "eval", str(file), "--cases", str(cases), "--format", "json"]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode not in (0, 1):
        lines = [line for line in ran.stderr.splitlines() if line.strip()]
        return "error: " + " | ".join(line.strip() for line in lines)[:300]
    (case,) = json.loads(ran.stdout)["cases"]
    (truth,) = json.loads(recorded)["cases"]
    if program.elementwise:
        far = [
            worst(a, b) for a, b in zip(case["outputs"], truth["outputs"], strict=True)
        ]
        if max(far, default=0.0) <= 1:
            return ""
        output = int(np.argmax(far))
        return f"output {output} is {far[output]:.3g} tolerances off: {example(program, case, truth, output)}"
    return "; ".join(
        f"output {d['index']}: {d['elements']} elements, at {d['first']} {d['found']} for {d['expected']}"
        for d in case["differences"]
    )


def example(program, case, truth, output):
    a, b = case["outputs"][output], truth["outputs"][output]
    found, wanted = a.get("values"), b.get("values")
    dtype = b["dtype"]
    one = lambda f, w: worst({"values": [f]}, {"dtype": dtype, "values": [w]})
    places = [i for i, (f, w) in enumerate(zip(found, wanted)) if one(f, w) > 1]
    inputs = [x["values"] for x in truth["inputs"]]
    shown = [
        f"{tuple(x[i] for x in inputs if len(x) == len(found))} gives {found[i]} for {wanted[i]}"
        for i in places[:4]
    ]
    return f"{len(places)} elements: " + ", ".join(shown)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--jaxpeep", default=str(ROOT / "target" / "release" / "jaxpeep")
    )
    parser.add_argument("--freeze", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    print(f"JAX {jax.__version__}, seed {options.seed}")
    agree = differ = untraced = 0
    with tempfile.TemporaryDirectory() as scratch:
        for program in load_programs():
            if options.names and not any(
                name in program.name for name in options.names
            ):
                continue
            try:
                text, recorded = record(program, options.seed)
            except Exception as error:
                print(
                    f"not traced {program.name}: {type(error).__name__} {' '.join(str(error).split())[:110]}"
                )
                untraced += 1
                continue
            wrong = judge(
                program, text, recorded, options.jaxpeep, pathlib.Path(scratch)
            )
            agree, differ = agree + (not wrong), differ + bool(wrong)
            if wrong:
                print(f"{program.name}: {wrong}", flush=True)
            elif options.freeze:
                options.freeze.mkdir(parents=True, exist_ok=True)
                (options.freeze / f"{program.name}.jaxpr").write_text(text)
                (options.freeze / f"{program.name}.json").write_text(recorded)
    print(
        f"{agree} agree, {differ} differ, {untraced} cannot be traced by this release"
    )
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
