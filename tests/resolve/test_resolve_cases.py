from __future__ import annotations

from pathlib import Path

import pytest
from resolve_cases import CASES, UPDATE, describe, split, update


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.stem)
def test_case(case: Path) -> None:
    if UPDATE:
        update(case)
    files, expected = split(case)
    assert describe(files) == expected


def test_there_are_cases() -> None:
    assert len(CASES) >= 20
