"""How a text is parsed as one JSON object, and nothing after it.

``from_json`` stops at the end of the first value and mends bytes that are no UTF-8. So the last
``}`` of the text is replaced by one more field, ``,"__end__":<n>}``: it is read only if nothing
closed the object before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from streamsql.datatypes import DataType, ddl, quote_name
from streamsql.formats.json_decimals import can_be_read
from streamsql.formats.json_types import holds, wire
from streamsql.formats.reading import Part
from streamsql.formats.records import literal

CORRUPT = "_corrupt_record"
# Options that are not Spark's.
OWN_OPTIONS = ("guardDecimals", "singleVariantColumn", "schema", "subject", "version", "framing")

# The number at the end. A whole number can be written in JSON in one way only, so a text
# without it cannot have the last field itself. Few texts have a minus, so it is looked for fast.
END = -7190846325019273644

STRICT = "map('allowSingleQuotes', 'false')"
SPACE = "[ \\\\t\\\\r\\\\n]*"


class JsonObject(NamedTuple):
    """A part of a record that is one JSON object with these columns, and how to parse it.

    ``bytes`` is the expression of its bytes, without a frame.
    """

    bytes: str
    part: Part
    kinds: Mapping[str, DataType]
    options: Mapping[str, str]

    @property
    def text(self) -> str:
        """The expression of the text."""
        return f"CAST({self.bytes} AS STRING)"

    @property
    def whole(self) -> str | None:
        """The column that gets the whole object as a variant, if a query needs it."""
        wanted = self.options.get("singleVariantColumn", "").lower()
        return next((name for name in self.kinds if name.lower() == wanted), None)

    @property
    def fields(self) -> dict[str, DataType]:
        """The columns that are fields of the object."""
        return {name: kind for name, kind in self.kinds.items() if name != self.whole}

    @property
    def end(self) -> str:
        """The name of the last field."""
        return unused("__end__", self.kinds)

    @property
    def is_empty(self) -> str:
        """The condition of an object without fields: none can be put behind them."""
        return f"{self.text} RLIKE '^{SPACE}\\\\{{{SPACE}\\\\}}{SPACE}$'"

    def values(self, row: str) -> dict[str, str]:
        """Return what was read for each column, as expressions over a row."""
        if self.whole is None:
            return {name: f"{row}.{quote_name(name)}" for name in self.kinds}
        return {
            name: f"{row}.whole" if name == self.whole else f"{row}.fields.{quote_name(name)}"
            for name in self.kinds
        }

    def parsed(self) -> str:
        """Return the expression of the row."""
        fields = [f"{quote_name(name)} {ddl(wire(kind))}" for name, kind in self.fields.items()]
        fields += [f"{self.end} bigint", f"{unused(CORRUPT, self.kinds)} string"]
        listed = literal(", ".join(fields))
        made = f"from_json(\n  {self.part.text},\n  {listed},\n  {self._options()})"
        if self.whole is None:
            return made
        # Where the text may not be parsed, neither is it here.
        safe = f"IF({self.part.text} IS NULL, NULL, {self.text})"
        return f"named_struct('fields', {made}, 'whole', try_parse_json({safe}))"

    def whole_tests(self) -> tuple[str, ...]:
        """Return the tests of a text that was read, and to its end."""
        row = self.part.row if self.whole is None else f"{self.part.row}.fields"
        tests = (
            f"{row}.{unused(CORRUPT, self.kinds)} IS NULL",
            f"{row}.{self.end} = {END}",
        )
        return tests if self.whole is None else (*tests, f"{self.part.row}.whole IS NOT NULL")

    def body(self) -> str:
        """Return the expression of the text with the last field put before its last ``}``.

        A text that does not end in one, but for blanks, becomes no JSON.
        """
        cut = f"CAST(substring({self.bytes}, 1, octet_length({self.bytes}) - 1) AS STRING)"
        trimmed = f"regexp_extract({self.text}, '(?s)^(.*)\\\\}}{SPACE}$', 1)"
        closing = literal(f',"{self.end}":{END}}}')
        return f"concat(IF(endswith({self.text}, '}}'), {cut}, {trimmed}), {closing})"

    def guards(self) -> tuple[str, ...]:
        """Return the conditions for a text that may be parsed.

        Splitting at the character that stands for bytes which are no UTF-8 takes half as long
        as ``is_valid_utf8``, and is right unless the text has that character itself.
        """
        text = self.text
        utf8 = f"(size(split({text}, '\\ufffd')) = 1 OR is_valid_utf8({text}))"
        tests = (utf8, f"NOT contains({text}, '{END}')")
        readable = self.decimals_guard()
        return (*tests, readable) if readable else tests

    def decimals_guard(self) -> str | None:
        """Return the condition of numbers that stop no query, if it was asked for."""
        guarded = self.options.get("guardDecimals", "false").lower() == "true"
        return can_be_read(self.text, self.fields) if guarded else None

    def _options(self) -> str:
        floats = any(holds(kind, "float", "double") for kind in self.kinds.values())
        options = {
            "allowSingleQuotes": "false",
            "allowNonNumericNumbers": "true" if floats else "false",
            "columnNameOfCorruptRecord": unused(CORRUPT, self.kinds),
            **{k: v for k, v in self.options.items() if k not in OWN_OPTIONS},
        }
        return "map(" + ", ".join(f"{literal(k)}, {literal(v)}" for k, v in options.items()) + ")"


def unused(name: str, kinds: Mapping[str, DataType]) -> str:
    """Return a name that no column has, made from this one."""
    while name in {k.lower() for k in kinds}:
        name += "_"
    return name
