"""A baseline: the findings that an old project had when it began to be linted.

What it holds is left out, so that only what is new is told. A finding is known again by its rule,
its model (or file) and its words, not by its line, so that lines may move.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from streamsql.findings import Finding, Location, Severity

_VERSION = 1
_PLACE = re.compile(r"(?<=\w):\d+(:\d+)?\b")
_AGAIN = "write it anew: streamsql lint --write-baseline"

Key = tuple[str, str, str]


def baseline_text(findings: Iterable[Finding]) -> str:
    """Return the text of a baseline that holds these findings."""
    findings = tuple(findings)
    counts = Counter(map(_key, findings))
    first = {_key(f): f for f in reversed(findings)}
    entries = [
        {
            "rule": rule,
            "model": first[key].model,
            "path": first[key].location.path,
            "fingerprint": fingerprint,
            "count": counts[key],
            "message": first[key].message,
        }
        for key in sorted(counts)
        for rule, _, fingerprint in (key,)
    ]
    whole = {"version": _VERSION, "findings": entries}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def without_known(findings: Sequence[Finding], text: str, path: str) -> tuple[Finding, ...]:
    """Leave out the findings that a baseline holds; report what it holds and is gone."""
    try:
        known = _read(text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        message = "this is no baseline that lint has written, so it leaves nothing out"
        broken = Finding("broken-baseline", message, Location(path), Severity.WARNING, _AGAIN)
        return (*findings, broken)
    left = []
    for finding in findings:
        key = _key(finding)
        if known[key] > 0:
            known[key] -= 1
        else:
            left.append(finding)
    gone = known.total()
    if gone:
        one = f"{gone} finding{'s' if gone > 1 else ''}"
        message = f"the baseline holds {one} that {'are' if gone > 1 else 'is'} gone"
        left.append(Finding("stale-baseline", message, Location(path), Severity.INFO, _AGAIN))
    return tuple(left)


def _read(text: str) -> Counter[Key]:
    whole: dict[str, Any] = json.loads(text)
    if whole["version"] != _VERSION:
        raise ValueError
    known: Counter[Key] = Counter()
    for entry in whole["findings"]:
        subject = entry["model"] or entry["path"]
        known[str(entry["rule"]), str(subject), str(entry["fingerprint"])] += int(entry["count"])
    if min(known.values(), default=1) < 1:
        raise ValueError
    return known


def _key(finding: Finding) -> Key:
    subject = finding.model or finding.location.path
    return finding.rule, subject, _fingerprint(finding.message)


def _fingerprint(message: str) -> str:
    """Return what stays the same of a message when the lines that it speaks of move."""
    words = " ".join(_PLACE.sub("", message).split())
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]
