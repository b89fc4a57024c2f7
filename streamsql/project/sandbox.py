"""Jinja that can only compute: no files, no imports, no attributes of Python, no bombs.

Built on Jinja's immutable sandbox, which keeps templates from changing what they are given. What
it lacks are bounds: here texts and numbers stay small however they are made, and what is random
is left out, because a compile gives the same result each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sized
from functools import wraps
from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from streamsql.project.containers import Scales

LONGEST_TEXT = 1_000_000
_HALVES = re.compile("[\ud800-\udfff]")
_LONGEST_WRAPPED = 100_000
_LARGEST_BITS = 100_000
_LARGEST_ARGUMENT = 10_000
_RANDOM = ("random",)
_SIZING_FILTERS = ("batch", "center", "indent", "round", "slice", "tojson", "truncate", "wordwrap")
# What they fill up with, or begin to add at, could be a list: lists in lists, or ever longer ones.
_LISTING_FILTERS = ("dictsort", "groupby", "list", "sort")
_NESTING_FILTERS = ("batch", "slice", "sum")
_CONTAINERS = (list, tuple, dict)
_GROWING_FILTERS = ("indent", "join", "replace")
_SIZING_METHODS = frozenset(
    {"center", "expandtabs", "ljust", "rjust", "to_bytes", "translate", "zfill"}
)


class TemplateFault(Exception):  # noqa: N818 - it becomes a finding, not an error
    """What a function offered to templates refuses; whoever renders adds the place."""

    def __init__(self, rule: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.hint = hint


class Sandbox(ImmutableSandboxedEnvironment):
    """A Jinja environment for texts of strangers."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(undefined=StrictUndefined, **options)
        offered = ("range", "dict", "namespace", "cycler", "joiner")
        self.globals = {name: self.globals[name] for name in offered}
        self.filters = {n: f for n, f in self.filters.items() if n not in _RANDOM}
        for name in {*_SIZING_FILTERS, *_GROWING_FILTERS, "format", "sum"}:
            self.filters[name] = _bounded(self.filters[name], name)
        for name in _LISTING_FILTERS:
            self.filters[name] = self._weighing(self.filters[name])

    def _weighing(self, filter_: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(filter_)
        def weighing(*args: Any, **kwargs: Any) -> Any:
            return self.built(filter_(*args, **kwargs))

        return weighing

    def built(self, value: Any) -> Any:
        """Return a list or dict that a template has made, unless it is too large."""
        return Scales().check(value)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Refuse, besides what Jinja refuses, what could be huge, and our objects' own parts.

        Of streamsql's objects templates see what their class lists as ``OFFERED``.
        """
        if attr in _SIZING_METHODS and isinstance(obj, str | bytes | int):
            return False
        if _is_ours(obj):
            return attr in getattr(type(obj), "OFFERED", ())
        return bool(super().is_safe_attribute(obj, attr, value))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Compute ``left operator right`` unless the result could be huge."""
        if _is_huge_binop(operator, left, right):
            raise SecurityError(f"the result of '{operator}' is too large")
        return self.built(super().call_binop(context, operator, left, right))

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call a function of a template unless its result could be huge."""
        method = getattr(__obj, "__wrapped__", __obj)
        owner = getattr(method, "__self__", None)
        if isinstance(owner, str | bytes) and _is_huge_method(owner, method.__name__, args):
            raise SecurityError(f"the result of '{method.__name__}' is too large")
        return super().call(__context, __obj, *args, **kwargs)


def whole_text(text: str) -> str:
    """Return a text that can be written anywhere.

    Raises:
        SecurityError: it has half of a character (``"\\ud800"``), which no file can hold.
    """
    if not text.isascii() and (half := _HALVES.search(text)):
        raise SecurityError(f"\\u{ord(half[0]):x} is half of a character, and no text")
    return text


def has_jinja(text: str) -> bool:
    """Tell whether a text has anything for Jinja to do."""
    return "{{" in text or "{%" in text or "{#" in text


def _is_ours(value: Any) -> bool:
    return type(value).__module__.startswith("streamsql.") and not isinstance(value, str)


def _is_huge_binop(operator: str, left: Any, right: Any) -> bool:
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length()
        if operator == "**":
            return bits * abs(right) > _LARGEST_BITS
        return operator == "*" and bits + right.bit_length() > _LARGEST_BITS
    match operator:
        case "*":
            counts = [abs(v) for v in (left, right) if isinstance(v, int)]
            return bool(counts) and max(_length(left), _length(right)) * counts[0] > LONGEST_TEXT
        case "+":
            return _length(left) + _length(right) > LONGEST_TEXT
        case "%":
            return isinstance(left, str) and _asks_for_width(left)
    return False


def _is_huge_method(owner: str | bytes, method: str, args: tuple[Any, ...]) -> bool:
    match method:
        case "replace":
            return len(args) > 1 and (len(owner) + 1) * _length(args[1]) > LONGEST_TEXT
        case "join":
            return bool(args) and len(owner) * _length(args[0]) > LONGEST_TEXT
        case "format" | "format_map":
            return isinstance(owner, str) and _asks_for_width(owner)
    return False


def _asks_for_width(text: str) -> bool:
    """Tell whether a format text asks for a great width, or for one that is passed in."""
    numbers = (int(digits[-9:]) for digits in re.findall(r"[0-9]+", text))
    passed_in = re.search(r"%[-+ #0]*[0-9]*\.?\*|\{[^{}]*:[^{}]*\{", text)
    return passed_in is not None or any(n > _LARGEST_ARGUMENT for n in numbers)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, Sized) else 0


def _bounded(filter_: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Wrap a filter so that it refuses arguments that make a huge text."""
    takes_context = hasattr(filter_, "jinja_pass_arg")

    @wraps(filter_)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        value, *rest = args[1:] if takes_context else args
        if _is_huge_filter(name, value, (*rest, *kwargs.values())):
            raise SecurityError(f"the result of '{name}' is too large")
        return filter_(*args, **kwargs)

    return bounded


def _is_huge_filter(name: str, value: Any, arguments: Iterable[Any]) -> bool:
    if name == "format":
        return isinstance(value, str) and _asks_for_width(value)
    arguments = tuple(arguments)
    if name in _NESTING_FILTERS and any(isinstance(a, _CONTAINERS) for a in arguments):
        return True
    if name in _SIZING_FILTERS and any(
        isinstance(a, int) and abs(a) > _LARGEST_ARGUMENT for a in arguments
    ):
        return True
    if name == "wordwrap" and _length(value) > _LONGEST_WRAPPED:
        return True
    if name == "indent" and isinstance(value, str):
        widths = [a for a in arguments if isinstance(a, int)]
        if (value.count("\n") + 1) * max(widths, default=0) > LONGEST_TEXT:
            return True
    longest = max((_length(a) for a in arguments if isinstance(a, str)), default=0)
    return name in _GROWING_FILTERS and (_length(value) + 1) * longest > LONGEST_TEXT
