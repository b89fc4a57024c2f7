"""docs/rules has a page for all that lint can find, made of the docstrings.

``STREAMSQL_UPDATE_DOCS=1 pytest tests/documents`` writes them anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streamsql.checks.catalogue import catalogue
from streamsql.checks.pages import index_markdown, page_markdown

FOLDER = Path(__file__).parents[2] / "docs" / "rules"
KNOWN = catalogue()
PAGES = {
    "README.md": index_markdown(KNOWN.values()),
    **{f"{slug}.md": page_markdown(documented) for slug, documented in KNOWN.items()},
}


def test_there_are_no_other_pages() -> None:
    found = {path.name for path in FOLDER.iterdir()}
    if os.environ.get("STREAMSQL_UPDATE_DOCS"):
        for name in found - set(PAGES):
            (FOLDER / name).unlink()
        found &= set(PAGES)
    assert found - set(PAGES) == set()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_page_is_what_the_code_says(name: str) -> None:
    page = FOLDER / name
    if os.environ.get("STREAMSQL_UPDATE_DOCS"):
        page.write_text(PAGES[name], encoding="utf-8")
    assert page.is_file(), "STREAMSQL_UPDATE_DOCS=1 writes it"
    assert page.read_text(encoding="utf-8") == PAGES[name]
