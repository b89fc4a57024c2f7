from __future__ import annotations

import os
from pathlib import Path

import pytest

from streamsql.errors import EnvironmentFault
from streamsql.spark.java import Java, find_java


def launcher(home: Path, script: str, mode: int = 0o755) -> dict[str, str]:
    """A JAVA_HOME whose ``java`` is this shell script."""
    executable = home / "bin" / "java"
    executable.parent.mkdir(parents=True)
    executable.write_text(f"#!/bin/sh\n{script}\n")
    executable.chmod(mode)
    return {"JAVA_HOME": str(home), "PATH": os.environ["PATH"]}


def answering(version: str, modules: str = "jdk.incubator.vector@17") -> str:
    return f"""\
case "$1" in
  --list-modules) echo "{modules}" ;;
  *) printf '    java.home = /nowhere\\n    java.version = {version}\\n' >&2 ;;
esac"""


def test_the_java_of_this_machine(java: Java) -> None:
    assert java.major in (17, 21)
    assert java.executable.is_file()
    assert java.executable.parents[1] == java.home


def test_java_home_comes_before_path(java: Java, tmp_path: Path) -> None:
    env = {"JAVA_HOME": str(java.home), "PATH": str(tmp_path)}
    assert find_java(env) == java


def test_an_empty_java_home_is_none(java: Java) -> None:
    assert find_java({"JAVA_HOME": "", "PATH": os.environ["PATH"]}).version


def test_no_java_names_the_package() -> None:
    with pytest.raises(EnvironmentFault, match="no Java was found") as caught:
        find_java({"PATH": "/nowhere"})
    assert "openjdk-17-jre-headless" in str(caught.value.hint)


def test_a_wrong_java_home_is_not_skipped(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="no Java is there"):
        find_java({"JAVA_HOME": str(tmp_path), "PATH": os.environ["PATH"]})


@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.2", "22", "25.0.1"])
def test_other_versions_are_refused_by_name(version: str, tmp_path: Path) -> None:
    env = launcher(tmp_path / "jdk", answering(version))
    with pytest.raises(EnvironmentFault, match=f"Java {version}.*17 and 21") as caught:
        find_java(env)
    assert "openjdk-17-jre-headless" in str(caught.value.hint)


def test_both_supported_versions_are_taken(tmp_path: Path) -> None:
    for version, major in (("17.0.9", 17), ("21", 21)):
        env = launcher(tmp_path / version, answering(version))
        assert find_java(env).major == major


def test_a_slimmed_down_java_lacks_a_module(tmp_path: Path) -> None:
    env = launcher(tmp_path / "jre", answering("17.0.9", modules="java.base@17.0.9"))
    with pytest.raises(EnvironmentFault, match=r"lacks the module jdk\.incubator\.vector"):
        find_java(env)


def test_a_java_that_may_not_be_run(tmp_path: Path) -> None:
    env = launcher(tmp_path / "jdk", answering("17.0.9"), mode=0o644)
    with pytest.raises(EnvironmentFault, match="is not executable"):
        find_java(env)


def test_a_java_that_is_no_program(tmp_path: Path) -> None:
    env = launcher(tmp_path / "jdk", "")
    (tmp_path / "jdk" / "bin" / "java").write_bytes(b"\x7fELF nonsense")
    with pytest.raises(EnvironmentFault, match="cannot be run"):
        find_java(env)


def test_a_java_that_fails_says_why(tmp_path: Path) -> None:
    env = launcher(tmp_path / "jdk", "echo 'libjvm.so: cannot open' >&2; exit 1")
    with pytest.raises(EnvironmentFault, match=r"does not work: libjvm\.so"):
        find_java(env)
