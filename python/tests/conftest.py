"""The executable of this checkout, unless one is named or installed with the package."""

import os
import pathlib
import warnings

import pytest

from jaxpeep import JaxpeepWarning

ROOT = pathlib.Path(__file__).resolve().parents[2]

if "JAXPEEP" not in os.environ:
    for profile in ("release", "debug"):
        built = ROOT / "target" / profile / "jaxpeep"
        if built.is_file():
            os.environ["JAXPEEP"] = str(built)
            break


@pytest.fixture(autouse=True)
def warnings_are_errors():
    """A test that expects a warning says so."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", JaxpeepWarning)
        yield
