"""``streamsql schema`` through a real registry."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from registry.registry_project import TOTALS, Level, Shop, order

from streamsql.dev.registry import EmbeddedRegistry
from streamsql.errors import ConnectionFault, EnvironmentFault
from streamsql.pipeline import compile_project
from streamsql.project import read_files
from streamsql.registry import Registry, RegistryConnection
from streamsql.registry import client as client_module
from streamsql.registry.registering import Registries, ensure_schemas

pytestmark = pytest.mark.slow

NOTE = {"name": "note", "type": ["null", "string"], "default": None}


def test_pull(shop: Shop, set_level: Level) -> None:
    first, second = shop.register("orders", order(), order(NOTE, amount="long"))
    set_level(shop.subject("orders"), "BACKWARD")
    stale = shop("pull", "--check")
    assert stale.exit_code == 1
    assert "orders-value.json is out of date: new, 2 versions" in stale.stderr
    assert not (shop.root / "schemas").exists()
    pulled = shop("pull")
    assert pulled.exit_code == 0, pulled.output
    assert shop.file("orders") == {
        "subject": shop.subject("orders"),
        "type": "AVRO",
        "compatibility": "BACKWARD",
        "versions": [
            {"version": 1, "id": first, "schema": order()},
            {"version": 2, "id": second, "schema": order(NOTE, amount="long")},
        ],
    }
    path = shop.root / f"schemas/{shop.subject('orders')}.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8"))), encoding="utf-8")
    before = path.read_bytes()
    again = shop("pull")
    assert (again.exit_code, path.read_bytes()) == (0, before), "written in another way, but alike"
    assert shop("pull", "--check").exit_code == 0
    third = {**order(NOTE, amount="double")}
    shop.register("orders", third)
    changed = shop("pull")
    assert f"{shop.subject('orders')}.json: version 3 is new" in changed.stdout


def test_pull_resolves_references_and_refuses_what_it_cannot(shop: Shop) -> None:
    library = client_module._library("confluent_kafka.schema_registry")
    money = {
        "type": "record",
        "name": "Money",
        "namespace": "shop",
        "fields": [{"name": "cents", "type": "long"}],
    }
    shop.registry.register(shop.subject("money"), json.dumps(money))
    refers = order({"name": "paid", "type": "shop.Money"}, {"name": "due", "type": "Money"})
    reference = library.SchemaReference("shop.Money", shop.subject("money"), 1)
    schema = library.Schema(json.dumps(refers), "AVRO", [reference])
    shop.registry._client.register_schema(shop.subject("orders"), schema)
    assert shop("pull").exit_code == 0
    (version,) = shop.file("orders")["versions"]
    assert version["schema"]["fields"][2:] == [
        {"name": "paid", "type": money},
        {"name": "due", "type": "Money"},
    ]
    missing = shop("pull", "no.such-value")
    assert missing.exit_code == 1
    assert "no.such-value: 'registry' has no such subject" in missing.stderr
    text = '{"type": "object", "properties": {"a": {"type": "string"}}}'
    shop.registry.register(shop.subject("web"), text, "JSON")
    assert shop("pull", shop.subject("web")).exit_code == 0
    assert shop.file("web")["type"] == "JSON"
    proto = 'syntax = "proto3"; message A { int32 a = 1; }'
    shop.registry.register(shop.subject("proto"), proto, "PROTOBUF")
    refused = shop("pull", shop.subject("proto"))
    assert refused.exit_code == 1
    assert "has schemas of the type PROTOBUF" in refused.stderr


def test_a_model_from_its_columns_to_the_registry(shop: Shop, set_level: Level) -> None:
    shop.register("orders", order())
    assert shop("pull").exit_code == 0
    new = shop("check")
    assert new.exit_code == 0, new.output
    assert f"totals: {shop.subject('totals')}: a new subject (derived from its columns)" in (
        new.stdout
    )
    assert "version 1 is proposed" in shop("generate", "totals").stdout
    assert "id" not in shop.file("totals")["versions"][0]
    registered = shop("register")
    assert registered.exit_code == 0, registered.output
    assert shop.file("totals")["versions"][0]["id"] > 0
    assert "registered as version 1" in shop("check").stdout
    set_level(shop.subject("totals"), "FULL_TRANSITIVE")
    shop.write("models/totals.sql", TEXT_FOR_A_NUMBER)
    assert "version 2 is proposed" in shop("generate", "totals").stdout
    broken = shop("check")
    assert broken.exit_code == 1
    assert broken.stdout.splitlines() == [
        f"totals: {shop.subject('totals')}, FULL_TRANSITIVE: not compatible (proposed in its file)",
        "  amount: readers of the new schema break on version 1: "
        "it is int, where one of null, string is read",
        "  amount: readers of version 1 break on the new schema: "
        "it is string, where one of null, int is read",
    ]
    assert shop("register").exit_code == 1
    assert len(shop.registry.versions(shop.subject("totals"))) == 1
    shop.write("models/totals.sql", ONE_MORE)
    shop("generate", "totals")
    assert [f["name"] for f in shop.file("totals")["versions"][1]["schema"]["fields"]] == [
        "order_id", "amount", "twice",
    ]  # fmt: skip
    assert shop("pull").exit_code == 0
    assert "FULL_TRANSITIVE: compatible" in shop("check", "--offline").stdout
    told = json.loads(shop("check", "--output", "json").stdout)
    assert (told["model"], told["status"], told["breaches"]) == ("totals", "compatible", [])


TEXT_FOR_A_NUMBER = (
    "SELECT order_id, CAST(amount AS STRING) AS amount FROM {{ source('shop', 'orders') }}\n"
)
ONE_MORE = "SELECT order_id, amount, amount * 2L AS twice FROM {{ source('shop', 'orders') }}\n"


KEYED = """\
{{ config(format='json', format_options={'subject': '%(prefix)s.web-value'},
   key=['order_id'], key_format='avro') }}
