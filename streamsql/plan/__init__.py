"""From resolved models to what Spark will be told."""

from streamsql.plan.build import Planning, plan_preview, plan_project

__all__ = ["Planning", "plan_preview", "plan_project"]
