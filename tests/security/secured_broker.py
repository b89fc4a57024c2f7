"""The broker of these tests: a door for each way of coming in, and the files that open them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from security.certificates import Authority, Identity

from streamsql.dev.broker import EmbeddedBroker

USERS = {"shop": "s3cret-of-shop", "guest": "s3cret-of-guest"}
STORE_PASSWORD = "s3cret-of-store"


@dataclass(frozen=True, slots=True)
class Secured:
    """The broker, where its doors are, and the files that open them."""

    broker: EmbeddedBroker
    authority: Authority
    stranger: Authority
    client: Identity
    expired_client: Identity
    stores: Mapping[str, Path]

    @property
    def files(self) -> Mapping[str, Path]:
        """Where the files that documents name are here."""
        return {
            "ca.pem": self.authority.pem,
            "trust.jks": self.stores["jks"],
            "trust.p12": self.stores["pkcs12"],
            "shop.pem": self.client.pem,
            "shop.p12": self.stores["client"],
        }

    def door(self, name: str) -> str:
        """Where a listener is."""
        return self.broker.doors[name]

    def allow(
        self, who: str, what: str, name: str, kind: str = "TOPIC", pattern: str = "LITERAL"
    ) -> None:
        """Give a right: ``allow("User:shop", "READ", "orders")``."""
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap_servers})
        binding = _binding(who, what, name, kind, pattern)
        for future in admin.create_acls([binding]).values():
            future.result(10)

    def revoke(
        self, who: str, what: str, name: str, kind: str = "TOPIC", pattern: str = "LITERAL"
    ) -> None:
        """Take a right away that was given."""
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap_servers})
        given = _binding(who, what, name, kind, pattern)
        filter_ = AclBindingFilter(
            given.restype,
            given.name,
            given.resource_pattern_type,
            given.principal,
            given.host,
            given.operation,
            given.permission_type,
        )
        for future in admin.delete_acls([filter_]).values():
            assert len(future.result(10)) == 1, "there was such a right"


def _binding(who: str, what: str, name: str, kind: str, pattern: str) -> AclBinding:
    return AclBinding(
        ResourceType[kind],
        name,
        ResourcePatternType[pattern],
        who,
        "*",
        AclOperation[what],
        AclPermissionType.ALLOW,
    )
