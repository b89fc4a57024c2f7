"""``{% docs name %} … {% enddocs %}`` blocks of Markdown files."""

from __future__ import annotations

import re

from streamsql.findings import Location
from streamsql.project.faults import Faults
from streamsql.project.nodes import DocBlock

_BEGIN = re.compile(r"\{%-?\s*docs\s+(?P<name>\w+)\s*-?%\}")
_END = re.compile(r"\{%-?\s*enddocs\s*-?%\}")


def read_docs(text: str, path: str, faults: Faults) -> tuple[DocBlock, ...]:
    """Return the blocks of one file; a block without an end is a finding."""
    blocks = []
    begin = _BEGIN.search(text)
    while begin:
        end = _END.search(text, begin.end())
        place = _place(text, path, begin.start())
        if end is None:
            message = f"the docs block '{begin['name']}' has no end"
            faults.add("docs-syntax", message, place, "close it with {% enddocs %}")
            break
        blocks.append(DocBlock(begin["name"], text[begin.end() : end.start()].strip(), place))
        begin = _BEGIN.search(text, end.end())
    return tuple(blocks)


def _place(text: str, path: str, offset: int) -> Location:
    before = text[:offset]
    return Location(path, before.count("\n") + 1, offset - before.rfind("\n"))
