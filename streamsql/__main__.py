"""``python -m streamsql``."""

from __future__ import annotations

from streamsql.cli import main

main()
