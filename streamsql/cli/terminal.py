"""Where everything that is printed passes through: secrets are masked, ``-q`` is heard."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from streamsql.errors import ProjectError, StreamsqlError

PROTECTED_PREFIX = "STREAMSQL_ENV_SECRET_"


class Terminal:
    """One invocation's two streams: results go to stdout, all that is said about them to stderr.

    ``log_format`` is ``text``, ``json``, or None: text for people, JSON lines for pipes.
    ``log_folder`` is where a crash is written down once a project was found.
    """

    def __init__(self, env: Mapping[str, str] = os.environ) -> None:
        self.quiet = False
        self.log_format: str | None = None
        self.log_folder: Path | None = None
        self._secrets = {v for k, v in env.items() if k.startswith(PROTECTED_PREFIX) and v}
        self._colour: bool | None = False if env.get("NO_COLOR") else None

    def keep_secret(self, values: Iterable[str]) -> None:
        """Mask these values in all that is printed from now on."""
        self._secrets.update(v for v in values if v)

    def masked(self, text: str) -> str:
        """Return ``text`` without the secrets known so far."""
        if not self._secrets:
            return text
        from streamsql.project.masking import mask

        return mask(text, tuple(sorted(self._secrets)))

    @property
    def interactive(self) -> bool:
        """Whether a person watches: stdout is a terminal and JSON was not asked for."""
        return self.log_format != "json" and sys.stdout.isatty()

    def out(self, text: str) -> None:
        """Print a result, whole lines."""
        click.echo(self.masked(text), color=self._colour)

    def event(self, event: Mapping[str, Any]) -> None:
        """Print a result as one line of JSON."""
        self.out(json.dumps(event, ensure_ascii=False))

    def say(self, text: str) -> None:
        """Tell what is going on, unless ``-q`` asked for silence."""
        if not self.quiet:
            self._tell("info", text)

    def tell(self, text: str) -> None:
        """Print to stderr as it stands, ``-q`` or not."""
        click.echo(self.masked(text), err=True, color=self._colour)

    def complain(self, text: str) -> None:
        """Tell what went wrong; never silenced."""
        self._tell("error", text)

    def fail(self, error: StreamsqlError) -> None:
        """Tell why a command stopped, and how to mend it."""
        findings = error.findings if isinstance(error, ProjectError) else ()
        told = [(f"{f.location}: {f.message}", f.hint) for f in findings]
        for message, hint in told or [(error.message, error.hint)]:
            self.complain(message)
            if hint:
                self.complain(f"hint: {hint}")

    def _tell(self, level: str, text: str) -> None:
        if self.log_format == "json":
            text = json.dumps({"level": level, "message": text}, ensure_ascii=False)
        elif level == "error" and not text.startswith((" ", "hint:", "Sorry")):
            text = f"{click.style('error:', fg='red', bold=True)} {text}"
        self.tell(text)
