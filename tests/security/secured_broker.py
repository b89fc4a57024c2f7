"""The broker of these tests: a door for each way of coming in, and the files that open them."""

from __future__ import annotations

import time
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
PATIENCE = 60.0  # seconds for what takes milliseconds


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
            future.result(PATIENCE)
        _await(admin, binding, there=True)

    def revoke(
        self, who: str, what: str, name: str, kind: str = "TOPIC", pattern: str = "LITERAL"
    ) -> None:
        """Take a right away that was given."""
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap_servers})
        given = _binding(who, what, name, kind, pattern)
        for future in admin.delete_acls([_filter(given)]).values():
            assert len(future.result(PATIENCE)) == 1, "there was such a right"
        _await(admin, given, there=False)


def _await(admin: AdminClient, binding: AclBinding, *, there: bool) -> None:
    """Wait until the broker goes by what its controller was told."""
    deadline = time.monotonic() + PATIENCE
    while bool(admin.describe_acls(_filter(binding)).result(PATIENCE)) != there:
        assert time.monotonic() < deadline, binding
        time.sleep(0.01)


def _filter(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        binding.restype,
        binding.name,
        binding.resource_pattern_type,
        binding.principal,
        binding.host,
        binding.operation,
        binding.permission_type,
    )


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
