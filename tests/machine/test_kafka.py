"""Questions to a real broker, and what is said when there is none."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import KafkaError

from streamsql.dev.broker import EmbeddedBroker
from streamsql.errors import ConnectionFault
from streamsql.spark import kafka
from streamsql.spark.kafka import Record, TopicSpec
from streamsql.spark.kafka_faults import fault
from streamsql.spark.librdkafka import KafkaConnection

pytestmark = pytest.mark.kafka

LONG = 120.0  # seconds that a question may take
SOON = 45.0  # seconds in which what does not wait for that is over, on the slowest machine


@pytest.fixture
def connection(broker: EmbeddedBroker) -> KafkaConnection:
    return KafkaConnection("shop", broker.bootstrap_servers)


@pytest.fixture
def topic(connection: KafkaConnection, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"kafka.{request.node.name}"
    kafka.create_topics(connection, [TopicSpec(name, 2, 1, {"cleanup.policy": "compact"})])
    yield name
    kafka.delete_topics(connection, [name])


def test_a_topic_has_an_identity_and_settings(connection: KafkaConnection, topic: str) -> None:
    info = kafka.topic_info(connection, [topic, "no.such.topic"])
    assert list(info) == [topic]
    found = info[topic]
    assert (found.partitions, found.replication) == (2, 1)
    assert found.config["cleanup.policy"] == "compact"
    assert len(found.id) == 22


def test_a_recreated_topic_is_another(connection: KafkaConnection, topic: str) -> None:
    before = kafka.topic_info(connection, [topic])[topic].id
    assert kafka.delete_topics(connection, [topic, "no.such.topic"]) == (topic,)
    assert kafka.create_topics(connection, [TopicSpec(topic)]) == (topic,)
    after = kafka.topic_info(connection, [topic])[topic]
    assert after.id != before
    assert after.partitions == 1


def test_an_existing_topic_is_left_alone(connection: KafkaConnection, topic: str) -> None:
    assert kafka.create_topics(connection, [TopicSpec(topic, 5)]) == ()
    assert kafka.topic_info(connection, [topic])[topic].partitions == 2


def test_records_go_in_and_come_out_as_they_are(connection: KafkaConnection, topic: str) -> None:
    written = [
        Record(b"one", key=b"k", headers=(("h", b"1"), ("h", None)), partition=0, timestamp=1000),
        Record(None, key=b"gone", partition=1, timestamp=3000),
        Record(b"", key=b"", partition=0, timestamp=2000),
    ]
    assert kafka.produce(connection, topic, written) == 3
    read = kafka.read_last(connection, topic, 10)
    assert [(r.partition, r.offset, r.timestamp) for r in read] == [
        (0, 0, 1000),
        (0, 1, 2000),
        (1, 0, 3000),
    ]
    assert [(r.key, r.value, r.headers) for r in read] == [
        (b"k", b"one", (("h", b"1"), ("h", None))),
        (b"", b"", ()),
        (b"gone", None, ()),
    ]
    assert kafka.end_offsets(connection, [topic]) == {topic: {0: 2, 1: 1}}
    assert kafka.begin_offsets(connection, [topic]) == {topic: {0: 0, 1: 0}}


def test_the_newest_records_of_many(connection: KafkaConnection, topic: str) -> None:
    records = (Record(b"%d" % n, key=b"k", partition=n % 2, timestamp=n) for n in range(20_000))
    kafka.produce(connection, topic, records)
    newest = kafka.read_last(connection, topic, 5)
    assert [r.value for r in newest] == [b"19995", b"19996", b"19997", b"19998", b"19999"]
    assert kafka.read_last(connection, topic, 0) == ()


def test_an_empty_topic_has_no_newest_record(connection: KafkaConnection, topic: str) -> None:
    assert kafka.read_last(connection, topic, 5) == ()


def test_nothing_asked_needs_no_broker() -> None:
    nowhere = KafkaConnection("nowhere", "127.0.0.1:1")
    assert kafka.topic_info(nowhere, []) == {}
    assert kafka.create_topics(nowhere, []) == ()
    assert kafka.end_offsets(nowhere, []) == {}


def test_an_unknown_topic_is_named(connection: KafkaConnection) -> None:
    for ask in (kafka.end_offsets, kafka.begin_offsets):
        with pytest.raises(ConnectionFault, match=r"'shop'.*topic 'no\.such' does not exist"):
            ask(connection, ["no.such"])
    with pytest.raises(ConnectionFault, match=r"topic 'no\.such' does not exist"):
        kafka.produce(connection, "no.such", [Record(b"1")], timeout=10)


def test_a_refused_topic_is_named_with_the_reason(connection: KafkaConnection) -> None:
    with pytest.raises(ConnectionFault, match=r"topic 'many': .*[Rr]eplication"):
        kafka.create_topics(connection, [TopicSpec("many", 1, 3)])
    with pytest.raises(ConnectionFault, match="topic 'a b': ") as caught:
        kafka.create_topics(connection, [TopicSpec("a b")])
    assert "letters, digits" in str(caught.value.hint)
    with pytest.raises(ConnectionFault, match="topic 'odd': ") as caught:
        kafka.create_topics(connection, [TopicSpec("odd", config={"no.such.setting": "1"})])
    assert "topic_config" in str(caught.value.hint)


def test_a_refused_record_is_a_fault(connection: KafkaConnection, topic: str) -> None:
    with pytest.raises(ConnectionFault, match="validate record") as caught:
        kafka.produce(connection, topic, [Record(b"no key, and the topic is compacted")])
    assert "key" in str(caught.value.hint)


@pytest.fixture
def down() -> Iterator[KafkaConnection]:
    """A place where nobody listens, and nobody else can while this lasts."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield KafkaConnection("shop", f"127.0.0.1:{taken.getsockname()[1]}")


