"""Windows, convolutions, indexing, sorting, reductions, products, control flow."""


import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax._src.lax import windowed_reductions

from differential import add, normal

# Cumulative operations, with what is not finite among the numbers.
for name in ("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp"):
    function = getattr(lax, name)
    add(
        name,
        lambda x, f=function: [
            f(x, axis=a, reverse=r) for a in (0, 1) for r in (False, True)
        ],
        normal((5, 7)),
    )
    special = np.array(
        [
            [1, np.nan, 2, 3],
            [np.inf, 1, -np.inf, 2],
            [-np.inf, -np.inf, 1, 0],
            [0, -0.0, 5, 1000],
        ],
        np.float32,
    )
    add(
        f"{name}_special",
        lambda x, f=function: [f(x, axis=1, reverse=r) for r in (False, True)],
        (special,),
    )
    add(
        f"{name}_bf16",
        lambda x, f=function: f(x.astype(jnp.bfloat16), axis=0),
        normal((6, 3)),
    )

# Windows.
window = dict(window_dimensions=(2, 3), window_strides=(1, 2), padding=((1, 0), (1, 1)))
dilated = dict(window, base_dilation=(2, 1), window_dilation=(1, 2))
for label, options in (("plain", window), ("dilated", dilated)):
    for name, initial, combine in (
        ("sum", 0.0, lax.add),
        ("max", -np.inf, lax.max),
        ("min", np.inf, lax.min),
        ("prod", 1.0, lax.mul),
    ):
        add(
            f"window_{name}_{label}",
            lambda x, i=initial, c=combine, o=options: lax.reduce_window(
                x, np.float32(i), c, **o
            ),
            normal((5, 8)),
        )
    add(
        f"window_general_{label}",
        lambda x, o=options: lax.reduce_window(
            x, np.float32(0), lambda a, b: a + b * b, **o
        ),
        normal((5, 8)),
    )
add(
    "window_two",
    lambda x, y: lax.reduce_window(
        (x, y),
        (np.float32(0), np.float32(1)),
        lambda a, b: (a[0] + b[0], a[1] * b[1]),
        (2, 2),
        (1, 1),
        "VALID",
    ),
    normal((4, 4), (4, 4)),
)
for name, select, scatter in (
    ("maxima", lax.ge, lax.add),
    ("later_maxima", lax.gt, lax.sub),
    ("minima", lax.le, lambda joined, new: 2 * joined + new),
):
    for dtype in (np.float32, np.int32):
        add(
            f"select_and_scatter_{name}_{np.dtype(dtype)}",
            lambda x, y, s=select, c=scatter: windowed_reductions._select_and_scatter(
                x, s, (2, 3), (1, 2), ((0, 1), (1, 0)), y, x[0, 0], c
            ),
            (
                np.array([[3, 1, 2, 5, 5], [3, 7, 0, 5, 1]], dtype),
                np.array([[1, 2], [10, 20]], dtype),
            ),
        )
pool = lambda x: lax.reduce_window(
    x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME"
)
add(
    "max_pool_grad",
    lambda x: jax.grad(lambda x: jnp.sum(jnp.sin(pool(x))))(x),
    normal((2, 5, 5, 2)),
)
add(
    "max_pool_jvp",
    lambda x, t: jax.jvp(pool, (x,), (t,)),
    normal((1, 5, 4, 2), (1, 5, 4, 2)),
)
add(
    "max_pool_hessian",
    lambda x, t: jax.jvp(jax.grad(lambda x: jnp.sum(pool(x) ** 3)), (x,), (t,)),
    normal((1, 4, 4, 1), (1, 4, 4, 1)),
)
minimum = lambda x: lax.reduce_window(x, jnp.inf, lax.min, (3,), (2,), ((1, 1),))
add("min_pool_grad", jax.grad(lambda x: jnp.sum(minimum(x) ** 2)), normal((9,)))
add(
    "sum_pool_grad",
    jax.grad(
        lambda x: jnp.sum(
            lax.reduce_window(
                x, 0.0, lax.add, (3,), (2,), "VALID", window_dilation=(2,)
            )
            ** 2
        )
    ),
    normal((11,)),
)

