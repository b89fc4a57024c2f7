"""Sample events in a real topic: what a player left off, the next one goes on with."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from streamsql.dev.broker import EmbeddedBroker
from streamsql.dev.player import Pace, Player
from streamsql.spark.kafka import TopicSpec, create_topics, read_last
from tests.dev.test_tape import ticks

pytestmark = pytest.mark.kafka


def test_the_next_player_goes_on(broker: EmbeddedBroker, tmp_path: Path) -> None:
    create_topics(broker.connection, [TopicSpec("player.ticks", 1)])
    tape = tmp_path / "events.json"
    for _ in range(2):
        pace = Pace(speed=30.0, rate=1000.0)
        player = Player(
            ticks, {"s.t": "player.ticks"}, broker.connection, seed=7, pace=pace, tape=tape
        )
        player.start()
        deadline = time.monotonic() + 60
        while player.sent["s.t"] < 100 and time.monotonic() < deadline:
            time.sleep(0.05)
        player.stop()
        assert player.error is None
    values = [record.value for record in read_last(broker.connection, "player.ticks", 100_000)]
    assert len(values) >= 200
    assert values == [b"%d of 7" % (n + 1) for n in range(len(values))]
