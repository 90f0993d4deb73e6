"""What the decorator takes and gives, and how it composes with JAX."""

import functools
import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxpeep import JaxpeepWarning, improve

BIG = jnp.array([1000.0, 999.0, 998.0, 0.0])


def log_sum_exp(x):
    return jnp.log(jnp.sum(jnp.exp(x)))


def stable(x):
    return jax.nn.logsumexp(x)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-6)


def test_values_that_overflowed_become_finite():
    assert not np.isfinite(log_sum_exp(BIG))
    close(improve(log_sum_exp)(BIG), stable(BIG))


@pytest.mark.parametrize(
    "wrap",
    [
        jax.jit,
        lambda f: jax.jit(jax.grad(f)),
        jax.grad,
        lambda f: jax.vmap(f, in_axes=0),
        lambda f: jax.jit(jax.vmap(jax.grad(f))),
        jax.jacfwd,
    ],
    ids=["jit", "jit-grad", "grad", "vmap", "jit-vmap-grad", "jacfwd"],
)
def test_transformations_of_the_improved_function(wrap):
    x = jnp.stack([BIG, BIG + 1.0])
    try:
        expected = wrap(stable)(x)
    except TypeError:  # a gradient needs one number
        x = BIG
        expected = wrap(stable)(x)
    close(wrap(improve(log_sum_exp))(x), expected)


def softplus(x):
    return jnp.sum(jnp.log(1.0 + jnp.exp(x)))


def test_a_gradient_is_that_of_the_stable_formula():
    x = jnp.array([-100.0, -1.0, 3.0, 100.0])
    close(jax.grad(improve(softplus))(x), jax.nn.sigmoid(x))


def test_the_gradient_of_softplus_at_zero_where_training_starts():
    zero = jnp.zeros(1)
    close(jax.grad(improve(softplus))(zero), [0.5])
    close(jax.hessian(improve(softplus))(zero), [[0.25]])


def test_a_gradient_can_be_improved_itself():
    x = jnp.array([-1.0, 0.0, 1.0])
    close(improve(jax.grad(log_sum_exp))(x), jax.nn.softmax(x))


def test_pytrees_keywords_and_static_arguments():
    @functools.partial(improve, static_argnames="reduce", static_argnums=2)
    def loss(params, batch, power, *, reduce="mean", scale):
        z = jnp.log(jnp.sum(jnp.exp(params["w"] * batch[0]), axis=-1)) ** power
        z = z * scale
        return {"loss": getattr(jnp, reduce)(z), "parts": (z, None)}

    params, batch = {"w": jnp.float32(10.0)}, [jnp.ones((2, 3)) * 100.0]
    result = loss(params, batch, 2, reduce="sum", scale=0.5)
    expected = (1000.0 + np.log(3.0)) ** 2 * 0.5
    close(result["loss"] / (2 * expected), 1.0)
    assert result["parts"][1] is None
    assert result["parts"][0].shape == (2,)
    mean = loss(params, batch, 2, scale=0.5)
    close(mean["loss"] / expected, 1.0)


def test_an_argument_that_is_no_array_is_named():
    with pytest.raises(TypeError, match="static_argnames"):
        improve(lambda x, how: x)(1.0, "sum")


def test_arrays_around_the_function_are_constants_of_it():
    weights = jnp.array([1.0, 2.0, 3.0, 4.0])

    @improve
    def loss(x):
        return jnp.log(jnp.sum(weights * jnp.exp(x)))

    close(loss(BIG), jax.nn.logsumexp(BIG, b=weights))

    def outer(w):
        return improve(lambda x: jnp.log(jnp.sum(w * jnp.exp(x))))(BIG)

    expected = jax.grad(lambda w: jax.nn.logsumexp(BIG, b=w))(weights)
    close(jax.grad(outer)(weights), expected)


def test_a_function_is_traced_once_for_each_kind_of_arguments():
    traced = []

    @improve
    def f(x):
        traced.append(x.shape)
        return jnp.log(jnp.sum(jnp.exp(x)))

    for _ in range(3):
        f(BIG)
    assert traced == [(4,)]
    f(BIG[:2])
    f(np.asarray(BIG))
    assert traced[:2] == [(4,), (2,)]


def test_a_trace_stands_for_no_other_size_of_a_named_axis():
    @improve
    def loss(x):
        return jax.lax.pmean(log_sum_exp(x), "batch") * jax.lax.psum(1, "batch")

    for size in (2, 4, 2):
        x = jnp.full((size, 3), 1000.0)
        found = jax.vmap(loss, axis_name="batch")(x)
        close(found / size, np.full(size, 1000.0 + np.log(3.0)))


def test_a_trace_stands_for_no_other_settings():
    f = improve(lambda x, y: log_sum_exp(x + y))
    f(jnp.ones((2, 3)), jnp.ones(3))
    with jax.numpy_rank_promotion("raise"), pytest.raises(ValueError, match="rank"):
        f(jnp.ones((2, 3)), jnp.ones(3))


def test_static_arguments_that_are_equal_may_be_of_other_types():
    def f(x, n):
        return log_sum_exp(x) + (1.0 if isinstance(n, int) else 2.0)

    improved = improve(f, static_argnums=1)
    close(improved(BIG, 2) + 1.0, improved(BIG, 2.0))


def test_a_shape_prepares_for_arrays():
    traced = []

    @improve
    def f(x):
        traced.append(x.shape)
        return log_sum_exp(x)

    f.prepare(jax.ShapeDtypeStruct((4,), jnp.float32))
    f(BIG)
    assert traced == [(4,)]


def test_an_argument_may_be_called_self():
    close(improve(lambda self: log_sum_exp(self))(self=BIG), stable(BIG))