# Convolutions.
conv = lax.conv_general_dilated
add(
    "conv_strided",
    lambda x, w: conv(x, w, (2, 1), ((1, 2), (0, 1)), rhs_dilation=(1, 2)),
    normal((2, 3, 7, 8), (4, 3, 3, 2)),
)
add(
    "conv_lhs_dilated",
    lambda x, w: conv(x, w, (1, 1), "SAME", lhs_dilation=(2, 3)),
    normal((1, 2, 4, 4), (3, 2, 3, 3)),
)
add(
    "conv_groups",
    lambda x, w: conv(x, w, (1,), "VALID", feature_group_count=3),
    normal((2, 6, 9), (6, 2, 3)),
)
add(
    "conv_batch_groups",
    lambda x, w: conv(x, w, (1,), "VALID", batch_group_count=2),
    normal((4, 3, 9), (4, 3, 3)),
)
add(
    "conv_depthwise_nhwc",
    lambda x, w: conv(
        x,
        w,
        (1, 1),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=4,
    ),
    normal((1, 5, 5, 4), (3, 3, 1, 8)),
)
add(
    "conv_transpose",
    lambda x, w: lax.conv_transpose(x, w, (2, 2), "SAME"),
    normal((1, 4, 4, 3), (3, 3, 3, 2)),
)
add(
    "conv_transpose_kernel",
    lambda x, w: lax.conv_transpose(x, w, (2,), "VALID", transpose_kernel=True),
    normal((1, 4, 3), (3, 2, 3)),
)
add(
    "conv_3d",
    lambda x, w: conv(x, w, (1, 2, 1), "SAME"),
    normal((1, 2, 4, 4, 3), (2, 2, 2, 3, 2)),
)
add(
    "conv_negative_padding",
    lambda x, w: conv(x, w, (1,), ((-1, 2),)),
    normal((1, 2, 8), (1, 2, 3)),
)
add(
    "conv_bf16",
    lambda x, w: conv(x.astype(jnp.bfloat16), w.astype(jnp.bfloat16), (1,), "SAME"),
    normal((1, 2, 8), (3, 2, 3)),
)
add(
    "conv_bf16_f32",
    lambda x, w: conv(
        x.astype(jnp.bfloat16),
        w.astype(jnp.bfloat16),
        (1,),
        "SAME",
        preferred_element_type=jnp.float32,
    ),
    normal((1, 2, 8), (3, 2, 3)),
)
add(
    "conv_int",
    lambda x, w: conv(x, w, (1,), "SAME"),
    (
        np.arange(16, dtype=np.int32).reshape(1, 2, 8),
        np.arange(18, dtype=np.int32).reshape(3, 2, 3),
    ),
)
add(
    "conv_complex",
    lambda x, w: conv(x, w, (1,), "SAME"),
    normal((1, 2, 8), (3, 2, 3), dtype=np.complex64),
)
add(
    "conv_grads",
    lambda x, w: jax.grad(
        lambda x, w: jnp.sum(
            conv(x, w, (2, 1), "SAME", rhs_dilation=(1, 2), feature_group_count=2) ** 2
        ),
        (0, 1),
    )(x, w),
    normal((2, 4, 6, 5), (4, 2, 3, 2)),
)
add(
    "conv_local",
    lambda x, w: lax.conv_general_dilated_local(x, w, (1,), "VALID", (2,)),
    normal((1, 3, 6), (2, 6, 5)),
)
add(
    "conv_patches",
    lambda x: lax.conv_general_dilated_patches(x, (2, 2), (1, 1), "SAME"),
    normal((1, 2, 4, 3)),
)

# Gather and scatter.
table, rows = normal((6, 4)), np.array([5, -1, 0, 9, -7, 2], np.int32)
for mode in ("clip", "fill", "wrap", "promise_in_bounds"):
    index = np.array([5, 0, 3], np.int32) if mode == "promise_in_bounds" else rows
    add(
        f"take_{mode}",
        lambda x, mode=mode, index=index: (
            (
                jnp.take(x, index, axis=0, mode=mode),
                jnp.take(x.astype(jnp.int32), index, axis=1, mode=mode),
            )
            if mode != "promise_in_bounds"
            else x.at[index].get(mode=mode)
        ),
        table,
    )
