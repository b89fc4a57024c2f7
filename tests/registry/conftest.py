"""The suite's registry as its owner sees it, and projects that use it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from registry.registry_project import PROFILES, SOURCES, TOTALS, Level, Shop

from streamsql.dev.registry import EmbeddedRegistry
from streamsql.registry import Registry, RegistryConnection


@pytest.fixture
def client(registry: EmbeddedRegistry) -> Iterator[Registry]:
    made = Registry(RegistryConnection("registry", registry.url))
    yield made
    made.close()


@pytest.fixture
def shop(
    tmp_path: Path, registry: EmbeddedRegistry, client: Registry, request: pytest.FixtureRequest
) -> Shop:
    prefix = request.node.name.removeprefix("test_").replace("[", ".").rstrip("]")
    made = Shop(tmp_path, prefix, client)
    made.write("streamsql.toml", 'name = "shop"\n')
    made.write("profiles.yml", PROFILES.format(url=registry.url))
    made.write("models/shop.yml", SOURCES.format(prefix=prefix))
    made.write("models/totals.sql", TOTALS)
    return made


@pytest.fixture
def set_level(client: Registry) -> Level:
    def set_to(subject: str, level: str) -> None:
        client._client.set_compatibility(subject, level)

    return set_to
