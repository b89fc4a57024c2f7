"""profiles.yml: the chosen target, its secrets, and what is wrong with it."""

from __future__ import annotations

import pytest
from project_texts import load, told

from streamsql.errors import ProjectError
from streamsql.project.masking import is_secret_option, mask, secret_options

PROFILES = """\
shop:
  target: "{{ env_var('WHERE', 'dev') }}"
  outputs:
    dev:
      connections: {kafka: {type: kafka, embedded: true}}
      vars: {currency: EUR}
    prod:
      spark: {master: "spark://host:7077", version: 4.2, conf: {spark.x.password: hidden-1}}
      checkpoints: s3a://bucket/checkpoints
      connections:
        kafka:
          type: kafka
          bootstrap_servers: "{{ env_var('BROKERS') }}"
          options:
            security.protocol: SASL_SSL
            sasl.jaas.config: >-
              PlainLoginModule required username="u"
              password="{{ env_var('STREAMSQL_ENV_SECRET_P') }}";
"""
ENV = {"BROKERS": "a:1,b:2", "STREAMSQL_ENV_SECRET_P": 'se#c"ret: {}'}


def test_defaults() -> None:
    target = load(profiles=PROFILES, installed_spark="4.3.0").target
    assert (target.name, target.spark.master, target.spark.version) == ("dev", "local[*]", "4.3.0")
    assert (target.checkpoints, target.warehouse) == ("target/checkpoints", "target/warehouse")
    assert load(profiles=PROFILES).target.spark.version == "4.1.1"
    assert target.connections["kafka"].embedded


def test_the_chosen_target_and_its_secrets() -> None:
    project = load(profiles=PROFILES, target="prod", env=ENV, installed_spark="4.3.0")
    assert project.findings == ()
    kafka = project.target.connections["kafka"]
    assert kafka.bootstrap_servers == "a:1,b:2"
    assert project.target.spark.version == "4.2"
    assert 'password="se#c"ret: {}"' in kafka.options["sasl.jaas.config"]
    assert ENV["STREAMSQL_ENV_SECRET_P"] in project.secrets
    assert "hidden-1" in project.secrets
    masked = mask(
        f"x {kafka.options['sasl.jaas.config']} {ENV['STREAMSQL_ENV_SECRET_P']}", project.secrets
    )
    assert masked == "x ***** *****"
    assert "se#c" not in repr(project)


def test_a_target_may_be_chosen_by_the_environment() -> None:
    assert load(profiles=PROFILES, env={**ENV, "WHERE": "prod"}).target.name == "prod"


def test_vars_of_the_command_line_go_before_the_targets_and_the_settings() -> None:
    settings = 'name = "shop"\nvars = {currency = "CHF", other = 1, third = 1}\n'
    target = load(profiles=PROFILES, settings=settings, vars={"other": 2}).target
    assert target.vars == {"currency": "EUR", "other": 2, "third": 1}


STOPPING = {
    "no such target": (PROFILES, {"target": "prd"}, "no target 'prd'", "did you mean 'prod'?"),
    "unset variable": (PROFILES, {"target": "prod"}, "'BROKERS' is not set", "set it"),
    "no profile": ("shpo: {}", {}, "no profile 'shop'", "did you mean 'shpo'?"),
    "no profiles": (None, {}, "no profiles.yml", "shop"),
    "empty": ("", {}, "no profile 'shop'", "none"),
    "no outputs": ("shop: {target: dev}", {}, "needs 'outputs'", None),
    "broken": ("shop: [", {}, "did not find", None),
    "no default": ("shop: {outputs: {a: {}, b: {}}}", {}, "which target", "a, b"),
    "spark connect": (
        "shop: {outputs: {a: {spark: {remote: 'sc://x'}}}}",
        {},
        "Spark Connect",
        "master",
    ),
    "no type": ("shop: {outputs: {a: {connections: {k: {}}}}}", {}, "needs 'type'", None),
    "a wrong type": ("shop: {outputs: {a: {spark: local}}}", {}, "expected a mapping", None),
    "a loop": (
        "shop: {outputs: {a: {warehouse: '{% for x in y %}{% endfor %}'}}}",
        {},
        "for models",
        None,
    ),
    "ref": ("shop: {outputs: {a: {warehouse: '{{ ref(1) }}'}}}", {}, "'ref' is not known", "env"),
}


@pytest.mark.parametrize(("text", "given", "message", "hint"), STOPPING.values(), ids=STOPPING)
def test_what_stops(
    text: str | None, given: dict[str, str], message: str, hint: str | None
) -> None:
    with pytest.raises(ProjectError) as caught:
        load(profiles=text, **given)
    assert message in str(caught.value)
    assert hint is None or hint in str(caught.value.hint)


def test_what_does_not_stop() -> None:
    text = """\
shop:
  traget: dev
  outputs:
    dev:
      chekpoints: x
      connections: {kafka: {type: kafka}, other: {type: kafka, bootstrap: x, embedded: true}}
    prod: {sprak: {}}
"""
    project = load(profiles=text, target="dev")
    assert told(project.findings) == [
        "profiles.yml:2:3 unknown-key",
        "profiles.yml:5:7 unknown-key",
        "profiles.yml:6:35 missing-key",
        "profiles.yml:6:64 unknown-key",
        "profiles.yml:7:12 unknown-key",
    ]


@pytest.mark.parametrize("version", ["4 1.1", "four", "'4.1.1 or so'", "4..1"])
def test_a_version_is_one(version: str) -> None:
    text = f"shop: {{target: dev, outputs: {{dev: {{spark: {{version: {version}}}}}}}}}"
    with pytest.raises(ProjectError, match="is no version"):
        load(profiles=text)


def test_no_secret_gets_into_a_finding() -> None:
    embedded = "{{ env_var('STREAMSQL_ENV_SECRET_P') }}"
    text = f'shop: {{outputs: {{a: {{connections: {{k: {{type: x, embedded: "{embedded}"}}}}}}}}}}'
    with pytest.raises(ProjectError) as caught:
        load(profiles=text, env={"STREAMSQL_ENV_SECRET_P": "hunter22"})
    assert "*****" in str(caught.value)
    assert "hunter22" not in str(caught.value) + repr(caught.value.findings)


def test_secret_options_are_known_by_their_names() -> None:
    secret = [
        "ssl.key.password",
        "sasl.jaas.config",
        "aws.secret.key",
        "ssl.keystore.key",
        "api_key",
    ]
    public = [
        "security.protocol",
        "key.deserializer",
        "keyspace",
        "monkey",
        "ssl.keystore.location",
    ]
    assert [n for n in secret + public if is_secret_option(n)] == secret


@pytest.mark.parametrize(
    ("jaas", "secrets"),
    [
        ('M required username="u" password="p q;";', {"p q;"}),
        ("M required username='u' password='it\\'s';", {"it\\'s", "it's"}),
        ("M required username=u password=plain;", {"plain"}),
        ('M required clientId="c" clientSecret="cs";', {"cs"}),
        ('M required username="u" password="a\\"b";', {'a\\"b', 'a"b'}),
    ],
)
def test_passwords_inside_a_login_are_secrets_too(jaas: str, secrets: set[str]) -> None:
    """As they stand in the login, and as they are meant: either may be repeated by somebody."""
    assert secret_options({"kafka.sasl.jaas.config": jaas}) == {jaas, *secrets}
