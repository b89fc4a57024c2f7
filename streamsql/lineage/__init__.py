"""Column lineage across a project: from topic field to topic field, as data and as events."""

from __future__ import annotations

from streamsql.lineage.describe import described_column, described_model, described_readers
from streamsql.lineage.project import ColumnUse, ProjectLineage, RowUse, project_lineage

__all__ = [
    "ColumnUse",
    "ProjectLineage",
    "RowUse",
    "described_column",
    "described_model",
    "described_readers",
    "project_lineage",
]
