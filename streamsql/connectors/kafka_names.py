"""Names that Kafka knows: what a topic may be called, its settings, and those of its clients.

Those of the clients of Kafka 3.9, which Spark uses, and of 4.1, and of a broker of 4.1; the suite
asks them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from streamsql.connectors.options import Check, flag, one_of, text

_LONGEST = 249
_LEGAL = re.compile(r"[A-Za-z0-9._-]+")


def topic_name_fault(name: str) -> str | None:
    """Say why a broker would refuse a topic's name; nothing if it would not."""
    if name in (".", ".."):
        return "it stands for a folder"
    if len(name) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    if not _LEGAL.fullmatch(name):
        return "it may have letters, digits, '.', '_' and '-' only"
    return None


def _number(value: str) -> str | None:
    if re.fullmatch(r"-?\d{1,19}", value):
        return None
    return f"'{value}', and must be a whole number"


def _ratio(value: str) -> str | None:
    if re.fullmatch(r"0(\.\d+)?|1(\.0+)?|\.\d+", value):
        return None
    return f"'{value}', and must be a number from 0 to 1"


def _policies(value: str) -> str | None:
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if all(part in ("delete", "compact") for part in parts):
        return None
    return f"'{value}', and must be delete, compact, or both with a comma between"


TOPIC_SETTINGS: Mapping[str, Check] = {
    "cleanup.policy": _policies,
    "compression.gzip.level": _number,
    "compression.lz4.level": _number,
    "compression.type": one_of("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
    "compression.zstd.level": _number,
    "delete.retention.ms": _number,
    "file.delete.delay.ms": _number,
    "flush.messages": _number,
    "flush.ms": _number,
    "follower.replication.throttled.replicas": text,
    "index.interval.bytes": _number,
    "leader.replication.throttled.replicas": text,
    "local.retention.bytes": _number,
    "local.retention.ms": _number,
    "max.compaction.lag.ms": _number,
    "max.message.bytes": _number,
    "message.timestamp.after.max.ms": _number,
    "message.timestamp.before.max.ms": _number,
    "message.timestamp.type": one_of("createtime", "logappendtime"),
    "min.cleanable.dirty.ratio": _ratio,
    "min.compaction.lag.ms": _number,
    "min.insync.replicas": _number,
    "preallocate": flag,
    "remote.log.copy.disable": flag,
    "remote.log.delete.on.disable": flag,
    "remote.storage.enable": flag,
    "retention.bytes": _number,
    "retention.ms": _number,
    "segment.bytes": _number,
    "segment.index.bytes": _number,
    "segment.jitter.ms": _number,
    "segment.ms": _number,
    "unclean.leader.election.enable": flag,
}

_SHARED = """
auto.include.jmx.reporter bootstrap.servers client.dns.lookup client.id client.rack
connections.max.idle.ms default.api.timeout.ms enable.metrics.push interceptor.classes
metadata.max.age.ms metadata.recovery.rebootstrap.trigger.ms metadata.recovery.strategy
metric.reporters metrics.num.samples metrics.recording.level metrics.sample.window.ms
receive.buffer.bytes reconnect.backoff.max.ms reconnect.backoff.ms request.timeout.ms
retry.backoff.max.ms retry.backoff.ms security.protocol security.providers send.buffer.bytes
socket.connection.setup.timeout.max.ms socket.connection.setup.timeout.ms
"""
_SECURITY = """
sasl.client.callback.handler.class sasl.jaas.config sasl.kerberos.kinit.cmd
sasl.kerberos.min.time.before.relogin sasl.kerberos.service.name sasl.kerberos.ticket.renew.jitter
sasl.kerberos.ticket.renew.window.factor sasl.login.callback.handler.class sasl.login.class
sasl.login.connect.timeout.ms sasl.login.read.timeout.ms sasl.login.refresh.buffer.seconds
sasl.login.refresh.min.period.seconds sasl.login.refresh.window.factor
sasl.login.refresh.window.jitter sasl.login.retry.backoff.max.ms sasl.login.retry.backoff.ms
sasl.mechanism sasl.oauthbearer.assertion.algorithm sasl.oauthbearer.assertion.claim.aud
sasl.oauthbearer.assertion.claim.exp.seconds sasl.oauthbearer.assertion.claim.iss
sasl.oauthbearer.assertion.claim.jti.include sasl.oauthbearer.assertion.claim.nbf.seconds
sasl.oauthbearer.assertion.claim.sub sasl.oauthbearer.assertion.file
sasl.oauthbearer.assertion.private.key.file sasl.oauthbearer.assertion.private.key.passphrase
sasl.oauthbearer.assertion.template.file sasl.oauthbearer.client.credentials.client.id
sasl.oauthbearer.client.credentials.client.secret sasl.oauthbearer.clock.skew.seconds
sasl.oauthbearer.expected.audience sasl.oauthbearer.expected.issuer
sasl.oauthbearer.header.urlencode sasl.oauthbearer.jwks.endpoint.refresh.ms
sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms
sasl.oauthbearer.jwks.endpoint.retry.backoff.ms sasl.oauthbearer.jwks.endpoint.url
sasl.oauthbearer.jwt.retriever.class sasl.oauthbearer.jwt.validator.class sasl.oauthbearer.scope
sasl.oauthbearer.scope.claim.name sasl.oauthbearer.sub.claim.name
sasl.oauthbearer.token.endpoint.url ssl.cipher.suites ssl.enabled.protocols
ssl.endpoint.identification.algorithm ssl.engine.factory.class ssl.key.password
ssl.keymanager.algorithm ssl.keystore.certificate.chain ssl.keystore.key ssl.keystore.location
ssl.keystore.password ssl.keystore.type ssl.protocol ssl.provider ssl.secure.random.implementation
ssl.trustmanager.algorithm ssl.truststore.certificates ssl.truststore.location
ssl.truststore.password ssl.truststore.type
"""
_CONSUMER = """
allow.auto.create.topics auto.commit.interval.ms auto.offset.reset check.crcs enable.auto.commit
exclude.internal.topics fetch.max.bytes fetch.max.wait.ms fetch.min.bytes group.id
group.instance.id group.protocol group.remote.assignor heartbeat.interval.ms isolation.level
key.deserializer max.partition.fetch.bytes max.poll.interval.ms max.poll.records
partition.assignment.strategy session.timeout.ms share.acknowledgement.mode value.deserializer
"""
_PRODUCER = """
acks batch.size buffer.memory compression.gzip.level compression.lz4.level compression.type
compression.zstd.level delivery.timeout.ms enable.idempotence key.serializer linger.ms
max.block.ms max.in.flight.requests.per.connection max.request.size metadata.max.idle.ms
partitioner.adaptive.partitioning.enable partitioner.availability.timeout.ms partitioner.class
partitioner.ignore.keys retries transaction.timeout.ms transaction.two.phase.commit.enable
transactional.id value.serializer
"""
CLIENT_SETTINGS = frozenset((_SHARED + _SECURITY + _CONSUMER + _PRODUCER).split())
