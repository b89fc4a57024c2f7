"""The rules, listed: what is not here is not checked."""

from __future__ import annotations

from streamsql.checks.columns.column_not_produced import column_not_produced
from streamsql.checks.columns.contract_broken import contract_broken
from streamsql.checks.columns.contract_incomplete import contract_incomplete
from streamsql.checks.columns.mistyped_setting_column import mistyped_setting_column
from streamsql.checks.columns.star_into_topic import star_into_topic
from streamsql.checks.columns.unknown_key_column import unknown_key_column
from streamsql.checks.columns.unlisted_columns import unlisted_columns
from streamsql.checks.columns.unstorable_column import unstorable_column
from streamsql.checks.documentation.missing_column_description import missing_column_description
from streamsql.checks.documentation.missing_description import missing_description
from streamsql.checks.documentation.undeclared_column import undeclared_column
from streamsql.checks.kafka.coarse_key import coarse_key
from streamsql.checks.kafka.compacted_without_key import compacted_without_key
from streamsql.checks.kafka.fail_on_data_loss_off import fail_on_data_loss_off
from streamsql.checks.kafka.framed_avro_read_plainly import framed_avro_read_plainly
from streamsql.checks.kafka.illegal_topic_name import illegal_topic_name
from streamsql.checks.kafka.misspelt_client_option import misspelt_client_option
from streamsql.checks.kafka.null_into_required_field import null_into_required_field
from streamsql.checks.kafka.offsets_of_unknown_topic import offsets_of_unknown_topic
from streamsql.checks.kafka.reserved_column import reserved_column
from streamsql.checks.kafka.shared_output import shared_output
from streamsql.checks.kafka.source_written_here import source_written_here
from streamsql.checks.kafka.topic_without_value import topic_without_value
from streamsql.checks.kafka.undecodable_source import undecodable_source
from streamsql.checks.kafka.unencodable_topic import unencodable_topic
from streamsql.checks.kafka.unregistered_schema import unregistered_schema
from streamsql.checks.kafka.unstable_key import unstable_key
from streamsql.checks.kafka.unwritten_column import unwritten_column
from streamsql.checks.kafka.upsert_without_order import upsert_without_order
from streamsql.checks.kafka.wrong_topic_setting import wrong_topic_setting
from streamsql.checks.project.literal_secret import literal_secret
from streamsql.checks.project.lossy_spark_setting import lossy_spark_setting
from streamsql.checks.project.shared_checkpoint import shared_checkpoint
from streamsql.checks.project.unconventional_name import unconventional_name
from streamsql.checks.project.unused_macro import unused_macro
from streamsql.checks.project.unused_model import unused_model
from streamsql.checks.project.unused_source import unused_source
from streamsql.checks.rule import Rule, WholeProject
from streamsql.checks.streaming.asof_join_switched_off import asof_join_switched_off
from streamsql.checks.streaming.avro_bytes_as_they_are import avro_bytes_as_they_are
from streamsql.checks.streaming.collated_state_key import collated_state_key
from streamsql.checks.streaming.counts_updates_again import counts_updates_again
from streamsql.checks.streaming.dedup_without_watermark import dedup_without_watermark
from streamsql.checks.streaming.distinct_aggregate import distinct_aggregate
from streamsql.checks.streaming.idle_source_stops_output import idle_source_stops_output
from streamsql.checks.streaming.join_without_equality import join_without_equality
from streamsql.checks.streaming.join_without_time_bound import join_without_time_bound
from streamsql.checks.streaming.json_parsed_again import json_parsed_again
from streamsql.checks.streaming.limit_over_query_life import limit_over_query_life
from streamsql.checks.streaming.lost_watermark import lost_watermark
from streamsql.checks.streaming.monotonic_id_on_stream import monotonic_id_on_stream
from streamsql.checks.streaming.no_streaming_source import no_streaming_source
from streamsql.checks.streaming.nondeterministic_value import nondeterministic_value
from streamsql.checks.streaming.outer_join_never_emits import outer_join_never_emits
from streamsql.checks.streaming.processing_time_condition import processing_time_condition
from streamsql.checks.streaming.session_window_alone import session_window_alone
from streamsql.checks.streaming.stream_anti_join import stream_anti_join
from streamsql.checks.streaming.stream_except import stream_except
from streamsql.checks.streaming.stream_intersect import stream_intersect
from streamsql.checks.streaming.stream_offset import stream_offset
from streamsql.checks.streaming.stream_read_twice import stream_read_twice
from streamsql.checks.streaming.stream_sample import stream_sample
from streamsql.checks.streaming.stream_sort import stream_sort
from streamsql.checks.streaming.stream_static_join import stream_static_join
from streamsql.checks.streaming.stream_static_union import stream_static_union
from streamsql.checks.streaming.stream_window_function import stream_window_function
from streamsql.checks.streaming.subquery_repeats_rows import subquery_repeats_rows
from streamsql.checks.streaming.throwing_event_time import throwing_event_time
from streamsql.checks.streaming.throwing_expression import throwing_expression
from streamsql.checks.streaming.two_event_times import two_event_times
from streamsql.checks.streaming.unbounded_aggregation import unbounded_aggregation
from streamsql.checks.streaming.unbounded_join import unbounded_join
from streamsql.checks.streaming.union_without_watermark import union_without_watermark
from streamsql.checks.streaming.unread_cte import unread_cte
from streamsql.checks.streaming.update_without_key import update_without_key
from streamsql.checks.streaming.watermark_never_moves import watermark_never_moves
from streamsql.project.nodes import Source
from streamsql.resolve import ResolvedModel

MODEL_RULES: tuple[Rule[ResolvedModel], ...] = (
    asof_join_switched_off,
    avro_bytes_as_they_are,
    coarse_key,
    collated_state_key,
    column_not_produced,
    compacted_without_key,
    contract_broken,
    contract_incomplete,
    counts_updates_again,
    dedup_without_watermark,
    distinct_aggregate,
    idle_source_stops_output,
    join_without_equality,
    join_without_time_bound,
    json_parsed_again,
    limit_over_query_life,
    lost_watermark,
    missing_column_description,
    missing_description,
    mistyped_setting_column,
    monotonic_id_on_stream,
    no_streaming_source,
    nondeterministic_value,
    null_into_required_field,
    outer_join_never_emits,
    processing_time_condition,
    reserved_column,
    session_window_alone,
    star_into_topic,
    stream_anti_join,
    stream_except,
    stream_intersect,
    stream_offset,
    stream_read_twice,
    stream_sample,
    stream_sort,
    stream_static_join,
    stream_static_union,
    stream_window_function,
    subquery_repeats_rows,
    throwing_event_time,
    throwing_expression,
    topic_without_value,
    two_event_times,
    unbounded_aggregation,
    unbounded_join,
    undeclared_column,
    unencodable_topic,
    union_without_watermark,
    unknown_key_column,
    unlisted_columns,
    unread_cte,
    unregistered_schema,
    unstable_key,
    unstorable_column,
    unwritten_column,
    update_without_key,
    upsert_without_order,
    wrong_topic_setting,
    watermark_never_moves,
)

SOURCE_RULES: tuple[Rule[Source], ...] = (
    fail_on_data_loss_off,
    offsets_of_unknown_topic,
    undecodable_source,
)

PROJECT_RULES: tuple[Rule[WholeProject], ...] = (
    framed_avro_read_plainly,
    illegal_topic_name,
    literal_secret,
    lossy_spark_setting,
    misspelt_client_option,
    shared_checkpoint,
    shared_output,
    source_written_here,
    unconventional_name,
    unused_macro,
    unused_model,
    unused_source,
)
