"""A real schema registry of one's own: Apicurio, a child process on loopback, in memory.

It speaks Confluent's protocol. It keeps nothing: it begins with the schema files of the
project, each version with the id that the file says, so that what was compiled is what the
registry knows. It never outlives the process that started it. One registry a folder: whoever
comes second uses the first one's, as with the embedded broker.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streamsql.dev.folder_lock import try_lock
from streamsql.dev.registry_contents import SubjectVersions, as_import
from streamsql.errors import EnvironmentFault
from streamsql.spark.java import Java
from streamsql.spark.ports import LOOPBACK, answers, free_port, is_free
from streamsql.spark.tether import Tether, start_tethered, started_at

READY_WITHIN = 120.0  # seconds; a start takes four, on a busy machine many
_STOP_WITHIN = 10.0
_PROTOCOL = "/apis/ccompat/v7"
_IMPORT = "/apis/registry/v3/admin/import"


@dataclass(frozen=True, slots=True)
class EmbeddedRegistry:
    """A running registry. ``owned`` tells whether it was started here and so ends here."""

    folder: Path
    port: int
    owned: bool

    @property
    def url(self) -> str:
        """Where clients of Confluent's protocol find it."""
        return f"http://{LOOPBACK}:{self.port}{_PROTOCOL}"


@contextmanager
def embedded_registry(
    folder: Path,
    *,
    java: Java,
    jar: Path,
    env: Mapping[str, str],
    subjects: Iterable[SubjectVersions] = (),
    ready_within: float = READY_WITHIN,
) -> Iterator[EmbeddedRegistry]:
    """The registry that runs on ``folder`` already, else a new one with ``subjects`` in it.

    ``jar`` comes from ``artifacts.fetch_registry``. Raises EnvironmentFault if it is not ready
    after ``ready_within`` seconds, or refuses the subjects.
    """
    folder = folder.absolute()
    deadline = time.monotonic() + ready_within
    while time.monotonic() < deadline:
        lock = try_lock(folder / "registry.lock", "the embedded schema registry")
        if lock is not None:
            with _started(folder, lock, java, jar, env, tuple(subjects), deadline) as registry:
                yield registry
            return
        port = _running(folder)
        if port is not None:
            yield EmbeddedRegistry(folder, port, owned=False)
            return
        time.sleep(0.1)
    raise EnvironmentFault(
        f"another process holds {folder}, but its registry does not answer",
        hint=f"look at {folder / 'registry.log'}, and end the process that started it",
    )


@contextmanager
def _started(
    folder: Path,
    lock: int,
    java: Java,
    jar: Path,
    env: Mapping[str, str],
    subjects: tuple[SubjectVersions, ...],
    deadline: float,
) -> Iterator[EmbeddedRegistry]:
    state = folder / "registry.json"
    state.unlink(missing_ok=True)  # whatever it says, nobody runs
    log = folder / "registry.log"
    log.unlink(missing_ok=True)
    last = folder / "port"
    port = _chosen_port(last)
    try:
        tether = start_tethered(
            _command(java, jar, port),
            output=log,
            env=env,
            grace=_STOP_WITHIN,
            pass_fds=(lock,),
            cwd=folder,
        )
    finally:
        os.close(lock)  # the registry holds it from here on
    try:
        _await_ready(tether, port, deadline, log)
        if subjects:
            _fill(port, subjects)
        last.write_text(str(port), encoding="utf-8")
        _write_state(state, tether.pid, port)
        yield EmbeddedRegistry(folder, port, owned=True)
    finally:
        state.unlink(missing_ok=True)
        tether.stop()


def _command(java: Java, jar: Path, port: int) -> tuple[str, ...]:
    return (
        str(java.executable),
        "-Xmx256m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:+ExitOnOutOfMemoryError",
        "-XX:-UsePerfData",
        f"-Dquarkus.http.host={LOOPBACK}",
        f"-Dquarkus.http.port={port}",
        "-Dquarkus.http.access-log.enabled=false",
        "-Dquarkus.banner.enabled=false",
        "-jar",
        str(jar),
    )


def _chosen_port(last: Path) -> int:
    """The port it had the last time if that is free: then its address stays the same."""
    try:
        port = int(last.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return free_port()
    return port if 0 < port < 65536 and is_free(port) else free_port()


def _await_ready(tether: Tether, port: int, deadline: float, log: Path) -> None:
    while time.monotonic() < deadline:
        if not tether.running:
            raise _not_ready("ended while it started", log)
        if answers(port) and _serves(port):
            return
        time.sleep(0.1)
    raise _not_ready("was not ready in time", log)


def _serves(port: int) -> bool:
    request = f"http://{LOOPBACK}:{port}{_PROTOCOL}/subjects"
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _not_ready(what: str, log: Path) -> EnvironmentFault:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    tail = "\n".join(f"  {line}" for line in lines[-5:]) or "  (it logged nothing)"
    return EnvironmentFault(
        f"the embedded schema registry {what}:\n{tail}", hint=f"its whole log is {log}"
    )


def _fill(port: int, subjects: tuple[SubjectVersions, ...]) -> None:
    request = urllib.request.Request(
        f"http://{LOOPBACK}:{port}{_IMPORT}",
        data=as_import(subjects),
        headers={
            "Content-Type": "application/zip",
            # The ids of the files hold: they stand in the compiled SQL.
            "X-Registry-Preserve-ContentId": "true",
            "X-Registry-Preserve-GlobalId": "false",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30):  # noqa: S310
            pass
    except urllib.error.HTTPError as error:
        said = error.read(2000).decode(errors="replace")
        raise EnvironmentFault(
            f"the embedded schema registry does not take the project's schema files: {said}",
            hint="is an id given to two schemas, or a version twice?",
        ) from None


def _write_state(path: Path, pid: int, port: int) -> None:
    state = {"port": port, "pid": pid, "started": started_at(pid)}
    state |= {"owner": os.getpid(), "owner_started": started_at(os.getpid())}
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(state), encoding="utf-8")
    partial.replace(path)


def _running(folder: Path) -> int | None:
    """The port of the registry that ``registry.json`` tells of, if it is alive and answers."""
    try:
        state = json.loads((folder / "registry.json").read_text(encoding="utf-8"))
        alive = all(
            started_at(state[pid]) == state[started] is not None
            for pid, started in (("pid", "started"), ("owner", "owner_started"))
        )
        port = int(state["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return port if alive and _serves(port) else None
