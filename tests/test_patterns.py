from __future__ import annotations

import pytest

from streamsql.patterns import pattern_fault

FAULTS = {
    "(shop|web": "'(' is not closed",
    "shop)": "')' closes nothing",
    "[a-z": "'[' is not closed",
    "[]": "'[' is not closed",
    "[^]": "'[' is not closed",
    "*.csv": "'*' has nothing before it to repeat",
    "a|+b": "'+' has nothing before it to repeat",
    "(?P<code>x)": "'(?P' begins no group that Java knows",
    '^{"id"': "'{' is no repetition here: write \\{ for the character",
    "x{,3}": "'{' is no repetition here: write \\{ for the character",
    "a\\": "it ends in a backslash",
    r"\y": r"'\y' means nothing",
}
SOUND = (
    "",
    r"^(?:shop|web)-\d{2,3}$",
    r"(?<code>[A-Z]+)\k<code>",
    "[]a]",
    "[^]a]",
    "[a-z&&[^aeiou]]",
    r"[\](]",
    r"[\Q]\E]",
    r"\Q(*\E.*",
    r"\p{L}+\x{41}",
    "(?i)a(?=b)(?<!c)(?-s:d)",
    "a*?b++",
    "}",
    "(?x)a # (",
)


@pytest.mark.parametrize("pattern", FAULTS)
def test_what_is_wrong_is_told(pattern: str) -> None:
    assert pattern_fault(pattern) == FAULTS[pattern]


@pytest.mark.parametrize("pattern", SOUND)
def test_what_java_reads_is_left_alone(pattern: str) -> None:
    assert pattern_fault(pattern) is None
