"""Rewrites JAX programs so that they no longer overflow, underflow or cancel.

``improve(f)`` is ``f`` with its formulas replaced by stable ones, ``dump`` writes a
program for the command line, ``check`` and ``trace`` say what is wrong with one and
where a NaN is born. The work is done by the executable ``jaxpeep``, which comes with
this package; here are the ways in and out of JAX.
"""

from jaxpeep._executable import JaxpeepError
from jaxpeep._improve import Improved, JaxpeepWarning, improve
from jaxpeep._printing import Dump, dump
from jaxpeep._report import Report
from jaxpeep._results import Finding, Origin, check, trace

__all__ = [
    "Dump",
    "Finding",
    "Improved",
    "JaxpeepError",
    "JaxpeepWarning",
    "Origin",
    "Report",
    "check",
    "dump",
    "improve",
    "trace",
]
