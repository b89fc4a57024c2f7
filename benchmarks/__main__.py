"""``python -m benchmarks [NAME]``: one of the measurements below; without a name, all of them."""

from __future__ import annotations

import signal
import sys

import click


@click.group(invoke_without_command=True)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Measure, print, and keep the figures in results/ and README.md."""
    # So that the broker and the folders of a measurement that is cut off go as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if ctx.invoked_subcommand is None:
        for command in (startup, compiling, linting, drain, avro, narrow, expectations, upsert):
            ctx.invoke(command)


_RECORDS = click.option("--records", default=1_000_000, show_default=True)
_ROUNDS = click.option("--rounds", default=5, show_default=True)


@main.command()
@_RECORDS
@_ROUNDS
def drain(records: int, rounds: int) -> None:
    """Kafka to Kafka, JSON, beside PySpark by hand."""
    from benchmarks.contests import DRAIN
    from benchmarks.drain import measure

    measure(DRAIN, records, rounds)


@main.command()
@_RECORDS
@_ROUNDS
def avro(records: int, rounds: int) -> None:
    """Avro behind the ids of a registry, beside PySpark by hand."""
    from benchmarks.contests import AVRO
    from benchmarks.drain import measure

    measure(AVRO, records, rounds)


@main.command()
@_RECORDS
@_ROUNDS
def narrow(records: int, rounds: int) -> None:
    """Five of forty JSON fields, beside PySpark by hand that declares them all."""
    from benchmarks.contests import NARROW
    from benchmarks.drain import measure

    measure(NARROW, records, rounds)


@main.command()
@_RECORDS
@_ROUNDS
def expectations(records: int, rounds: int) -> None:
    """A model with six data tests and quarantine, beside the same model without."""
    from benchmarks.contests import EXPECTATIONS
    from benchmarks.drain import measure

    measure(EXPECTATIONS, records, rounds)


@main.command()
@click.option("--records", default=300_000, show_default=True)
@_ROUNDS
def upsert(records: int, rounds: int) -> None:
    """Batches into PostgreSQL, beside Spark's own JDBC writer."""
    from benchmarks.upsert import measure

    measure(records, rounds)


@main.command()
@click.option("--rounds", default=10, show_default=True)
def startup(rounds: int) -> None:
    """CPU of the commands that start no Spark, on the sample project."""
    from benchmarks.startup import measure

    measure(rounds)


@main.command("compile")
@click.option("--models", multiple=True, default=(100, 1000), show_default=True)
@click.option("--rounds", default=3, show_default=True)
def compiling(models: tuple[int, ...], rounds: int) -> None:
    """CPU of each stage, on generated projects."""
    from benchmarks.compiling import measure

    measure(models, rounds)


@main.command("lint")
@click.option("--models", multiple=True, default=(100, 1000, 5000), show_default=True)
@click.option("--rivals-up-to", default=1000, show_default=True, help="0: without them.")
@click.option("--rounds", default=3, show_default=True)
def linting(models: tuple[int, ...], rivals_up_to: int, rounds: int) -> None:
    """CPU and memory of lint, beside dbt-core and SQLMesh on the same models."""
    from benchmarks.linting import measure

    measure(models, rivals_up_to, rounds)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
