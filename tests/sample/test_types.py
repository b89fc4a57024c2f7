"""What is known of the sample project without Spark, held against Spark, query by query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from streamsql.cli import cli
from streamsql.datatypes import ddl, parse_type
from streamsql.dev.broker import EmbeddedBroker
from streamsql.pipeline import Compilation, compile_project
from streamsql.plan import plan_preview
from streamsql.plan.nodes import Query, QueryRead
from streamsql.project import read_files
from streamsql.resolve import ResolvedModel
from streamsql.spark.kafka import TopicSpec, create_topics

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark
ROOT = Path(__file__).parents[2]
SHOP = compile_project(read_files(ROOT, env={}))
NO_BROKER = "127.0.0.1:1"  # Spark asks the broker when a query starts, not for its columns


def queries(shop: Compilation) -> tuple[Query, ...]:
    assert shop.plan is not None
    return shop.plan.queries


def name_of(subject: ResolvedModel | Query) -> str:
    return subject.name if isinstance(subject, ResolvedModel) else subject.id


def register(session: SparkSession, reads: Iterable[QueryRead]) -> None:
    """Make each read a streaming view, as a run does; every read of the project is a topic."""
    for read in reads:
        assert read.kind == "kafka"
        options = {**read.options, "kafka.bootstrap.servers": NO_BROKER}
        rows = session.readStream.format(read.format).options(**options).load()
        rows.createOrReplaceTempView(read.view)


def columns(rows: DataFrame) -> list[tuple[str, str]]:
    return [(f.name, ddl(parse_type(f.dataType.simpleString()))) for f in rows.schema]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that ``streamsql compile`` writes the queries' SQL into."""
    target = tmp_path_factory.mktemp("target")
    arguments = ["compile", "--project-dir", str(ROOT), "--target-path", str(target)]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    return target / "compiled" / SHOP.project.settings.name / "queries"


@pytest.mark.parametrize("model", SHOP.resolution.models, ids=name_of)
def test_columns_of_a_model_are_what_spark_says(model: ResolvedModel, spark: SparkSession) -> None:
    """Through decoding, dedup and every view below it, as the model's own query would run it."""
    from streamsql.spark.streams import run_steps

    query = plan_preview(SHOP.project, SHOP.resolution, model.name)
    assert query is not None
    session = spark.newSession()
    register(session, query.reads)
    rows = run_steps(session, query.steps)
    assert columns(rows) == [(c.name, c.data_type) for c in model.columns]
    assert rows.isStreaming


@pytest.mark.parametrize("query", queries(SHOP), ids=name_of)
def test_compiled_text_means_to_spark_what_is_run(
    query: Query, compiled: Path, spark: SparkSession
) -> None:
    """The file that a person reads gives the columns that the steps of the run give.

    Below a dedup, which SQL has no words for, it is a script: views, then the SELECT.
    """
    from streamsql.spark.streams import run_steps

    session = spark.newSession()
    register(session, query.reads)
    text = (compiled / f"{query.id}.sql").read_text(encoding="utf-8")
    *views, select = [s for s in text.split(";\n") if s.strip()]
    for view in views:
        session.sql(view)
    assert len(views) == len(query.steps) - 1
    assert columns(session.sql(select)) == columns(run_steps(session, query.steps))


def test_one_file_is_written_for_each_query(compiled: Path) -> None:
    assert {path.stem for path in compiled.glob("*.sql")} == {q.id for q in queries(SHOP)}


@pytest.mark.kafka
@pytest.mark.slow
def test_every_query_starts_in_its_output_mode(
    spark: SparkSession, broker: EmbeddedBroker, tmp_path: Path
) -> None:
    """On empty topics, into a sink that takes every mode: what is refused is the mode itself."""
    from streamsql.spark.batches import Destination
    from streamsql.spark.streams import start_query

    topics = {topic for query in queries(SHOP) for read in query.reads for topic in read.topics}
    create_topics(broker.connection, [TopicSpec(topic, 1, 1) for topic in sorted(topics)])
    reach = {"kafka.bootstrap.servers": broker.bootstrap_servers, "startingOffsets": "earliest"}
    for query in without_outputs(queries(SHOP)):
        started = start_query(
            spark,
            query,
            checkpoint=str(tmp_path / query.id),
            read_options={read.view: reach for read in query.reads},
            destinations=[Destination(write, {}) for write in query.writes],
            paths={},
            once=True,
        )
        assert started.awaitTermination(300), query.id
        assert started.exception() is None, query.id


def without_outputs(planned: Iterable[Query]) -> Iterator[Query]:
    for query in planned:
        (write,) = query.writes
        nowhere = replace(
            write, kind="sink", format="noop", options={}, path=None, unique_key=(), order_by=()
        )
        yield replace(query, writes=(nowhere,))
