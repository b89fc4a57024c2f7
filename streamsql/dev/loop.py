"""The loop of working on a project: events flow, queries run, and a save restarts what changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from streamsql.dev.events import event_generator
from streamsql.dev.player import Pace, Player
from streamsql.plan.nodes import Plan
from streamsql.project.nodes import Project, ProjectFiles
from streamsql.spark.events import Notice, Observer, RunReport
from streamsql.spark.kafka import TopicSpec, create_topics
from streamsql.spark.preparation import Connections
from streamsql.spark.run import RunOptions, run_plan
from streamsql.spark.session import SessionSpec

LOOK_EVERY = 1.0  # seconds between two looks at the project's files


@dataclass(frozen=True, slots=True)
class DevOptions:
    """How to work: ``events`` plays sample events into the sources' topics, from ``seed`` at
    ``pace``, and notes in the folder ``tapes`` how far it came; ``duration`` ends the loop after
    so many seconds; ``newest`` is how many rows of each output the report shows."""

    events: bool = True
    seed: int = 7
    pace: Pace = field(default_factory=Pace)
    tapes: Path | None = None
    duration: float | None = None
    newest: int = 0


class Watch:
    """Compiles a project again when one of its files has changed.

    Called now and then, it answers with a new plan, or None while there is nothing new or
    what was saved has errors (``compile_plan`` has reported them by then).
    """

    def __init__(
        self,
        files: ProjectFiles,
        read: Callable[[], ProjectFiles],
        compile_plan: Callable[[ProjectFiles], Plan | None],
        every: float = LOOK_EVERY,
    ) -> None:
        self._seen = _content(files)
        self._read = read
        self._compile = compile_plan
        self._every = every
        self._next = time.monotonic() + every

    def __call__(self) -> Plan | None:
        """Look at the files, if it is time to."""
        if time.monotonic() < self._next:
            return None
        self._next = time.monotonic() + self._every
        files = self._read()
        if _content(files) == self._seen:
            return None
        self._seen = _content(files)
        return self._compile(files)


def dev_loop(
    plan: Plan,
    project: Project,
    connections: Connections,
    *,
    root: Path,
    session: SessionSpec,
    options: DevOptions,
    observer: Observer,
    stop: threading.Event,
    watch: Watch,
) -> RunReport:
    """Run a plan with sample events until ``stop`` is set or the time is over.

    Raises:
        UsageError: the project's event generator cannot be used.
        RunError: as ``run_plan``.
    """
    ending = threading.Timer(options.duration, stop.set) if options.duration else None
    with _events(project, connections, root, options, observer):
        started = _StartTimerOnce(ending, watch)
        try:
            return run_plan(
                plan,
                connections,
                root=root,
                session=session,
                options=RunOptions(newest=options.newest),
                observer=observer,
                stop=stop,
                replan=started,
            )
        finally:
            if ending is not None:
                ending.cancel()


class _StartTimerOnce:
    """Starts the clock of ``duration`` when the queries run, not while Spark starts."""

    def __init__(self, timer: threading.Timer | None, watch: Watch) -> None:
        self._timer = timer
        self._watch = watch

    def __call__(self) -> Plan | None:
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()
            self._timer = None
        return self._watch()


@contextmanager
def _events(
    project: Project,
    connections: Connections,
    root: Path,
    options: DevOptions,
    observer: Observer,
) -> Iterator[None]:
    """Play sample events into the topics of sources on embedded connections."""
    players = list(_players(project, connections, root, options)) if options.events else []
    for player in players:
        player.start()
    if players:
        observer(
            Notice(
                f"playing sample events: {options.pace.rate:g} records a second, "
                f"event time at {options.pace.speed:g} times the speed of the clock"
            )
        )
    try:
        yield
    finally:
        for player in players:
            player.stop()
            _tell_sent(player, observer)


def _players(
    project: Project, connections: Connections, root: Path, options: DevOptions
) -> Iterator[Player]:
    generate = event_generator(project, root, project.settings.dev_events)
    for name in sorted(connections.embedded):
        topics = {
            s.unique_name: s.topic for s in project.sources if s.connection == name and s.topic
        }
        if topics:
            create_topics(connections.kafka[name], [TopicSpec(t) for t in topics.values()])
            yield Player(
                generate,
                topics,
                connections.kafka[name],
                seed=options.seed,
                pace=options.pace,
                tape=options.tapes / f"events-{name}.json" if options.tapes else None,
            )


def _tell_sent(player: Player, observer: Observer) -> None:
    if player.error is not None:
        observer(Notice(f"sample events ended: {player.error.message}", severity="warning"))
    listed = ", ".join(f"{count} {source}" for source, count in player.sent.items())
    observer(Notice(f"sample events sent: {listed}"))


def _content(files: ProjectFiles) -> tuple[object, ...]:
    return (dict(files.texts), files.profiles)
