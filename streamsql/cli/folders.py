"""Where a target's things are on this machine."""

from __future__ import annotations

from pathlib import Path

from streamsql.project.nodes import Target


def broker_folder(target: Target, root: Path) -> Path:
    """Where the embedded broker keeps its records: beside the checkpoints that count them.

    Checkpoints that are not on this machine have no folder beside them; then it is ``target``.
    """
    checkpoints = local_path(target.checkpoints, root)
    return (checkpoints.parent if checkpoints else root / "target") / "broker"


def local_path(location: str, root: Path) -> Path | None:
    """Return a location as a path of this machine, None if it is elsewhere."""
    scheme, separator, rest = location.partition("://")
    if separator and scheme != "file":
        return None
    return (root / (rest if separator else location.removeprefix("file:"))).resolve()


def registry_folder(target: Target, root: Path) -> Path:
    """Where the embedded registry keeps its log and lock: beside the embedded broker."""
    return broker_folder(target, root).with_name("registry")
