"""What Spark is told when it starts: ours first, and what the profile says on top."""

from __future__ import annotations

from pathlib import Path

from streamsql.project.nodes import SparkSettings
from streamsql.spark.java import Java
from streamsql.spark.session import QUICK, SessionSpec, session_conf


def conf(log: Path, *, quick: bool = False, delta: bool = False, **given: str) -> dict[str, str]:
    java = Java(Path("/java"), Path("/java/bin/java"), "17.0.0")
    settings = SparkSettings(
        "local[2]", "4.1.1", {k.replace("_", "."): v for k, v in given.items()}
    )
    spec = SessionSpec("shop", settings, java, (Path("/a.jar"),), log, delta=delta, quick=quick)
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
