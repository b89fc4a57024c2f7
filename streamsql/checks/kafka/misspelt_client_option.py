from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from streamsql.checks.rule import Fault, WholeProject, project_rule
from streamsql.connectors.kafka_names import CLIENT_SETTINGS
from streamsql.findings import Location, Severity

_PREFIX = "kafka."
_NEAR = 0.85  # of one: names that share their words are not meant for each other


@project_rule(Severity.WARNING)
def misspelt_client_option(whole: WholeProject) -> Iterator[Fault]:
    """An option of Kafka's client is nearly one that exists.

    Kafka's client writes a line into its log for an option that it does not know, and goes on
    without it: a misspelt `security.protocol` means no encryption. Options that are like none are
    left in peace, because plugins of the client bring their own.

    Bad:

        # models/web.yml
        sources:
          - name: web
            tables:
              - name: clicks
                topic: clicks
                format: text
                options: {kafka.secuirty.protocol: SSL}

    Good:

        # models/web.yml
        sources:
          - name: web
            tables:
              - name: clicks
                topic: clicks
                format: text
                options: {kafka.security.protocol: SSL}
    """
    for options, place, model in _given(whole):
        for name in options:
            plain = name.removeprefix(_PREFIX)
            near = () if plain in CLIENT_SETTINGS else _near(plain)
            if near:
                yield Fault(
                    f"Kafka's client has no option '{plain}'",
                    place,
                    hint=f"did you mean '{near[0]}'?",
                    model=model,
                )


def _near(name: str) -> list[str]:
    return difflib.get_close_matches(name.lower(), sorted(CLIENT_SETTINGS), n=1, cutoff=_NEAR)


def _given(whole: WholeProject) -> Iterator[tuple[Mapping[str, str], Location, str | None]]:
    """Yield the options that go to Kafka's client; a connection's may lack the prefix."""
    for connection in whole.project.target.connections.values():
        if connection.type == "kafka":
            yield connection.options, connection.location, None
    for source in whole.project.sources:
        yield _prefixed(source.options), source.location, None
    for rendered in whole.rendered:
        if rendered.config.materialized == "topic":
            place = rendered.place("options")
            yield _prefixed(rendered.config.options), place, rendered.model.name


def _prefixed(options: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in options.items() if name.startswith(_PREFIX)}
