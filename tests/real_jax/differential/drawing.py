"""Random numbers: the bits are JAX's."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import random

from differential import add

DRAWS = {
    "bits": lambda k: [random.bits(k, (5,), d) for d in ("uint8", "uint16", "uint32")],
    "uniform": lambda k: [
        random.uniform(k, (4,), d, -1, 3)
        for d in (jnp.float32, jnp.bfloat16, jnp.float16)
    ],
    "normal": lambda k: [
        random.normal(k, (3, 3), d) for d in (jnp.float32, jnp.bfloat16, jnp.complex64)
    ],
    "randint": lambda k: [
        random.randint(k, (6,), -5, 100, d) for d in ("int8", "int32", "uint8")
    ],
    "keys": lambda k: (
        random.key_data(random.split(k, 3)),
        random.key_data(random.fold_in(k, 7)),
        random.key_data(random.clone(k)) if hasattr(random, "clone") else 0,
    ),
    "permutation": lambda k: (
        random.permutation(k, 10),
        random.permutation(k, jnp.arange(12.0).reshape(4, 3), axis=1, independent=True),
    ),
    "choice": lambda k: (
        random.choice(k, 9, (4,), replace=False),
        random.choice(k, 9, (4,), p=jnp.arange(9.0) / 36),
    ),
    "categorical": lambda k: (
        random.categorical(k, jnp.arange(5.0), shape=(6,)),
        random.bernoulli(k, 0.3, (6,)),
        random.rademacher(k, (4,)),
    ),
    "gamma": lambda k: random.gamma(k, jnp.array([0.1, 0.5, 1, 3, 50.0])),
    "gamma_grad": lambda k: jax.grad(lambda a: jnp.sum(random.gamma(k, a)))(
        jnp.array([0.1, 0.5, 1, 3, 50.0])
    ),
    "loggamma": lambda k: random.loggamma(k, jnp.array([0.01, 0.5, 1, 3])),
    "beta": lambda k: (
        random.beta(k, 2.0, jnp.array([0.5, 3])),
        random.dirichlet(k, jnp.array([0.5, 1, 2])),
    ),
    "poisson": lambda k: random.poisson(k, jnp.array([0.5, 3, 9, 15, 200.0])),
    "binomial": lambda k: random.binomial(
        k, jnp.array([5.0, 20, 100]), jnp.array([0.3, 0.9, 0.5])
    ),
    "tails": lambda k: (
        random.t(k, 3.0, (3,)),
        random.cauchy(k, (3,)),
        random.laplace(k, (3,)),
        random.pareto(k, 2.0, (3,)),
        random.gumbel(k, (3,)),
        random.logistic(k, (3,)),
        random.exponential(k, (3,)),
    ),
    "shapes": lambda k: (
        random.truncated_normal(k, -1, 2, (4,)),
        random.weibull_min(k, 1.0, 2.0, (3,)),
        random.maxwell(k, (3,)),
        random.double_sided_maxwell(k, 0.0, 1.0, (3,)),
        random.chisquare(k, 3.0, shape=(3,)),
        random.f(k, 2.0, 3.0, shape=(3,)),
        random.geometric(k, 0.3, (4,)),
        random.rayleigh(k, 2.0, (3,)),
        random.triangular(k, 0.0, 0.3, 1.0, (3,)),
        random.wald(k, 2.0, (3,)),
        random.lognormal(k, 1.0, (3,)),
    ),
    "vectors": lambda k: (
        random.ball(k, 3, shape=(2,)),
        random.multivariate_normal(
            k, jnp.zeros(2), jnp.array([[2, 0.5], [0.5, 1]]), (3,)
        ),
    ),
    "generalized_normal": lambda k: random.generalized_normal(k, 1.5, (3,)),
    "loop": lambda k: jax.lax.fori_loop(
        0,
        3,
        lambda i, s: (random.split(s[0])[0], s[1] + random.normal(s[0], (2,))),
        (k, jnp.zeros(2)),
    )[1],
    "mapped": lambda k: jax.vmap(lambda k: random.normal(k, (2,)))(random.split(k, 3)),
}
DRAWS["batched"] = lambda k: (
    [
        # Many keys of XLA's generator draw from the first of them.
        jax.vmap(lambda k: random.bits(k, (3,), d))(random.split(k, 4))
        for d in ("uint8", "uint16", "uint32")
    ]
    + [
        random.key_data(
            jax.vmap(jax.vmap(lambda k: random.split(k, 2)))(random.split(k, (2, 3)))
        )
    ]
)
DRAWS["folded"] = lambda k: [
    random.key_data(keys)
    for keys in (
        jax.vmap(random.fold_in)(random.split(k, 4), jnp.arange(4) * 7),
        jax.vmap(lambda n: random.fold_in(k, n))(jnp.arange(3) + 5),
        jax.vmap(lambda k: random.fold_in(k, 9))(random.split(k, 3)),
        jax.vmap(lambda k: jax.vmap(lambda n: random.fold_in(k, n))(jnp.arange(2) + 1))(
            random.split(k, 3)
        ),
    )
]
WIDE = {
    "bits64": lambda k: random.bits(k, (4,), "uint64"),
    "wide": lambda k: (
        random.uniform(k, (4,), jnp.float64),
        random.normal(k, (4,), jnp.float64),
        random.randint(k, (4,), -(10**12), 10**15, "int64"),
        random.gamma(k, jnp.array([0.3, 2.0])),
        random.poisson(k, jnp.array([3.0, 100.0])),
    ),
}
for x64, draws in ((False, DRAWS), (True, WIDE)):
    for name, function in draws.items():
        for implementation in ("threefry2x32", "rbg", "unsafe_rbg"):
            if implementation != "threefry2x32" and name in (
                "poisson",
                "binomial",
                "tails",
                "shapes",
                "vectors",
                "generalized_normal",
            ):
                continue  # one suite is enough for these
            label = (
                name if implementation == "threefry2x32" else f"{name}_{implementation}"
            )
            add(
                f"random_{label}",
                lambda seed, f=function, i=implementation: f(random.key(seed, impl=i)),
                (np.uint32(42),),
                x64=x64,
            )
for name in ("normal", "split"):
    draw = {"normal": lambda k: random.normal(k, (5,)), "split": random.split}[name]
    add(f"random_raw_{name}", draw, (np.array([3, 7], np.uint32),))
for algorithm in range(3):
    for dtype in ("uint8", "uint16", "uint32", "uint64"):
        add(
            f"generator_{algorithm}_{dtype}",
            lambda k, a=algorithm, d=dtype: jax.lax.rng_bit_generator(
                k,
                (9,),
                jnp.dtype(d),
                jax.lax.RandomAlgorithm(a)
                if hasattr(jax.lax, "RandomAlgorithm")
                else a,
            ),
            (np.array([1, 2, 3, 4], np.uint32),),
            x64=dtype == "uint64",
        )
    algorithms = jax.lax.RandomAlgorithm
    draw = functools.partial(
        jax.lax.rng_bit_generator,
        algorithm=[
            algorithms.RNG_DEFAULT,
            algorithms.RNG_THREE_FRY,
            algorithms.RNG_PHILOX,
        ][algorithm],
    )
    add(
        f"generator_{algorithm}_shapes",
        lambda k, f=draw: [
            f(k, shape) for shape in ((), (1,), (3, 5), (5, 4), (2, 3, 3), (3, 1, 7))
        ],
        (np.array([7, 0, 11, 5], np.uint32),),
    )
    # The count overflows, as a number of 64 bits and as its lower half.
    for name, state in (
        ("overflow", [1, 2, 2**32 - 2, 2**32 - 1]),
        ("carry", [2**32 - 1, 3, 2**32 - 1, 4]),
    ):
        add(
            f"generator_{algorithm}_{name}",
            lambda k, f=draw: f(k, (21,)),
            (np.array(state, np.uint32),),
        )
    add(
        f"generator_{algorithm}_wide_state",
        lambda k, f=draw: (f(k, (5,)), f(k, (3,), np.uint64)),
        (np.array([2**64 - 3, 2**64 - 2], np.uint64),),
        x64=True,
    )
