"""Functions of single numbers, in all dtypes, on edges and in between."""

import jax.numpy as jnp
import numpy as np
from jax import lax

from differential import add

EDGES = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    -2.0,
    3.0,
    -3.5,
    1e-7,
    -1e-7,
    1e-30,
    1e30,
    88.0,
    -88.0,
    1e-42,
]
EDGES += [
    np.inf,
    -np.inf,
    np.nan,
    10.0,
    -10.0,
    1.5,
    2.5,
    -1.5,
    0.999,
    -0.999,
    100.0,
    6e4,
    4.0,
    7.25,
]
FLOATS = ("float32", "float64", "bfloat16", "float16")
INTEGERS = (
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "int4",
    "uint4",
)


def is_wide(dtype):
    return "64" in dtype and "complex" not in dtype


def edges(dtype, count=1, spread=3.0):
    """Edges against edges, and random numbers."""

    def make(generator):
        grids = (
            np.meshgrid(*[EDGES] * count)
            if count < 3
            else [generator.choice(EDGES, 60) for _ in range(count)]
        )
        drawn = [
            np.concatenate([g.ravel(), generator.normal(size=30) * spread])
            for g in grids
        ]
        with np.errstate(all="ignore"):
            return tuple(g.astype(jnp.dtype(dtype)) for g in drawn)

    return make


UNARY = ["abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "bessel_i0e", "bessel_i1e", "cbrt", "ceil", "cos", "cosh", "digamma", "erf", "erf_inv", "erfc", "exp", "exp2", "expm1", "floor", "is_finite", "lgamma", "log", "log1p", "logistic", "neg", "round", "rsqrt", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh"]
BINARY = ["add", "sub", "mul", "div", "rem", "max", "min", "pow", "atan2", "nextafter", "eq", "ne", "lt", "le", "gt", "ge"]

for dtype in FLOATS:
    for name in UNARY:
        if name in ("bessel_i0e", "bessel_i1e") and dtype != "float32":
            continue
        add(
            f"{name}_{dtype}",
            getattr(lax, name),
            edges(dtype),
            x64=is_wide(dtype),
            elementwise=True,
        )
    for name in BINARY:
        if name == "nextafter" and dtype == "bfloat16":
            continue
        add(
            f"{name}_{dtype}",
            getattr(lax, name),
            edges(dtype, 2),
            x64=is_wide(dtype),
            elementwise=True,
        )
    add(
        f"round_even_{dtype}",
        lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN),
        edges(dtype),
        x64=is_wide(dtype),
    )
    add(f"clamp_{dtype}", lax.clamp, edges(dtype, 3), x64=is_wide(dtype))
    add(
        f"integer_pow_{dtype}",
        lambda x: [lax.integer_pow(x, y) for y in (-3, -2, -1, 0, 1, 2, 3, 5, 8)],
        edges(dtype),
        x64=is_wide(dtype),
        elementwise=True,
    )
    add(
        f"sort_{dtype}",
        lambda x: (jnp.sort(x), jnp.argsort(x), jnp.sort(x, descending=True)),
        edges(dtype),
        x64=is_wide(dtype),
    )
    add(f"top_k_{dtype}", lambda x: lax.top_k(x, 9), edges(dtype), x64=is_wide(dtype))
    add(
        f"arg_{dtype}",
        lambda x: (jnp.argmax(x), jnp.argmin(x), jnp.nanargmax(x), jnp.nanargmin(x)),
        edges(dtype),
        x64=is_wide(dtype),
    )
    add(
        f"frexp_{dtype}",
        lambda x: jnp.frexp(x),
        edges(dtype),
        x64=is_wide(dtype),
        elementwise=True,
    )
    add(
        f"reduce_precision_{dtype}",
        lambda x: [
            lax.reduce_precision(x, e, m)
            for e, m in ((5, 10), (8, 7), (4, 3), (5, 2), (3, 4), (8, 23))
        ],
        edges(dtype),
        x64=is_wide(dtype),
        elementwise=True,
    )


