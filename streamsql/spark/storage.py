"""Small files beside checkpoints, wherever those are: a local folder or any Hadoop filesystem."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlparse

from pyspark.sql import SparkSession


class Storage(Protocol):
    """The few things a checkpoint's books need of a filesystem. Paths are absolute."""

    def read(self, path: str) -> str | None:
        """Return the text of a file, or None where there is none."""

    def write(self, path: str, text: str) -> None:
        """Write a file whole or not at all, with its folders."""

    def folders(self, path: str) -> tuple[str, ...]:
        """Return the names of the folders in a folder; nothing where there is none."""

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""

    def rename(self, old: str, new: str) -> None:
        """Give a folder another name."""

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all that is in it."""


class LocalStorage:
    """A folder on this machine."""

    def read(self, path: str) -> str | None:
        """Return the text of a file, or None where there is none."""
        try:
            return Path(path).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def write(self, path: str, text: str) -> None:
        """Write beside, flush to disk, then rename over: a crash leaves the old file or the new."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)

    def folders(self, path: str) -> tuple[str, ...]:
        """Return the names of the folders in a folder; nothing where there is none."""
        folder = Path(path)
        if not folder.is_dir():
            return ()
        return tuple(sorted(p.name for p in folder.iterdir() if p.is_dir()))

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        return Path(path).exists()

    def rename(self, old: str, new: str) -> None:
        """Give a folder another name."""
        Path(new).parent.mkdir(parents=True, exist_ok=True)
        Path(old).rename(new)

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all that is in it."""
        target = Path(path)
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)


class HadoopStorage:
    """Any filesystem Spark can reach: s3a, hdfs, abfss, gs."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        self._jvm: Any = spark._jvm
        conf = spark._jsc.hadoopConfiguration()
        self._fs = self._path(root).getFileSystem(conf)

    def _path(self, path: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(path)

    def read(self, path: str) -> str | None:
        """Return the text of a file, or None where there is none."""
        if not self._fs.exists(self._path(path)):
            return None
        stream = self._fs.open(self._path(path))
        try:
            text: str = self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        finally:
            stream.close()
        return text

    def write(self, path: str, text: str) -> None:
        """Write a file whole: object stores show it when it is closed, others by a rename."""
        beside = self._path(f"{path}.tmp")
        stream = self._fs.create(beside, True)
        try:
            stream.write(bytearray(text.encode()))
        finally:
            stream.close()
        self._fs.delete(self._path(path), False)
        self._fs.rename(beside, self._path(path))

    def folders(self, path: str) -> tuple[str, ...]:
        """Return the names of the folders in a folder; nothing where there is none."""
        if not self._fs.exists(self._path(path)):
            return ()
        entries = self._fs.listStatus(self._path(path))
        return tuple(sorted(e.getPath().getName() for e in entries if e.isDirectory()))

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        return bool(self._fs.exists(self._path(path)))

    def rename(self, old: str, new: str) -> None:
        """Give a folder another name."""
        self._fs.mkdirs(self._path(new).getParent())
        self._fs.rename(self._path(old), self._path(new))

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all that is in it."""
        self._fs.delete(self._path(path), True)


def is_local(location: str) -> bool:
    """Whether a path or URI is on this machine's own filesystem."""
    return urlparse(location).scheme in ("", "file")


def absolute(location: str, root: Path) -> str:
    """Return a location as Spark can use it from anywhere: relative paths count from ``root``."""
    if not is_local(location):
        return location.rstrip("/")
    path = urlparse(location).path if location.startswith("file:") else location
    return str((root / path).resolve())


def storage_for(location: str, spark: SparkSession) -> Storage:
    """Return the storage that holds ``location``."""
    return LocalStorage() if is_local(location) else HadoopStorage(spark, location)
