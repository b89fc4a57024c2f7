"""The only look at the user's disk: finding a project and reading its texts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamsql.errors import ProjectError
from streamsql.findings import Location
from streamsql.project.faults import Faults
from streamsql.project.linting import RULES_FOLDER
from streamsql.project.nodes import ProjectFiles, Settings
from streamsql.project.seeds import MAX_BYTES
from streamsql.project.settings import OWN_FILE, SHARED_FILE, has_settings, read_settings

PROFILES_FILE = "profiles.yml"
_USER_FOLDER = Path("~/.streamsql")
_SUFFIXES = (".sql", ".yml", ".yaml", ".md", ".csv")
_OUTPUT_FOLDER = "target"
_MAX_TEXT_BYTES = MAX_BYTES
_DEFAULT_PATHS = ("models", "macros", "seeds")


def read_files(
    project_dir: Path,
    *,
    profiles_dir: Path | None = None,
    vars: Mapping[str, Any] | None = None,  # noqa: A002 - the name users know
    env: Mapping[str, str] | None = None,
) -> ProjectFiles:
    """Read the project that a folder belongs to, and the profiles for it.

    The project is the nearest folder, upwards, with a streamsql.toml or a pyproject.toml that
    has ``[tool.streamsql]``. ``env`` defaults to the process's environment. profiles.yml is
    looked for in ``profiles_dir`` or, without one, in the project and then in ``~/.streamsql``.

    Raises:
        ProjectError: there is no project, its settings are unreadable, or ``profiles_dir``
            has no profiles.yml.
    """
    root, settings_path = find_project(project_dir)
    faults = Faults()
    text = _must_read(settings_path)
    settings, _ = read_settings(text, settings_path.name, Faults())
    reader = _Reader(root, faults)
    texts = {settings_path.name: text}
    for folder in _folders(settings):
        texts.update(reader.texts_below(folder, settings_path.name))
    texts.update(_lint_texts(reader, settings))
    return ProjectFiles(
        texts=texts,
        profiles=_profiles(root, profiles_dir),
        env=dict(os.environ if env is None else env),
        vars=dict(vars or {}),
        root=str(root),
        unreadable=tuple(faults.found),
    )


def _lint_texts(reader: _Reader, settings: Settings) -> dict[str, str]:
    """Return the texts that lint needs: the baseline, and rules only where they are wanted."""
    paths = [reader.root / settings.lint.baseline]
    if settings.lint.project_rules:
        paths += sorted((reader.root / RULES_FOLDER).glob("*.py"))
    texts = {}
    for path in paths:
        if path.is_file() and path.resolve().is_relative_to(reader.root):
            name = path.relative_to(reader.root).as_posix()
            text = reader.text(path, name)
            if text is not None:
                texts[name] = text
    return texts


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


def _profiles(root: Path, profiles_dir: Path | None) -> tuple[str, str] | None:
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


def _folders(settings: Settings) -> tuple[str, ...]:
    tests = (_before_pattern(path) for path in settings.model_tests)
    folders = (*settings.model_paths, *settings.macro_paths, *settings.seed_paths, *tests)
    return tuple(dict.fromkeys(folders))


def _before_pattern(path: str) -> str:
    """Return the folder of a pattern (``tests/models/*.yml``), or the path if it is none."""
    parts = path.split("/")
    plain = [part for part in parts if not any(c in part for c in "*?[")]
    return "/".join(parts[: len(plain)]) if len(plain) < len(parts) else path


@dataclass(frozen=True, slots=True)
class _Reader:
    root: Path
    faults: Faults

    def texts_below(self, folder: str, settings_path: str) -> dict[str, str]:
        """Return the texts below a folder of the settings, by their paths in the project."""
        top = (self.root / folder).resolve()
        if not top.is_relative_to(self.root):
            message = f"the folder '{folder}' is outside of the project"
            self.faults.add("outside-project", message, Location(settings_path))
            return {}
        if not top.exists():
            if folder not in _DEFAULT_PATHS:
                message = f"the folder '{folder}' of the settings does not exist"
                self.faults.add("unknown-path", message, Location(settings_path))
            return {}
        texts = {}
        for path in self.files(top, set()) if top.is_dir() else [top]:
            name = path.relative_to(self.root).as_posix()
            text = self.text(path, name)
            if text is not None:
                texts[name] = text
        return texts

    def files(self, folder: Path, seen: set[Path]) -> Iterator[Path]:
        """Walk a folder in order; nothing hidden, nothing outside, no folder twice."""
        real = folder.resolve()
        if real in seen:
            return
        seen.add(real)
        try:
            paths = sorted(folder.iterdir())
        except OSError as error:
            place = Location(folder.relative_to(self.root).as_posix())
            self.faults.add("unreadable-file", f"cannot be read: {_reason(error)}", place)
            return
        for path in paths:
            if path.name.startswith(".") or path == self.root / _OUTPUT_FOLDER:
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(self.root):
                continue
            if path.is_dir():
                yield from self.files(path, seen)
            elif path.suffix.lower() in _SUFFIXES and path.is_file():
                yield path

    def text(self, path: Path, name: str) -> str | None:
        """Read one file; what cannot be read is a finding."""
        is_seed = path.suffix.lower() == ".csv"
        limit = MAX_BYTES if is_seed else _MAX_TEXT_BYTES
        try:
            data = path.read_bytes() if path.stat().st_size <= limit else None
        except OSError as error:
            self.faults.add("unreadable-file", f"cannot be read: {_reason(error)}", Location(name))
            return None
        if data is None:
            rule = "seed-too-large" if is_seed else "file-too-large"
            message = f"the file is larger than {limit // 1024} KiB"
            self.faults.add(rule, message, Location(name))
            return None
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = data[: error.start]
            line = before.count(b"\n") + 1
            column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
            place = Location(name, line, column)
            message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
            self.faults.add("not-utf8", message, place, "save the file as UTF-8")
            return None
