"""Where every column comes from, against golden files: ``UPDATE_GOLDEN=1`` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from lineage_cases import CASES, UPDATE, describe, split, update


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.stem)
def test_columns_come_from_what_is_expected(case: Path) -> None:
    if UPDATE:
        update(case)
    models, expected = split(case)
    assert describe(models) == expected
