"""What streamsql needs beside pyspark: Spark's connectors, the embedded broker and registry.

They are resolved once with the Ivy that pyspark ships, into a cache folder; after that
no network and no JVM is needed. ``STREAMSQL_CACHE`` moves the cache,
``STREAMSQL_IVY_SETTINGS`` names an Ivy settings file (for a mirror), and
``STREAMSQL_OFFLINE=1`` forbids downloads.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streamsql.errors import EnvironmentFault
from streamsql.spark.ivy import Module, resolve
from streamsql.spark.java import Java

Progress = Callable[[str], None]

# What was tested together, by version of pyspark.
CONNECTORS: Mapping[str, tuple[str, ...]] = {
    "4.1.1": (
        # The 4.1.1 connector with one class mended (SPARK-57438). There, a query that resumes
        # a batch that was in flight dies as soon as that batch is committed.
        "org.apache.spark:spark-sql-kafka-0-10_2.13:4.1.3",
        "org.apache.spark:spark-token-provider-kafka-0-10_2.13:4.1.1",
        "org.apache.spark:spark-avro_2.13:4.1.1",
        "io.delta:delta-spark_4.1_2.13:4.1.0",
    ),
}

# Kafka 4.1.1 logs through slf4j 1.7, and brings no binding for it.
BROKER = (
    "org.apache.kafka:kafka_2.13:4.1.1",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3",
)

# Only projects that write a database need it.
DATABASE_DRIVER = ("org.postgresql:postgresql:42.7.4",)

# Speaks Confluent's protocol; 104 MB, so only fetched where a project asks for it.
REGISTRY = "io.apicurio:apicurio-registry-app:3.0.9:all@tar.gz"
_REGISTRY_JAR = "apicurio-registry-app-3.0.9-runner.jar"

_STAMP = "jars.json"


@dataclass(frozen=True, slots=True)
class Supply:
    """Where jars come from and where they are kept."""

    cache: Path
    ivy_settings: Path | None = None
    offline: bool = False


def supply(env: Mapping[str, str]) -> Supply:
    """Read the cache folder, the mirror and the offline switch from the environment."""
    settings = env.get("STREAMSQL_IVY_SETTINGS")
    if settings and not Path(settings).is_file():
        raise EnvironmentFault(
            f"STREAMSQL_IVY_SETTINGS names {settings}, which is not a file",
            hint="point it at an Ivy settings file, or unset it",
        )
    return Supply(
        cache=cache_folder(env),
        ivy_settings=Path(settings) if settings else None,
        offline=env.get("STREAMSQL_OFFLINE", "").lower() in ("1", "true", "yes"),
    )


def cache_folder(env: Mapping[str, str]) -> Path:
    """``$STREAMSQL_CACHE``, else ``streamsql`` in ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    own = env.get("STREAMSQL_CACHE")
    if own:
        return Path(own).expanduser().absolute()
    shared = env.get("XDG_CACHE_HOME")
    # The XDG base directory specification says that a relative path counts as none.
    if shared and Path(shared).is_absolute():
        return Path(shared) / "streamsql"
    return Path(env.get("HOME") or Path.home()) / ".cache" / "streamsql"


def pyspark_home() -> Path:
    """The folder of the installed pyspark, found without importing it."""
    spec = importlib.util.find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise EnvironmentFault(
            "pyspark is not installed", hint="install it with: pip install 'streamsql[spark]'"
        )
    return Path(next(iter(spec.submodule_search_locations)))


def pyspark_version() -> str:
    """The version of the installed pyspark, read from its metadata."""
    pyspark_home()
    return importlib.metadata.version("pyspark")


def require_version(version: str) -> None:
    """Make sure that the Spark installed here is the one that the project was compiled for.

    Patch versions may differ: what Spark accepts changes with minor ones. EnvironmentFault.
    """
    installed = pyspark_version()
    if version.split(".")[:2] != installed.split(".")[:2]:
        raise EnvironmentFault(
            f"the target is for Spark {version}, and pyspark {installed} is installed",
            hint=f"install pyspark {version}, or set spark.version to {installed} in profiles.yml",
        )


