"""The options that commands share, in groups: each group reaches a command as one value."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from streamsql.cli.terminal import Terminal

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]


@dataclass(frozen=True, slots=True)
class ProjectOptions:
    """Which project, with which settings. ``target_path`` counts from the project's folder."""

    project_dir: Path
    profiles_dir: Path | None
    target: str | None
    vars: Mapping[str, Any]
    target_path: Path


@dataclass(frozen=True, slots=True)
class SelectionOptions:
    """Which of its nodes."""

    select: tuple[str, ...]
    exclude: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.select or self.exclude)


class VarsType(click.ParamType[Mapping[str, Any]]):
    """A YAML or JSON mapping, as dbt takes it: ``{days: 3}``."""

    name = "yaml"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Mapping[str, Any]:
        """Return the mapping; a usage error if the text is none."""
        if isinstance(value, Mapping):
            return value
        if value == "{}":  # the default, for which YAML need not be loaded
            return {}
        import yaml

        try:
            read = yaml.safe_load(value)
        except yaml.YAMLError:
            self.fail("this is not YAML: write it as '{name: value}'", param, ctx)
        if not isinstance(read, dict) or not all(isinstance(k, str) for k in read):
            self.fail("this is no mapping: write it as '{name: value}'", param, ctx)
        return read


class DurationType(click.ParamType[float]):
    """A length of time in seconds: ``30``, or with a unit, ``30s`` or ``5 minutes``."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds; a usage error if the text is no time that passes."""
        seconds = _seconds(str(value))
        if seconds is None or seconds <= 0:
            self.fail(f"'{value}' is no duration: write 30 (seconds), 30s or 5m", param, ctx)
        return seconds


class SinceType(click.ParamType[int]):
    """A time in milliseconds since 1970: one as ISO 8601 has it, or how long ago (``2h``)."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the milliseconds; a usage error if the text is no time."""
        text = str(value)
        ago = _seconds(text)
        if ago is not None:
            return round((datetime.now(UTC).timestamp() - ago) * 1000)
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            self.fail(
                f"'{text}' is no time: write 2026-01-31T12:00:00, or how long ago, as 2h",
                param,
                ctx,
            )
        return round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


_UNITS = {"s": 1, "m": 60, "h": 3600}


def _seconds(text: str) -> float | None:
    """Read a number with a letter, or an interval as in the project's files."""
    from streamsql.intervals import parse_interval

    if found := re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip()):
        return float(found[1]) * _UNITS[found[2] or "s"]
    try:
        return parse_interval(text).total_seconds()
    except ValueError:
        return None


def _option(*names: str, **settings: Any) -> Decorator[Any]:
    """Declare an option that ``STREAMSQL_<LONG_NAME>`` can give as well."""
    long = next(n for n in names if n.startswith("--")).split("/")[0]
    variable = "STREAMSQL_" + long.removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=variable, **settings)


option = _option


def _group(name: str, kind: type[Any], options: Sequence[Decorator[Any]]) -> Decorator[Command]:
    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def gathered(*arguments: Any, **values: Any) -> Any:
            mine = {field.name: values.pop(field.name) for field in fields(kind)}
            return command(*arguments, **values, **{name: kind(**mine)})

        decorated: Any = gathered
        for declare in reversed(options):
            decorated = declare(decorated)
        return decorated  # type: ignore[no-any-return]

    return decorate


def _folder(**settings: Any) -> dict[str, Any]:
    return {"type": click.Path(file_okay=False, path_type=Path), "metavar": "FOLDER", **settings}


project_options: Decorator[Any] = _group(
    "project",
    ProjectOptions,
    (
        _option(
            "--project-dir",
            default=Path(),
            show_default="here, or the nearest folder above",
            help="Where the project is.",
            **_folder(),
        ),
        _option(
            "--profiles-dir",
            help="Where profiles.yml is.  [default: the project, then ~/.streamsql]",
            **_folder(),
        ),
        _option("-t", "--target", metavar="NAME", help="Which output of the profile to use."),
        _option(
            "--vars",
            type=VarsType(),
            default="{}",
            metavar="YAML",
            help="Variables over those of the project: '{days: 3}'.",
        ),
        _option(
            "--target-path",
            default=Path("target"),
            show_default=True,
            help="Where artefacts are written.",
            **_folder(),
        ),
    ),
)

selection_options: Decorator[Any] = _group(
    "selection",
    SelectionOptions,
    (
        _option(
            "-s",
            "--select",
            multiple=True,
            metavar="SELECTOR",
            help="Only these: name, +name, name+, tag:…, path:…, 'a b', a,b. Repeatable.",
        ),
        _option("--exclude", multiple=True, metavar="SELECTOR", help="All but these. Repeatable."),
    ),
)


def _hush(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    terminal = ctx.find_object(Terminal)
    if value and terminal is not None:
        terminal.quiet = True


def _log_as(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    terminal = ctx.find_object(Terminal)
    if value and terminal is not None:
        terminal.log_format = value


def output_options(command: Command) -> Command:
    """Let a command be quiet, and speak JSON to machines."""
    quiet = _option(
        "-q",
        "--quiet",
        is_flag=True,
        expose_value=False,
        callback=_hush,
        help="Print results and errors only.",
    )
    log_format = _option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        expose_value=False,
        callback=_log_as,
        help="How to tell what is going on: for people, or one JSON line each.",
    )
    decorated: Command = quiet(log_format(command))
    return decorated


assume_yes = _option(
    "-y", "--yes", is_flag=True, help="Do not ask before anything is removed or written again."
)
