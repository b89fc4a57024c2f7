"""The guide's example, run as it stands: a record that is bad, mended, and replayed.

``STREAMSQL_UPDATE_DOCS=1`` writes what commands say into the page.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from dead_letters.letter_project import Shop
from main_job.command import streamsql

from streamsql.dev.broker import EmbeddedBroker
from streamsql.spark.kafka import Record

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

PAGE = Path(__file__).parents[2] / "docs/dead-letters.md"
QUOTED = re.compile(
    r"<!-- letters: (\w+) -->\n```console\n\$ streamsql (.*?)\n(.*?)```\n", re.DOTALL
)
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
MODEL = """\
{{ config(materialized='topic', topic='book.seen') }}
SELECT order_id FROM {{ source('shop', 'orders') }}
"""
ORDERS = (
    Record(b'{"order_id": 1, "currency": "EUR"}'),
    Record(b'{"order_id": 4294967297000, "currency": "EUR"}', headers=(("trace", b"t-1"),)),
    Record(b'{"order_id": 3, "curr'),
)


def test_what_the_guide_shows_is_what_happens(tmp_path: Path, broker: EmbeddedBroker) -> None:
    text = PAGE.read_text(encoding="utf-8")
    shop = Shop(tmp_path, broker, "book")
    declared = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert declared is not None
    models = tmp_path / "models/shop.yml"
    models.write_text(there(declared[1]), encoding="utf-8")
    (tmp_path / "models/large.sql").write_text(MODEL, encoding="utf-8")
    shop.make_topics(shop.orders, partitions=1)
    shop.write(ORDERS, shop.orders)
    streamsql("run", "--once", cwd=tmp_path).succeeded()

    said = {}
    for name, command, _ in QUOTED.findall(text):
        if name == "replay":
            mended = models.read_text().replace("data_type: int}", "data_type: bigint}")
            models.write_text(mended, encoding="utf-8")
        said[name] = console(shop, command)
    renewed = QUOTED.sub(lambda m: quoted(m[1], m[2], said[m[1]]), text)
    if os.environ.get("STREAMSQL_UPDATE_DOCS"):
        PAGE.write_text(renewed, encoding="utf-8")
        text = renewed
    assert text == renewed

    shop.call("replay", "--yes")  # what is cut off, too: it is bad again
    streamsql("run", "--once", cwd=tmp_path).succeeded()
    assert {r.value for r in shop.stored("book.seen")} == {
        b'{"order_id":1}',
        b'{"order_id":4294967297000}',
    }
    *_, again = shop.stored(shop.letters)
    assert again.value == ORDERS[2].value
    assert dict(again.headers)["streamsql.replay_round"] == b"1"
    assert (
        dict(again.headers)["streamsql.offset"] == str(shop.stored(shop.orders)[-1].offset).encode()
    )


def there(text: str) -> str:
    """The guide's topics under the names that they have here."""
    return text.replace("topic: shop.", "topic: book.")


def console(shop: Shop, command: str) -> str:
    """What a command of the guide says, with its topics and times as in the guide."""
    typed = command.replace(" shop.", " book.").replace("'", "").split(" --error ")
    arguments = typed[0].split()[1:] + (["--error", typed[1]] if len(typed) > 1 else [])
    told = shop.call(*arguments).stdout
    topics = told.replace("book.seen.", "shop.seen.").replace("book.orders", "shop.orders")
    lines = [line for line in topics.splitlines() if "no dead letters" not in line]
    return TIME.sub("2026-01-31T12:00:00.000Z", "\n".join(lines))


def quoted(name: str, command: str, said: str) -> str:
    return f"<!-- letters: {name} -->\n```console\n$ streamsql {command}\n{said}\n```\n"
