"""What users call: jax.numpy, jax.scipy, jax.nn, with derivatives."""

import jax
import jax.numpy as jnp
import jax.scipy as jsp
import numpy as np
from jax import lax

from differential import add, normal
from differential.elementwise import positive

special = jsp.special
UNIT = lambda count: positive("float32", count, 0.05, 0.95)
for name in ["bernoulli", "betainc", "betaln", "digamma", "entr", "erf", "erfc", "erfinv", "expi", "exp1", "expit", "expn", "factorial", "fresnel", "gamma", "gammainc", "gammaincc", "gammaln", "gammasgn", "hyp1f1", "hyp2f1", "i0", "i0e", "i1", "i1e", "kl_div", "log_ndtr", "log_softmax", "logit", "logsumexp", "multigammaln", "ndtr", "ndtri", "poch", "polygamma", "rel_entr", "sici", "softmax", "spence", "xlog1py", "xlogy", "zeta"]:
    function = getattr(special, name, None)
    if function is None:
        continue
    counts = {
        "betainc": 3,
        "betaln": 2,
        "gammainc": 2,
        "gammaincc": 2,
        "hyp1f1": 3,
        "hyp2f1": 4,
        "kl_div": 2,
        "poch": 2,
        "rel_entr": 2,
        "xlog1py": 2,
        "xlogy": 2,
    }
    if name == "bernoulli":
        add("special_bernoulli", lambda: special.bernoulli(8), ())
    elif name == "expn":
        add(
            "special_expn",
            lambda x: [special.expn(jnp.int32(n), x) for n in (1, 2, 4)],
            positive("float32", 1),
            elementwise=True,
        )
    elif name in ("polygamma", "zeta"):
        add(
            f"special_{name}",
            lambda x, f=function: [f(n, x) for n in (2.0, 3.0)],
            positive("float32", 1),
            elementwise=True,
        )
    elif name == "multigammaln":
        add("special_multigammaln", lambda x: special.multigammaln(x + 2, 3), UNIT(1))
    else:
        add(f"special_{name}", function, UNIT(counts.get(name, 1)), elementwise=True)
        if name not in ("gammasgn", "fresnel", "sici"):

            def derivative(*x, f=function):
                return jax.grad(lambda *x: jnp.sum(f(*x)), argnums=len(x) - 1)(*x)

            add(f"special_grad_{name}", derivative, UNIT(counts.get(name, 1)))
add(
    "special_gamma_grads",
    lambda a, x: jax.grad(
        lambda a, x: jnp.sum(special.gammainc(a, x) + special.gammaincc(a + 1, x)),
        (0, 1),
    )(a, x),
    positive("float32", 2),
)
add(
    "special_bessel_jn",
    lambda x: special.bessel_jn(x, v=3),
    positive("float32", 1),
    elementwise=False,
)