for method in ("set", "add", "multiply", "min", "max", "divide", "power", "subtract"):
    for mode in ("drop", "clip"):

        def update(x, u, method=method, mode=mode):
            index = np.array([5, 1, 0, 9, 1, -1], np.int32)
            ref = x.at[index]
            return getattr(ref, method)(u, mode=mode) if hasattr(ref, method) else x

        add(
            f"scatter_{method}_{mode}",
            update,
            normal((6, 4), (6, 4))
            if method != "power"
            else lambda g: (
                g.uniform(0.5, 2, (6, 4)).astype(np.float32),
                g.uniform(0.5, 2, (6, 4)).astype(np.float32),
            ),
        )
add("scatter_apply", lambda x: x.at[np.array([0, 2])].apply(jnp.sin), normal((5,)))
add(
    "scatter_batched",
    jax.vmap(lambda x, i, u: x.at[i].add(u)),
    lambda g: (
        g.normal(size=(3, 5)).astype(np.float32),
        g.integers(0, 5, (3, 4)).astype(np.int32),
        g.normal(size=(3, 4)).astype(np.float32),
    ),
)
add(
    "scatter_window",
    lambda x, u, i: lax.scatter_add(
        x, i, u, lax.ScatterDimensionNumbers((1, 2), (), (0, 1))
    ),
    lambda g: (
        g.normal(size=(5, 6)).astype(np.float32),
        g.normal(size=(3, 2, 2)).astype(np.float32),
        np.array([[0, 0], [3, 4], [4, 5]], np.int32),
    ),
)
add(
    "gather_batched",
    jax.vmap(lambda x, i: x[i, ::-1]),
    lambda g: (
        g.normal(size=(3, 5, 2)).astype(np.float32),
        g.integers(0, 5, (3, 4)).astype(np.int32),
    ),
)
add(
    "take_along",
    lambda x, i: jnp.take_along_axis(x, i, axis=1),
    lambda g: (
        g.normal(size=(3, 5)).astype(np.float32),
        g.integers(-5, 5, (3, 2)).astype(np.int32),
    ),
)
add(
    "dynamic_slices",
    lambda x, i: (
        lax.dynamic_slice(x, (i, -i), (2, 3)),
        lax.dynamic_update_slice(x, x[:2, :2] * 10, (i + 3, i - 9)),
        lax.dynamic_index_in_dim(x, i, 1),
    ),
    lambda g: (g.normal(size=(4, 5)).astype(np.float32), np.int32(3)),
)
add(
    "gather_grad",
    lambda x, i: jax.grad(lambda x: jnp.sum(x[i] ** 3))(x),
    lambda g: (
        g.normal(size=(5, 2)).astype(np.float32),
        g.integers(0, 5, 8).astype(np.int32),
    ),
)
add(
    "segment",
    lambda x, i: [
        f(x, i, num_segments=4)
        for f in (
            jax.ops.segment_sum,
            jax.ops.segment_max,
            jax.ops.segment_min,
            jax.ops.segment_prod,
        )
    ],
    lambda g: (
        g.normal(size=9).astype(np.float32),
        g.integers(0, 5, 9).astype(np.int32),
    ),
)
add(
    "pads",
    lambda x: (
        lax.pad(x, 7.0, ((1, -2, 2), (-1, 2, 0))),
        lax.pad(x, -1.0, ((-2, -1, 1), (0, 0, 3))),
    ),
    normal((4, 5)),
)

# Sorting.
add(
    "sort_two_keys",
    lambda x, y, z: lax.sort((x, y, z), num_keys=2),
    lambda g: (
        g.integers(0, 3, 20).astype(np.int32),
        g.integers(0, 3, 20).astype(np.float32),
        np.arange(20, dtype=np.int32),
    ),
)
add(
    "sort_axis0",
    lambda x: (
        jnp.sort(x, axis=0),
        jnp.argsort(x, axis=0, stable=True, descending=True),
    ),
    lambda g: (g.integers(0, 4, (6, 3)).astype(np.float32),),
)
add(
    "sort_bool_complex",
    lambda x, z: (jnp.sort(x), jnp.sort(z)),
    lambda g: (
        g.integers(0, 2, 6) > 0,
        np.array([1 + 2j, 1 - 1j, -3, np.nan, 0 + 1j], np.complex64),
    ),
)
add(
    "approx_top",
    lambda x: (lax.approx_max_k(x, 3), lax.approx_min_k(x, 2, reduction_dimension=0)),
    normal((4, 9)),
)
add(
    "top_k_int",
    lambda x: lax.top_k(x, 4),
    lambda g: (g.integers(-3, 3, (3, 8)).astype(np.int32),),
)
add(
    "searchsorted",
    lambda x, v: [
        jnp.searchsorted(jnp.sort(x), v, side=s, method=m)
        for s in ("left", "right")
        for m in ("scan", "sort", "compare_all")
    ],
    normal((9,), (5,)),
)
add(
    "unique",
    lambda x: jnp.unique(
        x, size=6, fill_value=-1, return_inverse=True, return_counts=True
    ),
    lambda g: (g.integers(0, 5, 12).astype(np.int32),),
)
add(
    "nonzero",
    lambda x: (jnp.nonzero(x > 0, size=5), jnp.argwhere(x > 0, size=3)),
    normal((9,)),
)

