"""Regular expressions as Java reads them: what is wrong with one, found without Java.

Only what ``java.util.regex.Pattern`` refuses for certain is told; the rest is left to Spark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_COMMENTS = re.compile(r"\(\?[a-zA-Z]*x")  # with the flag x a bracket may be in a comment
_GROUP = re.compile(r"\(\?(?:[:=!>]|<[=!]|<[a-zA-Z][a-zA-Z0-9]*>|[idmsuUx]*(?:-[idmsuUx]*)?[:)])")
_TIMES = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")
_NAMED = re.compile(r"\\[pPxN]\{[^}]*\}")
_NO_ESCAPES = frozenset("CEFIJKLMOTUYgijlmoqy")


@dataclass(slots=True)
class _Scan:
    """How far a pattern has been read, and how many groups are open there."""

    text: str
    at: int = 0
    open: int = 0
    fresh: bool = field(default=True)  # nothing stands here yet that could be repeated

    def step(self) -> str | None:
        """Read one part; what is wrong with it, or None."""
        match self.text[self.at]:
            case "\\":
                return self._escape()
            case "[":
                return self._class()
            case "(":
                return self._group()
            case ")":
                return self._close()
            case "{":
                return self._times()
            case "*" | "+" | "?" if self.fresh:
                return f"'{self.text[self.at]}' has nothing before it to repeat"
        self.fresh = self.text[self.at] == "|"
        self.at += 1
        return None

    def _escape(self) -> str | None:
        following = self.text[self.at + 1 : self.at + 2]
        if not following:
            return "it ends in a backslash"
        if following in _NO_ESCAPES:
            return f"'\\{following}' means nothing"
        self.fresh = False
        if following == "Q":
            end = self.text.find("\\E", self.at)
            self.at = len(self.text) if end < 0 else end + 2
        else:
            named = _NAMED.match(self.text, self.at)
            self.at = named.end() if named else self.at + 2
        return None

    def _class(self) -> str | None:
        """Pass over ``[…]``: others may stand inside, and a first ``]`` is a character."""
        depth, at, first = 0, self.at, False
        while at < len(self.text):
            char = self.text[at]
            if char == "\\":
                if self.text.startswith("\\Q", at):
                    end = self.text.find("\\E", at)
                    at = len(self.text) if end < 0 else end
                at, first = at + 2, False
                continue
            if char == "[":
                depth, first = depth + 1, True
                at += self.text.startswith("^", at + 1)
            elif char == "]" and not first:
                depth -= 1
                if depth == 0:
                    self.at, self.fresh = at + 1, False
                    return None
            else:
                first = False
            at += 1
        return "'[' is not closed"

    def _group(self) -> str | None:
        self.open += 1
        self.fresh = True
        if not self.text.startswith("(?", self.at):
            self.at += 1
            return None
        found = _GROUP.match(self.text, self.at)
        if found is None:
            return f"'{self.text[self.at : self.at + 3]}' begins no group that Java knows"
        if found[0].endswith(")"):
            self.open -= 1
        self.at = found.end()
        return None

    def _close(self) -> str | None:
        self.open -= 1
        self.fresh = False
        self.at += 1
        return "')' closes nothing" if self.open < 0 else None

    def _times(self) -> str | None:
        found = _TIMES.match(self.text, self.at)
        if found is None:
            return "'{' is no repetition here: write \\{ for the character"
        self.at, self.fresh = found.end(), False
        return None


def pattern_fault(text: str) -> str | None:
    """Return why Java would not compile a regular expression, None if nothing is known.

    Source: "Summary of regular-expression constructs", ``java.util.regex.Pattern``.
    """
    if _COMMENTS.search(text):
        return None
    scan = _Scan(text)
    while scan.at < len(text):
        fault = scan.step()
        if fault is not None:
            return fault
    return "'(' is not closed" if scan.open else None
