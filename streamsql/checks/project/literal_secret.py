from __future__ import annotations

from collections.abc import Iterator

from streamsql.checks.rule import Fault, WholeProject, project_rule
from streamsql.findings import Location, Severity
from streamsql.secrets import Secret, find_secrets

_READ = (".sql", ".yml", ".yaml", ".toml")


@project_rule(Severity.WARNING)
def literal_secret(whole: WholeProject) -> Iterator[Fault]:
    """A file of the project holds what looks like a password, key or token.

    What is in a file is in every copy of the project and in its history. Take it from the
    environment: `env_var('STREAMSQL_ENV_SECRET_…')` in profiles.yml, where its value is masked in
    all that is printed. Then change the secret, because it has been seen.

    Bad:

        -- models/orders_out.sql
        {{ config(materialized='topic', options={'kafka.ssl.key.password': 'hunter22'}) }}
        SELECT order_id FROM {{ source('shop', 'orders') }}

    Good:

        -- models/orders_out.sql
        {{ config(materialized='topic') }}
        SELECT order_id FROM {{ source('shop', 'orders') }}
    """
    models = {model.path: model.name for model in whole.project.models}
    for path, text in whole.texts.items():
        for secret in find_secrets(path, text) if path.endswith(_READ) else ():
            yield Fault(
                f"this looks like {secret.what}",
                _location(path, text, secret),
                hint="read it with env_var() in profiles.yml, and change it: it has been seen",
                model=models.get(path),
            )


def _location(path: str, text: str, secret: Secret) -> Location:
    before = text[: secret.start]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return Location(path, line, column, line, column + secret.end - secret.start)
