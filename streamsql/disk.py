"""The only look at the user's disk: finding a project and reading its texts.

It imports next to nothing, so that a lint can see that nothing has changed before anything
heavy is loaded.
"""

from __future__ import annotations

import os
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from streamsql.errors import ProjectError
from streamsql.findings import Finding, Location

OWN_FILE = "streamsql.toml"
SHARED_FILE = "pyproject.toml"
PROFILES_FILE = "profiles.yml"
MAX_SEED_BYTES = 1_048_576
_USER_FOLDER = Path("~/.streamsql")
_SUFFIXES = (".sql", ".yml", ".yaml", ".md", ".csv")
_SCHEMA_SUFFIXES = (".avsc", ".json")
_OUTPUT_FOLDER = "target"
_MAX_TEXT_BYTES = MAX_SEED_BYTES
_DEFAULT_PATHS = ("models", "macros", "seeds", "schemas")


class Reading(NamedTuple):
    """Which parts of a project's folder are read: whole folders, and single files.

    ``rules_folder`` is read where rules of the project's own are wanted; ``schemas`` are the
    folders of schema files.
    """

    folders: tuple[str, ...]
    files: tuple[str, ...] = ()
    rules_folder: str | None = None
    schemas: tuple[str, ...] = ()


class Texts(NamedTuple):
    """What was read: texts by path, upon what could not be; ``reading`` is what was asked for."""

    reading: Reading
    texts: dict[str, str]
    unreadable: tuple[Finding, ...]


def read_texts(root: Path, settings_path: Path, settings: str, reading: Reading) -> Texts:
    """Read the texts of a project whose settings are known."""
    reader = _Reader(root)
    texts = {settings_path.name: settings}
    for folder in reading.folders:
        texts.update(reader.texts_below(folder, settings_path.name, _SUFFIXES))
    for folder in reading.schemas:
        texts.update(reader.texts_below(folder, settings_path.name, _SCHEMA_SUFFIXES))
    texts.update(reader.single_texts(_single_paths(root, reading)))
    return Texts(reading, texts, tuple(reader.found))


def _single_paths(root: Path, reading: Reading) -> list[Path]:
    paths = [root / name for name in reading.files]
    if reading.rules_folder is not None:
        paths += sorted((root / reading.rules_folder).glob("*.py"))
    return paths


def read_settings_text(path: Path) -> str:
    """Return the text of a settings file. ProjectError if it cannot be read."""
    return _must_read(path)


def find_project(start: Path) -> tuple[Path, Path]:
    """Return the project's folder and the file with its settings.

    Raises:
        ProjectError: neither the folder nor one above it is a project.
    """
    start = start.expanduser().resolve()
    if not start.is_dir():
        raise ProjectError(f"there is no folder {start}", hint="check --project-dir")
    for folder in (start, *start.parents):
        own = folder / OWN_FILE
        if own.is_file():
            return folder, own
        shared = folder / SHARED_FILE
        if shared.is_file() and has_settings(_may_read(shared)):
            return folder, shared
    raise ProjectError(
        f"there is no streamsql project in {start} or above it",
        hint="make one with: streamsql init NAME",
    )


def has_settings(pyproject: str) -> bool:
    """Tell whether a pyproject.toml, which may be broken, has a table for streamsql."""
    return re.search(r"^\s*\[\s*tool\s*\.\s*streamsql\s*[\].]", pyproject, re.MULTILINE) is not None


def _may_read(path: Path) -> str:
    """Return a text that decides whether a folder is a project: broken ones do not."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _must_read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} cannot be read: {_reason(error)}") from None


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 (byte {error.start})"
    return error.strerror or "unknown reason"


def read_profiles(root: Path, profiles_dir: Path | None) -> tuple[str, str] | None:
    """Return the path of profiles.yml as users know it, and its text.

    Raises:
        ProjectError: ``profiles_dir`` has none.
    """
    if profiles_dir is not None:
        path = profiles_dir.expanduser() / PROFILES_FILE
        if not path.is_file():
            raise ProjectError(
                f"there is no {PROFILES_FILE} in {profiles_dir}", hint="check --profiles-dir"
            )
        return _shown(path.resolve(), root), _must_read(path)
    for folder in (root, _USER_FOLDER.expanduser()):
        path = folder / PROFILES_FILE
        if path.is_file():
            return _shown(path, root), _must_read(path)
    return None


def _shown(path: Path, root: Path) -> str:
    """Return a path as users know it: from the project, from their home, or whole."""
    home = Path.home()
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    if path.is_relative_to(home):
        return f"~/{path.relative_to(home).as_posix()}"
    return path.as_posix()


def bytes_of(path: str, limit: int | None = None) -> bytes | None:
    """Return what is in a file, unless it is longer; of many files even an object costs time.

    Raises:
        OSError: it cannot be read.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(handle).st_size
        if limit is not None and size > limit:
            return None
        parts = []
        while part := os.read(handle, size + 1):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True)
