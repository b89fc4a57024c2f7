"""How long ``dev`` runs, if one says so."""

from __future__ import annotations

import threading

from streamsql.dev.loop import _StartTimerOnce


def test_the_time_begins_when_the_queries_run() -> None:
    over, looks = threading.Event(), list[bool]()
    timer = threading.Timer(0.01, over.set)
    each_look = _StartTimerOnce(timer, lambda: looks.append(timer.is_alive()))
    assert not timer.is_alive(), "not while Spark starts"
    assert each_look() is None
    assert over.wait(60)
    timer.join(60)
    each_look()
    assert looks[1:] == [False]
