"""What ``dead-letters`` tells of letters: how many, of what kind, and one in full."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import pytest
from dead_letters.letter_project import Shop, letter, profiles

from streamsql.dev.broker import EmbeddedBroker

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, broker: EmbeddedBroker) -> Shop:
    """Three letters of orders, one of a payment, and one of a row of a model."""
    shop = Shop(tmp_path_factory.mktemp("looking"), broker, "looking")
    rows = "looking.large.dead_letter"
    shop.make_topics(shop.orders, shop.letters, "looking.payments.eu", "looking.bad_payments", rows)
    ahead = "event time too far ahead: ordered_at is 9999-12-31 23:59:5"
    shop.write(
        [
            letter(shop.orders, 3, error=f"{ahead}8"),
            letter(shop.orders, 4, error=f"{ahead}9", value=b"\x00\xff raw \x1b[2J bytes!"),
            letter(shop.orders, 5, partition=1, value=None, own=()),
        ]
    )
    shop.write(
        [
            letter(
                shop.orders,
                6,
                error="data test failed: positive",
                value=b'{"order_id": 6}',
                more={"streamsql.test": "positive", "streamsql.model": "large"},
            )
        ],
        rows,
    )
    shop.write([letter("looking.payments.eu", 1)], "looking.bad_payments")
    return shop


def test_letters_are_counted_by_what_is_wrong(shop: Shop) -> None:
    lines = shop.call().stdout.splitlines()
    assert lines[0].startswith("looking.bad_payments (of shop.payments, connection kafka): 1 dead")
    assert (
        "looking.large.dead_letter (of large, connection kafka): 1 dead letter, 0 replayed" in lines
    )
    head = next(i for i, line in enumerate(lines) if line.startswith(f"{shop.letters} "))
    assert "3 dead letters, 0 replayed" in lines[head]
    first = lines[head + 3].split()
    assert first[:3] == ["2", "0", "shop.orders"]
    assert "event time too far ahead: ordered_at is …" in lines[head + 3]
    assert lines[head + 3].endswith(f"{shop.letters}/0/0")


def test_the_list_is_there_as_json(shop: Shop) -> None:
    (only,) = json.loads(shop.call("--output", "json", "--source", "shop.payments").stdout)
    group = {k: v for k, v in only.pop("groups")[0].items() if k not in ("first", "last")}
    assert only == {
        "topic": "looking.bad_payments",
        "connection": "kafka",
        "of": ["shop.payments"],
        "letters": 1,
        "replayed": 0,
    }
    assert group == {
        "of": "shop.payments",
        "error": "not valid JSON",
        "test": None,
        "letters": 1,
        "replayed": 0,
        "example": "looking.bad_payments/0/0",
    }


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (("--error", "TOO FAR AHEAD"), 2),
        (("--source", "large"), 1),
        (("--source", "shop.orders"), 3),
        (("--since", "1h"), 5),
        (("--since", "2200-01-01T00:00:00"), 0),
        (("--error", "positive", "--source", "shop.payments"), 0),
    ],
)
def test_filters_narrow_what_is_counted(shop: Shop, filters: tuple[str, ...], count: int) -> None:
    listed = json.loads(shop.call("list", *filters, "--output", "json").stdout)
    assert sum(topic["letters"] for topic in listed) == count


def test_one_letter_is_shown_in_full(shop: Shop) -> None:
    told = shop.call("show", f"{shop.letters}/0/0").stdout
    for line in (
        f"record       {shop.orders}/0/3, written 2023-11-14T22:13:20.000Z",
        "error        event time too far ahead: ordered_at is 9999-12-31 23:59:58",
        "of           shop.orders",
        "header       trace = t-1",
        "replayed     no",
        "key          1 byte",
        "  {broken",
    ):
        assert line in told.splitlines()
    assert shop.call("show", f"{shop.orders}/0/3").stdout == told, "by the place of its record"


def test_what_is_no_text_is_dumped_and_no_terminal_obeys_it(shop: Shop) -> None:
    told = shop.call("show", f"{shop.letters}/0/1").stdout
    assert "value        18 bytes, no text" in told
    assert "00000000  00 ff 20 72 61 77 20 1b 5b 32 4a 20 62 79 74 65  .. raw .[2J byte" in told
    assert "\x1b" not in told
    assert "value        null" in shop.call("show", f"{shop.letters}/1/0").stdout


def test_a_letter_is_there_as_json(shop: Shop) -> None:
    told = json.loads(shop.call("show", f"{shop.letters}/0/1", "--output", "json").stdout)
    assert told["value"]["text"] is None
    assert base64.b64decode(told["value"]["base64"]) == b"\x00\xff raw \x1b[2J bytes!"
    assert told["headers"][0] == {
        "name": "trace",
        "value": {"size": 3, "text": "t-1", "base64": "dC0x"},
    }
    assert (told["record"], told["replayed_at"]) == (f"{shop.orders}/0/4", None)


def test_where_nothing_is_chosen_nothing_is_replayed(shop: Shop) -> None:
    done = shop.call("replay", "--error", "no such error")
    assert done.stdout == "there is nothing to replay\n"


def test_what_is_not_there_is_said(shop: Shop) -> None:
    assert "there is no dead letter at" in shop.call("show", f"{shop.letters}/0/99", code=2).stderr
    assert "no place of a record" in shop.call("show", "orders", code=2).stderr
    assert "did you mean 'shop.orders'?" in shop.call("--source", "shop.order", code=2).stderr
    assert "is no time" in shop.call("--since", "soon", code=2).stderr


def test_an_embedded_broker_that_runs_is_asked(
    shop: Shop, broker: EmbeddedBroker, tmp_path: Path
) -> None:
    """It is found beside the checkpoints, as by a run; without a broker one would be started."""
    there = Shop(tmp_path, broker, "looking")
    (tmp_path / "target").mkdir()
    (tmp_path / "target/broker").symlink_to(broker.data_dir)
    text = profiles("").replace('bootstrap_servers: ""', "embedded: true")
    (tmp_path / "profiles.yml").write_text(text)
    done = there.call("--source", "shop.payments")
    assert f"found the embedded broker at {broker.bootstrap_servers}" in done.stderr
    assert "1 dead letter, 0 replayed" in done.stdout
    assert broker.running


@pytest.mark.slow  # it is waited for
def test_no_broker_is_one_line(tmp_path: Path, broker: EmbeddedBroker) -> None:
    shop = Shop(tmp_path, broker, "nowhere")
    (tmp_path / "profiles.yml").write_text(profiles("127.0.0.1:1"))
    begun = time.monotonic()
    lines = shop.call(code=1).stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("error: connection 'kafka' (127.0.0.1:1): no broker answers: ")
    assert time.monotonic() - begun < 60


def test_a_project_without_dead_letters_says_so(tmp_path: Path, broker: EmbeddedBroker) -> None:
    shop = Shop(tmp_path, broker, "none")
    models = tmp_path / "models/shop.yml"
    dropped = models.read_text().replace("- name: shop", "- name: shop\n    on_error: drop")
    models.write_text(dropped.replace("        dead_letter: {topic: none.bad_payments}\n", ""))
    (tmp_path / "models/large.sql").unlink()
    assert "no source of this project keeps dead letters" in shop.call().stderr
