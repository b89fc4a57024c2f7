"""A registry behind passwords, tokens and certificates: reached, or refused in one line."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from main_job.command import streamsql
from main_job.shop_project import run_results
from security.certificates import (
    Authority,
    locked_key_of,
    make_authority,
    make_identity,
)
from security.registry_doors import Lock, basic, doors

from streamsql.cli import cli
from streamsql.dev.broker import EmbeddedBroker
from streamsql.dev.registry import EmbeddedRegistry
from streamsql.registry import Registry, RegistryConnection
from streamsql.spark.kafka import Record, TopicSpec, create_topics, produce
from streamsql.spark.ports import free_port

pytestmark = pytest.mark.slow  # the registry takes ten seconds to start

PAGE = Path(__file__).parents[2] / "docs/security.md"
EXAMPLE = re.compile(r"<!-- registry: (\w+) -->\n```yaml\n(.*?)```", re.DOTALL)
PASSWORD, TOKEN, KEY = "s3cret-of-registry", "t0ken.of-registry", "s3cret-of-key"
ENV = {
    "STREAMSQL_ENV_SECRET_REGISTRY": PASSWORD,
    "STREAMSQL_ENV_SECRET_TOKEN": TOKEN,
    "STREAMSQL_ENV_SECRET_KEY": KEY,
}
SECRETS = (PASSWORD, TOKEN, KEY, basic("shop", PASSWORD))
ORDER = {
    "type": "record",
    "name": "Order",
    "fields": [{"name": "order_id", "type": ["null", "long"], "default": None}],
}


@dataclass(frozen=True, slots=True)
class Guarded:
    """Where the doors are, and the files that open them."""

    doors: Mapping[str, str]
    files: Mapping[str, Path]
    authority: Authority


@pytest.fixture(scope="module")
def guarded(
    registry: EmbeddedRegistry, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("doors")
    ours, theirs = make_authority(folder, "our-authority"), make_authority(folder, "stranger")
    server = make_identity(ours, "registry").pem
    client = make_identity(ours, "shop-client")
    logins = {basic("shop", PASSWORD): 200, basic("guest", PASSWORD): 403, f"Bearer {TOKEN}": 200}
    locks = {
        "LOGIN": Lock(logins, server),
        "BOTH": Lock(logins, server, clients=ours.pem),
        "TLS": Lock(pem=server),
        "MUTUAL": Lock(pem=server, clients=ours.pem),
        "EXPIRED": Lock(pem=make_identity(ours, "old", days=-1).pem),
        "ELSEWHERE": Lock(pem=make_identity(ours, "other", host="registry.example.com").pem),
        "PAGE": Lock(page=True),
    }
    files = {
        "ca.pem": ours.pem,
        "stranger.pem": theirs.pem,
        "shop.pem": client.pem,
        "shop.key": locked_key_of(client, KEY),
        "old.pem": make_identity(ours, "old-client", days=-1).pem,
    }
    asked = Registry(RegistryConnection("registry", registry.url))
    asked.register("guarded.orders-value", json.dumps(ORDER))
    asked.close()
    with doors(registry.url, locks) as opened:
        dead = f"http://127.0.0.1:{free_port()}"
        yield Guarded({**opened, "NOBODY": dead, "NOWHERE": f"{registry.url}/no"}, files, ours)


def documented() -> Mapping[str, dict[str, Any]]:
    """The options of each example of the page."""
    text = PAGE.read_text(encoding="utf-8")
    return {
        name: yaml.safe_load(block)["connections"]["registry"]["options"]
        for name, block in EXAMPLE.findall(text)
    }


def placed(guarded: Guarded, options: Mapping[str, str]) -> dict[str, str]:
    """The options with files where they are here."""
    return {
        key: str(guarded.files.get(Path(value).name, value)) if "location" in key else value
        for key, value in options.items()
    }


def write_shop(
    root: Path, url: str, options: Mapping[str, str], broker: str = "127.0.0.1:1"
) -> Path:
    """A project whose one topic is framed Avro, read from framed Avro."""
    target = {
        "spark": {"master": "local[2]", "conf": {"spark.sql.shuffle.partitions": 1}},
        "connections": {
            "kafka": {"type": "kafka", "bootstrap_servers": broker},
            "registry": {"type": "schema_registry", "url": url, "options": dict(options)},
        },
    }
    avro = {"format": "avro", "format_options": {"subject": "guarded.orders-value"}}
    table = {"name": "orders", "topic": "guarded.orders", **avro}
    config = f"materialized='topic', topic='guarded.out', format='avro', format_options={OUT}"
    files = {
        "streamsql.toml": 'name = "shop"\n',
        "profiles.yml": yaml.safe_dump({"shop": {"outputs": {"dev": target}}}, width=1000),
        "models/shop.yml": yaml.safe_dump({"sources": [{"name": "shop", "tables": [table]}]}),
        "models/out.sql": f"{{{{ config({config}) }}}}\n"
        "SELECT order_id FROM {{ source('shop', 'orders') }}\n",
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


OUT = {"subject": "guarded.out-value"}
TRUST = {"ssl.ca.location": "ca.pem"}
CLIENT = {**TRUST, "ssl.certificate.location": "shop.pem", "ssl.key.location": "shop.key"}


def pull(root: Path, env: Mapping[str, str] = ENV) -> Result:
    arguments = ["schema", "pull", "guarded.orders-value", "--project-dir", str(root)]
    return CliRunner().invoke(cli, arguments, env=dict(env))


def test_every_documented_setup_is_let_in(tmp_path: Path, guarded: Guarded) -> None:
    setups = documented()
    at = {"password": "LOGIN", "token": "LOGIN", "mutual": "MUTUAL"}
    assert set(setups) == set(at), "a setup of the page is not tested"
    for name, options in setups.items():
        url = guarded.doors[at[name]]
        root = write_shop(tmp_path / name, url, placed(guarded, options))
        done = pull(root)
        assert done.exit_code == 0, done.output
        assert (root / "schemas/guarded.orders-value.json").exists()
        assert not [secret for secret in SECRETS if secret in done.output]


def user(login: str) -> dict[str, str]:
    return {**TRUST, "basic.auth.user.info": login}


REFUSED: Mapping[str, tuple[str, Mapping[str, str], str]] = {
    "wrong password": ("LOGIN", user("shop:wr0ng-word"), "refuses the login"),
    "no password": ("LOGIN", TRUST, "refuses the login"),
    "wrong token": ("LOGIN", {**TRUST, "bearer.auth.token": "wr0ng-word"}, "refuses the login"),
    "no right": ("LOGIN", user(f"guest:{PASSWORD}"), "forbids this to its user"),
    "unknown authority": (
        "TLS",
        {"ssl.ca.location": "stranger.pem"},
        "its certificate is refused: unable to get local issuer certificate",
    ),
    "authorities of the machine": ("TLS", {}, "its certificate is refused"),
    "expired certificate": (
        "EXPIRED",
        TRUST,
        "its certificate is refused: certificate has expired",
    ),
    "another host": ("ELSEWHERE", TRUST, "IP address mismatch"),
    "no client's certificate": ("MUTUAL", TRUST, "it refuses the client's certificate"),
    "expired client's certificate": (
        "MUTUAL",
        {**TRUST, "ssl.certificate.location": "old.pem"},
        "it refuses the client's certificate",
    ),
    "no password of the key": ("MUTUAL", CLIENT, "cannot be used"),
    "wrong password of the key": (
        "MUTUAL",
        {**CLIENT, "ssl.key.password": "wr0ng-word"},
        "cannot be used",
    ),
    "no such file": ("TLS", {"ssl.ca.location": "/nowhere/no.pem"}, "cannot be used"),
    "host down": ("NOBODY", {}, "cannot be reached"),
    "TLS to plain": ("PAGE as https", TRUST, "no TLS connection"),
    "plain to TLS": ("TLS as http", {}, "cannot be reached"),
    "a page": ("PAGE", {}, "is no schema registry"),
    "another path": ("NOWHERE", {}, "'registry'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_who_is_not_let_in_is_told_why(case: str, tmp_path: Path, guarded: Guarded) -> None:
    door, options, told = REFUSED[case]
    name, _, scheme = door.partition(" as ")
    url = guarded.doors[name]
    url = f"{scheme}://{url.partition('://')[2]}" if scheme else url
    root = write_shop(tmp_path, url, placed(guarded, options))
    done = pull(root)
    lines = done.stderr.splitlines()
    assert done.exit_code == 1, done.output
    assert len(lines) == 2, done.output
    assert lines[0].startswith("error: ")
    assert "'registry'" in lines[0]
    assert told in lines[0]
    assert lines[1].startswith("hint: ")
    assert "wr0ng-word" not in done.output


def test_debug_asks_a_registry(tmp_path: Path, guarded: Guarded) -> None:
    """Up, with a wrong password, and down."""

    def debug(name: str, options: Mapping[str, str], env: Mapping[str, str] = ENV) -> str:
        root = write_shop(tmp_path, guarded.doors[name], placed(guarded, options))
        profiles = yaml.safe_load((root / "profiles.yml").read_text("utf-8"))
        del profiles["shop"]["outputs"]["dev"]["connections"]["kafka"]
        (root / "profiles.yml").write_text(yaml.safe_dump(profiles, width=1000))
        (root / "models/out.sql").unlink(missing_ok=True)
        (root / "models/shop.yml").unlink(missing_ok=True)
        done = CliRunner().invoke(cli, ["debug", "--project-dir", str(root)], env=dict(env))
        (line,) = [t for t in done.stdout.splitlines() if "schema registry 'registry'" in t]
        assert done.exit_code == (line[0] == "✗"), done.output
        assert not [secret for secret in SECRETS if secret in done.output]
        return line

    password = documented()["password"]
    assert re.fullmatch(r"✓ schema registry 'registry': \d+ subjects", debug("LOGIN", password))
    wrong = debug("LOGIN", password, {**ENV, "STREAMSQL_ENV_SECRET_REGISTRY": "wr0ng-word"})
    assert wrong.startswith("✗ the schema registry 'registry' at https://127.0.0.1:")
    assert "refuses the login" in wrong
    assert "cannot be reached" in debug("NOBODY", {})


@pytest.mark.spark
@pytest.mark.kafka
def test_secrets_are_in_nothing_that_is_written_or_said(
    tmp_path: Path, guarded: Guarded, broker: EmbeddedBroker
) -> None:
    """A run through a door that asks for a password and a certificate."""
    create_topics(broker.connection, [TopicSpec("guarded.orders", 1, 1)])
    options = placed(guarded, {**documented()["password"], **documented()["mutual"]})
    root = write_shop(tmp_path, guarded.doors["BOTH"], options, broker.bootstrap_servers)
    told: list[str] = []

    def said(*arguments: str, code: int = 0, **env: str) -> str:
        done = streamsql(*arguments, cwd=root, env={**os.environ, **ENV, **env})
        assert done.code == code, done.out + done.err
        told.append(done.out + done.err + json.dumps(done.events))
        return told[-1]

    said("schema", "pull")
    said("schema", "generate", "out")
    said("schema", "check")
    said("schema", "register")
    assert "registered as version 1" in said("schema", "check")
    for command in ("compile", "lint", "ls", "debug"):
        said(command)
    file = json.loads((root / "schemas/guarded.orders-value.json").read_text("utf-8"))
    frame = b"\0" + file["versions"][0]["id"].to_bytes(4, "big")
    produce(broker.connection, "guarded.orders", [Record(frame + b"\x02\x0e")])
    said("run", "--once")
    assert run_results(root)["out"]["adapter_response"]["rows_out"] == 1

    wrong = {"STREAMSQL_ENV_SECRET_REGISTRY": f"{PASSWORD}-no-more"}
    for command in (("schema", "check"), ("schema", "pull"), ("debug",), ("run", "--once")):
        assert "refuses the login" in said(*command, code=1, **wrong)
    assert "starting Spark" not in told[-1]
    token = placed(guarded, documented()["token"])
    write_shop(root, guarded.doors["LOGIN"], token, broker.bootstrap_servers)
    said("schema", "pull", "--check")
    said("debug")

    assert not [secret for secret in SECRETS if secret in "".join(told)]
    files = [path for path in root.rglob("*") if path.is_file()]
    assert root / "target/manifest.json" in files
    assert root / "target/logs/spark.log" in files
    for path in files:
        found = [secret for secret in SECRETS if secret.encode() in path.read_bytes()]
        assert not found, f"{path} holds {found}"