class _Reader:
    """One look at a project's folder: what could not be read gathers here."""

    root: Path
    found: list[Finding] = field(default_factory=list)

    def add(self, rule: str, message: str, place: Location, hint: str | None = None) -> None:
        """Keep what is wrong with a file."""
        self.found.append(Finding(rule, message, place, hint=hint))

    def single_texts(self, paths: Iterable[Path]) -> dict[str, str]:
        """Return the texts of those files that are there, inside the project."""
        texts = {}
        for path in paths:
            if path.is_file() and path.resolve().is_relative_to(self.root):
                name = path.relative_to(self.root).as_posix()
                text = self.text(str(path), name)
                if text is not None:
                    texts[name] = text
        return texts

    def texts_below(
        self, folder: str, settings_path: str, suffixes: tuple[str, ...]
    ) -> dict[str, str]:
        """Return the texts below a folder of the settings, by their paths in the project."""
        top = (self.root / folder).resolve()
        if not top.is_relative_to(self.root):
            message = f"the folder '{folder}' is outside of the project"
            self.add("outside-project", message, Location(settings_path))
            return {}
        if not top.exists():
            if folder not in _DEFAULT_PATHS:
                message = f"the folder '{folder}' of the settings does not exist"
                self.add("unknown-path", message, Location(settings_path))
            return {}
        texts = {}
        outside = len(str(self.root).rstrip("/")) + 1
        for path in self.files(top, set(), suffixes) if top.is_dir() else [str(top)]:
            name = path[outside:]
            text = self.text(path, name)
            if text is not None:
                texts[name] = text
        return texts

    def files(self, folder: Path, seen: set[Path], suffixes: tuple[str, ...]) -> Iterator[str]:
        """Walk a folder in order; nothing hidden, nothing outside, no folder twice."""
        real = folder.resolve()
        if real in seen:
            return
        seen.add(real)
        try:
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            place = Location(folder.relative_to(self.root).as_posix())
            self.add("unreadable-file", f"cannot be read: {_reason(error)}", place)
            return
        outputs = str(self.root / _OUTPUT_FOLDER)
        for entry in entries:
            if entry.name.startswith(".") or entry.path == outputs:
                continue
            # A link is asked by its path, which forgives one that leads nowhere.
            asked = Path(entry.path) if entry.is_symlink() else entry
            if isinstance(asked, Path) and not asked.resolve().is_relative_to(self.root):
                continue
            if asked.is_dir():
                yield from self.files(Path(entry.path), seen, suffixes)
            elif entry.name.lower().endswith(suffixes) and asked.is_file():
                yield entry.path

    def text(self, path: str, name: str) -> str | None:
        """Read one file; what cannot be read is a finding."""
        is_seed = path.lower().endswith(".csv")
        limit = MAX_SEED_BYTES if is_seed else _MAX_TEXT_BYTES
        try:
            data = bytes_of(path, limit)
        except OSError as error:
            self.add("unreadable-file", f"cannot be read: {_reason(error)}", Location(name))
            return None
        if data is None:
            rule = "seed-too-large" if is_seed else "file-too-large"
            message = f"the file is larger than {limit // 1024} KiB"
            self.add(rule, message, Location(name))
            return None
        data = data.removeprefix(BOM_UTF8)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            before = data[: error.start]
            line = before.count(b"\n") + 1
            column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
            place = Location(name, line, column)
            message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
            self.add("not-utf8", message, place, "save the file as UTF-8")
            return None
