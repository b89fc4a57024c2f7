"""Small sources to decode, as the project's own are shaped."""

from __future__ import annotations

from streamsql.findings import Location
from streamsql.formats import RecordSchema
from streamsql.project.nodes import Column, DeadLetter, Source, SourceKey, Watermark

HERE = Location("models/sources.yml", 7, 5)


def column(name: str, data_type: str | None, *, not_null: bool = False) -> Column:
    return Column(name, data_type, "", HERE, not_null)


def source(
    *columns: Column,
    format: str = "json",  # noqa: A002
    on_error: str = "dead_letter",
    event_time: str | None = None,
    options: dict[str, str] | None = None,
    schema: RecordSchema | None = None,
    key: SourceKey | None = None,
) -> Source:
    return Source(
        source_name="shop",
        name="orders",
        connection="kafka",
        topic="shop.orders",
        topic_pattern=None,
        format=format,
        format_options=options or {},
        columns=columns,
        watermark=Watermark(event_time, "10 minutes", HERE) if event_time else None,
        on_error=on_error,
        dead_letter=DeadLetter("shop.orders.dead_letter", "kafka"),
        options={},
        description="",
        tags=(),
        location=HERE,
        schema=schema,
        key=key,
    )
