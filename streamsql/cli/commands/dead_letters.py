"""``streamsql dead-letters``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from streamsql.cli.compiling import compile_for
from streamsql.cli.options import (
    ProjectOptions,
    SinceType,
    assume_yes,
    option,
    output_options,
    project_options,
)
from streamsql.cli.terminal import Terminal

if TYPE_CHECKING:
    from streamsql.cli.compiling import Compiled
    from streamsql.plan.dead_letters import DeadLetterTopic
    from streamsql.spark.letters import Connections, Filter, Letter, Place
    from streamsql.spark.replay import ReplayOptions, Tally


class _ListsByDefault(click.Group):
    """A group whose first command is meant where none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``list`` before options that come without a command."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    error = option("--error", metavar="TEXT", help="Only those whose error has this text in it.")
    source = option("--source", metavar="NAME", help="Only those of this source or model.")
    since = option(
        "--since", type=SinceType(), help="Only those written since: a time, or how long ago (2h)."
    )
    filtered: Callable[..., Any] = error(source(since(command)))
    return filtered


_output = option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)


@click.group("dead-letters", cls=_ListsByDefault)
def command() -> None:
    """List, show and replay the records that could not be read.

    Without a subcommand it lists them. An embedded broker is started for it, or the one that
    runs is asked.

    \b
    Examples:
      streamsql dead-letters
      streamsql dead-letters --source shop.orders --since 2h
      streamsql dead-letters show shop.orders.dead_letter/0/17
      streamsql dead-letters replay --error 'wrong type: amount' --dry-run

    \b
    Exit codes:
      0  done, even if there were none
      1  a broker cannot be reached or refuses, or a topic is gone
      2  there is no such source or letter, or the command was used wrongly
    """


@command.command("list")
@_filters
@_output
@project_options
@output_options
@click.pass_context
def list_(
    ctx: click.Context,
    project: ProjectOptions,
    error: str | None,
    source: str | None,
    since: int | None,
    output: str,
) -> None:
    """List the topics of dead letters, and what is in them by error.

    Each error has its count, how many of them were replayed, when the first and the last came, and
    an example to show.
    """
    from streamsql.cli.letters import Listed, list_json, list_text
    from streamsql.spark.letters import group, letters_in
    from streamsql.spark.replay import replayed_before

    terminal = ctx.ensure_object(Terminal)
    with _desk(project, terminal) as desk:
        chosen = desk.filter(error, source, since)
        listed = []
        for letters in desk.topics_of(source):
            done = replayed_before(letters, desk.connections)
            found = letters_in(letters, desk.connections, chosen)
            listed.append(Listed(letters, group((each, each.identity in done) for each in found)))
    terminal.out(list_json(listed) if output == "json" else list_text(listed))


@command.command("show")
@click.argument("place", metavar="TOPIC/PARTITION/OFFSET")
@_output
@project_options
@output_options
@click.pass_context
def show(ctx: click.Context, project: ProjectOptions, place: str, output: str) -> None:
    """Show one dead letter in full.

    The reason, key, value and headers; what is no text as a hex dump. It is named by its own place,
    or by that of the record that it is about.
    """
    from streamsql.cli.letters import letter_json, letter_text
    from streamsql.errors import UsageError
    from streamsql.spark.letters import parse_place
    from streamsql.spark.replay import replayed_before

    terminal = ctx.ensure_object(Terminal)
    wanted = parse_place(place)
    if wanted is None:
        hint = "write topic/partition/offset, as in shop.orders.dead_letter/0/17"
        raise UsageError(f"'{place}' is no place of a record", hint=hint)
    with _desk(project, terminal) as desk:
        letters, letter = desk.find(wanted)
        at = replayed_before(letters, desk.connections).get(letter.identity or "")
    terminal.out(letter_json(letter, at) if output == "json" else letter_text(letter, at))


