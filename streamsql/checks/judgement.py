"""From what was found to what is told: the severities, ignores and baseline of a project.

What is an error from the start stays one: Spark refuses it or it cannot be compiled, and no
setting makes it run. Everything else is the project's to weigh.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from streamsql.checks.baseline import without_known
from streamsql.checks.catalogue import Documented, is_adjustable, is_fixed
from streamsql.checks.folders import folders_meant, is_in_folder
from streamsql.checks.ignores import Ignore, Ignores, find_ignores
from streamsql.findings import Finding, Location, Severity, did_you_mean, sort_findings
from streamsql.project.masking import mask_finding
from streamsql.project.nodes import Project, Settings
from streamsql.secrets import find_secrets

_OFF = "off"


class Judgement(NamedTuple):
    """What is told; ``errors`` forbid a run, ``adoptable`` is what a baseline may hold, itself
    left aside."""

    findings: tuple[Finding, ...]
    errors: tuple[Finding, ...]
    adoptable: tuple[Finding, ...]


def is_error(finding: Finding, known: Mapping[str, Documented]) -> bool:
    """Tell whether a finding forbids a run; a rule of others may fail a lint, and no more."""
    return finding.is_error and (
        finding.rule not in known or not is_adjustable(known[finding.rule])
    )


def errors_of(found: Iterable[Finding], known: Mapping[str, Documented]) -> tuple[Finding, ...]:
    """Return the findings that forbid a run, whatever the settings of lint say."""
    return tuple(f for f in found if is_error(f, known))


def judge(
    found: Sequence[Finding],
    project: Project,
    texts: Mapping[str, str],
    known: Mapping[str, Documented],
) -> Judgement:
    """Weigh the findings of all stages by ``[tool.streamsql.lint]``, comments and baseline.

    ``known`` is everything that can be found, by its name.
    """
    settings = project.settings
    lint = settings.lint
    ignores, nameless = find_ignores(texts)
    fixed = errors_of(found, known)
    rest = [f for f in found if not is_error(f, known)]
    rest += (*nameless, *_about_settings(settings, texts, known))
    rest += (f for i in ignores.all for f in _about_rule(i.rule, known, i.location))
    levels = Levels(settings)
    weighed = levels.weigh(rest)
    kept = [f for f in weighed if not ignores.of(f)]
    if fixed:
        kept += levels.weigh(_not_ignorable(ignores, fixed))
    else:  # with errors, not everything could be checked
        used = {i for f in weighed for i in ignores.of(f)}
        kept += levels.weigh(_unused(ignores.all, used, known, levels))
    told = sort_findings(_with_models(kept, project))
    adoptable = tuple(f for f in told if f.rule not in known or known[f.rule].topic != "lint")
    if lint.baseline in texts:
        told = levels.weigh(without_known(told, texts[lint.baseline], lint.baseline))
    values = _secret_values(found, texts)
    kinds = sort_findings((*fixed, *told)), fixed, adoptable
    return Judgement(*(tuple(mask_finding(f, values) for f in kind) for kind in kinds))


def _secret_values(found: Iterable[Finding], texts: Mapping[str, str]) -> frozenset[str]:
    """Return what stands literally in files and must not: other findings may quote it."""
    paths = {f.location.path for f in found if f.rule == "literal-secret"}
    read = {path: texts[path] for path in paths if path in texts}
    return frozenset(
        text[s.start : s.end] for path, text in read.items() for s in find_secrets(path, text)
    )


def _with_models(findings: Sequence[Finding], project: Project) -> Iterator[Finding]:
    """Say of findings about comments which model's they are."""
    models: Mapping[str, str] = {}
    for finding in findings:
        if finding.model is None and finding.location.path.endswith(".sql"):
            models = models or {m.path: m.name for m in project.models}
            yield finding._replace(model=models.get(finding.location.path))
        else:
            yield finding


class Levels(NamedTuple):
    """What the findings of each rule are, in each folder."""

    settings: Settings

    def weigh(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Give each finding its severity; those that are switched off are left out."""
        lint = self.settings.lint
        if not lint.rules and not lint.folders:
            return tuple(findings)
        weighed = ((f, self.of(f.rule, f.location.path)) for f in findings)
        return tuple(
            f if level is None else f._replace(severity=Severity(level))
            for f, level in weighed
            if level != _OFF
        )

    def of(self, rule: str, path: str) -> str | None:
        """Return what the settings say of a rule in a file: the innermost folder decides."""
        lint = self.settings.lint
        level = lint.rules.get(rule)
        depth = -1
        for folder, rules in lint.folders.items():
            inner = max(map(len, folders_meant(folder, self.settings, path)), default=-1)
            if rule in rules and inner > depth:
                level, depth = rules[rule], inner
        return level


def _about_settings(
    settings: Settings,
    texts: Mapping[str, str],
    known: Mapping[str, Documented],
) -> Iterator[Finding]:
    lint = settings.lint
    for rule, level in lint.rules.items():
        yield from _about_level(rule, level, known, lint.places["rules", rule])
    for folder, rules in lint.folders.items():
        yield from _about_folder(folder, ("folders", folder), settings, texts)
        for rule, level in rules.items():
            place = lint.places["folders", folder, rule]
            yield from _about_level(rule, level, known, place)
    for folder in lint.naming:
        yield from _about_folder(folder, ("naming", folder), settings, texts)


def _about_folder(
    folder: str, key: tuple[str, ...], settings: Settings, texts: Mapping[str, str]
) -> Iterator[Finding]:
    if any(is_in_folder(path, folder, settings) for path in texts):
        return
    folders = {path.rpartition("/")[0] for path in texts}
    folders |= {f[len(root) + 1 :] for f in folders for root in settings.model_paths if f}
    yield Finding(
        "unknown-folder",
        f"there is nothing in a folder '{folder}' of this project",
        settings.lint.places[key],
        Severity.WARNING,
        did_you_mean(folder, folders),
    )


def _about_rule(rule: str, known: Mapping[str, Documented], place: Location) -> Iterator[Finding]:
    if rule not in known:
        hint = did_you_mean(rule, known) or "streamsql lint --rules lists them"
        message = f"there is no rule '{rule}'"
        yield Finding("unknown-rule", message, place, Severity.WARNING, hint)


def _about_level(
    rule: str, level: str, known: Mapping[str, Documented], place: Location
) -> Iterator[Finding]:
    yield from _about_rule(rule, known, place)
    if rule in known and is_fixed(known[rule]) and level != "error":
        yield _fixed(rule, place)


def _fixed(rule: str, place: Location) -> Finding:
    return Finding(
        "fixed-severity",
        f"'{rule}' is always an error: Spark refuses it, or it cannot be compiled",
        place,
        Severity.WARNING,
        f"mend what it finds; streamsql lint --explain {rule} says how",
    )


def _unused(
    ignores: Iterable[Ignore],
    used: Collection[Ignore],
    known: Mapping[str, Documented],
    levels: Levels,
) -> Iterator[Finding]:
    for ignore in ignores:
        off = levels.of(ignore.rule, ignore.location.path) == _OFF
        if ignore not in used and ignore.rule in known and not off:
            yield Finding(
                "unused-ignore",
                f"there is no finding '{ignore.rule}' here to ignore",
                ignore.location,
                Severity.WARNING,
                "take the comment away, or put it at the line of the finding",
            )


def _not_ignorable(ignores: Ignores, fixed: Sequence[Finding]) -> Iterator[Finding]:
    for finding in fixed:
        yield from (_fixed(i.rule, i.location) for i in ignores.of(finding))
