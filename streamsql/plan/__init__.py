"""From resolved models to what Spark will be told."""

from streamsql.plan.build import Planning, check_plan, plan_preview, plan_project

__all__ = ["Planning", "check_plan", "plan_preview", "plan_project"]
