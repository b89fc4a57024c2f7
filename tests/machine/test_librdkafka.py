from __future__ import annotations

from pathlib import Path

import pytest

from streamsql.errors import ConnectionFault
from streamsql.spark.librdkafka import KafkaConnection, librdkafka_conf

PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"


def conf(**options: str) -> dict[str, str]:
    named = {name.replace("_", "."): value for name, value in options.items()}
    mapped = librdkafka_conf(KafkaConnection("shop", "b:9092", named))
    assert mapped.pop("bootstrap.servers") == "b:9092"
    return mapped


def test_options_count_with_and_without_sparks_prefix() -> None:
    expected = {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512"}
    assert conf(security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-512") == expected
    assert conf(kafka_security_protocol="SASL_SSL", kafka_sasl_mechanism="SCRAM-SHA-512") == (
        expected
    )


def test_what_only_tunes_reading_is_left_out() -> None:
    assert conf(kafka_max_poll_records="500", kafka_fetch_max_bytes="1") == {}


@pytest.mark.parametrize(
    ("jaas", "password"),
    [
        (f'{PLAIN} required username="u" password="p";', "p"),
        (f"{PLAIN} required username='u' password='p q;=';", "p q;="),
        (f'{PLAIN} required\n  username = "u"\n  password = "a\\"b\\\\c";', 'a"b\\c'),
        (f"{PLAIN} required username=u password=p;", "p"),
        (f'{PLAIN} required username="u" password="it\'s = fine;";', "it's = fine;"),
    ],
)
def test_user_and_password_are_read_from_jaas(jaas: str, password: str) -> None:
    assert conf(sasl_jaas_config=jaas) == {"sasl.username": "u", "sasl.password": password}


def test_a_kerberos_login() -> None:
    jaas = 'com.sun.Krb5LoginModule required useKeyTab=true keyTab="/k" principal="me@X";'
    assert conf(sasl_jaas_config=jaas, sasl_kerberos_service_name="kafka") == {
        "sasl.kerberos.keytab": "/k",
        "sasl.kerberos.principal": "me@X",
        "sasl.kerberos.service.name": "kafka",
    }


def test_a_token_login() -> None:
    jaas = 'OAuthBearerLoginModule required clientId="c" clientSecret="s" scope="all";'
    url = "https://login.example/token"
    assert conf(sasl_jaas_config=jaas, sasl_oauthbearer_token_endpoint_url=url) == {
        "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.client.id": "c",
        "sasl.oauthbearer.client.secret": "s",
        "sasl.oauthbearer.scope": "all",
        "sasl.oauthbearer.token.endpoint.url": url,
    }


def test_pem_files_and_texts() -> None:
    assert conf(ssl_truststore_location="/ca.pem", ssl_truststore_type="PEM") == {
        "ssl.ca.location": "/ca.pem"
    }
    assert conf(ssl_keystore_location="/me.pem", ssl_keystore_type="pem") == {
        "ssl.certificate.location": "/me.pem",
        "ssl.key.location": "/me.pem",
    }
    assert conf(ssl_truststore_certificates="CA", ssl_keystore_key="KEY") == {
        "ssl.ca.pem": "CA",
        "ssl.key.pem": "KEY",
    }


def test_a_pkcs12_key_store_with_its_password() -> None:
    options = {
        "ssl_keystore_location": "/me.p12",
        "ssl_keystore_type": "PKCS12",
        "ssl_keystore_password": "p",
    }
    assert conf(**options) == {"ssl.keystore.location": "/me.p12", "ssl.keystore.password": "p"}


def test_an_empty_identification_algorithm_means_none() -> None:
    assert conf(ssl_endpoint_identification_algorithm="") == {
        "ssl.endpoint.identification.algorithm": "none"
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sasl.client.callback.handler.class", "x.Handler"),
        ("sasl.login.callback.handler.class", "x.Handler"),
        ("sasl.login.class", "x.Login"),
        ("ssl.engine.factory.class", "x.Engine"),
        ("sasl.jaas.config", 'Scram required username="u" password="s3cret" tokenauth="true";'),
        ("sasl.jaas.config", "com.example.Module required;"),
    ],
)
def test_what_only_java_can_do_is_said(name: str, value: str) -> None:
    with pytest.raises(ConnectionFault, match=f"'shop': the option {name} ") as caught:
        librdkafka_conf(KafkaConnection("shop", "b:9092", {name: value}))
    assert "s3cret" not in caught.value.message


def test_a_key_store_of_java_is_told_how_to_become_another(tmp_path: Path) -> None:
    store = tmp_path / "me.p12"
    store.write_bytes(b"\xfe\xed\xfe\xed and more")
    options = {"ssl.keystore.location": str(store), "ssl.keystore.type": "PKCS12"}
    with pytest.raises(
        ConnectionFault, match=r"'shop': the option ssl\.keystore\.location "
    ) as caught:
        librdkafka_conf(KafkaConnection("shop", "b:9092", options))
    assert "-deststoretype PKCS12" in caught.value.message


def test_a_trust_store_that_is_not_there_is_said() -> None:
    options = {"ssl.truststore.location": "/nowhere/trust.jks"}
    with pytest.raises(
        ConnectionFault, match=r"'shop': .*/nowhere/trust\.jks cannot be read: No such"
    ):
        librdkafka_conf(KafkaConnection("shop", "b:9092", options))


def test_options_are_never_printed() -> None:
    assert "s3cret" not in repr(KafkaConnection("shop", "b:9092", {"sasl.jaas.config": "s3cret"}))
