from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from streamsql.checks.rule import Fault, model_rule
from streamsql.dialect import function_name
from streamsql.findings import Severity
from streamsql.resolve import ResolvedModel


@model_rule(Severity.INFO)
def json_parsed_again(model: ResolvedModel) -> Iterator[Fault]:
    """A filter on several fields of a from_json() parses the text once for each of them.

    Spark moves conditions below the projection that parses, and repeats the from_json() in
    each: WHERE on two fields parses every record three times. Declare the topic's columns on
    the source instead, so that streamsql decodes them once, or filter on one field.

    Bad:

        -- models/parsed.sql
        SELECT j.a, j.b
        FROM (SELECT from_json(currency, 'a int, b int') AS j FROM {{ source('shop', 'orders') }})
        WHERE j.a > 1 AND j.b < 4

    Good:

        -- models/parsed.sql
        SELECT j.a, j.b
        FROM (SELECT from_json(currency, 'a int, b int') AS j FROM {{ source('shop', 'orders') }})
        WHERE j.a > 1
    """
    parsed = model.parsed
    if not model.facts.streaming or "from_json" not in parsed.sql.lower():
        return
    made = {
        alias.alias.lower()
        for alias in parsed.tree.find_all(exp.Alias)
        if function_name(alias.this) == "from_json"
    }
    for where in parsed.tree.find_all(exp.Where):
        for name in sorted(made):
            fields = {
                column.parts[-1].name.lower()
                for column in where.find_all(exp.Column)
                if name in (part.name.lower() for part in column.parts[:-1])
            }
            if len(fields) > 1:
                yield Fault(
                    f"this condition uses {len(fields)} fields of '{name}', and Spark parses its"
                    " JSON again for each",
                    parsed.finding("", "", where).location,
                    hint="declare the columns on the source, with format: json, instead of"
                    " from_json()",
                )