def positive(dtype, count, low=0.05, high=8.0):
    def make(generator):
        drawn = [generator.uniform(low, high, size=40) for _ in range(count)]
        return tuple(d.astype(jnp.dtype(dtype)) for d in drawn)

    return make


SPECIAL_PAIRS = ["igamma", "igammac", "igamma_grad_a", "random_gamma_grad"]
for dtype in ("float32", "float64"):
    for name in SPECIAL_PAIRS:
        add(
            f"{name}_{dtype}",
            getattr(lax, name),
            positive(dtype, 2),
            x64=is_wide(dtype),
            elementwise=True,
        )
        add(
            f"{name}_edges_{dtype}",
            getattr(lax, name),
            edges(dtype, 2),
            x64=is_wide(dtype),
            elementwise=True,
        )
    add(
        f"zeta_{dtype}",
        lambda s, q: lax.zeta(s + 1, q),
        positive(dtype, 2),
        x64=is_wide(dtype),
        elementwise=True,
    )
    add(
        f"zeta_edges_{dtype}",
        lax.zeta,
        edges(dtype, 2),
        x64=is_wide(dtype),
        elementwise=True,
    )
    add(
        f"polygamma_{dtype}",
        lambda n, q: lax.polygamma(jnp.floor(n), q),
        positive(dtype, 2),
        x64=is_wide(dtype),
        elementwise=True,
    )
    add(
        f"polygamma_edges_{dtype}",
        lax.polygamma,
        edges(dtype, 2),
        x64=is_wide(dtype),
        elementwise=True,
    )
    add(
        f"betainc_{dtype}",
        lambda a, b, x: lax.betainc(a, b, x / 8),
        positive(dtype, 3),
        x64=is_wide(dtype),
        elementwise=True,
    )
    add(
        f"betainc_edges_{dtype}",
        lax.betainc,
        edges(dtype, 3),
        x64=is_wide(dtype),
        elementwise=True,
    )
    add(
        f"lgamma_near_roots_{dtype}",
        lambda d: (lax.lgamma(1 + d), lax.lgamma(2 + d), lax.digamma(1.4616321 + d)),
        (np.array([0, 1e-6, -1e-6, 1e-3, -1e-3, 0.1, -0.1], dtype),),
        x64=is_wide(dtype),
    )


def integers(dtype, count=1):
    def make(generator):
        info = jnp.iinfo(dtype)
        ends = [int(info.min), int(info.max), 0, 1, 2, 3, 5, int(info.max) // 2] + (
            [-1, -2, -3] if info.min < 0 else []
        )
        grids = np.meshgrid(*[np.array(ends, dtype=object)] * count)
        return tuple(
            np.array(
                g.ravel().tolist(), dtype=np.uint64 if info.min == 0 else np.int64
            ).astype(jnp.dtype(dtype))
            for g in grids
        )

    return make


for dtype in INTEGERS:
    for name in ["add", "sub", "mul", "div", "rem", "max", "min", "and", "or", "xor", "shift_left", "shift_right_arithmetic", "shift_right_logical", "eq", "lt", "ge"]:
        function = getattr(
            lax,
            {"and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor"}.get(
                name, name
            ),
        )
        add(f"{name}_{dtype}", function, integers(dtype, 2), x64=is_wide(dtype))
    signed = ["abs", "neg", "sign", "population_count", "clz", "bitwise_not"]
    add(
        f"unary_{dtype}",
        lambda x: [
            getattr(lax, n)(x)
            for n in signed
            if n != "abs" or jnp.issubdtype(x.dtype, jnp.signedinteger)
        ],
        integers(dtype),
        x64=is_wide(dtype),
    )
    add(
        f"integer_pow_{dtype}",
        lambda x: [lax.integer_pow(x, y) for y in (0, 1, 2, 3, 7)],
        integers(dtype),
        x64=is_wide(dtype),
    )
    add(
        f"reductions_{dtype}",
        lambda x: (
            jnp.sum(x, dtype=x.dtype),
            jnp.prod(x, dtype=x.dtype),
            jnp.max(x),
            jnp.min(x),
            jnp.argmax(x),
            jnp.sort(x),
            lax.cumsum(x),
            lax.cumprod(x),
            lax.cummax(x),
            lax.cummin(x),
        ),
        integers(dtype),
        x64=is_wide(dtype),
    )

