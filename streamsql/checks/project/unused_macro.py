from __future__ import annotations

import re
from collections.abc import Iterator

from streamsql.checks.rule import Fault, WholeProject, project_rule
from streamsql.findings import Location, Severity

_MACRO = re.compile(r"\{%[-+]?\s*macro\s+(?P<name>\w+)")


@project_rule(Severity.INFO)
def unused_macro(whole: WholeProject) -> Iterator[Fault]:
    """A macro is called by no model and no other macro.

    It was left over, or what was to call it calls something else. A name that stands anywhere in
    a template counts as a call.

    Bad:

        -- macros/money.sql
        {% macro cents(column) %}CAST({{ column }} * 100 AS BIGINT){% endmacro %}

    Good:

        -- macros/money.sql
        {% macro cents(column) %}CAST({{ column }} * 100 AS BIGINT){% endmacro %}

        -- models/orders.sql
        SELECT {{ cents('amount') }} AS cents FROM {{ source('shop', 'orders') }}
    """
    project = whole.project
    templates = [file.template for file in project.macros] + [m.template for m in project.models]
    tests = {f"test_{test.name}" for model in project.models for test in model.tests}
    tests |= {f"test_{test.name}" for source in project.sources for test in source.tests}
    for file in project.macros:
        for found in _MACRO.finditer(file.template):
            name = found["name"]
            if name not in tests and not _is_used(name, templates):
                before = file.template[: found.start("name")]
                line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
                yield Fault(
                    f"the macro '{name}' is called nowhere",
                    Location(file.path, line, column, line, column + len(name)),
                    hint="call it, or take it away",
                )


def _is_used(name: str, templates: list[str]) -> bool:
    """Tell whether a name stands anywhere but where it is defined."""
    return any(name in text and _is_called_in(name, text) for text in templates)


def _is_called_in(name: str, text: str) -> bool:
    definitions = len(re.findall(rf"\bmacro\s+{name}\b", text))
    return len(re.findall(rf"\b{name}\b", text)) > definitions
