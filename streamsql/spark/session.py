"""The Spark session of a run: quiet, in UTC, ANSI on, with pools for its queries."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from py4j import java_gateway
from py4j.protocol import Py4JError, Py4JJavaError, get_return_value
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from streamsql.errors import EnvironmentFault
from streamsql.project.nodes import SparkSettings
from streamsql.spark.artifacts import pyspark_home, require_version
from streamsql.spark.java import Java

DEFAULTS: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.scheduler.mode": "FAIR",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.streaming.numRecentProgressUpdates": "64",
    # How long an idle query waits before it looks for records again: Spark's own 10 ms keep
    # a core busy with a dozen queries that have nothing to do.
    "spark.sql.streaming.pollingDelay": "100ms",
    # Two attempts at the same batch must never overlap in a Kafka sink.
    "spark.speculation": "false",
}
LOCAL_DEFAULTS: Mapping[str, str] = {
    "spark.driver.memory": "2g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
DELTA: Mapping[str, str] = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
# Delta reads its own log with fifty tasks, which make their code anew each: ten seconds of a
# laptop for a table of ten files.
LOCAL_DELTA: Mapping[str, str] = {"spark.databricks.delta.snapshotPartitions": "2"}
# Spark's own choice renames each file of a checkpoint through an interface of Hadoop that starts a
# process, `readlink`, four times on a local disk: a batch of a join costs a hundred of them. This
# one renames by the same call of the disk, and like the other looks first whether the file exists.
LOCAL_CHECKPOINTS: Mapping[str, str] = {
    "spark.sql.streaming.checkpointFileManagerClass": "org.apache.spark.sql.execution.streaming"
    ".checkpointing.FileSystemBasedCheckpointFileManager",
}
# What stands beside an embedded broker is for trying out: no checksum file of Hadoop's to each
# file, which costs a process of its own, `chmod`. Spark's own checksums of state remain.
EMBEDDED: Mapping[str, str] = {
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
}
# A dozen broken bytes can promise Avro a string of two gigabytes or an array of a thousand
# million items, for which it makes room before it reads on. Past a limit they are a bad record.
AVRO_LIMITS = " ".join(
    f"-Dorg.apache.avro.limits.{what}={most}"
    for what, most in (
        ("bytes.maxLength", 64 * 1024 * 1024),
        ("string.maxLength", 64 * 1024 * 1024),
        ("collectionItems.maxLength", 4_000_000),
    )
)
# With one compiler the JVM keeps 48 MB for compiled code, and a dozen queries fill that: then it
# dies. 240 MB is what it keeps with both.
QUICK = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
_LOG4J = """\
status = error
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {log}
appender.file.filePattern = {log}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{yyyy-MM-dd HH:mm:ss.SSS}} %p %c{{1}}: %m%n%ex
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 20MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
"""


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """What a session is made of. ``jars`` are shipped to every executor.

    ``quick`` is for short lives: the JVM keeps to its quick compiler, so that first batches come
    a third sooner, and long runs would be slower. ``local_checkpoints`` are on a disk of this
    machine, which only one run writes; ``embedded`` is a target whose broker is.
    """

    app: str
    settings: SparkSettings
    java: Java
    jars: Sequence[Path]
    log: Path
    delta: bool
    quick: bool = False
    local_checkpoints: bool = False
    embedded: bool = False


def session_conf(spec: SessionSpec) -> dict[str, str]:
    """Return the configuration of a session: ours, then the profile's, which wins.

    Jars and SQL extensions of the profile are added to ours, never replaced by them.
    """
    conf = _ours(spec)
    theirs = dict(spec.settings.conf)
    for key in ("spark.jars", "spark.sql.extensions"):
        ours = ",".join(map(str, spec.jars)) if key == "spark.jars" else conf.get(key, "")
        conf[key] = ",".join(part for part in (ours, theirs.pop(key, "")) if part)
    options = f"-Dlog4j2.configurationFile={_log_settings(spec.log).as_uri()} {AVRO_LIMITS}"
    if spec.quick:
        options = f"{QUICK} {options}"
    extra = theirs.pop("spark.driver.extraJavaOptions", "")
    conf["spark.driver.extraJavaOptions"] = f"{options} {extra}".strip()
    extra = theirs.pop("spark.executor.extraJavaOptions", "")
    conf["spark.executor.extraJavaOptions"] = f"{AVRO_LIMITS} {extra}".strip()
    return {key: value for key, value in {**conf, **theirs}.items() if value != ""}


def _ours(spec: SessionSpec) -> dict[str, str]:
    local = spec.settings.master.startswith("local")
    parts = (
        (True, DEFAULTS),
        (local, LOCAL_DEFAULTS),
        (spec.delta, DELTA),
        (spec.delta and local, LOCAL_DELTA),
        (spec.local_checkpoints, LOCAL_CHECKPOINTS),
        (spec.embedded and spec.local_checkpoints, EMBEDDED),
    )
    return {key: value for holds, part in parts if holds for key, value in part.items()}


@contextmanager
def open_session(spec: SessionSpec) -> Iterator[SparkSession]:
    """Start Spark, and stop it at the end. EnvironmentFault if it does not start, or is not the
    Spark that the project was compiled for."""
    require_version(spec.settings.version)
    spec.log.parent.mkdir(parents=True, exist_ok=True)
    _quiet_loggers()
    output = spec.log.with_suffix(".out")
    before = output.stat().st_size if output.exists() else 0
    try:
        with _started_with(spec), _output_to(output):
            spark = SparkSession.builder.getOrCreate()
    except (PySparkException, Py4JError, RuntimeError, OSError) as error:
        raise EnvironmentFault(
            f"Spark did not start at {spec.settings.master}: "
            f"{_said_by_jvm(output, before) or _first_line(error)}",
            hint=f"its log is {spec.log}; 'streamsql debug' checks what it needs",
        ) from error
    try:
        _require_sound_settings(spark)
        yield spark
    finally:
        _stop(spark)


def _require_sound_settings(spark: SparkSession) -> None:
    """Let Spark look at the ``spark.sql`` settings that came with the start: it does so when it
    first needs them. EnvironmentFault for a value that it refuses."""
    with _unconverted_errors():
        try:
            spark._jsparkSession.sessionState()
        except Py4JJavaError as error:
            raise EnvironmentFault(
                f"Spark refuses a setting: {_root_message(error.java_exception)}",
                hint="correct spark.conf in profiles.yml",
            ) from error


def _root_message(error: Any) -> str:
    """Return what the innermost cause says, on one line: it names the setting."""
    while error.getCause() is not None:
        error = error.getCause()
    return " ".join(str(error.getMessage()).split())


@contextmanager
def _unconverted_errors() -> Iterator[None]:
    """Leave exceptions of the JVM as Py4J raises them: pyspark asks the session's settings how to
    show one, and never comes back where those are what is wrong."""
    converting = java_gateway.get_return_value
    java_gateway.get_return_value = get_return_value
    try:
        yield
    finally:
        java_gateway.get_return_value = converting


def query_session(spark: SparkSession) -> SparkSession:
    """Return a session with temp views of its own, so that queries cannot see each other's."""
    return spark.newSession()


