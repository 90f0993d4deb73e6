"""The oracle beside mpmath, which shares no code with it: every special function at random and at awkward arguments.

    JAXPEEP=target/release/jaxpeep python tests/real_jax/oracle.py [--points 40] [--seed 0]

Each function is one equation in float64, evaluated with `eval --precision exact`. A value passes if it is the double
nearest to what mpmath gives with 60 digits. The exit code is 1 if one does not.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import mpmath
import numpy as np

mpmath.mp.dps = 60


def upper(a, x):
    return mpmath.gammainc(a, x, mpmath.inf, regularized=True)


# Primitive: how mpmath computes it, and the intervals of its operands. An interval of logarithms has a third item.
FUNCTIONS = {
    "acos": (mpmath.acos, [(-1, 1)]),
    "acosh": (mpmath.acosh, [(1, 1e3)]),
    "asin": (mpmath.asin, [(-1, 1)]),
    "asinh": (mpmath.asinh, [(-1e3, 1e3)]),
    "atan": (mpmath.atan, [(-1e3, 1e3)]),
    "atan2": (mpmath.atan2, [(-5, 5), (-5, 5)]),
    "atanh": (mpmath.atanh, [(-1, 1)]),
    "bessel_i0e": (lambda x: mpmath.besseli(0, x) * mpmath.exp(-abs(x)), [(-60, 60)]),
    "bessel_i1e": (lambda x: mpmath.besseli(1, x) * mpmath.exp(-abs(x)), [(-60, 60)]),
    "cbrt": (lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), [(-1e3, 1e3)]),
    "cos": (mpmath.cos, [(-1e5, 1e5)]),
    "cosh": (mpmath.cosh, [(-300, 300)]),
    "digamma": (mpmath.digamma, [(-20, 60)]),
    "erf": (mpmath.erf, [(-6, 6)]),
    "erf_inv": (mpmath.erfinv, [(-1, 1)]),
    "erfc": (mpmath.erfc, [(-6, 26)]),
    "exp": (mpmath.exp, [(-700, 700)]),
    "exp2": (lambda x: mpmath.mpf(2) ** x, [(-1000, 1000)]),
    "expm1": (mpmath.expm1, [(-30, 30)]),
    "igamma": (lambda a, x: mpmath.gammainc(a, 0, x, regularized=True), [(0.01, 50), (0.01, 80)]),
    "igammac": (upper, [(0.01, 50), (0.01, 80)]),
    "lgamma": (lambda x: mpmath.log(abs(mpmath.gamma(x))), [(-20, 150)]),
    "log": (mpmath.log, [(-300, 300, "log")]),
    "log1p": (mpmath.log1p, [(-1, 10)]),
    "logistic": (lambda x: 1 / (1 + mpmath.exp(-x)), [(-700, 40)]),
    "polygamma": (lambda n, x: mpmath.psi(int(n), x), [(0, 6, "whole"), (0.01, 40)]),
    "pow": (mpmath.power, [(0.01, 50), (-50, 50)]),
    "regularized_incomplete_beta": (
        lambda a, b, x: mpmath.betainc(a, b, 0, x, regularized=True),
        [(0.1, 30), (0.1, 30), (0, 1)],
    ),
    "rsqrt": (lambda x: 1 / mpmath.sqrt(x), [(-300, 300, "log")]),
    "sin": (mpmath.sin, [(-1e5, 1e5)]),
    "sinh": (mpmath.sinh, [(-300, 300)]),
    "sqrt": (mpmath.sqrt, [(-300, 300, "log")]),
    "tan": (mpmath.tan, [(-1e3, 1e3)]),
    "tanh": (mpmath.tanh, [(-20, 20)]),
    "zeta": (mpmath.zeta, [(1.05, 20), (0.05, 40)]),
}


def drawn(interval, points, rng):
    low, high, *kind = interval
    numbers = rng.uniform(low, high, points)
    if kind == ["log"]:
        return 10.0**numbers
    if kind == ["whole"]:
        return np.floor(numbers)
    # A third is as small as doubles make it interesting, where the interval has such.
    if low <= 0 < high:
        numbers[: points // 3] = numbers[: points // 3] / high * 10.0 ** rng.uniform(-12, 0, points // 3)
    return np.clip(numbers, low, high)


def evaluated(primitive, operands, folder):
    names = "abc"[: len(operands)]
    binders = " ".join(f"{name}:f64[{len(operands[0])}]" for name in names)
    program = folder / f"{primitive}.jaxpr"
    program.write_text(f"{{ lambda ; {binders}. let r:f64[{len(operands[0])}] = {primitive} {' '.join(names)} in (r,) }}\n")
    inputs = folder / f"{primitive}.npz"
    np.savez(inputs, **dict(zip(names, operands)))
    command = [os.environ.get("JAXPEEP", "jaxpeep"), "eval", program, "--inputs", inputs]
    ran = subprocess.run([*command, "--precision", "exact", "--format", "json"], capture_output=True, text=True)
    if ran.returncode != 0:
        sys.exit(f"{primitive}: {ran.stderr}")
    return [float(value) for value in json.loads(ran.stdout)["cases"][0]["outputs"][0]["values"]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        for primitive, (function, intervals) in FUNCTIONS.items():
            operands = [drawn(interval, args.points, rng) for interval in intervals]
            found = evaluated(primitive, operands, pathlib.Path(name))
            misses = []
            for value, *numbers in zip(found, *operands):
                true = float(mpmath.re(function(*map(mpmath.mpf, map(float, numbers)))))
                if value != true and not (np.isnan(value) and np.isnan(true)):
                    misses.append(f"    at {numbers}: {value!r}, by mpmath {true!r}")
            wrong += len(misses)
            print(f"{primitive}: {len(found) - len(misses)} of {len(found)} are the nearest doubles")
            print("\n".join(misses[:5]), end="\n" if misses else "")
    print(f"{len(FUNCTIONS)} functions, {wrong} wrong values (mpmath {mpmath.__version__}, seed {args.seed})")
    sys.exit(wrong > 0)


main()
