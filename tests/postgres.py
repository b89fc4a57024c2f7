"""A real PostgreSQL server for tests, on a free port of loopback, with passwords."""

from __future__ import annotations

import getpass
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

USER = "shop"
PASSWORD = "correct-horse-battery"  # what the tests look for in all that is written
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = '32MB'
fsync = off
max_wal_size = '256MB'
synchronous_commit = local
"""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server."""

    port: int
    folder: Path

    def url(self, database: str) -> str:
        """The database's JDBC URL, without user and password."""
        return f"jdbc:postgresql://127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> None:
        """Make a database that belongs to USER."""
        self.administer(f"CREATE DATABASE {name} OWNER {USER}")

    def administer(self, *statements: str) -> None:
        """Run statements as the superuser."""
        with self._connect("postgres", "postgres") as connection:
            for statement in statements:
                connection.execute(statement)

    def asked(self, sql: str) -> Any:
        """The one value of a query, asked as the superuser."""
        with self._connect("postgres", "postgres") as connection:
            ((value,),) = connection.execute(sql).fetchall()
            return value

    def rows(self, database: str, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query, asked as USER."""
        with self._connect(database, USER) as connection:
            return connection.execute(sql).fetchall()

    def execute(self, database: str, sql: str) -> None:
        """Run a statement as USER."""
        with self._connect(database, USER) as connection:
            connection.execute(sql)

    def _connect(self, database: str, user: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=database,
            user=user,
            password=PASSWORD,
            autocommit=True,
        )


@contextmanager
def running() -> Iterator[Postgres]:
    """Make a server's folder, run the server, and take both away at the end."""
    # PostgreSQL refuses to be root.
    user = "nobody" if os.geteuid() == 0 else getpass.getuser()
    # Not below pytest's folder, which only its owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="streamsql-postgres-"))
    try:
        folder.chmod(0o755)
        shutil.chown(folder, user)
        binaries = _binaries(folder)
        data = _initialised(binaries, folder, user)
        port = _free_port()
        with (data / "postgresql.conf").open("a") as file:
            file.write(f"{_SETTINGS}port = {port}\n")
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data], user=user, stdout=log, stderr=log
            )
        try:
            yield _ready(Postgres(port, folder), server)
        finally:
            server.terminate()
            server.wait(120)
    finally:
        shutil.rmtree(folder)


def _binaries(folder: Path) -> Path:
    """The server's programs: a copy of them if only root may enter the folder they are in.

    The package's own code is of no use: it starts servers on sockets alone, which JDBC does not
    know.
    """
    (found,) = importlib.util.find_spec("pgserver").submodule_search_locations  # type: ignore
    package = Path(found)
    if os.geteuid() == 0 and not all(p.stat().st_mode & 0o001 for p in package.parents):
        for name in ("pgserver", "pgserver.libs"):
            shutil.copytree(package.with_name(name), folder / "copy" / name)
        package = folder / "copy" / "pgserver"
    return package / "pginstall" / "bin"


def _initialised(binaries: Path, folder: Path, user: str) -> Path:
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    shutil.chown(secret, user)
    subprocess.run(
        [
            binaries / "initdb",
            f"--pgdata={folder / 'data'}",
            "--username=postgres",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ],
        user=user,
        check=True,
        capture_output=True,
    )
    return folder / "data"


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _ready(postgres: Postgres, server: subprocess.Popen[bytes]) -> Postgres:
    deadline = time.monotonic() + 120
    while True:
        try:
            postgres.administer(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((postgres.folder / "log").read_text()) from None
            time.sleep(0.1)
        else:
            return postgres
