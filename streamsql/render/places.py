"""Where the user wrote what a rule speaks of."""

from __future__ import annotations

from streamsql.findings import Location
from streamsql.render.rendered import RenderedModel


def config_location(rendered: RenderedModel, key: str) -> Location:
    """Return where a setting of a model was given: in its SQL, in YAML, or a folder default."""
    return rendered.place(key)
