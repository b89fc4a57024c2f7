"""Resolve: from parsed models to columns, types and streaming facts, upstream first."""

from __future__ import annotations

from streamsql.resolve.lineage import Field, How, Influences, ModelLineage, Origins, Use
from streamsql.resolve.losses import loss_of, window_instead
from streamsql.resolve.mentions import Mentions, mentions
from streamsql.resolve.models import Outcome, Resolver, resolve_again, resolve_models
from streamsql.resolve.modes import legal_output_modes
from streamsql.resolve.output_schemas import output_schema
from streamsql.resolve.relations import (
    HIDDEN_COLUMNS,
    EventTime,
    Hazard,
    JoinSide,
    Mark,
    Objection,
    Operation,
    OutputColumn,
    OutputMode,
    PendingMeeting,
    Relation,
    Resolution,
    ResolvedModel,
    ResolvedTest,
    Said,
    Standstill,
    StateBound,
    StatefulOperator,
    StateKey,
    StreamFacts,
    TestCondition,
    Traveller,
    Unread,
    WatermarkLoss,
)

__all__ = [
    "HIDDEN_COLUMNS",
    "EventTime",
    "Field",
    "Hazard",
    "How",
    "Influences",
    "JoinSide",
    "Mark",
    "Mentions",
    "ModelLineage",
    "Objection",
    "Operation",
    "Origins",
    "Outcome",
    "OutputColumn",
    "OutputMode",
    "PendingMeeting",
    "Relation",
    "Resolution",
    "ResolvedModel",
    "ResolvedTest",
    "Resolver",
    "Said",
    "Standstill",
    "StateBound",
    "StateKey",
    "StatefulOperator",
    "StreamFacts",
    "TestCondition",
    "Traveller",
    "Unread",
    "Use",
    "WatermarkLoss",
    "legal_output_modes",
    "loss_of",
    "mentions",
    "output_schema",
    "resolve_again",
    "resolve_models",
    "window_instead",
]
