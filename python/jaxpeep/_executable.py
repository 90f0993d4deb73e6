"""Finds and runs the executable. Nothing here knows JAX."""

import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from typing import Any

#: Exit codes with a result on standard output: clean, and findings.
WITH_RESULT = (0, 1)


class JaxpeepError(RuntimeError):
    """The executable is missing, or says that it cannot use what it was given."""


class Missing(JaxpeepError):
    """There is no executable that could be run."""


def executable() -> str:
    """The path of the executable.

    The environment variable ``JAXPEEP`` names it; without that it is the one that was
    installed with this package, or else the first on the search path.
    """
    if named := os.environ.get("JAXPEEP"):
        return named
    return installed()


@functools.cache
def installed() -> str:
    """The path of the executable where nothing names it."""
    for path in candidates():
        if path and pathlib.Path(path).is_file():
            return path
    raise Missing("there is no executable `jaxpeep`: install this package again")


def candidates() -> Iterator[str | None]:
    """Where the executable may be, the likeliest first."""
    name = "jaxpeep" + (sysconfig.get_config_var("EXE") or "")
    yield os.path.join(sysconfig.get_path("scripts"), name)
    yield str(pathlib.Path(sys.executable).parent / name)
    yield shutil.which(name)


def run(arguments: Sequence[str], text: str | None = None) -> str:
    """What the executable prints, given ``text`` on standard input.

    Raises:
      JaxpeepError: it does not know the command, or cannot use the input.
    """
    command = [executable(), *arguments]
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, encoding="utf-8"
        )
    except OSError as error:
        raise Missing(f"`{command[0]}` cannot be run: {error.strerror}") from error
    if done.returncode not in WITH_RESULT:
        raise JaxpeepError(complaint(done.stdout, done.stderr))
    return done.stdout


def run_json(arguments: Sequence[str], text: str | None = None) -> dict[str, Any]:
    """The same, for a command that prints one JSON document."""
    output = run([*arguments, "--format", "json"], text)
    try:
        document = json.loads(output)
    except ValueError as error:
        raise Missing(f"`{executable()}` is no jaxpeep: it prints no JSON") from error
    if errors := document.get("errors"):
        raise JaxpeepError("\n".join(error["message"] for error in errors))
    return document


def complaint(output: str, errors: str) -> str:
    """The messages of a run that failed, from its JSON if it printed any."""
    try:
        messages = [error["message"] for error in json.loads(output)["errors"]]
    except (ValueError, KeyError, TypeError):
        messages = []
    return "\n".join(messages) or errors.strip() or "jaxpeep failed without a message"