def jvm_pid(spark: SparkSession) -> int:
    """Return the process id of the driver's JVM."""
    jvm: Any = spark._jvm
    return int(jvm.java.lang.ProcessHandle.current().pid())


@contextmanager
def _started_with(spec: SessionSpec) -> Iterator[None]:
    """Hand the configuration to Spark in a file that only we can read, for as long as it
    starts: a command line with its secrets could be read by everyone on the machine."""
    conf = {
        "spark.master": spec.settings.master,
        "spark.app.name": spec.app,
        **session_conf(spec),
    }
    with NamedTemporaryFile("w", prefix="streamsql-", suffix=".conf", encoding="utf-8") as file:
        file.writelines(f"{key}={_property(value)}\n" for key, value in conf.items())
        file.flush()
        for name in ("PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET"):
            os.environ.pop(name, None)
        os.environ["JAVA_HOME"] = str(spec.java.home)
        os.environ["SPARK_HOME"] = str(pyspark_home())  # not another Spark of the user's shell
        os.environ["PYSPARK_PYTHON"] = sys.executable
        os.environ["PYSPARK_SUBMIT_ARGS"] = f"--properties-file {file.name} pyspark-shell"
        try:
            yield
        finally:
            del os.environ["PYSPARK_SUBMIT_ARGS"]


def _property(value: str) -> str:
    """Write a value as Java's property files want it."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _quiet_loggers() -> None:
    """What these tell of an exception we tell ourselves, in a line; they print stack traces."""
    for name in ("py4j", "py4j.clientserver", "SQLQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    logging.getLogger().addFilter(_is_not_of_py4j)


def _is_not_of_py4j(record: logging.LogRecord) -> bool:
    """Whether a record of the root logger is none of Py4J's, which logs there when a JVM ends."""
    return "py4j" not in Path(record.pathname).parts


def _log_settings(log: Path) -> Path:
    log.parent.mkdir(parents=True, exist_ok=True)
    path = log.with_suffix(".log4j2.properties").resolve()
    path.write_text(_LOG4J.format(log=log.resolve()), encoding="utf-8")
    return path


@contextmanager
def _output_to(path: Path) -> Iterator[None]:
    """Send what a child process inherits as its output to a file while it is started."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    try:
        with path.open("ab") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            yield
    finally:
        for number, copy in zip((1, 2), saved, strict=True):
            os.dup2(copy, number)
            os.close(copy)


def _stop(spark: SparkSession) -> None:
    """Stop Spark and wait for its JVM, so that the next session starts with its own settings."""
    gateway: Any = spark.sparkContext._gateway
    with suppress(Py4JError, OSError):  # the JVM may be gone already
        spark.stop()
    if gateway is None:
        return
    gateway.shutdown()
    process = getattr(gateway, "proc", None)
    if process is not None:
        if process.stdin is not None:
            process.stdin.close()
        process.wait(timeout=60)
    context: Any = type(spark.sparkContext)
    context._gateway = None
    context._jvm = None


def _said_by_jvm(output: Path, before: int) -> str | None:
    """Return why a JVM ended before it could be asked: pyspark knows only that it did."""
    with output.open("rb") as file:
        file.seek(before)
        said = file.read().decode(errors="replace")
    found = re.search(r"^(Invalid .+)$", said, re.MULTILINE) or re.search(
        r'^(?:Error: |Exception in thread "\w+" )(.+)$', said, re.MULTILINE
    )
    return re.sub(r"^[\w.$]+(?:Exception|Error): ", "", found[1]) if found else None


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))
