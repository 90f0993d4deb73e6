"""What the interpreter costs beside numpy, jax.jit and jax.core.eval_jaxpr, in one run.

    python benches/interp.py            # builds and runs `cargo bench --bench interp`, needs JAX

Ratios above 1 say that the interpreter is that much slower.
"""

import subprocess
import time

import jax
import jax.numpy as jnp
import numpy as np

EQUATIONS = 1000
ENOUGH = 0.3  # seconds


def best(run):
    """Nanoseconds of the quickest run."""
    run()
    quickest, start = float("inf"), time.perf_counter()
    while time.perf_counter() - start < ENOUGH:
        own = time.perf_counter()
        run()
        quickest = min(quickest, time.perf_counter() - own)
    return quickest * 1e9


def chain(x):
    y = x
    for number in range(EQUATIONS):
        y = y + x if number % 2 == 0 else y * x
    return y


OPERATIONS = {
    "add": (lambda a: a + a, lambda a: a + a),
    "exp": (np.exp, jnp.exp),
    "sum": (np.sum, jnp.sum),
    "max": (np.max, jnp.max),
    "matmul": (lambda a: a @ a, lambda a: a @ a),
}


def others(name, size):
    """Nanoseconds of numpy, of jax.jit and of eval_jaxpr, None where one does not apply."""
    x = (np.arange(size, dtype=np.float32) % 17) / np.float32(17)
    if name == "equation":
        jaxpr = jax.make_jaxpr(chain)(x)
        jitted = jax.jit(chain)
        evaluated = lambda: jax.block_until_ready(jax.core.eval_jaxpr(jaxpr.jaxpr, jaxpr.consts, x))
        times = (best(lambda: chain(x)), best(lambda: jax.block_until_ready(jitted(x))), best(evaluated))
        return [one / EQUATIONS for one in times]
    if name == "matmul":
        x = ((np.arange(size * size, dtype=np.float32) % 17) / np.float32(17)).reshape(size, size)
    plain, traced = OPERATIONS[name]
    jitted, device = jax.jit(traced), jnp.asarray(x)
    return [best(lambda: plain(x)), best(lambda: jax.block_until_ready(jitted(device))), None]


def main():
    output = subprocess.run(
        ["cargo", "bench", "--bench", "interp"], check=True, capture_output=True, text=True
    ).stdout
    print(f"{'':10} {'size':>8} {'jaxpeep ns':>14} {'/ numpy':>9} {'/ jax.jit':>10} {'/ eval_jaxpr':>13}")
    for line in output.splitlines():
        words = line.split()
        if len(words) != 3 or not words[1].isdigit():
            continue
        name, size, own = words[0], int(words[1]), float(words[2])
        ratios = ["-" if other is None else f"{own / other:.3g}" for other in others(name, size)]
        print(f"{name:10} {size:>8} {own:>14.1f} {ratios[0]:>9} {ratios[1]:>10} {ratios[2]:>13}")


if __name__ == "__main__":
    main()
