"""Each test and each consequence in one run on real Spark and Kafka: every row is accounted for."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from data_tests.tested_orders import COUNT, headers, send_orders, stored, write_project
from main_job.command import Ended, streamsql

from streamsql.dev.broker import EmbeddedBroker
from streamsql.spark.librdkafka import KafkaConnection

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

Row = dict[str, Any]


@dataclass(frozen=True)
class RanOnce:
    """A run that is over: what was sent, what was said, and where to look."""

    root: Path
    broker: KafkaConnection
    sent: list[Row]
    ended: Ended

    @property
    def read(self) -> list[Row]:
        """The orders that the source's own test and the view's let pass."""
        return [o for o in self.sent if o["channel"] != "fax" and o["order_id"] > 0]

    def values(self, topic: str) -> list[Row]:
        return [json.loads(r.value or b"null") for r in stored(self.broker, topic)]

    def counts(self, query: str) -> dict[str, tuple[int, int]]:
        """Rows passed and failed by test, summed over the batches of a query."""
        passed: Counter[str] = Counter()
        failed: Counter[str] = Counter()
        for event in self.ended.of("query_progress", query):
            for count in event["tests"]:
                passed[count["test"]] += count["passed"]
                failed[count["test"]] += count["failed"]
        return {name: (passed[name], failed[name]) for name in passed}

    def summed(self, query: str, what: str) -> int:
        return sum(e[what] or 0 for e in self.ended.of("query_progress", query))

    def results(self) -> dict[tuple[str, str], Row]:
        text = (self.root / "target/run_results.json").read_text(encoding="utf-8")
        return {(r["query"], r["unique_id"]): r for r in json.loads(text)["results"]}


@pytest.fixture(scope="module")
def tested(broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory) -> RanOnce:
    root = write_project(tmp_path_factory.mktemp("tested"))
    sent = send_orders(broker.connection)
    env = {"BROKERS": broker.connection.bootstrap_servers}
    return RanOnce(root, broker.connection, sent, streamsql("run", "--once", cwd=root, env=env))


def below(value: float | None, bound: float) -> bool:
    return value is not None and value < bound


def is_held(order: Row) -> bool:
    """What the model ``checked`` quarantines."""
    known = order["currency"] in ("eur", "chf", None)
    return not known or not order["customer_id"].startswith("C")


def is_dropped(order: Row) -> bool:
    amount = order["amount"]
    return amount is not None and not 0 <= amount < 1000


def test_only_the_strict_model_failed(tested: RanOnce) -> None:
    (failed,) = tested.ended.of("query_failed")
    assert failed["query"] == "strict"
    last = COUNT - 1
    assert failed["reason"].endswith(
        "data test range_strict_amount of strict failed: amount = 9999.00, "
        f"in tested.orders-{last % 2} at offset {last // 2}"
    )
    assert tested.ended.code == 1
    result = tested.results()["strict", "test.tested.range_strict_amount"]
    assert result["status"] == "fail"
    assert result["message"] == failed["reason"]


def test_rows_are_good_quarantined_or_dropped(tested: RanOnce) -> None:
    good = tested.values("tested.checked")
    letters = stored(tested.broker, "tested.checked.dead_letter")
    held = [o for o in tested.read if is_held(o)]
    dropped = [o for o in tested.read if is_dropped(o) and not is_held(o)]
    assert len(held) > 100
    assert len(dropped) > 20
    assert sorted(r["order_id"] for r in good) == sorted(
        o["order_id"] for o in tested.read if not is_held(o) and not is_dropped(o)
    )
    assert sorted(json.loads(r.value or b"")["order_id"] for r in letters) == sorted(
        o["order_id"] for o in held
    )
    assert len(tested.read) == len(good) + len(held) + len(dropped)
    assert tested.summed("checked", "rows_out") == len(good)
    assert tested.summed("checked", "quarantined") == len(held)


def test_a_source_is_read_once_whatever_is_tested(tested: RanOnce) -> None:
    for query in ("checked", "archive", "elsewhere", "by_country", "once_each"):
        assert tested.summed(query, "rows_in") == COUNT, query


def test_a_dead_letter_says_which_tests_and_which_record(tested: RanOnce) -> None:
    originals = {(r.partition, r.offset): r for r in stored(tested.broker, "tested.orders")}
    letters = stored(tested.broker, "tested.checked.dead_letter")
    told = Counter(headers(r)["streamsql.test"] for r in letters)
    assert set(told) == {
        "accepted_values_checked_currency",
        "matches_checked_customer_id",
        "accepted_values_checked_currency, matches_checked_customer_id",
    }
    for letter in letters:
        said = headers(letter)
        assert said["streamsql.model"] == "checked"
        assert said["streamsql.error"] == f"data test failed: {said['streamsql.test']}"
        assert said["streamsql.topic"] == "tested.orders"
        place = int(said["streamsql.partition"]), int(said["streamsql.offset"])
        original = json.loads(originals[place].value or b"")
        value = json.loads(letter.value or b"")
        assert value["order_id"] == original["order_id"]
        assert said["country"] == (original["country"] or "")
        assert letter.key == original["customer_id"].encode()
    for record in stored(tested.broker, "tested.checked"):
        assert set(headers(record)) == {"country"}


def test_counts_of_every_test(tested: RanOnce) -> None:
    read, total = tested.read, len(tested.read)

    def failing(failed: int) -> tuple[int, int]:
        return total - failed, failed

    currency = [o["currency"] for o in read]
    priced = [o for o in read if o["amount"] is not None]
    assert tested.counts("checked") == {
        "accepted_values_shop_orders_channel": (
            COUNT - sum(o["channel"] == "fax" for o in tested.sent),
            sum(o["channel"] == "fax" for o in tested.sent),
        ),
        "range_stg_order_id": (
            total,
            sum(o["channel"] != "fax" and o["order_id"] == 0 for o in tested.sent),
        ),
        "sane_id": (COUNT - sum(o["channel"] == "fax" for o in tested.sent), 0),
        "not_null_checked_currency": failing(sum(c is None for c in currency)),
        "accepted_values_checked_currency": failing(sum(c == "usd" for c in currency)),
        "matches_checked_customer_id": failing(sum(o["customer_id"] == "robot" for o in read)),
        "range_checked_amount": failing(sum(is_dropped(o) for o in read)),
        "pieces_of_checked_pieces": failing(
            sum(o["country"] == "DE" and o["pieces"] % 2 == 1 for o in read)
        ),
        "known_country": failing(sum(o["country"] == "XX" for o in read)),
        "expression_checked": failing(sum(o["amount"] >= o["pieces"] * 100 for o in priced)),
    }


def test_results_have_a_unit_for_each_test(tested: RanOnce) -> None:
    results = tested.results()
    unit = results["checked", "test.tested.known_country"]
    passed, failed = tested.counts("checked")["known_country"]
    assert (unit["status"], unit["failures"]) == ("warn", failed)
    assert unit["adapter_response"] == {
        "of": "checked",
        "on_failure": "warn",
        "passed": passed,
        "failed": failed,
    }
    assert results["by_country", "test.tested.not_null_by_country_country"]["status"] == "warn"
    model = results["checked", "model.tested.checked"]
    assert model["adapter_response"]["quarantined"] == tested.summed("checked", "quarantined")
    text = [e for e in tested.ended.of("query_progress", "checked") if e["tests"]]
    assert text[-1]["total_failed"] == sum(f for _, f in tested.counts("checked").values())


def test_a_source_keeps_what_its_test_quarantines_once(tested: RanOnce) -> None:
    letters = stored(tested.broker, "tested.orders.dead_letter")
    fax = [o for o in tested.sent if o["channel"] == "fax"]
    assert sorted(json.loads(r.value or b"")["customer_id"] for r in letters) == sorted(
        o["customer_id"] for o in fax
    )
    originals = {(r.partition, r.offset): r for r in stored(tested.broker, "tested.orders")}
    for letter in letters:
        said = headers(letter)
        original = originals[int(said["streamsql.partition"]), int(said["streamsql.offset"])]
        assert (letter.key, letter.value) == (original.key, original.value)
        assert said["streamsql.test"] == "accepted_values_shop_orders_channel"
        assert said["streamsql.model"] == "shop.orders"


def test_a_table_and_its_dead_letters_are_two_writes_of_one_batch(
    tested: RanOnce, spark: Any
) -> None:
    path = tested.root / "target/warehouse/tested/archive"
    rows = spark.read.format("delta").load(str(path)).collect()
    letters = stored(tested.broker, "tested.lost")
    assert sorted(r["order_id"] for r in rows) == sorted(
        o["order_id"] for o in tested.read if o["amount"] is not None and o["amount"] >= 0
    )
    assert sorted(json.loads(r.value or b"")["order_id"] for r in letters) == sorted(
        o["order_id"] for o in tested.read if below(o["amount"], 0)
    )
    assert {headers(r)["streamsql.test"] for r in letters} == {"range_archive_amount"}
    assert tested.summed("archive", "rows_out") == len(rows)
    assert tested.summed("archive", "dropped") == sum(
        o["amount"] is None for o in tested.read
    ) + sum(o["channel"] != "fax" and o["order_id"] == 0 for o in tested.sent)


def test_dead_letters_on_another_connection(tested: RanOnce) -> None:
    good, bad = tested.values("tested.elsewhere"), tested.values("tested.elsewhere.dead_letter")
    assert sorted(r["order_id"] for r in bad) == sorted(
        o["order_id"] for o in tested.read if below(o["amount"], 0)
    )
    assert len(good) + len(bad) == len(tested.read)


def test_after_an_aggregate_no_record_is_named(tested: RanOnce) -> None:
    letters = stored(tested.broker, "tested.by_country.dead_letter")
    assert letters
    for letter in letters:
        assert json.loads(letter.value or b"")["country"] is None
        assert set(headers(letter)) == {"streamsql.error", "streamsql.test", "streamsql.model"}
    assert {r["country"] for r in tested.values("tested.by_country")} == {"DE", "FR", "CH", "XX"}


def test_a_second_row_of_what_is_unique_is_dropped_and_counted(tested: RanOnce) -> None:
    customers = [r["customer_id"] for r in tested.values("tested.once_each")]
    distinct = {o["customer_id"] for o in tested.read}
    assert sorted(customers) == sorted(distinct)
    counted = tested.counts("once_each")["unique_once_each_customer_id"]
    assert counted == (len(distinct), len(tested.read) - len(distinct))


def test_readers_of_a_model_never_see_what_was_quarantined(tested: RanOnce) -> None:
    written = {r["order_id"] for r in tested.values("tested.checked")}
    assert {r["order_id"] for r in tested.values("tested.reader")} == written


def test_the_example_of_the_documents_does_what_it_says(tested: RanOnce) -> None:
    good, bad = (
        tested.values("tested.priced_orders"),
        tested.values("tested.priced_orders.dead_letter"),
    )
    priced = [o for o in tested.read if o["amount"] is None or o["amount"] >= 0]
    assert len(good) == sum(o["currency"] != "usd" for o in priced)
    assert len(bad) == sum(o["currency"] == "usd" for o in tested.read)
    assert tested.counts("priced_orders")["relationships_priced_orders_country"][1] == sum(
        o["country"] == "XX" for o in tested.read
    )
    assert tested.counts("priced_orders")["cheap_enough"] == (len(tested.read), 0)