def connector_coordinates(version: str) -> tuple[str, ...]:
    """The connectors tested with this pyspark; any other version is an EnvironmentFault."""
    found = CONNECTORS.get(version)
    if found is None:
        supported = ", ".join(sorted(CONNECTORS))
        raise EnvironmentFault(
            f"pyspark {version} is not supported: connectors were tested with {supported}",
            hint=f"install a supported version: pip install 'pyspark=={supported.split(', ')[-1]}'",
        )
    return found


def provided_modules(home: Path) -> frozenset[str]:
    """The names of the modules in pyspark's own ``jars``: a second copy must not join them."""
    names = (re.match(r"(.+)-\d.*\.jar$", jar.name) for jar in (home / "jars").glob("*.jar"))
    return frozenset(name[1] for name in names if name)


def fetch_connectors(
    source: Supply, *, java: Java, packages: Iterable[str] = (), on_progress: Progress
) -> tuple[Path, ...]:
    """The jars for ``spark.jars``: Kafka, Avro, Delta, and the user's own ``packages``."""
    home = pyspark_home()
    coordinates = (*connector_coordinates(pyspark_version()), *packages)
    return fetch(
        tuple(dict.fromkeys(coordinates)),
        source=source,
        java=java,
        provided=provided_modules(home),
        on_progress=on_progress,
    )


def fetch_broker(source: Supply, *, java: Java, on_progress: Progress) -> tuple[Path, ...]:
    """The class path of the embedded Kafka broker."""
    return fetch(BROKER, source=source, java=java, on_progress=on_progress)


def fetch_database_driver(source: Supply, *, java: Java, on_progress: Progress) -> tuple[Path, ...]:
    """The JDBC driver of PostgreSQL, for ``spark.jars``."""
    return fetch(DATABASE_DRIVER, source=source, java=java, on_progress=on_progress)