for name in ["celu", "elu", "gelu", "glu", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "leaky_relu", "log_sigmoid", "log_softmax", "logsumexp", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_sign", "softmax", "softplus", "sparse_plus", "sparse_sigmoid", "squareplus", "standardize"]:
    function = getattr(jax.nn, name, None)
    if function is not None:
        add(
            f"nn_{name}",
            lambda x, f=function: (f(x), jax.grad(lambda x: jnp.sum(jnp.sin(f(x))))(x)),
            normal((4, 6)),
        )
add("nn_one_hot", lambda i: jax.nn.one_hot(i, 5), (np.array([0, 4, 7, -1], np.int32),))
add(
    "nn_attention",
    lambda q, k, v: jax.nn.dot_product_attention(q, k, v, is_causal=True),
    normal((1, 5, 2, 4), (1, 5, 2, 4), (1, 5, 2, 4)),
)

N = normal((4, 6))
for name, function in {
    "interp": lambda x: jnp.interp(x[0], jnp.sort(x[1]), x[2]),
    "percentile": lambda x: [
        jnp.percentile(x, q, axis=1, method=m)
        for q in (10, 50)
        for m in ("linear", "lower", "nearest", "midpoint")
    ],
    "nanmedian": lambda x: (
        jnp.median(x),
        jnp.nanmedian(jnp.where(x > 1, jnp.nan, x), axis=0),
        jnp.nanstd(jnp.where(x > 1, jnp.nan, x)),
    ),
    "histogram": lambda x: (
        jnp.histogram(x, 5),
        jnp.digitize(x, jnp.array([-1.0, 0, 1])),
    ),
    "covariance": lambda x: (jnp.cov(x), jnp.corrcoef(x), jnp.var(x, ddof=1, axis=1)),
    "convolve": lambda x: (
        [jnp.convolve(x[0], x[1, :3], m) for m in ("full", "same", "valid")]
        + [jnp.correlate(x[0], x[1])]
    ),
    "polynomials": lambda x: (
        jnp.polyfit(jnp.arange(6.0), x[0], 2),
        jnp.polyval(x[0], x[1]),
        jnp.polymul(x[0], x[1]),
        jnp.polyder(x[0]),
        jnp.poly(x[0]),
        jnp.vander(x[0]),
    ),
    "roots": lambda x: jnp.roots(x[0], strip_zeros=False),
    "division": lambda x: (
        jnp.divmod(x, x[::-1]),
        jnp.fmod(x, 0.7),
        x // 0.3,
        x % -0.4,
        jnp.remainder(-x, x[0]),
    ),
    "parts": lambda x: (
        jnp.modf(x),
        jnp.frexp(x),
        jnp.ldexp(x, jnp.array(3)),
        jnp.trunc(x),
        jnp.fix(x) if hasattr(jnp, "fix") else x,
        jnp.rint(x),
        jnp.signbit(x),
        jnp.copysign(x, x[::-1]),
        jnp.spacing(x) if hasattr(jnp, "spacing") else x,
    ),
    "hypotenuse": lambda x: (
        jnp.hypot(x, x[::-1]),
        jnp.logaddexp(x, x[::-1]),
        jnp.logaddexp2(x, x[::-1]),
        jnp.sinc(x),
        jnp.heaviside(x, 0.5),
        jnp.float_power(jnp.abs(x), 1.3),
        jnp.i0(x),
        jnp.exp2(x),
        jnp.cbrt(x),
        jnp.deg2rad(x),
    ),
    "moves": lambda x: (
        jnp.roll(x, 2, 1),
        jnp.rot90(x),
        jnp.flip(x),
        jnp.tile(x, (2, 1)),
        jnp.repeat(x, 2, 0),
        jnp.kron(x[:2, :2], x[2:, :2]),
        jnp.tril(x),
        jnp.diagonal(x),
        jnp.diag(x[0]),
        jnp.stack([x, x]),
        jnp.split(x, 2, 1),
        jnp.pad(x, 2, mode="reflect"),
        jnp.pad(x, ((1, 2), (0, 1)), mode="wrap"),
        jnp.pad(x, 1, mode="linear_ramp"),
    ),
    "calculus": lambda x: (
        jnp.gradient(x),
        jnp.diff(x, 2),
        jnp.trapezoid(x),
        jnp.unwrap(3 * x),
        jnp.ediff1d(x),
        jnp.cross(x[:, :3], x[:, 3:]),
    ),
    "einsum": lambda x: (
        jnp.einsum("ij,kj->ik", x, x),
        jnp.einsum("ij,ij->", x, x),
        jnp.einsum("ii->i", x[:, :4]),
        jnp.tensordot(x, x.T, 1),
        jnp.inner(x, x),
        jnp.outer(x[0], x[1]),
    ),
    "images": lambda x: [
        jax.image.resize(x, (7, 3), m)
        for m in ("nearest", "linear", "cubic", "lanczos3")
    ],
    "coordinates": lambda x: [
        jsp.ndimage.map_coordinates(x, [x[0] + 1, x[1] + 2], o, mode=m)
        for o in (0, 1)
        for m in ("constant", "nearest", "wrap", "mirror")
    ],
    "statistics": lambda x: (
        jsp.stats.norm.logcdf(x),
        jsp.stats.norm.ppf(jax.nn.sigmoid(x)),
        jsp.stats.t.logpdf(x, 3.0),
        jsp.stats.beta.cdf(jax.nn.sigmoid(x), 2.0, 3.0),
        jsp.stats.gamma.logpdf(jnp.abs(x), 2.0),
        jsp.stats.gaussian_kde(x[0])(x[1]),
        jsp.stats.mode(jnp.round(x)),
        jsp.stats.rankdata(x),
        jsp.stats.gamma.cdf(jnp.abs(x), 1.5),
        jsp.stats.vonmises.logpdf(x, 2.0),
    ),
    "signal": lambda x: (
        jsp.signal.convolve2d(x, x[:2, :2]),
        jsp.signal.detrend(x),
        jsp.signal.welch(x[0], nperseg=4),
        jsp.fft.dct(x, norm="ortho"),
        jsp.signal.stft(x[0], nperseg=4),
    ),
    "integers": lambda x: (
        jnp.gcd((x * 50).astype(int), 12),
        jnp.lcm((x * 5).astype(int), 6),
        jnp.bincount(jnp.abs(x[0] * 3).astype(int), length=6),
        jnp.packbits(x > 0),
        jnp.unpackbits(jnp.packbits(x > 0)),
        jnp.floor_divide((x * 9).astype(int), 4),
        jnp.mod((x * 9).astype(int), -4),
    ),
    "finite": lambda x: (
        jnp.nan_to_num(x / jnp.round(x)),
        jnp.isclose(x, x + 1e-6),
        jnp.nanmax(jnp.where(x > 1, jnp.nan, x)),
        jnp.nancumsum(jnp.where(x > 1, jnp.nan, x)),
    ),
    "selection": lambda x: (
        jnp.select([x > 1, x > 0], [x, -x], 9.0),
        jnp.piecewise(x, [x < 0, x >= 0], [jnp.sin, jnp.cos]),
        jnp.where(x > 0, x, 0),
        jnp.choose((x[0] > 0).astype(int), [x[1], x[2]]),
        jnp.partition(x, 2),
        jnp.lexsort((x[0], x[1])),
        jnp.extract(x > 0, x, size=5),
    ),
    "minimized": lambda x: (
        jsp.optimize.minimize(
            lambda v: jnp.sum((v - x[0, :2]) ** 2 * jnp.array([1, 3.0])),
            jnp.zeros(2),
            method="BFGS",
        ).x
    ),
    "hessian": lambda x: (
        jax.hessian(lambda v: jnp.sum(jnp.tanh(v) ** 3) + v[0] * v[1])(x[0]),
        jax.jacfwd(jnp.cumprod)(x[0]),
        jax.jacrev(jnp.sort)(x[0]),
    ),
    "ode": lambda x: jax.experimental.ode.odeint(
        lambda y, t: -y * t, x[0], jnp.linspace(0.0, 1, 4)
    ),
    "sorted_grad": lambda x: jax.grad(
        lambda v: (
            jnp.sum(jnp.sort(v, 1) * jnp.arange(6))
            + jnp.sum(jnp.median(v, 1))
            + jnp.max(v)
            + lax.top_k(v, 2)[0].sum()
        )
    )(x),
    "norm_grads": lambda x: [
        jax.grad(lambda v, o=o: jnp.sum(jnp.linalg.norm(v, o, axis=1)))(x)
        for o in (1, 2, 3, jnp.inf, 0.5)
    ],
}.items():
    add(f"numpy_{name}", function, N)


@jax.custom_vjp
def clipped(x):
    return jnp.sin(x)


clipped.defvjp(
    lambda x: (jnp.sin(x), x), lambda x, g: (jnp.clip(g, -1, 1) * jnp.cos(x),)
)
add(
    "custom_vjp",
    lambda x: (clipped(x), jax.grad(lambda x: jnp.sum(3 * clipped(x)))(x)),
    normal((4,)),
)
add(
    "custom_root",
    lambda x: lax.custom_root(
        lambda y: y**3 - x,
        x,
        lambda f, y: lax.fori_loop(0, 20, lambda _, v: v - f(v) / (3 * v**2), y),
        lambda g, y: y / g(1.0),
    ),
    (np.float32(5),),
)
