"""What the last lint found, kept for as long as nothing that it looked at has changed.

The key is content and never time: all texts that are read, the environment variables that
templates asked for, the variables, the target, the versions of Spark and Python, the packages
that are installed, and streamsql's own code. It is compared before anything heavy is imported.
Neither texts nor values are kept, only their hash; a file that is damaged is passed over.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from streamsql.disk import Reading, bytes_of, find_project, read_profiles, read_settings_text
from streamsql.disk import read_texts as read_from_disk
from streamsql.errors import ProjectError
from streamsql.findings import Finding, Location, Severity

_LAYOUT = 2
# What a template can see that is another each time.
_FICKLE = ("run_started_at", "invocation_id", "random", "lipsum")


class Asked(NamedTuple):
    """Which project is linted, and how; the path of the cache is below ``target_path``."""

    project_dir: Path
    profiles_dir: Path | None
    target: str | None
    vars: Mapping[str, Any]
    spark: str | None
    target_path: Path


class Read(NamedTuple):
    """All texts that a lint looks at, and which of the project's they are."""

    root: str
    settings_path: str
    reading: Reading
    texts: Mapping[str, str]
    unreadable: tuple[Finding, ...]
    profiles: tuple[str, str] | None


class Remembered(NamedTuple):
    """What a lint found: masked findings, how many models there are, and what makes it fail."""

    findings: tuple[Finding, ...]
    models: int
    fail_on: str


def is_fickle(template: str) -> bool:
    """Tell whether a template may give something else each time."""
    return any(map(template.__contains__, _FICKLE))


class NotedEnvironment(Mapping[str, str]):
    """An environment that notes which variables are asked for."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.asked: dict[str, str | None] = {}
        self.listed = False

    def __getitem__(self, name: str) -> str:
        self.asked[name] = self._env.get(name)
        return self._env[name]

    def __iter__(self) -> Iterator[str]:
        self.listed = True
        return iter(self._env)

    def __len__(self) -> int:
        self.listed = True
        return len(self._env)


def recall(asked: Asked, env: Mapping[str, str]) -> tuple[Remembered | None, Read | None]:
    """Return what the last lint found, if nothing that it looked at has changed since.

    The second is what was read to see that, if anything was.
    """
    read: Read | None = None
    try:
        root, settings_path = find_project(asked.project_dir)
        kept = _load(cache_path(root, asked))
        if kept is None:
            return None, None
        settings = read_settings_text(settings_path)
        reading = _reading(kept["reading"])
        texts = read_from_disk(root, settings_path, settings, reading)
        profiles = read_profiles(root, asked.profiles_dir)
        read = Read(str(root), settings_path.name, reading, texts.texts, texts.unreadable, profiles)
        variables = {str(name): env.get(name) for name in kept["env"]}
        if digest(asked, read, variables) != kept["digest"]:
            return None, read
        return Remembered(
            tuple(map(kept_finding, kept["findings"])), int(kept["models"]), str(kept["fail_on"])
        ), read
    except (ProjectError, OSError, ValueError, TypeError, KeyError, AttributeError):
        return None, read


def remember(asked: Asked, read: Read, env: Mapping[str, str | None], found: Remembered) -> None:
    """Keep what a lint found, unless the next one may find something else all the same."""
    texts = (*read.texts.values(), (read.profiles or ("", ""))[1])
    if read.reading.rules_folder or any(map(is_fickle, texts)):
        return
    if any(f.location.path == (read.profiles or ("",))[0] for f in found.findings):
        return  # what is shown of that file may hold secrets
    payload = {
        "digest": digest(asked, read, env),
        "env": sorted(env),
        "reading": read.reading._asdict(),
        "findings": [plain_finding(f) for f in found.findings],
        "models": found.models,
        "fail_on": found.fail_on,
    }
    # A cache that cannot be written is a cache that is not there.
    with contextlib.suppress(OSError, ValueError):
        _save(cache_path(Path(read.root), asked), payload)


def cache_path(root: Path, asked: Asked) -> Path:
    """Return the file that holds what was found."""
    return root / asked.target_path / "cache" / "lint.json"


# Keys


def digest(asked: Asked, read: Read, env: Mapping[str, str | None]) -> str:
    """Return one hash of all that a lint depends on, as far as it was ``read``."""
    parts: list[object] = [_LAYOUT, _own_code(), _packages(), sys.version]
    parts += [os.environ.get("PYTHONPATH"), asked.target, asked.spark]
    parts += [sorted((k, repr(v)) for k, v in asked.vars.items()), sorted(env.items())]
    parts += [read.root, read.settings_path, read.reading, read.profiles, read.unreadable]
    hashed = blake2b(digest_size=32)
    for told in (*map(repr, parts), *read.texts, *read.texts.values()):
        data = told.encode("utf-8", "surrogatepass")
        hashed.update(b"%d:" % len(data))
        hashed.update(data)
    return hashed.hexdigest()


@cache
def _own_code() -> str:
    """Return a hash of the package itself: a version says too little while it is developed."""
    hashed = blake2b(digest_size=16)
    top = Path(__file__).parent
    for path in sorted(_python_files(str(top))):
        hashed.update(path.removeprefix(str(top)).encode())
        hashed.update(bytes_of(path) or b"")
    return hashed.hexdigest()


def _python_files(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _python_files(entry.path)
            elif entry.name.endswith(".py"):
                yield entry.path


def _packages() -> list[str]:
    """Return the packages that are installed, with their versions, by the names of folders."""
    found: set[str] = set()
    for folder in sys.path:
        with contextlib.suppress(OSError), os.scandir(folder or ".") as entries:
            found.update(e.name for e in entries if e.name.endswith(_INSTALLED))
    return sorted(found)


_INSTALLED = (".dist-info", ".egg-info", ".egg-link", ".pth")


# The file


def _load(path: Path) -> Mapping[str, Any] | None:
    whole = json.loads(path.read_text(encoding="utf-8"))
    if whole["check"] != check_of(whole["kept"]):
        return None
    kept: Mapping[str, Any] = json.loads(whole["kept"])
    return kept


def _save(path: Path, payload: Mapping[str, Any]) -> None:
    kept = json.dumps(payload, ensure_ascii=False)
    replace_file(path, json.dumps({"check": check_of(kept), "kept": kept}, ensure_ascii=False))


def replace_file(path: Path, text: str) -> None:
    """Write a file so that whoever reads it finds all of it or what was there before.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not by tempfile, which imports more than a lint that only remembers.
    beside = path.with_name(f".lint-{os.getpid()}-{time.monotonic_ns():x}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def check_of(kept: str) -> str:
    """Return the hash by which a damaged file is known."""
    return blake2b(kept.encode("utf-8"), digest_size=16).hexdigest()


def _reading(kept: Mapping[str, Any]) -> Reading:
    schemas = tuple(kept["schemas"])
    return Reading(tuple(kept["folders"]), tuple(kept["files"]), kept["rules_folder"], schemas)


def plain_finding(finding: Finding) -> list[Any]:
    """Return a finding as JSON can hold it."""
    place = finding.location
    return [
        finding.rule,
        finding.message,
        [place.path, place.line, place.column, place.end_line, place.end_column],
        str(finding.severity),
        finding.hint,
        finding.model,
    ]


def kept_finding(kept: Sequence[Any]) -> Finding:
    """Return the finding that was written."""
    rule, message, place, severity, hint, model = kept
    return Finding(rule, message, Location(*place), Severity(severity), hint, model)
