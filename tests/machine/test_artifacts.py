"""Fetching by the real Ivy, from a repository in a folder that the tests lay out."""

from __future__ import annotations

import threading
import zipfile
from pathlib import Path

import pytest

from streamsql.errors import EnvironmentFault
from streamsql.spark import artifacts
from streamsql.spark.artifacts import Supply, fetch
from streamsql.spark.java import Java

NO_JAVA = Java(Path("/nowhere"), Path("/nowhere/bin/java"), "17.0.0")


def quiet(line: str) -> None:
    assert "://" not in line, "progress names no hosts"


def put(
    repository: Path, artifact: str, *needs: str, packaging: str = "jar", version: str = "1.0"
) -> Path:
    """Publish ``shop:<artifact>:<version>`` with its dependencies, as Maven lays it out."""
    folder = repository / "shop" / artifact / version
    folder.mkdir(parents=True)
    dependencies = "".join(
        f"<dependency><groupId>shop</groupId><artifactId>{n}</artifactId>"
        "<version>1.0</version></dependency>"
        for n in needs
    )
    (folder / f"{artifact}-{version}.pom").write_text(
        "<project><modelVersion>4.0.0</modelVersion><groupId>shop</groupId>"
        f"<artifactId>{artifact}</artifactId><version>{version}</version>"
        f"<packaging>{packaging}</packaging><dependencies>{dependencies}</dependencies></project>"
    )
    jar = folder / f"{artifact}-{version}.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr(f"{artifact}.txt", artifact * 100)
    return jar


def settings(path: Path, root: str) -> Path:
    path.write_text(
        '<ivysettings><settings defaultResolver="mirror"/><resolvers>'
        f'<ibiblio name="mirror" m2compatible="true" root="{root}"/>'
        "</resolvers></ivysettings>"
    )
    return path


@pytest.fixture
def source(tmp_path: Path) -> Supply:
    """A cache, and a mirror with ``orders``, which needs ``money`` and ``scala``."""
    repository = tmp_path / "repository"
    put(repository, "orders", "money", "scala")
    put(repository, "money", packaging="bundle")
    put(repository, "scala")
    mirror = settings(tmp_path / "settings.xml", repository.as_uri() + "/")
    return Supply(cache=tmp_path / "cache", ivy_settings=mirror)


def names(jars: tuple[Path, ...]) -> list[str]:
    return [jar.name for jar in jars]


def test_what_is_needed_comes_too_and_what_is_provided_does_not(source: Supply, java: Java) -> None:
    said: list[str] = []
    jars = fetch(
        ("shop:orders:1.0",),
        source=source,
        java=java,
        provided=frozenset({"scala"}),
        on_progress=said.append,
    )
    assert names(jars) == ["money-1.0.jar", "orders-1.0.jar"]
    assert all(zipfile.ZipFile(jar).testzip() is None for jar in jars)
    assert any(line.startswith("downloaded orders 1.0 (1 so far") for line in said)
    assert said[-1].startswith("fetched 2 jars")
    assert not any("://" in line for line in said)


@pytest.mark.parametrize("version", ["0.9", "2.0"])
def test_a_version_that_is_named_is_the_one_that_comes(
    version: str, source: Supply, java: Java, tmp_path: Path
) -> None:
    put(tmp_path / "repository", "money", version=version)
    asked = ("shop:orders:1.0", f"shop:money:{version}")
    jars = fetch(asked, source=source, java=java, on_progress=quiet)
    assert names(jars) == [f"money-{version}.jar", "orders-1.0.jar", "scala-1.0.jar"]


def test_a_project_for_another_spark_is_refused() -> None:
    artifacts.require_version("4.1.9")
    with pytest.raises(EnvironmentFault, match=r"for Spark 4\.2\.0, and pyspark 4\.1\.1"):
        artifacts.require_version("4.2.0")


def test_the_second_time_needs_neither_java_nor_mirror(source: Supply, java: Java) -> None:
    first = fetch(("shop:orders:1.0",), source=source, java=java, on_progress=quiet)
    alone = Supply(cache=source.cache, offline=True)
    said: list[str] = []
    again = fetch(("shop:orders:1.0",), source=alone, java=NO_JAVA, on_progress=said.append)
    assert again == first
    assert said == []


def test_a_broken_download_is_not_taken_for_a_whole_one(source: Supply, java: Java) -> None:
    jars = fetch(("shop:orders:1.0",), source=source, java=java, on_progress=quiet)
    whole = jars[0].read_bytes()
    jars[0].write_bytes(whole[:10])
    (jars[0].parents[1] / ".partial-left").mkdir()
    again = fetch(("shop:orders:1.0",), source=source, java=java, on_progress=quiet)
    assert again == jars
    assert len(jars[0].read_bytes()) == len(whole)
    assert not (jars[0].parents[1] / ".partial-left").exists()


def test_two_at_once_download_once(source: Supply, java: Java) -> None:
    said: list[str] = []
    found: list[tuple[Path, ...]] = []

    def ask() -> None:
        jars = fetch(("shop:orders:1.0",), source=source, java=java, on_progress=said.append)
        found.append(jars)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert found[0] == found[1]
    assert sum(line.startswith("fetched ") for line in said) == 1


