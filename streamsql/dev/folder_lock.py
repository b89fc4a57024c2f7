"""The lock on the data folder of a server of our own: one server a folder.

Its file descriptor is handed to the server's own process, so the kernel frees the lock exactly
when that is gone, whatever happened to whom.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from streamsql.errors import EnvironmentFault


def try_lock(path: Path, server: str) -> int | None:
    """Return the lock as an open file, or None if another server has it.

    ``server`` is what it is called in messages: ``the embedded broker``.

    Raises:
        EnvironmentFault: the folder cannot be written.
    """
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as fault:
        raise EnvironmentFault(
            f"{server}'s folder {folder} cannot be written: {fault.strerror}",
            hint="choose a folder that you may write to",
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def is_locked(path: Path) -> bool:
    """Tell whether a server holds the lock of a file: it does for as long as it lives."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