# Reductions and products.
add(
    "reduce_general",
    lambda x: lax.reduce(x, np.float32(1), lambda a, b: a * b + 0.5 * 0, (1,)),
    normal((3, 4)),
)
add(
    "reduce_pairs",
    lambda x, i: lax.reduce(
        (x, i),
        (np.float32(-np.inf), np.int32(0)),
        lambda a, b: (jnp.maximum(a[0], b[0]), jnp.where(a[0] > b[0], a[1], b[1])),
        (0,),
    ),
    lambda g: (
        g.normal(size=(5, 3)).astype(np.float32),
        np.arange(15, dtype=np.int32).reshape(5, 3),
    ),
)
add(
    "reduce_bits",
    lambda x: [
        lax.reduce(x, np.int32(i), f, (0,))
        for i, f in ((-1, lax.bitwise_and), (0, lax.bitwise_or), (0, lax.bitwise_xor))
    ],
    lambda g: (g.integers(-99, 99, (4, 3)).astype(np.int32),),
)
add(
    "reduce_special",
    lambda x: (
        jnp.sum(x, 1),
        jnp.prod(x, 1),
        jnp.max(x, 1),
        jnp.min(x, 1),
        jnp.nansum(x, 1),
        jnp.any(x, 1),
        jnp.all(x, 1),
    ),
    (special,),
)
add(
    "reduce_empty",
    lambda x: (jnp.sum(x), jnp.prod(x), jnp.any(x), jnp.all(x), jnp.mean(x)),
    (np.zeros((0,), np.float32),),
)
for dtype in (jnp.bfloat16, jnp.float16):
    add(
        f"sums_{np.dtype(dtype).name}",
        lambda x, dtype=dtype: (
            jnp.sum(x.astype(dtype)),
            jnp.mean(x.astype(dtype)),
            lax.reduce(x.astype(dtype), np.zeros((), dtype), lax.add, (0,)),
            jnp.var(x.astype(dtype)),
            jnp.dot(x.astype(dtype), x.astype(dtype)),
        ),
        normal((300,)),
    )
