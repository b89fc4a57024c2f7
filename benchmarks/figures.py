"""Medians and spreads, the tables they are shown in, and where results are kept."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
README = HERE / "README.md"


def middle(values: Sequence[float]) -> dict[str, float]:
    """Return the median of measurements with the least and the greatest."""
    return {
        "median": round(statistics.median(values), 3),
        "least": round(min(values), 3),
        "greatest": round(max(values), 3),
        "n": len(values),
    }


def told(figure: Mapping[str, float]) -> str:
    """Write a figure as ``median (least to greatest)``."""
    return f"{figure['median']:.2f} ({figure['least']:.2f} to {figure['greatest']:.2f})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(row)} |" for row in (head, ["--"] * len(head), *rows)]
    return "\n".join(lines)


def keep(name: str, text: str, figures: Mapping[str, Any]) -> None:
    """Write figures to ``results/<name>.json`` and their table into the README."""
    machine = {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }
    path = HERE / "results" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**machine, **figures}, indent=2) + "\n", encoding="utf-8")
    about = f"Measured {machine['measured']}, Python {machine['python']}, {machine['cores']} cores."
    README.write_text(_with_results(README.read_text("utf-8"), name, f"{about}\n\n{text}"), "utf-8")


def _with_results(readme: str, name: str, text: str) -> str:
    marks = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.escape(marks[0]) + ".*?" + re.escape(marks[1])
    return re.sub(
        pattern, lambda _: f"{marks[0]}\n{text}\n{marks[1]}", readme, count=1, flags=re.DOTALL
    )