def test_a_traced_value_around_the_function_is_not_kept():
    @functools.lru_cache
    def improved():
        return improve(lambda x: jnp.log(jnp.sum(jnp.exp(x) * held[0])))

    held = []
    for _ in range(2):
        held[:] = [None]

        def outer(w):
            held[0] = w
            return improved()(BIG)

        close(jax.jit(outer)(2.0), stable(BIG) + np.log(2.0))


def test_nothing_to_improve_is_the_function_itself():
    seen = []

    @improve
    def f(x):
        seen.append(isinstance(x, jax.core.Tracer))
        return jnp.sin(x)

    close(f(1.0), np.sin(1.0))
    assert seen == [True, False]


def test_a_derivative_rule_that_the_text_does_not_carry_is_kept():
    @jax.custom_jvp
    def doubled(x):
        return 2.0 * x

    @doubled.defjvp
    def doubled_jvp(primals, tangents):
        return doubled(*primals), 5.0 * tangents[0]

    @jax.custom_vjp
    def tripled(x):
        return 3.0 * x

    tripled.defvjp(lambda x: (tripled(x), None), lambda _, g: (7.0 * g,))

    def f(x):
        return log_sum_exp(x) + doubled(x[0]) + tripled(x[1])

    x = BIG
    close(improve(f)(x), stable(x) + 2.0 * x[0] + 3.0 * x[1])
    expected = jax.grad(stable)(x) + jnp.array([5.0, 7.0, 0.0, 0.0])
    close(jax.grad(improve(f))(x), expected)


def test_relu_keeps_its_gradient_at_zero():
    def f(x):
        return log_sum_exp(x + 1000.0) + jnp.sum(jax.nn.relu(x))

    x = jnp.zeros(3)
    close(jax.grad(improve(f))(x), jax.grad(stable)(x))


def test_callbacks_run_and_give_their_values():
    seen = []

    def look(x):
        seen.append(float(x))
        return np.float32(x) * np.float32(2.0)

    @improve
    def f(x):
        y = log_sum_exp(x)
        return jax.pure_callback(look, jax.ShapeDtypeStruct((), jnp.float32), y)

    close(f(BIG), 2.0 * stable(BIG))
    close(seen[-1], stable(BIG))


def test_loops_and_branches():
    @improve
    def f(x):
        def step(total, row):
            total = jax.lax.cond(
                row[0] > 0.0, lambda t: t + log_sum_exp(row), lambda t: t, total
            )
            return total, total

        return jax.lax.scan(step, 0.0, x)

    x = jnp.stack([BIG, -BIG, BIG])
    total, totals = f(x)
    close(total, 2.0 * stable(BIG))
    close(totals, stable(BIG) * jnp.array([1.0, 1.0, 2.0]))


def test_weak_types_stay_weak():
    def f(x):
        return jnp.log(1.0 + jnp.exp(x))

    assert (improve(f)(1.0) + jnp.bfloat16(1.0)).dtype == jnp.bfloat16
    assert (f(1.0) + jnp.bfloat16(1.0)).dtype == jnp.bfloat16


def test_methods():
    class Model:
        def __init__(self, scale):
            self.scale = scale

        @functools.partial(improve, static_argnums=0)
        def loss(self, x):
            return log_sum_exp(self.scale * x)

    model = Model(2.0)
    close(model.loss(BIG), stable(2.0 * BIG))
    model.loss.prepare(BIG)
    assert model.loss.report(BIG).rewrites
    assert model.loss.__name__ == "loss"


def test_rules_can_be_chosen():
    skipping = improve(log_sum_exp, options=("--skip", "logsumexp,exponent-lifting"))
    assert not np.isfinite(skipping(BIG))


@pytest.mark.parametrize(
    "options", ["--skip logsumexp", ("--only", "no-such-rule"), ("--no-such-option",)]
)
def test_options_that_nobody_knows_are_an_error(options):
    with pytest.raises(ValueError, match="options: "):
        improve(log_sum_exp, options=options)


@pytest.fixture(params=["no-such-file", "no-program", "another-program"])
def no_executable(request, tmp_path, monkeypatch):
    path = tmp_path / request.param
    if request.param != "no-such-file":
        path.write_text("#!/bin/sh\necho done\n")
    if request.param == "another-program":
        path.chmod(0o755)
    monkeypatch.setenv("JAXPEEP", str(path))
    return path


def test_a_program_is_left_alone_with_a_warning_without_an_executable(no_executable):
    f = improve(log_sum_exp, options=("--skip", "softmax"))
    with pytest.warns(JaxpeepWarning, match=f"left as it is: .*{no_executable.name}"):
        f(jnp.ones(3))


@pytest.mark.parametrize(
    "call",
    [
        lambda f: f(jnp.ones(3)),
        lambda f: f.prepare(jnp.ones(3)),
        lambda f: jax.jit(jax.grad(f))(jnp.ones(3)),
        lambda f: types.MethodType(f, jnp.ones(3))(),
    ],
    ids=["call", "prepare", "transformed", "method"],
)
def test_a_warning_names_the_line_of_the_caller(call, monkeypatch):
    monkeypatch.setenv("JAXPEEP", "/no/such/file")
    f = improve(log_sum_exp)
    with pytest.warns(JaxpeepWarning) as warned:
        call(f)
    (warning,) = warned
    assert (warning.filename, warning.lineno) == (
        __file__,
        call.__code__.co_firstlineno,
    )


def test_what_users_are_not_meant_to_call_has_a_leading_underscore():
    known = {"function", "options", "prepare", "report"}
    public = {name for name in dir(improve(log_sum_exp)) if not name.startswith("_")}
    assert public == known


def test_the_names_and_words_of_the_function_are_kept():
    assert improve(log_sum_exp).__name__ == "log_sum_exp"
