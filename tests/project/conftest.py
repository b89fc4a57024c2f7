from __future__ import annotations

import os

import pytest


@pytest.fixture
def update_schemas() -> bool:
    """Whether the schemas that ship are to be written anew instead of being compared."""
    return bool(os.environ.get("STREAMSQL_UPDATE_SCHEMAS"))
