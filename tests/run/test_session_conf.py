"""What Spark is told when it starts: ours first, and what the profile says on top."""

from __future__ import annotations

import re
from pathlib import Path

from streamsql.project.nodes import SparkSettings
from streamsql.spark.java import Java
from streamsql.spark.session import (
    DEFAULTS,
    DELTA,
    EMBEDDED,
    LOCAL_CHECKPOINTS,
    LOCAL_DEFAULTS,
    LOCAL_DELTA,
    QUICK,
    SessionSpec,
    session_conf,
)

JAVA = Java(Path("/java"), Path("/java/bin/java"), "17.0.0")


def conf(log: Path, *, quick: bool = False, delta: bool = False, **given: str) -> dict[str, str]:
    settings = SparkSettings(
        "local[2]", "4.1.1", {k.replace("_", "."): v for k, v in given.items()}
    )
    spec = SessionSpec("shop", settings, JAVA, (Path("/a.jar"),), log, delta=delta, quick=quick)
    return session_conf(spec)


def test_the_profile_wins_and_adds(tmp_path: Path) -> None:
    told = conf(
        tmp_path / "spark.log",
        delta=True,
        spark_jars="/mine.jar",
        spark_sql_extensions="org.mine.Extension",
        spark_sql_session_timeZone="Europe/Zurich",
    )
    assert told["spark.jars"] == "/a.jar,/mine.jar"
    assert told["spark.sql.extensions"].split(",")[1:] == ["org.mine.Extension"]
    assert told["spark.sql.session.timeZone"] == "Europe/Zurich"
    assert told["spark.sql.ansi.enabled"] == "true"


def test_only_short_lives_keep_to_the_quick_compiler(tmp_path: Path) -> None:
    log = tmp_path / "spark.log"
    assert QUICK not in conf(log)["spark.driver.extraJavaOptions"]
    told = conf(log, quick=True, spark_driver_extraJavaOptions="-Xss4m -XX:TieredStopAtLevel=4")
    words = told["spark.driver.extraJavaOptions"].split()
    assert " ".join(words[:2]) == QUICK
    assert words[-2:] == ["-Xss4m", "-XX:TieredStopAtLevel=4"], "the profile has the last word"


def test_what_spares_processes_is_for_where_it_is_safe(tmp_path: Path) -> None:
    def told(master: str, **where: bool) -> set[str]:
        settings = SparkSettings(master, "4.1.1", {})
        spec = SessionSpec(
            "shop", settings, JAVA, (), tmp_path / "spark.log", **{"delta": False, **where}
        )
        return set(session_conf(spec)) & {*EMBEDDED, *LOCAL_CHECKPOINTS, *LOCAL_DELTA}

    assert told("yarn", delta=True, embedded=True) == set()
    assert told("yarn", delta=True, local_checkpoints=True) == set(LOCAL_CHECKPOINTS)
    assert told("local[2]", delta=True) == set(LOCAL_DELTA)
    assert told("local[2]", delta=False, local_checkpoints=True, embedded=True) == {
        *LOCAL_CHECKPOINTS,
        *EMBEDDED,
    }


def test_the_documents_list_what_spark_is_told() -> None:
    page = (Path(__file__).parents[2] / "docs" / "project-files.md").read_text(encoding="utf-8")
    listed = {
        setting: value.strip("`")
        for row in re.findall(r"^\| (`spark\..*)$", page, re.MULTILINE)
        for setting in re.findall(r"`(spark\.[^`]*)`", row.split(" | ")[0])
        for value in [row.split(" | ")[1]]
    }
    told = {**DEFAULTS, **LOCAL_DEFAULTS, **DELTA, **LOCAL_DELTA, **LOCAL_CHECKPOINTS, **EMBEDDED}
    assert listed.keys() == told.keys()
    for setting, value in listed.items():
        named = re.sub(r".*`(\w+)$", r"\1", value)
        assert told[setting] == value or named in ("Delta's", told[setting].split(".")[-1])
