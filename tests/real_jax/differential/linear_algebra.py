"""Decompositions, solvers and Fourier transforms, with derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy import linalg

from differential import add, normal


def definite(generator, n=4, dtype=np.float32):
    (a,) = normal((n, n), dtype=dtype)(generator)
    return (a @ a.conj().T + n * np.eye(n)).astype(dtype)


for dtype in (np.float32, np.float64, np.complex64, np.complex128):
    kind = np.dtype(dtype).name
    options = dict(x64=dtype in (np.float64, np.complex128))
    square, tall, wide = (
        normal(shape, dtype=dtype) for shape in ((4, 4), (5, 3), (3, 5))
    )
    positive = lambda g, dtype=dtype: (definite(g, dtype=dtype),)
    add(f"cholesky_{kind}", jnp.linalg.cholesky, positive, **options)
    add(f"lu_{kind}", lambda a: linalg.lu_factor(a), square, **options)
    add(
        f"lu_tall_wide_{kind}",
        lambda a: (lax.linalg.lu(a), lax.linalg.lu(a.T)),
        tall,
        **options,
    )
    add(
        f"qr_{kind}",
        lambda a: (
            jnp.linalg.qr(a),
            jnp.linalg.qr(a.T),
            jnp.linalg.qr(a, mode="complete"),
            jnp.linalg.qr(a, mode="r"),
        ),
        tall,
        **options,
    )
    add(f"eigh_{kind}", jnp.linalg.eigh, positive, **options)
    add(
        f"eigvalsh_upper_{kind}",
        lambda a: lax.linalg.eigh(a, lower=False)[1],
        positive,
        **options,
    )
    add(
        f"svd_{kind}", lambda a: jnp.linalg.svd(a, full_matrices=False), tall, **options
    )
    add(
        f"svd_wide_{kind}",
        lambda a: jnp.linalg.svd(a, compute_uv=False),
        wide,
        **options,
    )
    add(
        f"svd_full_{kind}",
        lambda a: (lambda u, s, v: (s, (u[:, :3] * s) @ v))(*jnp.linalg.svd(a)),
        tall,
        **options,
    )
    add(f"eigvals_{kind}", jnp.linalg.eigvals, square, **options)
    add(f"eig_{kind}", jnp.linalg.eig, square, **options)
    add(
        f"solve_{kind}",
        lambda a, b: (
            jnp.linalg.solve(a, b),
            jnp.linalg.inv(a),
            jnp.linalg.det(a),
            jnp.linalg.slogdet(a),
        ),
        normal((4, 4), (4, 2), dtype=dtype),
        **options,
    )
    add(
        f"solve_batched_{kind}",
        lambda a, b: jnp.linalg.solve(a, b),
        normal((3, 4, 4), (3, 4, 1), dtype=dtype),
        **options,
    )
    for lower in (False, True):
        for transpose in (0, 1, 2) if "complex" in kind else (0, 1):
            add(
                f"triangular_{lower}_{transpose}_{kind}",
                lambda a, b, l=lower, t=transpose: [
                    lax.linalg.triangular_solve(
                        a + 3 * jnp.eye(4, dtype=a.dtype),
                        b if left else b.T,
                        left_side=left,
                        lower=l,
                        transpose_a=t > 0,
                        conjugate_a=t == 2,
                        unit_diagonal=u,
                    )
                    for u in (False, True)
                    for left in (True, False)
                ],
                normal((4, 4), (4, 2), dtype=dtype),
                **options,
            )
    add(
        f"householder_{kind}",
        lambda a, t: lax.linalg.householder_product(a, t),
        normal((5, 3), (3,), dtype=dtype),
        **options,
    )
    add(f"hessenberg_{kind}", lambda a: lax.linalg.hessenberg(a), square, **options)
    add(
        f"hessenberg_full_{kind}",
        lambda a: linalg.hessenberg(a, calc_q=True),
        square,
        **options,
    )
    add(
        f"tridiagonal_{kind}",
        lambda a: lax.linalg.tridiagonal(a, lower=True),
        positive,
        **options,
    )
    add(
        f"tridiagonal_upper_{kind}",
        lambda a: lax.linalg.tridiagonal(a, lower=False),
        positive,
        **options,
    )
    add(
        f"schur_{kind}",
        lambda a: (
            lambda t, z: (jnp.diagonal(t).sum(), z @ t @ z.conj().T, jnp.tril(t, -2))
        )(*lax.linalg.schur(a)),
        square,
        **options,
    )
    for name, shape, function in (
        # Eigenvalues that can be read off stand where balancing puts them.
        ("isolated", (6, 6), lambda a: jnp.tril(a).at[1, 3].set(1)),
        # Eigenvalues that are equal.
        (
            "equal",
            (6, 6),
            lambda a: jnp.eye(6, dtype=a.dtype) + jnp.diag(a[0, :5], 1),
        ),
        ("batched", (2, 3, 3), lambda a: a),
        ("larger", (12, 12), lambda a: a),
        ("zero", (3, 3), lambda a: 0 * a),
    ):
        add(
            f"schur_{name}_{kind}",
            # Signs and phases may be those of rounding noise.
            lambda a, f=function: [abs(x) for x in lax.linalg.schur(f(a))],
            normal(shape, dtype=dtype),
            **options,
        )
    add(
        f"schur_alone_{kind}",
        lambda a: abs(lax.linalg.schur(a, compute_schur_vectors=False)[0]),
        normal((4, 4), dtype=dtype),
        **options,
    )
    add(
        f"hessenberg_batched_{kind}",
        lax.linalg.hessenberg,
        normal((2, 7, 7), dtype=dtype),
        **options,
    )
    for lower in (True, False):
        add(
            f"tridiagonal_batched_{kind}_{'lower' if lower else 'upper'}",
            lambda a, l=lower: lax.linalg.tridiagonal(
                a + a.swapaxes(1, 2).conj(), lower=l
            ),
            normal((2, 7, 7), dtype=dtype),
            **options,
        )
    add(
        f"tridiagonal_solve_pivoted_{kind}",
        lambda d, b: lax.linalg.tridiagonal_solve(
            d[0].at[0].set(0), d[1] * 0.1, d[2].at[-1].set(0), b
        ),
        normal((3, 9), (9, 2), dtype=dtype),
        **options,
    )
    add(
        f"tridiagonal_solve_singular_{kind}",
        lambda d, b: lax.linalg.tridiagonal_solve(
            0 * d[0], d[1].at[2].set(0), d[2].at[-1].set(0), b
        ),
        normal((3, 5), (5, 1), dtype=dtype),
        **options,
    )
    for name, scale in (("regular", 1), ("singular", 0)):
        add(
            f"tridiagonal_solve_perturbed_{name}_{kind}",
            lambda d, b, s=scale: lax.linalg.tridiagonal_solve(
                d[0].at[jnp.array([0, 4])].set(0),
                d[1].at[4].multiply(s),
                d[2].at[-1].set(0),
                b,
                perturb_singular=True,
            ),
            normal((3, 9), (9, 2), dtype=dtype),
            **options,
        )
    add(f"expm_{kind}", linalg.expm, square, **options)
    add(
        f"lstsq_{kind}",
        lambda a, b: jnp.linalg.lstsq(a, b)[0],
        normal((5, 3), (5, 2), dtype=dtype),
        **options,
    )
    add(f"pinv_{kind}", jnp.linalg.pinv, tall, **options)
    add(
        f"cho_solve_{kind}",
        lambda a: linalg.cho_solve(
            linalg.cho_factor(a, lower=True), jnp.ones(4, a.dtype)
        ),
        positive,
        **options,
    )
    if "float" in kind:
        add(
            f"schur_signs_{kind}",
            lax.linalg.schur,
            normal((4, 4), dtype=dtype),
            **options,
        )
        add(
            f"tridiagonal_solve_{kind}",
            lambda d, b: lax.linalg.tridiagonal_solve(
                jnp.concatenate([jnp.zeros(1, d.dtype), d[0, 1:]]),
                d[1] + 4,
                jnp.concatenate([d[2, :-1], jnp.zeros(1, d.dtype)]),
                b,
            ),
            normal((3, 6), (6, 2), dtype=dtype),
            **options,
        )
        add(
            f"tridiagonal_solve_batched_{kind}",
            jax.vmap(
                lambda d, b: lax.linalg.tridiagonal_solve(
                    d[0].at[0].set(0), d[1] + 4, d[2].at[-1].set(0), b
                )
            ),
            normal((2, 3, 6), (2, 6, 2), dtype=dtype),
            **options,
        )
        for name, function in (
            ("cholesky", jnp.linalg.cholesky),
            ("eigvalsh", jnp.linalg.eigvalsh),
            ("inverse", jnp.linalg.inv),
            ("logdet", lambda a: jnp.linalg.slogdet(a)[1]),
            ("svdvals", lambda a: jnp.linalg.svd(a, compute_uv=False)),
            ("qr", lambda a: jnp.linalg.qr(a)[1] ** 2),
            ("lu", lambda a: lax.linalg.lu(a)[0]),
            ("expm", linalg.expm),
            ("eig_abs", lambda a: jnp.abs(jnp.linalg.eigvals(a))),
        ):
            add(
                f"grad_{name}_{kind}",
                jax.grad(lambda a, f=function: jnp.sum(jnp.sin(f(a)))),
                positive,
                **options,
            )
        add(
            f"grad_solve_{kind}",
            jax.grad(lambda a, b: jnp.sum(jnp.linalg.solve(a, b) ** 2), (0, 1)),
            normal((4, 4), (4, 2), dtype=dtype),
            **options,
        )
        add(
            f"grad_tridiagonal_solve_{kind}",
            jax.grad(
                lambda d, b: jnp.sum(
                    lax.linalg.tridiagonal_solve(
                        d[0].at[0].set(0), d[1] + 4, d[2].at[-1].set(0), b
                    )
                    ** 2
                )
            ),
            normal((3, 5), (5, 2), dtype=dtype),
            **options,
        )
add(
    "pivots",
    lambda p: lax.linalg.lu_pivots_to_permutation(p, 6),
    (np.array([[1, 2, 3, 3], [0, 5, 2, 4]], np.int32),),
)
add(
    "eigh_subset",
    lambda a: lax.linalg.eigh(a, subset_by_index=None)[1],
    lambda g: (definite(g, 9),),
)
add("eigh_large", lambda a: jnp.linalg.eigvalsh(a), lambda g: (definite(g, 40),))
add(
    "singular",
    lambda a: (jnp.linalg.det(a), jnp.linalg.cholesky(a - 2), lax.linalg.lu(a)),
    (np.array([[1, 2], [2, 4]], np.float32),),
)
add(
    "matrix_functions",
    lambda a: (
        jnp.linalg.matrix_power(a, 5),
        jnp.linalg.matrix_power(a, -2),
        jnp.linalg.matrix_rank(a),
        jnp.linalg.cond(a),
        jnp.linalg.norm(a, "nuc"),
        jnp.linalg.norm(a, 2),
        jnp.linalg.norm(a, "fro"),
        linalg.toeplitz(a[0]),
        linalg.block_diag(a, a),
    ),
    normal((3, 3)),
)
add("sqrtm", lambda a: linalg.sqrtm(a), lambda g: (definite(g),))
add("polar", lambda a: linalg.polar(a), normal((4, 3)))
add(
    "eigh_tridiagonal",
    lambda d, e: linalg.eigh_tridiagonal(d, e, eigvals_only=True),
    normal((6,), (5,)),
)
add(
    "cg",
    lambda a, b: jax.scipy.sparse.linalg.cg(a, b, maxiter=6)[0],
    lambda g: (definite(g), g.normal(size=4).astype(np.float32)),
)
add(
    "gmres",
    lambda a, b: jax.scipy.sparse.linalg.gmres(a, b, tol=1e-4)[0],
    lambda g: (definite(g), g.normal(size=4).astype(np.float32)),
)

# Fourier transforms of all kinds, lengths and ranks.
for n in (1, 2, 3, 7, 8, 12, 30):
    add(
        f"fft_{n}",
        lambda z: (jnp.fft.fft(z), jnp.fft.ifft(z), jnp.fft.hfft(z, 2 * z.shape[0])),
        normal((n,), dtype=np.complex64),
    )
    add(
        f"rfft_{n}",
        lambda x: (jnp.fft.rfft(x), jnp.fft.irfft(jnp.fft.rfft(x), x.shape[0])),
        normal((n,)),
    )
add(
    "fftn",
    lambda z: (
        jnp.fft.fft2(z),
        jnp.fft.ifftn(z),
        jnp.fft.rfftn(z.real),
        jnp.fft.irfftn(z, (3, 4, 6)),
        jnp.fft.fftshift(z),
    ),
    normal((3, 4, 6), dtype=np.complex64),
)
add(
    "fft_wide",
    lambda z: (jnp.fft.fft(z), jnp.fft.irfft(z), jnp.fft.rfft(z.real)),
    normal((3, 10), dtype=np.complex128),
    x64=True,
)
add(
    "fft_grad", jax.grad(lambda x: jnp.sum(jnp.abs(jnp.fft.rfft(x)) ** 3)), normal((9,))
)
add(
    "irfft_grad",
    jax.grad(lambda x: jnp.sum(jnp.fft.irfft(x * (1 + 2j), 8) ** 3)),
    normal((5,)),
)
add("fft_convolve", lambda x, y: jax.scipy.signal.fftconvolve(x, y), normal((9,), (4,)))
