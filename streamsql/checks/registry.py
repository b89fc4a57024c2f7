"""The rules, listed: what is not here is not checked."""

from __future__ import annotations

from streamsql.checks.columns.column_not_produced import column_not_produced
from streamsql.checks.columns.unknown_key_column import unknown_key_column
from streamsql.checks.documentation.missing_description import missing_description
from streamsql.checks.documentation.undeclared_column import undeclared_column
from streamsql.checks.kafka.fail_on_data_loss_off import fail_on_data_loss_off
from streamsql.checks.kafka.reserved_column import reserved_column
from streamsql.checks.kafka.topic_without_value import topic_without_value
from streamsql.checks.kafka.undecodable_source import undecodable_source
from streamsql.checks.kafka.unencodable_topic import unencodable_topic
from streamsql.checks.rule import Rule, WholeProject
from streamsql.checks.streaming.dedup_without_watermark import dedup_without_watermark
from streamsql.checks.streaming.limit_over_query_life import limit_over_query_life
from streamsql.checks.streaming.no_streaming_source import no_streaming_source
from streamsql.checks.streaming.nondeterministic_value import nondeterministic_value
from streamsql.checks.streaming.processing_time_condition import processing_time_condition
from streamsql.checks.streaming.throwing_expression import throwing_expression
from streamsql.project.nodes import Source
from streamsql.resolve import ResolvedModel

MODEL_RULES: tuple[Rule[ResolvedModel], ...] = (
    column_not_produced,
    dedup_without_watermark,
    limit_over_query_life,
    missing_description,
    no_streaming_source,
    nondeterministic_value,
    processing_time_condition,
    reserved_column,
    throwing_expression,
    topic_without_value,
    undeclared_column,
    unencodable_topic,
    unknown_key_column,
)

SOURCE_RULES: tuple[Rule[Source], ...] = (fail_on_data_loss_off, undecodable_source)

PROJECT_RULES: tuple[Rule[WholeProject], ...] = ()
