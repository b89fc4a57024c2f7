"""From librdkafka's errors to one sentence and a hint that a user can act on.

The error of a request is often just "timed out"; why is told by the troubles that
librdkafka reports on the way: name not found, connection refused, login refused, TLS.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from confluent_kafka import KafkaError

from streamsql.errors import ConnectionFault
from streamsql.spark.librdkafka import KafkaConnection, librdkafka_conf
from streamsql.spark.tls import speaks_tls, unreachable, verification_fault

Troubles = list[KafkaError]

_LOGIN = frozenset(
    (
        KafkaError._AUTHENTICATION,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
        KafkaError.ILLEGAL_SASL_STATE,
    )
)
_LATE = frozenset(
    (
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError._MSG_TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._DESTROY,
        KafkaError.REQUEST_TIMED_OUT,
    )
)
# From the most telling to the least.
_TELLING = (
    *_LOGIN,
    KafkaError._SSL,
    KafkaError._RESOLVE,
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
)
_ALERT = "ssl/tls alert"
_HUNG_UP = ("Disconnected", "reset by peer", "Broken pipe")
_TLS = (
    "check that the broker speaks TLS on this port, and the ssl.* options: "
    "the certificates to trust, and the broker's name"
)
_PASSING = frozenset(
    (
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.NOT_CONTROLLER,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.NETWORK_EXCEPTION,
    )
)


def is_hopeless(trouble: KafkaError) -> bool:
    """Whether waiting longer cannot help: the login or the TLS handshake was refused."""
    return trouble.code() in _LOGIN or _is_tls(trouble)


def _is_tls(error: KafkaError) -> bool:
    # A broker that answers a handshake by hanging up is reported as a transport failure,
    # with librdkafka's guess in the text; one that dislikes a client's certificate says so later.
    text = error.str()
    return error.code() == KafkaError._SSL or "PLAINTEXT broker listener" in text or _ALERT in text


def is_passing(error: KafkaError) -> bool:
    """Whether asking again soon may help: a partition is about to get its leader."""
    return error.code() in _PASSING


def fault(
    connection: KafkaConnection,
    error: KafkaError | str,
    troubles: Iterable[KafkaError],
    *,
    topic: str | None = None,
) -> ConnectionFault:
    """The ConnectionFault for an error of librdkafka and the troubles that led to it."""
    where = f"connection '{connection.name}' ({connection.bootstrap_servers})"
    if not isinstance(error, KafkaError):
        return ConnectionFault(f"{where}: the client cannot be made: {error}", hint=_mend(error))
    if error.code() in _LATE:
        error = _most_telling(error, troubles)
    what, hint = _explained(error, topic, connection)
    return ConnectionFault(f"{where}: {what}", hint=hint)


def _mend(error: str) -> str:
    if "SASL mechanism GSSAPI" in error:
        return "give sasl.mechanism, such as PLAIN or SCRAM-SHA-512: the default is Kerberos"
    return "check the options of this connection in profiles.yml"


def _most_telling(error: KafkaError, troubles: Iterable[KafkaError]) -> KafkaError:
    ranked = [t for t in troubles if t.code() in _TELLING]
    # What a server refuses it may say in a transport failure, after one that says nothing.
    return min(ranked, key=lambda t: (not is_hopeless(t), _TELLING.index(t.code())), default=error)


def _explained(
    error: KafkaError, topic: str | None, connection: KafkaConnection
) -> tuple[str, str]:
    code = error.code()
    if code in _LOGIN:
        return (
            f"the broker refuses the login: {_said(error)}",
            "check security.protocol, sasl.mechanism and sasl.jaas.config of this connection",
        )
    if _is_tls(error):
        return _no_tls(error, connection)
    if code == KafkaError._RESOLVE:
        return (f"unknown host: {_said(error)}", "check bootstrap_servers in profiles.yml")
    if code in _LATE:
        return _silence(error, connection)
    if code in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC):
        return (
            f"the topic '{topic}' does not exist" if topic else "the topic does not exist",
            "create it, or check its name and that this is the cluster you mean",
        )
    return _refused(error, topic)


def _no_tls(error: KafkaError, connection: KafkaConnection) -> tuple[str, str]:
    said = _said(error)
    address = said.partition(": ")[0]
    if _ALERT in said:
        return (
            f"no TLS connection: {address} refuses the client's certificate, or the want of one",
            "check ssl.keystore.*: a certificate that is not over, and signed by an authority "
            "that the broker trusts",
        )
    why = verification_fault(address, librdkafka_conf(connection)) if "verif" in said else None
    if why is not None:
        return (
            f"no TLS connection: the certificate of {address} is refused: {why}",
            "check that bootstrap_servers has the name in the certificate, ssl.truststore.* the "
            "authority that signed it, and that the certificate is not over",
        )
    return (f"no TLS connection: {said}", _TLS)


def _silence(error: KafkaError, connection: KafkaConnection) -> tuple[str, str]:
    """Say why no answer came. What librdkafka has told by then is a matter of the moment, so where
    it is not that a server cannot be reached, the server is tried once more."""
    said = _said(error)
    hung_up = any(sign in said for sign in _HUNG_UP)
    if error.code() == KafkaError._TRANSPORT and not hung_up:
        return _no_answer(f": {said}")
    address = connection.bootstrap_servers.partition(",")[0].strip()
    why = unreachable(address)
    if why is not None:
        return _no_answer(f": {address}: {why}")
    if hung_up or error.code() == KafkaError._ALL_BROKERS_DOWN:
        return _hung_up(connection, address)
    return _no_answer(" in time")


def _no_answer(why: str) -> tuple[str, str]:
    return (
        f"no broker answers{why}",
        "start the broker, or check bootstrap_servers in profiles.yml and the network",
    )


def _hung_up(connection: KafkaConnection, address: str) -> tuple[str, str]:
    """Say what a server means by hanging up."""
    protocol = librdkafka_conf(connection).get("security.protocol", "PLAINTEXT")
    wants_tls = protocol.upper().endswith("SSL")
    if wants_tls == speaks_tls(address):
        return (
            "the server takes connections, but hangs up",
            "check security.protocol: the port may expect TLS or a login, or may be no Kafka",
        )
    if wants_tls:  # librdkafka guesses so only if it happens in the middle of its handshake
        return (f"no TLS connection: {address} hangs up instead of a handshake", _TLS)
    return (
        f"the server speaks TLS, and security.protocol is {protocol}",
        "set security.protocol to SSL, or to SASL_SSL with a login, or use another port",
    )


def _refused(error: KafkaError, topic: str | None) -> tuple[str, str]:
    about = f"topic '{topic}': " if topic else ""
    refused = {
        KafkaError.TOPIC_AUTHORIZATION_FAILED: "give this user the rights on the topic",
        KafkaError.CLUSTER_AUTHORIZATION_FAILED: "give this user the rights on the cluster",
        KafkaError.GROUP_AUTHORIZATION_FAILED: "give this user the rights on the consumer group",
        KafkaError.INVALID_REPLICATION_FACTOR: "set a replication that the cluster's brokers allow",
        KafkaError.INVALID_PARTITIONS: "set another number of partitions",
        KafkaError.TOPIC_EXCEPTION: "use letters, digits, '.', '_' and '-', 249 at most",
        KafkaError.INVALID_CONFIG: "check the topic_config of the model",
        KafkaError.POLICY_VIOLATION: "ask who runs the cluster: its policy forbids this",
        KafkaError.INVALID_RECORD: "give every record of a compacted topic a key",
        KafkaError.MSG_SIZE_TOO_LARGE: "raise max.message.bytes of the topic, or write less",
    }
    hint = refused.get(error.code(), "look into the broker's log for this time")
    return (f"{about}{_said(error)}", hint)


def _said(error: KafkaError) -> str:
    """librdkafka's text without its names for threads, times and states, which help nobody."""
    text = error.str().partition(" (after ")[0]
    return re.sub(r"^(?:\w+://)?(\S+)/(?:bootstrap|\d+): ", r"\1: ", text)
