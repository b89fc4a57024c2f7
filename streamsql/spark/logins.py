"""Whether a database lets us in, asked through Spark's own driver, but without Spark.

Spark takes seconds to start, a JVM with nothing but the driver half of one.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from py4j.java_gateway import GatewayParameters, JavaGateway
from py4j.protocol import Py4JError

from streamsql.errors import EnvironmentFault
from streamsql.spark.artifacts import pyspark_home
from streamsql.spark.java import Java
from streamsql.spark.jdbc import JdbcConnection, fault, open_connection
from streamsql.spark.ports import LOOPBACK


def try_login(
    connection: JdbcConnection, *, java: Java, driver: Sequence[Path], env: Mapping[str, str]
) -> str:
    """Log in to a database and out again; return what it calls itself.

    ``driver`` are the jars of the JDBC driver.

    Raises:
        ConnectionFault: the database cannot be reached, or does not let us in.
        EnvironmentFault: the JVM that asks does not start.
    """
    with _jvm(java, driver, env) as jvm:
        try:
            opened = open_connection(jvm, connection)
            about = opened.getMetaData()
            named = f"{about.getDatabaseProductName()} {about.getDatabaseProductVersion()}"
            opened.close()
        except Py4JError as error:
            raise fault(connection, error) from None
    return named


@contextmanager
def _jvm(java: Java, jars: Sequence[Path], env: Mapping[str, str]) -> Iterator[Any]:
    """A JVM with these jars, which ends with the block, and with this process."""
    py4j = (pyspark_home() / "jars").glob("py4j-*.jar")
    classpath = os.pathsep.join(map(str, (*py4j, *jars)))
    command = (
        *(str(java.executable), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m"),
        *("-classpath", classpath, "py4j.GatewayServer"),
        *("--die-on-broken-pipe", "--enable-auth", "0"),
    )
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=dict(env),
    ) as process:
        assert process.stdout is not None
        port, token = process.stdout.readline().strip(), process.stdout.readline().strip()
        if not port.isdigit():
            raise EnvironmentFault(
                f"the JVM that asks databases does not start: {port or 'it said nothing'}",
                hint=f"does {java.executable} work?",
            )
        told = GatewayParameters(address=LOOPBACK, port=int(port), auth_token=token)
        gateway = JavaGateway(gateway_parameters=told)
        try:
            yield gateway.jvm
        finally:
            with suppress(Py4JError):
                gateway.shutdown()
            process.terminate()