def test_what_does_not_exist_is_one_line(source: Supply, java: Java) -> None:
    with pytest.raises(EnvironmentFault, match="does not have it") as caught:
        fetch(("shop:refunds:1.0",), source=source, java=java, on_progress=quiet)
    assert "refunds 1.0" in caught.value.message
    assert "\n" not in caught.value.message
    assert "://" not in caught.value.message + str(caught.value.hint)
    assert not list(source.cache.glob("jars/shop*"))


@pytest.mark.parametrize("root", ["http://127.0.0.1:9/maven/", "http://no-such-host.invalid/m/"])
def test_no_network_is_one_line(root: str, tmp_path: Path, java: Java) -> None:
    source = Supply(cache=tmp_path, ivy_settings=settings(tmp_path / "s.xml", root))
    with pytest.raises(EnvironmentFault, match="cannot be reached") as caught:
        fetch(("shop:orders:1.0",), source=source, java=java, on_progress=quiet)
    assert "\n" not in caught.value.message
    assert "127.0.0.1" not in caught.value.message
    assert "no-such-host" not in caught.value.message
    assert "check the network" in str(caught.value.hint)


def test_a_failed_fetch_can_be_tried_again(source: Supply, tmp_path: Path, java: Java) -> None:
    away = Supply(source.cache, settings(tmp_path / "away.xml", "http://127.0.0.1:9/"))
    with pytest.raises(EnvironmentFault):
        fetch(("shop:orders:1.0",), source=away, java=java, on_progress=quiet)
    assert fetch(("shop:orders:1.0",), source=source, java=java, on_progress=quiet)


def test_offline_says_so_without_trying(source: Supply) -> None:
    offline = artifacts.supply({"STREAMSQL_CACHE": str(source.cache), "STREAMSQL_OFFLINE": "1"})
    with pytest.raises(EnvironmentFault, match="STREAMSQL_OFFLINE is set"):
        fetch(("shop:orders:1.0",), source=offline, java=NO_JAVA, on_progress=quiet)


def test_a_broken_settings_file_is_one_line(tmp_path: Path, java: Java) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_text("<ivysettings><resolvers>")
    source = Supply(cache=tmp_path / "cache", ivy_settings=broken)
    with pytest.raises(EnvironmentFault, match=r"cannot fetch orders 1\.0") as caught:
        fetch(("shop:orders:1.0",), source=source, java=java, on_progress=quiet)
    assert "\n" not in caught.value.message
    assert "STREAMSQL_IVY_SETTINGS" in str(caught.value.hint)


def test_a_settings_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="which is not a file"):
        artifacts.supply({"STREAMSQL_IVY_SETTINGS": str(tmp_path / "none.xml")})


@pytest.mark.parametrize("coordinate", ["orders", "shop:orders", "shop:orders:1:jar", "a:b:<c/>"])
def test_a_coordinate_that_is_none(coordinate: str, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="is no coordinate"):
        fetch((coordinate,), source=Supply(tmp_path), java=NO_JAVA, on_progress=quiet)


def test_a_cache_that_cannot_be_written(tmp_path: Path, java: Java) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match="cannot be written") as caught:
        fetch(("a:b:1",), source=Supply(tmp_path / "file"), java=java, on_progress=quiet)
    assert "STREAMSQL_CACHE" in str(caught.value.hint)


def test_another_pyspark_is_refused_with_those_that_work() -> None:
    with pytest.raises(EnvironmentFault, match=r"pyspark 3\.5\.3 is not supported.*4\.1\.1"):
        artifacts.connector_coordinates("3.5.3")


def test_where_the_cache_is() -> None:
    folder = artifacts.cache_folder
    assert folder({"STREAMSQL_CACHE": "/c", "XDG_CACHE_HOME": "/x"}) == Path("/c")
    assert folder({"XDG_CACHE_HOME": "/x", "HOME": "/h"}) == Path("/x/streamsql")
    assert folder({"XDG_CACHE_HOME": "relative", "HOME": "/h"}) == Path("/h/.cache/streamsql")
    assert folder({"HOME": "/h"}) == Path("/h/.cache/streamsql")


def test_the_connectors_bring_nothing_that_spark_has(jars: tuple[Path, ...]) -> None:
    brought = {jar.name.rpartition("-")[0] for jar in jars}
    assert brought == {
        "commons-pool2",
        "delta-spark_4.1_2.13",
        "delta-storage",
        "kafka-clients",
        "spark-avro_2.13",
        "spark-sql-kafka-0-10_2.13",
        "spark-token-provider-kafka-0-10_2.13",
        "unitycatalog-client",
    }
    provided = artifacts.provided_modules(artifacts.pyspark_home())
    assert {"slf4j-api", "scala-library", "hadoop-client-api", "log4j-1.2-api"} <= provided
    assert not brought & provided


def test_the_broker_has_all_its_jars_and_a_log(broker_jars: tuple[Path, ...]) -> None:
    kinds = {jar.name.rpartition("-")[0] for jar in broker_jars}
    assert {"kafka_2.13", "snappy-java", "log4j-slf4j-impl", "log4j-core", "re2j"} <= kinds
    assert len(kinds) == len(broker_jars)