def fetch_registry(source: Supply, *, java: Java, on_progress: Progress) -> Path:
    """The jar that runs the embedded schema registry, unpacked from its archive."""
    (archive,) = fetch((REGISTRY,), source=source, java=java, on_progress=on_progress)
    folder = archive.parent / "unpacked"
    if not folder.exists():
        with _locked(source.cache, on_progress):
            if not folder.exists():
                _unpack(archive, folder)
    return folder / _REGISTRY_JAR


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack beside the place and rename, so that half an archive is never taken for a whole."""
    partial = folder.with_name("unpacked.partial")
    shutil.rmtree(partial, ignore_errors=True)
    with tarfile.open(archive) as packed:
        packed.extractall(partial, filter="data")
    partial.rename(folder)


def fetch(
    coordinates: tuple[str, ...],
    *,
    source: Supply,
    java: Java,
    on_progress: Progress,
    provided: frozenset[str] = frozenset(),
) -> tuple[Path, ...]:
    """Return the jars of these coordinates and of all they need, downloading them at most once.

    ``coordinates`` are ``group:artifact:version``, with ``:classifier@extension`` for a file
    that is whole by itself; modules named in ``provided`` are left
    out. A folder counts as fetched only if its stamp lists each jar with its size, so a
    broken download is never taken for a whole one. ``on_progress`` gets lines to show.
    Raises EnvironmentFault if something is not to be had.
    """
    modules = tuple(_module(c) for c in coordinates)
    folder = source.cache / "jars" / _folder_name(modules, provided)
    jars = _stamped(folder)
    if jars is not None:
        return jars
    if source.offline:
        raise EnvironmentFault(
            f"{_names(modules)} not in the cache {source.cache}, and STREAMSQL_OFFLINE is set",
            hint="run once with network and without STREAMSQL_OFFLINE, or copy a filled cache here",
        )
    with _locked(source.cache, on_progress) as lock:
        jars = _stamped(folder)  # whoever held the lock may have fetched just these
        return jars or _download(modules, folder, source, java, provided, on_progress, lock)


def _download(
    modules: tuple[Module, ...],
    folder: Path,
    source: Supply,
    java: Java,
    provided: frozenset[str],
    on_progress: Progress,
    lock: int,
) -> tuple[Path, ...]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left_over in folder.parent.glob(".partial-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder.parent))
    downloads = source.cache / "ivy"
    on_progress(f"fetching {_names(modules)}: a download for the first run only")
    resolve(
        modules,
        into=partial,
        downloads=downloads,
        ivy=_ivy_jar(pyspark_home()),
        settings=source.ivy_settings,
        java=java,
        provided=provided,
        on_progress=on_progress,
        keep_open=lock,
    )
    _stamp(partial, modules)
    if folder.exists():  # its stamp did not match
        shutil.rmtree(folder)
    partial.chmod(0o755)
    partial.rename(folder)
    shutil.rmtree(downloads, ignore_errors=True)  # kept until now so that a retry goes on from it
    jars = _stamped(folder)
    if not jars:
        raise EnvironmentFault(
            f"{_names(modules)} came without any jar", hint="check the coordinates"
        )
    megabytes = sum(j.stat().st_size for j in jars) / 1e6
    what = "jars" if jars[0].suffix == ".jar" else "archive"
    on_progress(f"fetched {len(jars)} {what}, {megabytes:.0f} MB, into {folder}")
    return jars


def _stamp(folder: Path, modules: tuple[Module, ...]) -> None:
    sizes = {jar.name: jar.stat().st_size for jar in sorted(folder.iterdir())}
    stamp = {"coordinates": [str(m) for m in modules], "jars": sizes}
    with (folder / _STAMP).open("w", encoding="utf-8") as file:
        json.dump(stamp, file, indent=2)
        file.flush()
        os.fsync(file.fileno())


def _stamped(folder: Path) -> tuple[Path, ...] | None:
    try:
        sizes = json.loads((folder / _STAMP).read_text(encoding="utf-8"))["jars"]
        whole = sizes and all((folder / n).stat().st_size == size for n, size in sizes.items())
    except (OSError, ValueError, KeyError):
        return None
    return tuple(folder / name for name in sorted(sizes)) if whole else None


@contextmanager
def _locked(cache: Path, on_progress: Progress) -> Iterator[int]:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = os.open(cache / "fetch.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as fault:
        raise EnvironmentFault(
            f"the cache folder {cache} cannot be written: {fault.strerror}",
            hint="set STREAMSQL_CACHE to a folder of your own",
        ) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_progress("waiting for another process that is fetching")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _ivy_jar(home: Path) -> Path:
    found = sorted((home / "jars").glob("ivy-*.jar"))
    if not found:
        raise EnvironmentFault(
            f"pyspark at {home} has no jars: it is the client alone",
            hint="install the full package: pip install 'streamsql[spark]'",
        )
    return found[-1]


def _module(coordinate: str) -> Module:
    parts = coordinate.split(":")
    if (
        len(parts) not in (3, 4)
        or not all(re.fullmatch(r"[\w.+-]+", part) for part in parts[:3])
        or not all(re.fullmatch(r"[\w.-]+@[\w.]+", part) for part in parts[3:])
    ):
        raise EnvironmentFault(
            f"'{coordinate}' is no coordinate of a package",
            hint="write it as group:artifact:version",
        )
    return Module(*parts)


def _folder_name(modules: tuple[Module, ...], provided: frozenset[str]) -> str:
    """One folder a question: other coordinates, or another pyspark, make another folder."""
    question = json.dumps([[str(m) for m in modules], sorted(provided)])
    digest = hashlib.sha256(question.encode()).hexdigest()[:12]
    return f"{modules[0].artifact}-{modules[0].version}-{digest}"


def _names(modules: tuple[Module, ...]) -> str:
    return ", ".join(f"{m.artifact} {m.version}" for m in modules)
