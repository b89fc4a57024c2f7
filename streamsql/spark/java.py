"""Find the Java that Spark and the embedded broker run on.

Spark 4.1 runs on Java 17 and 21, and needs the module ``jdk.incubator.vector``, which
slimmed-down runtimes leave out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streamsql.errors import EnvironmentFault

SUPPORTED = (17, 21)
NEEDED_MODULE = "jdk.incubator.vector"
INSTALL_HINT = (
    "install Java 17 or 21 (on Debian and Ubuntu: apt-get install openjdk-17-jre-headless) "
    "and put it on PATH, or point JAVA_HOME at it"
)
_ANSWER_WITHIN = 30.0  # seconds; a JVM answers in a tenth of one


@dataclass(frozen=True, slots=True)
class Java:
    """A Java runtime that works: ``executable`` is ``<home>/bin/java``."""

    home: Path
    executable: Path
    version: str

    @property
    def major(self) -> int:
        """The feature release: 17 for ``17.0.15``, 8 for ``1.8.0_402``."""
        return _major(self.version)


def find_java(env: Mapping[str, str]) -> Java:
    """Return the Java of ``JAVA_HOME`` if that is set, else the one on ``PATH``.

    The order is Spark's own: a ``JAVA_HOME`` that is wrong is a fault, never skipped.
    Raises EnvironmentFault if Java is missing, cannot be run, or is no supported one.
    """
    executable, origin = _locate(env)
    properties = _properties(executable, origin, env)
    version = properties.get("java.version", "")
    if _major(version) not in SUPPORTED:
        raise EnvironmentFault(
            f"Java {version or 'of an unknown version'} ({origin}) is not supported: "
            "Spark 4.1 runs on Java 17 and 21",
            hint=INSTALL_HINT,
        )
    _require_module(executable, origin, env)
    home = Path(properties["java.home"])
    return Java(home=home, executable=home / "bin" / "java", version=version)


def _locate(env: Mapping[str, str]) -> tuple[Path, str]:
    home = env.get("JAVA_HOME")
    if home:
        executable = Path(home) / "bin" / "java"
        if not executable.is_file():
            raise EnvironmentFault(f"JAVA_HOME is {home}, but no Java is there", hint=INSTALL_HINT)
        if not os.access(executable, os.X_OK):
            raise EnvironmentFault(f"{executable} is not executable", hint=INSTALL_HINT)
        return executable, f"JAVA_HOME={home}"
    found = shutil.which("java", path=env.get("PATH", ""))
    if found is None:
        raise EnvironmentFault(
            "no Java was found: JAVA_HOME is not set, and java is not on PATH", hint=INSTALL_HINT
        )
    return Path(found), found


def _properties(executable: Path, origin: str, env: Mapping[str, str]) -> dict[str, str]:
    """Ask the runtime itself: a launcher on PATH may be a link, or a script of a version tool."""
    done = _ask(executable, ("-XshowSettings:properties", "-version"), origin, env)
    found = dict(re.findall(r"^\s+(java\.(?:home|version)) = (.+?)\s*$", done.stderr, re.MULTILINE))
    if done.returncode != 0 or "java.home" not in found:
        said = done.stderr.strip() or done.stdout.strip() or "it said nothing"
        raise EnvironmentFault(
            f"Java ({origin}) does not work: {said.splitlines()[0]}", hint=INSTALL_HINT
        )
    return found


def _require_module(executable: Path, origin: str, env: Mapping[str, str]) -> None:
    done = _ask(executable, ("--list-modules",), origin, env)
    if NEEDED_MODULE not in done.stdout:
        raise EnvironmentFault(
            f"this Java ({origin}) lacks the module {NEEDED_MODULE}, which Spark 4 needs",
            hint=INSTALL_HINT,
        )


def _ask(
    executable: Path, arguments: tuple[str, ...], origin: str, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            (str(executable), *arguments),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_WITHIN,
            check=False,
            stdin=subprocess.DEVNULL,
            env=dict(env),
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it did not answer"
        raise EnvironmentFault(
            f"Java ({origin}) cannot be run: {reason}", hint=INSTALL_HINT
        ) from None


def _major(version: str) -> int:
    numbers = [int(n) for n in re.findall(r"\d+", version)[:2]]
    if not numbers:
        return 0
    return numbers[1] if numbers[0] == 1 and len(numbers) > 1 else numbers[0]
