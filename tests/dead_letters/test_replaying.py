"""Records go back into their topics as they were, and never twice."""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from dead_letters.letter_project import Shop, letter
from main_job.command import Command

from streamsql.dev.broker import EmbeddedBroker
from streamsql.errors import ConnectionFault
from streamsql.spark.kafka import Record, TopicSpec, create_topics, delete_topics
from streamsql.spark.kafka_reading import reading
from streamsql.spark.transactions import transactions

pytestmark = pytest.mark.kafka


@pytest.fixture
def shop(tmp_path: Path, broker: EmbeddedBroker, request: pytest.FixtureRequest) -> Shop:
    shop = Shop(tmp_path, broker, f"replay.{request.node.name[5:40]}")
    shop.make_topics()
    return shop


def replayed(shop: Shop, *filters: str) -> dict[str, int]:
    """Replay, and return what was written into each topic."""
    done = shop.call("replay", "--yes", "--output", "json", *filters)
    return {t: n for told in json.loads(done.stdout) for t, n in told["replayed"].items()}


def left_out(shop: Shop, *filters: str) -> dict[str, int]:
    done = shop.call("replay", "--dry-run", "--output", "json", *filters)
    return {t: n for told in json.loads(done.stdout) for t, n in told["left_out"].items()}


def test_a_record_goes_back_as_it_was(shop: Shop) -> None:
    bytes_ = b"\x00\x00\x00\x00\x07\xff avro or whatever"
    own = (("trace", b"t-1"), ("trace", None))
    shop.write([letter(shop.orders, 9, partition=1, key=None, value=bytes_, own=own)])
    assert replayed(shop) == {shop.orders: 1}
    (record,) = shop.stored(shop.orders)
    assert (record.key, record.value, record.partition) == (None, bytes_, 1)
    assert record.headers == (
        *own,
        ("streamsql.replayed_from", f"{shop.letters}/1/0".encode()),
        ("streamsql.replay_round", b"1"),
    )
    assert record.timestamp > 1_750_000_000_000, "a retention by time would delete it at once"


def test_nothing_is_replayed_twice(shop: Shop) -> None:
    """Not by a second replay, and not where Spark wrote a letter again after a crash."""
    shop.write([*(letter(shop.orders, n) for n in range(3)), letter(shop.orders, 1)])
    assert replayed(shop) == {shop.orders: 3}
    assert replayed(shop) == {}
    assert len(shop.stored(shop.orders)) == 3
    assert left_out(shop) == {"replayed already": 4}
    listed = json.loads(shop.call("--output", "json", "--source", "shop.orders").stdout)
    assert (listed[0]["letters"], listed[0]["replayed"]) == (4, 4)
    assert "replayed     20" in shop.call("show", f"{shop.letters}/0/0").stdout


def test_a_topic_made_anew_has_other_records(shop: Shop) -> None:
    """The same place is another record if it was written at another time."""
    shop.write([letter(shop.orders, 0)])
    assert replayed(shop) == {shop.orders: 1}
    delete_topics(shop.connection, [shop.letters])
    shop.make_topics(shop.letters)
    shop.write([letter(shop.orders, 0), letter(shop.orders, 0, at=1_700_000_000_001)])
    assert replayed(shop) == {shop.orders: 1}


def test_filters_choose_and_what_is_left_can_come_later(shop: Shop) -> None:
    shop.write([letter(shop.orders, n, error="wrong type: amount") for n in range(4)])
    shop.write([letter(shop.orders, n, error="invalid UTF-8") for n in range(10, 13)])
    assert "would write 2 into" in shop.call("replay", "--dry-run", "--limit", "2").stdout
    assert shop.stored(shop.orders) == []
    assert replayed(shop, "--error", "utf-8", "--limit", "2") == {shop.orders: 2}
    assert replayed(shop, "--since", "2200-01-01") == {}
    assert replayed(shop, "--source", "shop.payments") == {}
    assert replayed(shop, "--error", "wrong type") == {shop.orders: 4}
    assert replayed(shop) == {shop.orders: 1}
    offsets = [
        json.loads(r.value)["streamsql.replayed_from"]
        for r in shop.stored(f"{shop.letters}.replayed")
        if r.value
    ]
    assert len(set(offsets)) == 7


def test_nobody_is_asked_where_nobody_is(shop: Shop) -> None:
    shop.write([letter(shop.orders, 0)])
    told = shop.call("replay", code=2).stderr
    assert f"{shop.letters}: would write 1 into {shop.orders}" in told
    assert "say --yes" in told
    assert shop.stored(shop.orders) == []