add(
    "int_pow",
    lambda x, y: lax.pow(x, y),
    (np.array([2, -3, 0, 7], np.int32), np.array([3, 5, 0, 13], np.int32)),
)
add(
    "float_int_pow",
    lambda x, y: lax.pow(x, y),
    (
        np.array([2, -3, 0, 0.7, -0.5], np.float32),
        np.array([3, 5, 0, -3, -5], np.int32),
    ),
)

# Conversions: every dtype into every other.
NARROW = (
    "float8_e4m3fn",
    "float8_e5m2",
    "float8_e4m3b11fnuz",
    "float8_e4m3fnuz",
    "float8_e5m2fnuz",
)
ALL = (*FLOATS, *INTEGERS, "bool", "complex64")
for dtype in ALL:
    make = integers(dtype) if dtype in INTEGERS else edges(dtype)
    if dtype == "bool":
        make = (np.array([True, False]),)
    targets = [
        t for t in (*ALL, *NARROW) if not (dtype == "complex64" and t != "complex64")
    ]
    add(
        f"convert_{dtype}",
        lambda x, targets=targets: [lax.convert_element_type(x, t) for t in targets],
        make,
        x64=True,
        elementwise=True,
    )
for dtype in NARROW:
    add(
        f"convert_{dtype}",
        lambda x, dtype=dtype: [
            y := x.astype(dtype),
            y.astype("float32"),
            y.astype("float16"),
            (y + y),
            (y * y),
            -y,
            jnp.exp(y.astype("float32")).astype(dtype),
            y.astype("int32"),
        ],
        edges("float32"),
    )
for source, target in (
    ("float32", "int32"),
    ("int32", "float32"),
    ("float32", "uint8"),
    ("float16", "uint16"),
    ("bfloat16", "int16"),
    ("float64", "int64"),
    ("uint64", "float64"),
    ("float32", "uint16"),
):
    make = integers(source) if "int" in source else edges(source)
    add(
        f"bitcast_{source}_{target}",
        lambda x, target=target: lax.bitcast_convert_type(x, target),
        make,
        x64=True,
        elementwise=True,
    )
add(
    "bitcast_widening",
    lambda x: lax.bitcast_convert_type(x.reshape(-1, 4), "int32"),
    (np.arange(16, dtype=np.uint8),),
)

# Complex numbers.
COMPLEX = ["abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "conj", "cos", "cosh", "exp", "expm1", "imag", "log", "log1p", "logistic", "neg", "real", "rsqrt", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh"]


def plane(dtype, exotic):
    def make(generator):
        values = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0] + (
            [np.inf, -np.inf, np.nan, 1e-20, 1e20] if exotic else [-0.3, 3.0]
        )
        real, imaginary = np.meshgrid(values, values)
        result = np.empty(real.size, np.complex128)
        result.real, result.imag = real.ravel(), imaginary.ravel()
        return (result.astype(dtype),)

    return make


for name in COMPLEX:
    add(
        f"{name}_complex64",
        getattr(lax, name),
        plane("complex64", False),
        elementwise=True,
    )
    add(
        f"{name}_complex64_exotic",
        getattr(lax, name),
        plane("complex64", True),
        elementwise=True,
    )
    add(
        f"{name}_complex128",
        getattr(lax, name),
        plane("complex128", False),
        x64=True,
        elementwise=True,
    )
for name in ["add", "sub", "mul", "div", "pow", "eq", "ne"]:

    def pairs(generator, exotic=False):
        (z,) = plane("complex64", exotic)(generator)
        a, b = np.meshgrid(z, z)
        return a.ravel(), b.ravel()

    add(f"{name}_complex64", getattr(lax, name), pairs, elementwise=True)
    add(
        f"{name}_complex64_exotic",
        getattr(lax, name),
        lambda g: pairs(g, True),
        elementwise=True,
    )