def test_no_broker_is_said_with_name_and_place(
    down: KafkaConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    for ask in (
        lambda: kafka.describe_cluster(down, timeout=1),
        lambda: kafka.list_topics(down, timeout=1),
        lambda: kafka.end_offsets(down, ["orders"], timeout=1),
        lambda: kafka.produce(down, "orders", [Record(b"1")], timeout=1),
    ):
        begun = time.monotonic()
        with pytest.raises(ConnectionFault, match=f"'shop' .{down.bootstrap_servers}.*refused"):
            ask()
        assert time.monotonic() - begun < SOON
    assert capfd.readouterr() == ("", ""), "librdkafka chatters"


@pytest.mark.parametrize(
    "told",
    [
        (),
        (KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"),),
        (KafkaError(KafkaError._TRANSPORT, "b:1/bootstrap: Disconnected (after 3ms in state UP)"),),
    ],
    ids=["nothing", "all are down", "it was there before"],
)
def test_a_broker_that_is_gone_is_told_whatever_was_noticed(
    down: KafkaConnection, told: tuple[KafkaError, ...]
) -> None:
    """A client may be too slow to be told of the refusal, or was told of something else first."""
    said = fault(down, KafkaError(KafkaError._TIMED_OUT), told)
    assert said.message.endswith(f"no broker answers: {down.bootstrap_servers}: Connection refused")


def test_what_a_server_refuses_tells_more_than_that_it_hung_up(down: KafkaConnection) -> None:
    alert = "ssl://b:1/bootstrap: ssl/tls alert certificate required (after 3ms in state UP)"
    troubles = [
        KafkaError(KafkaError._TRANSPORT, text)
        for text in ("ssl://b:1/bootstrap: Disconnected (after 3ms in state UP)", alert)
    ]
    said = fault(down, troubles[1], troubles)
    assert "refuses the client's certificate" in said.message


def test_an_unknown_host_is_said() -> None:
    lost = KafkaConnection("shop", "no-such-host.invalid:9092")
    with pytest.raises(ConnectionFault, match=r"unknown host: .*no-such-host\.invalid"):
        kafka.describe_cluster(lost, timeout=3)


def test_tls_to_a_broker_without_fails_at_once(broker: EmbeddedBroker) -> None:
    tls = KafkaConnection("shop", broker.bootstrap_servers, {"kafka.security.protocol": "SSL"})
    begun = time.monotonic()
    with pytest.raises(ConnectionFault, match="no TLS connection") as caught:
        kafka.describe_cluster(tls, timeout=LONG)
    assert time.monotonic() - begun < SOON
    assert "ssl.*" in str(caught.value.hint)


def test_a_refused_login_fails_at_once_and_keeps_the_secret(broker: EmbeddedBroker) -> None:
    login = KafkaConnection(
        "shop",
        broker.bootstrap_servers,
        {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.jaas.config": 'Module required username="u" password="hunter2";',
        },
    )
    begun = time.monotonic()
    with pytest.raises(ConnectionFault) as caught:
        kafka.describe_cluster(login, timeout=LONG)
    assert time.monotonic() - begun < SOON
    assert "hunter2" not in caught.value.message + str(caught.value.hint) + repr(login)
    assert "sasl" in str(caught.value.hint)


def _after_a_byte(peer: socket.socket) -> None:
    peer.recv(1)


def _at_once(peer: socket.socket) -> None:
    pass


def _with_a_reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextmanager
def _hanging_up(how: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that takes connections and hangs up."""

    def hang_up(server: socket.socket) -> None:
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            with peer:
                how(peer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=hang_up, args=[server], daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("how", [_after_a_byte, _at_once, _with_a_reset])
@pytest.mark.parametrize(
    ("protocol", "said", "hint"),
    [
        ("PLAINTEXT", "takes connections, but hangs up", "security.protocol"),
        ("SSL", "no TLS connection", "ssl.*"),
    ],
)
def test_a_server_that_hangs_up_is_told_apart(
    how: Callable[[socket.socket], None], protocol: str, said: str, hint: str
) -> None:
    with _hanging_up(how) as address:
        other = KafkaConnection("shop", address, {"kafka.security.protocol": protocol})
        with pytest.raises(ConnectionFault, match=said) as caught:
            kafka.describe_cluster(other, timeout=2)
    assert hint in str(caught.value.hint)


def test_a_wrong_option_is_said() -> None:
    odd = KafkaConnection("shop", "127.0.0.1:1", {"security.protocol": "TLS"})
    with pytest.raises(ConnectionFault, match=r"client cannot be made.*security\.protocol"):
        kafka.describe_cluster(odd)