SELECT order_id, amount FROM {{ source('shop', 'orders') }}
"""


def test_keys_and_values_of_json_are_looked_at_too(shop: Shop, set_level: Level) -> None:
    shop.register("orders", order())
    assert shop("pull").exit_code == 0
    shop.write("models/totals.sql", KEYED % {"prefix": shop.prefix})
    value, key = f"{shop.prefix}.web-value", f"{shop.prefix}.totals-key"
    assert shop("check").stdout.splitlines() == [
        f"totals: {value}: a new subject (derived from its columns)",
        f"totals: {key}: a new subject (derived from its columns)",
    ]
    for arguments in (("generate", "totals"), ("generate", "totals", "--key"), ("register",)):
        done = shop(*arguments)
        assert done.exit_code == 0, done.output
    assert [shop.file("web")["type"], shop.subject_file(key)["type"]] == ["JSON", "AVRO"]
    told = [json.loads(t) for t in shop("check", "--output", "json").stdout.splitlines()]
    assert [(t["part"], t["subject"], t["status"]) for t in told] == [
        ("value", value, "registered"),
        ("key", key, "registered"),
    ]
    set_level(value, "BACKWARD")
    set_level(key, "FORWARD")
    both = KEYED.replace("order_id, amount", "CAST(order_id AS STRING) AS order_id, amount, 1 AS n")
    shop.write("models/totals.sql", both % {"prefix": shop.prefix})
    assert "version 2 is proposed" in shop("generate", "totals").stdout
    assert "version 2 is proposed" in shop("generate", "totals", "--key").stdout
    broken = shop("check")
    assert broken.exit_code == 1
    assert broken.stdout.splitlines() == [
        f"totals: {value}, BACKWARD: not compatible (proposed in its file)",
        "  order_id: readers of the new schema break on version 1: "
        "it may be integer, where null or string is read",
        f"totals: {key}, FORWARD: not compatible (proposed in its file)",
        "  order_id: readers of version 1 break on the new schema: "
        "it is string, where one of null, long is read",
    ]
    added = KEYED.replace("order_id, amount", "order_id, amount, 1 AS n")
    shop.write("models/totals.sql", added % {"prefix": shop.prefix})
    shop("generate", "totals")
    assert "web-value, BACKWARD: compatible (proposed in its file)" in shop("check").stdout


def test_files_of_subjects_by_the_topics_name_are_kept_up_to_date(shop: Shop) -> None:
    """Values and keys of JSON that name no subject: others may write the topic with schemas."""
    shop.register("orders", order())
    shop.write("models/totals.sql", PLAIN)
    subjects = (shop.subject("totals"), f"{shop.prefix}.totals-key")
    number = {"type": "object", "properties": {"order_id": {"type": "integer"}}}
    for subject in subjects:
        shop.registry.register(subject, json.dumps(number), "JSON")
    assert shop("pull").exit_code == 0
    files = [shop.root / f"schemas/{subject}.json" for subject in subjects]
    assert not any(file.exists() for file in files), "nobody asked for them"
    assert shop("pull", *subjects).exit_code == 0
    for subject in subjects:
        shop.registry.register(subject, json.dumps({**number, "title": "again"}), "JSON")
    stale = shop("pull", "--check")
    assert [f"{subject}.json is out of date" in stale.stderr for subject in subjects] == [True] * 2
    assert shop("pull").exit_code == 0
    for subject in subjects:
        assert [v["version"] for v in shop.subject_file(subject)["versions"]] == [1, 2]


PLAIN = """\
{{ config(format='json', key=['order_id'], key_format='json') }}
SELECT order_id, amount FROM {{ source('shop', 'orders') }}
"""


def test_generate_says_what_there_is(shop: Shop) -> None:
    shop.write("models/seen.sql", "SELECT order_id FROM {{ source('shop', 'orders') }}\n")
    for name, wrong, hint in (
        ("tptals", "there is no model 'tptals'", "did you mean 'totals'?"),
        ("nope", "there is no model 'nope'", "models that are topics: totals"),
        ("seen", "'seen' is no topic", "models that are topics: totals"),
    ):
        refused = shop("generate", name)
        assert refused.exit_code == 2
        assert refused.stderr == f"error: {wrong}\nhint: {hint}\n"


def test_the_registry_has_the_last_word(shop: Shop, set_level: Level) -> None:
    """A list of types that grows breaks nobody, and Apicurio refuses it."""
    shop.write("models/totals.sql", KEYED % {"prefix": shop.prefix})
    subject = f"{shop.prefix}.web-value"
    number = {"type": "object", "properties": {"amount": {"type": "integer"}}}
    id_ = shop.registry.register(subject, json.dumps(number), "JSON")
    set_level(subject, "BACKWARD")
    grown = {"type": "object", "properties": {"amount": {"type": ["null", "integer"]}}}
    versions = [{"version": 1, "id": id_, "schema": number}, {"version": 2, "schema": grown}]
    file = {"subject": subject, "type": "JSON", "compatibility": "BACKWARD", "versions": versions}
    shop.write(f"schemas/{subject}.json", json.dumps(file))
    assert f"{subject}, BACKWARD: compatible" in shop("check", "--offline", "totals").stdout
    refused = shop("check", "totals")
    assert refused.exit_code == 1
    assert "  'registry' says that it is not compatible" in refused.stdout.splitlines()


def test_a_run_looks_before_it_writes(shop: Shop, registry: EmbeddedRegistry) -> None:
    """What is compiled is what the registry is asked about, and nothing else."""
    shop.register("orders", order())
    shop("pull")
    shop("generate", "totals")
    proposed = shop.file("totals")
    subject = shop.subject("totals")

    def ensure(id_: int, *, may: bool = False, known: bool = True) -> list[str]:
        version = {**proposed["versions"][0], "id": id_}
        shop.write(f"schemas/{subject}.json", json.dumps({**proposed, "versions": [version]}))
        shop.write("models/totals.sql", CONFIG % subject + TOTALS)
        compiled = compile_project(read_files(shop.root, env={}))
        assert compiled.plan is not None, compiled.errors
        connection = RegistryConnection("registry", registry.url, may_register=may)
        said: list[str] = []
        with closing(Registries({"registry": connection} if known else {})) as registries:
            ensure_schemas(compiled.plan.queries, registries, said.append)
        return said

    (told,) = ensure(4711, known=False)
    assert "the target has no schema registry" in told
    with pytest.raises(ConnectionFault, match=rf"has no schema 4711 of {subject}"):
        ensure(4711)
    with pytest.raises(ConnectionFault, match="and 4711 is compiled in") as raised:
        ensure(4711, may=True)
    assert raised.value.hint == f"take its ids over: streamsql schema pull {subject}"
    (version,) = shop.registry.versions(subject)
    assert ensure(version.id) == []


CONFIG = "{{ config(format_options={'subject': '%s'}) }}\n"


def test_faults_are_one_line_and_name_the_connection(
    registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nobody = RegistryConnection(
        "registry", "http://user:hunter22@127.0.0.1:9", {"max.retries": "0"}
    )
    with (
        pytest.raises(ConnectionFault, match=r"at http://127\.0\.0\.1:9 cannot be"),
        closing(Registry(nobody)) as asked,
    ):
        asked.subjects()
    elsewhere = RegistryConnection("registry", registry.url.replace("ccompat", "nowhere"))
    with (
        pytest.raises(ConnectionFault, match="schema registry 'registry' answers"),
        closing(Registry(elsewhere)) as asked,
    ):
        asked.subjects()
    no_file = {"ssl.ca.location": str(tmp_path / "ca.pem")}
    with pytest.raises(EnvironmentFault, match="connection 'registry' cannot be used"):
        Registry(RegistryConnection("registry", registry.url, no_file)).subjects()
    monkeypatch.setitem(__import__("sys").modules, "confluent_kafka.schema_registry", None)
    with pytest.raises(EnvironmentFault) as missing:
        Registry(RegistryConnection("registry", registry.url)).subjects()
    assert missing.value.hint == "install it with: pip install 'streamsql[registry]'"
