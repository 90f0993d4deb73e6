"""Dump stable functions of JAX's own library, on which ``jaxpeep check`` must raise no false alarm.

    python tests/real_jax/stable_library.py DIR
    jaxpeep check --format json --witness FOUND DIR > findings.json
    python tests/real_jax/witness.py findings.json

Each function of jax.nn and jax.scipy that takes one to three arrays is printed, its
value and its gradient, some 100 files.
"""

import pathlib
import sys

import jax
import jax.numpy as jnp
from jax import nn
from jax.scipy import special, stats

ONE = """relu relu6 sigmoid softplus sparse_plus soft_sign silu mish log_sigmoid leaky_relu
hard_sigmoid hard_silu hard_tanh elu celu selu gelu squareplus softmax log_softmax logsumexp
standardize glu identity""".split()
SPECIAL_ONE = """digamma entr erf erfc erf_inv expit gammaln i0 i0e i1 i1e log_ndtr log_softmax
logit logsumexp ndtr ndtri softmax gamma factorial""".split()
SPECIAL_TWO = "xlogy xlog1py rel_entr kl_div betaln gammainc gammaincc zeta".split()
DENSITIES = """norm.logpdf norm.cdf norm.logcdf norm.sf norm.logsf norm.ppf logistic.logpdf
logistic.cdf laplace.logpdf cauchy.logpdf expon.logpdf uniform.logpdf t.logpdf gamma.logpdf
beta.logpdf poisson.logpmf chi2.logpdf pareto.logpdf""".split()


def functions():
    """Each function with its name and the number of its arrays."""
    for name in ONE:
        if function := getattr(nn, name, None):
            yield f"nn_{name}", function, 1
    for count, names in ((1, SPECIAL_ONE), (2, SPECIAL_TWO)):
        for name in names:
            if function := getattr(special, name, None):
                yield f"special_{name}", function, count
    for name in DENSITIES:
        family, method = name.split(".")
        two = {"t", "gamma", "poisson", "chi2", "pareto"}
        count = 3 if family == "beta" else 2 if family in two else 1
        yield (
            f"stats_{family}_{method}",
            getattr(getattr(stats, family), method),
            count,
        )


def main(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, function, count in functions():
        arguments = [jnp.linspace(0.1, 0.9, 4)] * count

        def total(*arguments, function=function):
            return jnp.sum(function(*arguments))

        for prefix, traced in (("", function), ("grad_", jax.value_and_grad(total))):
            try:
                text = str(jax.make_jaxpr(traced)(*arguments))
            except (TypeError, NotImplementedError, ValueError) as error:
                print(f"left out: {prefix}{name}: {error}"[:120])
                continue
            (folder / f"{prefix}{name}.jaxpr").write_text(text + "\n")
    print(len(list(folder.glob("*.jaxpr"))), "files")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
