"""What ``dump``, ``check``, ``trace`` and reports say, and what the command line reads."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxpeep
from jaxpeep import JaxpeepError, improve

BIG = jnp.array([1000.0, 999.0, 998.0, 0.0])


def log_sum_exp(x):
    return jnp.log(jnp.sum(jnp.exp(x)))


def stable(x):
    return jax.nn.logsumexp(x)


def test_dump_writes_what_the_command_line_reads(tmp_path):
    weights = jnp.array([1.0, 2.0])
    dumped = jaxpeep.dump(lambda x: jnp.log(jnp.sum(weights * jnp.exp(x))), BIG[:2])
    assert "test_results.py" in str(dumped)
    dumped.save(tmp_path / "loss")
    arrays = np.load(tmp_path / "loss.npz")
    np.testing.assert_array_equal(arrays["arg0"], BIG[:2])
    constants = [name for name in arrays if not name.startswith("arg")]
    assert len(constants) == 1
    np.testing.assert_array_equal(arrays[constants[0]], weights)
    found = subprocess.run(
        [sys.executable, "-m", "jaxpeep", "check", str(tmp_path / "loss.jaxpr")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert "test_results.py" in found.stdout + found.stderr


def test_arrays_inside_a_jitted_function_are_dumped_and_traced(tmp_path):
    weights = jnp.array([1.0, 1000.0])
    loss = jax.jit(lambda x: log_sum_exp(weights * x))
    assert [origin.kind for origin in jaxpeep.trace(loss, BIG[:2])] == ["+inf"]
    assert improve(loss).report(BIG[:2]).verdicts[0]["verdict"] == "improved"
    jaxpeep.dump(loss, BIG[:2]).save(tmp_path / "loss.v1")
    files = [str(tmp_path / f"loss.v1.{ending}") for ending in ("jaxpr", "npz")]
    found = subprocess.run(
        [sys.executable, "-m", "jaxpeep", "trace", files[0], "--inputs", files[1]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1, found.stderr
    assert "1 origin" in found.stderr


def test_check_names_the_line_of_python():
    findings = jaxpeep.check(log_sum_exp, BIG)
    assert [finding.rule for finding in findings] == ["logsumexp"]
    assert "test_results.py" in findings[0].source
    assert jaxpeep.check(stable, BIG) == []


def test_trace_finds_where_infinity_is_born():
    try:
        origins = jaxpeep.trace(log_sum_exp, BIG)
    except JaxpeepError as error:
        if "unrecognized subcommand" in str(error):
            pytest.skip("this executable has no `trace` yet")
        raise
    assert origins[0].kind == "+inf"
    assert "exp" in origins[0].equation
    assert "test_results.py" in origins[0].source


def test_reports_show_the_difference_as_html():
    report = improve(log_sum_exp).report(BIG)
    assert report.rewrites[0].startswith("logsumexp: ")
    assert "reduce_max" in report.diff
    html = report._repr_html_()
    assert "reduce_max" in html
    assert "<script" not in html
    assert "{ lambda ; a:f32[4]. let" in html
    assert "Nothing to improve" in improve(stable).report(BIG).html


def test_a_report_is_on_what_the_options_leave():
    def f(x):
        return log_sum_exp(x) + jnp.log(1.0 + x[3])

    options = ("--skip", "logsumexp,exponent-lifting")
    report = improve(f, options=options).report(BIG)
    assert report.verdicts[0]["nonfinite_after"] == 1
