"""What makes the short lives of the suite's JVMs cheap.

Spark's launcher hands ``SPARK_SUBMIT_OPTS`` on to every driver, those of commands too.
"""

from __future__ import annotations

from collections.abc import Mapping

NAME = "SPARK_SUBMIT_OPTS"
# The quick compiler alone makes the suite a third shorter.
JVM = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
# No checksum file of Hadoop's beside each file, nor the process, `chmod`, that each costs: a
# seventh of the CPU of a run of the sample project.
RAW_DISK = "-Dspark.hadoop.fs.file.impl=org.apache.hadoop.fs.RawLocalFileSystem"


def options(env: Mapping[str, str]) -> str:
    """The options of all drivers, before those that are there already."""
    return f"{JVM} {RAW_DISK} {env.get(NAME, '')}".strip()


def with_checksums(env: Mapping[str, str]) -> dict[str, str]:
    """A change of the environment: files are written as Hadoop writes them."""
    return {NAME: env[NAME].replace(RAW_DISK, "")}


def of_an_executor(env: Mapping[str, str]) -> str:
    """The options of an executor, which takes no settings of Spark among them."""
    return env[NAME].replace(RAW_DISK, "")
