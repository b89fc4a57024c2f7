"""Folders as the settings of lint name them: from the project, or from one of its model paths."""

from __future__ import annotations

from collections.abc import Iterator

from streamsql.project.nodes import Settings


def folders_meant(folder: str, settings: Settings, path: str) -> Iterator[str]:
    """Yield the folders (or the file) of the project that a name means, around a file."""
    for root in ("", *settings.model_paths):
        whole = f"{root}/{folder}".strip("/") if root not in ("", ".") else folder.strip("/")
        if path == whole or path.startswith(f"{whole}/"):
            yield whole


def is_in_folder(path: str, folder: str, settings: Settings) -> bool:
    """Tell whether a file is in a folder."""
    return any(True for _ in folders_meant(folder, settings, path))
