"""A registry of one's own: begun with the project's files, used by whoever comes second."""

from __future__ import annotations

import json
import os
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from registry.registry_project import SOURCES, TOTALS, order

from streamsql.cli import cli
from streamsql.dev.registry import embedded_registry
from streamsql.dev.registry_contents import SubjectVersions
from streamsql.errors import EnvironmentFault
from streamsql.registry import Registry, RegistryConnection
from streamsql.spark import artifacts
from streamsql.spark.java import Java
from streamsql.spark.tether import started_at

PROFILES = """\
shop:
  outputs:
    dev:
      connections:
        kafka: {type: kafka, embedded: true}
        registry: {type: schema_registry, embedded: true}
"""


@pytest.mark.slow
def test_it_begins_with_the_projects_files(tmp_path: Path, java: Java) -> None:
    files = {
        "streamsql.toml": 'name = "shop"\n',
        "profiles.yml": PROFILES,
        "models/shop.yml": SOURCES.format(prefix="web"),
        "models/totals.sql": TOTALS,
        "schemas/web.orders-value.json": json.dumps(
            {
                "subject": "web.orders-value",
                "type": "AVRO",
                "compatibility": "FORWARD",
                "versions": [
                    {"version": 1, "id": 4711, "schema": order()},
                    {"version": 2, "id": 4712, "schema": order(amount="long")},
                ],
            }
        ),
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    jar = artifacts.fetch_registry(
        artifacts.supply(os.environ), java=java, on_progress=lambda _: None
    )
    folder = tmp_path / "target/registry"
    versions = ((1, 4711, json.dumps(order())), (2, 4712, json.dumps(order(amount="long"))))
    subject = SubjectVersions("web.orders-value", "AVRO", versions, "FORWARD")
    with embedded_registry(
        folder, java=java, jar=jar, env=os.environ, subjects=[subject]
    ) as started:
        again = CliRunner().invoke(cli, ["schema", "pull", "--project-dir", str(tmp_path)])
        assert (again.exit_code, again.stdout) == (0, "")
        assert f"found the embedded schema registry at {started.url}" in again.stderr
        assert "schemas/web.orders-value.json: up to date" in again.stderr
        client = Registry(RegistryConnection("registry", started.url))
        assert [(v.version, v.id) for v in client.versions("web.orders-value")] == [
            (1, 4711),
            (2, 4712),
        ]
        assert client.level("web.orders-value") == "FORWARD"
        client.close()
        state = json.loads((folder / "registry.json").read_text("utf-8"))
    assert started_at(state["pid"]) is None


@pytest.mark.slow
def test_what_cannot_start_says_why(tmp_path: Path, java: Java) -> None:
    with (
        pytest.raises(EnvironmentFault, match="registry ended while it started") as raised,
        embedded_registry(tmp_path, java=java, jar=tmp_path / "no.jar", env=os.environ),
    ):
        pass
    assert "no.jar" in raised.value.message


def test_an_archive_comes_alone(tmp_path: Path, java: Java) -> None:
    """Its POM is not read: those of its parents may be nowhere."""
    folder = tmp_path / "repository/shop/registry/1.0"
    folder.mkdir(parents=True)
    (folder / "registry-1.0.pom").write_text("<project><parent>nowhere</parent></project>")
    jar = tmp_path / "runner.jar"
    jar.write_text("jar")
    with tarfile.open(folder / "registry-1.0-all.tar.gz", "w:gz") as archive:
        archive.add(jar, arcname="runner.jar")
    mirror = tmp_path / "ivysettings.xml"
    mirror.write_text(
        '<ivysettings><settings defaultResolver="mirror"/><resolvers>'
        f'<ibiblio name="mirror" m2compatible="true" usepoms="false"'
        f' root="{(tmp_path / "repository").as_uri()}"/></resolvers></ivysettings>'
    )
    (found,) = artifacts.fetch(
        ("shop:registry:1.0:all@tar.gz",),
        source=artifacts.Supply(tmp_path / "cache", mirror),
        java=java,
        on_progress=lambda _: None,
    )
    assert found.name == "registry-1.0-all.tar.gz"
    with tarfile.open(found) as archive:
        assert archive.getnames() == ["runner.jar"]