@command.command("replay")
@_filters
@option("--limit", type=click.IntRange(min=1), help="How many at most, of each topic.")
@option(
    "--rounds",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="How often one record is replayed, ever.",
)
@option(
    "--quarantined",
    is_flag=True,
    help="Also the records of rows that a model's data tests put aside.",
)
@option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@_output
@assume_yes
@project_options
@output_options
@click.pass_context
def replay_(
    ctx: click.Context,
    project: ProjectOptions,
    error: str | None,
    source: str | None,
    since: int | None,
    limit: int | None,
    rounds: int,
    quarantined: bool,
    dry_run: bool,
    output: str,
    yes: bool,
) -> None:
    """Write records back into their topics, each once.

    For when what was wrong is mended. Each is written with its key, value, headers and partition,
    and never twice, also if this is killed and done again. Asks before it writes.

    The record of a row that a model's data tests put aside is read by all who read its topic, and
    most have it already: --quarantined writes it nevertheless.
    """
    from streamsql.cli.letters import tally_json, tally_text
    from streamsql.spark.replay import ReplayOptions

    terminal = ctx.ensure_object(Terminal)
    with _desk(project, terminal) as desk:
        chosen = desk.filter(error, source, since)
        options = ReplayOptions(chosen, limit, rounds, quarantined)
        topics = desk.topics_of(source)
        tallies = _foreseen(desk, topics, options)
        if not dry_run and any(tally.written for tally in tallies.values()):
            if not yes:
                _confirm(tally_text(tallies, "would write"), terminal)
            tallies = _replayed(desk, topics, options, terminal)
    told = tally_text(tallies, "would write" if dry_run else "wrote")
    terminal.out(tally_json(tallies) if output == "json" else "\n".join(told))


def _foreseen(
    desk: _Desk, topics: tuple[DeadLetterTopic, ...], options: ReplayOptions
) -> Mapping[str, Tally]:
    from streamsql.spark.replay import foresee

    return {letters.topic: foresee(letters, desk.connections, options) for letters in topics}


def _replayed(
    desk: _Desk, topics: tuple[DeadLetterTopic, ...], options: ReplayOptions, terminal: Terminal
) -> Mapping[str, Tally]:
    from streamsql.spark.replay import replay

    def tell(count: int) -> None:
        terminal.say(f"replayed {count}")

    return {letters.topic: replay(letters, desk.connections, options, tell) for letters in topics}


def _confirm(lines: list[str], terminal: Terminal) -> None:
    from streamsql.errors import UsageError

    terminal.tell("\n".join(lines))
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here", hint="say --yes if that is meant")
    click.confirm("Go on?", abort=True)


@dataclass(frozen=True, slots=True)
class _Desk:
    """The project's topics of dead letters, and how their clusters are reached."""

    compiled: Compiled
    topics: tuple[DeadLetterTopic, ...]
    connections: Connections

    def filter(self, error: str | None, source: str | None, since: int | None) -> Filter:
        """Return which letters are meant. UsageError if there is no such source or model."""
        from streamsql.errors import UsageError
        from streamsql.findings import did_you_mean
        from streamsql.spark.letters import Filter

        project = self.compiled.compilation.project
        known = [*(s.unique_name for s in project.sources), *(m.name for m in project.models)]
        if source is not None and source not in known:
            near = did_you_mean(source, known)
            raise UsageError(
                f"there is no source or model '{source}'",
                hint=near or "'streamsql ls --resource-type all' lists them",
            )
        return Filter(error, source, since)

    def topics_of(self, source: str | None) -> tuple[DeadLetterTopic, ...]:
        """Return the topics that letters of a source or model are in; all if none is named."""
        return tuple(t for t in self.topics if source in (None, *t.of))

    def find(self, place: Place) -> tuple[DeadLetterTopic, Letter]:
        """Return a letter by its place or by that of its record. UsageError if there is none."""
        from streamsql.errors import UsageError
        from streamsql.spark.letters import Filter, letter_at, letters_in

        for letters in self.topics:
            if letters.topic == place.topic:
                letter = letter_at(letters, self.connections, place)
                if letter is not None:
                    return letters, letter
        for letters in self.topics:
            if letters.origin_of(place.topic) is not None:
                for letter in letters_in(letters, self.connections, Filter()):
                    if letter.original == place:
                        return letters, letter
        listed = ", ".join(letters.topic for letters in self.topics)
        raise UsageError(
            f"there is no dead letter at {place}, nor one of a record there",
            hint=f"topics of dead letters are {listed}" if listed else "nothing keeps dead letters",
        )


@contextmanager
def _desk(project: ProjectOptions, terminal: Terminal) -> Iterator[_Desk]:
    from streamsql.cli.machine import clusters
    from streamsql.plan.dead_letters import dead_letter_topics

    compiled = compile_for(project, terminal, with_plan=False)
    compilation = compiled.compilation
    kafka = {n for n, c in compilation.project.target.connections.items() if c.type == "kafka"}
    topics = tuple(
        each
        for each in dead_letter_topics(compilation.project, compilation.rendered)
        if {each.connection, *each.homes} <= kafka  # lint tells of the others
    )
    names = frozenset(name for t in topics for name in (t.connection, *t.homes))
    if not topics:
        terminal.say("no source of this project keeps dead letters")
    with clusters(compilation.project, names, root=compiled.root, tell=terminal.say) as connections:
        yield _Desk(compiled, topics, connections)
