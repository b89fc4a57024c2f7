"""Where the user wrote what a rule speaks of."""

from __future__ import annotations

import re

from streamsql.findings import Location
from streamsql.project.nodes import Model
from streamsql.render.rendered import RenderedModel


def config_location(rendered: RenderedModel, key: str) -> Location:
    """Return where a setting of a model was written: in its SQL, in YAML, or a folder default."""
    model = rendered.model
    return _in_template(model, key) or model.config_locations.get(key, model.location)


def _in_template(model: Model, key: str) -> Location | None:
    """Find ``key=`` inside the ``config(…)`` of a model, which goes before YAML."""
    pattern = rf"\bconfig\s*\((?:(?!\}}\}}).)*?(?P<key>\b{re.escape(key)})\s*="
    found = re.search(pattern, model.template, re.DOTALL)
    if found is None:
        return None
    before = model.template[: found.start("key")]
    line, column = before.count("\n") + 1, found.start("key") - before.rfind("\n")
    return Location(model.path, line, column, line, column + len(key))