dot = lax.dot_general
add(
    "dot_batched",
    lambda x, y: dot(x, y, (((2,), (1,)), ((0,), (2,)))),
    normal((3, 4, 5), (6, 5, 3)),
)
add(
    "dot_int8",
    lambda x, y: (lax.dot(x, y), lax.dot(x, y, preferred_element_type=jnp.int32)),
    lambda g: (
        g.integers(-128, 128, (3, 40)).astype(np.int8),
        g.integers(-128, 128, (40, 2)).astype(np.int8),
    ),
)
add(
    "dot_bf16",
    lambda x, y: (
        lax.dot(x.astype(jnp.bfloat16), y.astype(jnp.bfloat16)),
        lax.dot(
            x.astype(jnp.bfloat16),
            y.astype(jnp.bfloat16),
            preferred_element_type=jnp.float32,
        ),
        lax.dot(x.astype(jnp.float16), y.astype(jnp.float16)),
    ),
    normal((3, 64), (64, 4)),
)
add(
    "dot_mixed",
    lambda x, y: dot(
        x.astype(jnp.bfloat16),
        y,
        (((1,), (0,)), ((), ())),
        preferred_element_type=jnp.float32,
    ),
    normal((3, 6), (6, 4)),
)
add(
    "dot_complex",
    lambda x, y: (x @ y, jnp.vdot(x[0], y[:, 0]), jnp.einsum("ij,jk->ki", x, y.conj())),
    normal((3, 4), (4, 2), dtype=np.complex64),
)
add("dot_bool", lambda x: dot(x > 0, x > 0.3, (((1,), (1,)), ((), ()))), normal((3, 4)))
add(
    "dot_special",
    lambda x, y: x @ y,
    (special, np.where(special > 2, special, 0).astype(np.float32)),
)
sizes = np.array([2, 0, 4, 1], np.int32)
add("ragged_dot", lambda x, y: lax.ragged_dot(x, y, sizes), normal((9, 3), (4, 3, 5)))
add(
    "ragged_dot_grads",
    lambda x, y: jax.grad(
        lambda x, y: jnp.sum(lax.ragged_dot(x, y, np.array([3, 2, 4], np.int32)) ** 2),
        (0, 1),
    )(x, y),
    normal((9, 3), (3, 3, 5)),
)
add(
    "ragged_dot_bf16",
    lambda x, y: lax.ragged_dot(
        x.astype(jnp.bfloat16),
        y.astype(jnp.bfloat16),
        sizes,
        preferred_element_type=jnp.float32,
    ),
    normal((9, 3), (4, 3, 5)),
)
if hasattr(lax, "ragged_dot_general"):
    numbers = lax.RaggedDotDimensionNumbers
    add(
        "ragged_contracting",
        lambda x, y: lax.ragged_dot_general(
            x, y, sizes, numbers((((1,), (0,)), ((), ())), [1], [])
        ),
        normal((5, 9), (9, 6)),
    )
    add(
        "ragged_batched",
        lambda x, y: lax.ragged_dot_general(
            x,
            y,
            np.stack([sizes, sizes[::-1]]),
            numbers((((2,), (2,)), ((0,), (1,))), [1], [0]),
        ),
        normal((2, 9, 3), (4, 2, 3, 5)),
    )

# Control flow.
add(
    "while_tuple",
    lambda n: lax.while_loop(
        lambda s: (s[0] < n) & (s[1] < 100),
        lambda s: (s[0] + 1, s[1] * 1.5, jnp.flip(s[2])),
        (0, 1.0, jnp.arange(3.0)),
    ),
    (np.int32(7),),
)
add(
    "fori_grad",
    jax.grad(
        lambda x: jnp.sum(lax.fori_loop(0, 5, lambda i, c: jnp.sin(c) * (i + 1), x))
    ),
    normal((3,)),
)
add(
    "scan_all",
    lambda c, x: lax.scan(
        lambda c, x: ((c[0] + x, c[1] * 0.5), (c[0], x * c[1])),
        c,
        x,
        reverse=True,
        unroll=2,
    ),
    lambda g: ((np.float32(0.5), np.float32(2)), g.normal(size=7).astype(np.float32)),
)
add(
    "scan_empty",
    lambda c: lax.scan(lambda c, _: (c * 2, c), c, None, length=0),
    (np.float32(3),),
)
add(
    "switches",
    lambda i, x: [
        lax.switch(i + k, [jnp.sin, jnp.cos, lambda y: y * 2], x) for k in (-3, 0, 1, 9)
    ],
    lambda g: (np.int32(0), g.normal(size=3).astype(np.float32)),
)
add(
    "vmapped_while",
    jax.vmap(lambda x: lax.while_loop(lambda v: v < 50, lambda v: v * 1.7 + 1, x)),
    lambda g: (np.abs(g.normal(size=4)).astype(np.float32),),
)
add(
    "vmapped_cond",
    jax.vmap(lambda p, x: lax.cond(p, jnp.sin, lambda v: v * v, x)),
    lambda g: (np.array([True, False, True]), g.normal(size=3).astype(np.float32)),
)
add(
    "associative",
    lambda x: (
        lax.associative_scan(jnp.matmul, x),
        lax.associative_scan(lambda a, b: a + 0.5 * b, x, reverse=True),
    ),
    normal((6, 2, 2)),
)
add("map_batches", lambda x: lax.map(jnp.sum, x, batch_size=2), normal((5, 3)))
add(
    "checkpointed",
    jax.grad(lambda x: jnp.sum(jax.checkpoint(lambda v: jnp.sin(jnp.exp(v)))(x))),
    normal((4,)),
)
add(
    "linearized",
    lambda x, t: jax.linearize(lambda v: jnp.sin(v) * v, x)[1](t),
    normal((4,), (4,)),
)
