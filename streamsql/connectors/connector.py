"""What a connector is: which options Spark's reader and writer of a format take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from streamsql.connectors.options import Options
from streamsql.findings import Finding, Location


@dataclass(frozen=True, slots=True)
class Connector:
    """A Spark format that streams are read from or written to.

    ``reads`` and ``writes`` are the options of its reader and writer, None where it has no
    such side. ``needs_path`` is whether it writes to a path. ``check`` may say more about a
    writer's options than each alone.
    """

    name: str
    about: str
    reads: Options | None = None
    writes: Options | None = None
    needs_path: bool = False
    check: Callable[[Mapping[str, str], Location], tuple[Finding, ...]] | None = None
