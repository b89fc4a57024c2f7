from __future__ import annotations

from streamsql.cli.diagnosis import diagnose_profiles

LOGIN = """\
options:
  ssl.truststore.password: {store}
  sasl.jaas.config: 'PlainLoginModule required username="u" password="{login}";'
"""


def test_debug_warns_of_secrets_that_stand_in_the_profile() -> None:
    text = LOGIN.format(store="hunter2hunter2", login="hunter3hunter3")
    (outcome,) = diagnose_profiles("~/.streamsql/profiles.yml", text)
    assert outcome.ok is None
    assert outcome.text.endswith("holds what looks like a secret, in line 2, 3")
    assert "env_var('STREAMSQL_ENV_SECRET_" in str(outcome.hint)
    assert "hunter" not in outcome.text + str(outcome.hint)


def test_debug_is_content_with_secrets_of_the_environment() -> None:
    given = "{{ env_var('STREAMSQL_ENV_SECRET_KAFKA') }}"
    text = LOGIN.format(store=f'"{given}"', login=given.replace("'", "''"))
    assert list(diagnose_profiles("profiles.yml", text)) == []