def test_a_record_that_stays_bad_does_not_go_round_for_ever(shop: Shop) -> None:
    before = (("streamsql.replayed_from", b"x/0/1"), ("streamsql.replay_round", b"2"))
    shop.write([letter(shop.orders, 0, own=before)])
    shop.write([letter(shop.orders, 1, own=(before[0], ("streamsql.replay_round", b"3")))])
    assert left_out(shop) == {"bad again after each replay": 1}
    assert replayed(shop) == {shop.orders: 1}
    (record,) = shop.stored(shop.orders)
    assert record.headers[-1] == ("streamsql.replay_round", b"3")
    assert len(record.headers) == 2
    assert replayed(shop, "--rounds", "4") == {shop.orders: 1}


def test_the_record_of_a_row_is_read_once_more(shop: Shop) -> None:
    """A row that a data test put aside is no record: the one it was made of goes back."""
    at = 1_750_000_000_000
    shop.write([Record(b'{"order_id": 1}', b"a", (("trace", b"1"),), 0, at)], shop.orders)
    quarantined = {"streamsql.test": "positive", "streamsql.model": "large"}
    row = letter(shop.orders, 0, value=b'{"id": 1}', more=quarantined, at=at)
    gone = letter(shop.orders, 0, value=b'{"id": 1}', more=quarantined, at=at - 5)
    nowhere = Record(b"{}", headers=(("streamsql.model", b"large"),), partition=0)
    shop.write([row, gone, nowhere])
    assert left_out(shop) == {
        "a row of a model, not a record of a source": 2,
        "without the place of its record": 1,
    }
    assert replayed(shop) == {}
    assert replayed(shop, "--quarantined") == {shop.orders: 1}
    _, again = shop.stored(shop.orders)
    assert (again.key, again.value) == (b"a", b'{"order_id": 1}')
    assert again.headers[0] == ("trace", b"1")


def test_a_topic_that_is_gone_is_named(shop: Shop) -> None:
    shop.write([letter(shop.orders, 0)])
    delete_topics(shop.connection, [shop.orders])
    lines = shop.call("replay", "--yes", "-q", code=1).stderr.splitlines()
    assert len(lines) == 2
    assert "connection 'kafka'" in lines[0]
    assert f"the topic '{shop.orders}' does not exist" in lines[0]


def test_the_newest_of_two_replays_goes_on_alone(shop: Shop) -> None:
    create_topics(shop.connection, [TopicSpec(f"{shop.orders}.out", 1, 1)])
    with transactions(shop.connection, shop.prefix, timeout=60) as first:
        first.send(shop.orders, Record(b"one"))
        first.commit()
        first.send(shop.orders, Record(b"never there"))
        with transactions(shop.connection, shop.prefix, timeout=60) as second:
            assert [r.value for r in shop.stored(shop.orders)] == [b"one"]
            with pytest.raises(ConnectionFault, match="somebody else began to do the same"):
                first.commit()
            second.send(shop.orders, Record(b"two"))
            second.commit()
    assert {r.value for r in shop.stored(shop.orders)} == {b"one", b"two"}


@pytest.mark.slow
def test_killed_in_the_middle_and_done_again(shop: Shop) -> None:
    """What was committed stays, what was not is written once more, and readers of committed
    records see each once."""
    count, ledger = 20_000, f"{shop.letters}.replayed"
    shop.write(letter(shop.orders, n, partition=n % 2, value=b"%d" % n) for n in range(count))
    shop.make_topics(ledger, partitions=1)
    for _ in range(2):
        with Command("dead-letters", "replay", "--yes", cwd=shop.root) as command:
            await_growth(shop, ledger, 1000, command)  # some transactions of 500 notes each
            command.signal(signal.SIGKILL)
            assert command.end().code == -signal.SIGKILL
    there = len(shop.stored(shop.orders))
    assert 0 < there < count
    assert replayed(shop) == {shop.orders: count - there}
    found = Counter(record.value for record in shop.stored(shop.orders))
    assert set(found.values()) == {1}
    assert len(found) == count


def await_growth(shop: Shop, topic: str, count: int, command: Command) -> None:
    """Wait for so many more records, looking more often than a transaction takes."""
    at = TopicPartition(topic, 0)
    with reading(shop.connection, timeout=60) as reader:
        before = reader.consumer.get_watermark_offsets(at, 60)[1]
        while reader.consumer.get_watermark_offsets(at, 60)[1] < before + count:
            assert not command.ended, "it ended before it could be killed"
