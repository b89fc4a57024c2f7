"""Authorities and certificates, made anew for each run of the tests."""

from __future__ import annotations

import ipaddress
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from streamsql.spark.java import Java

LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs certificates. ``pem`` is the file that says so to clients and brokers."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    pem: Path


@dataclass(frozen=True, slots=True)
class Identity:
    """A key and its certificate, as one PEM file."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    pem: Path


def make_authority(folder: Path, name: str) -> Authority:
    """Make an authority of one's own."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signed = (
        _unsigned(subject, subject, key, days=30)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    pem = folder / f"{name}.pem"
    pem.write_bytes(signed.public_bytes(Encoding.PEM))
    return Authority(key, signed, pem)


def make_identity(
    authority: Authority, name: str, *, host: str | None = None, days: int = 30
) -> Identity:
    """Make a certificate for a host or, without one, for 127.0.0.1; ``days`` may be over."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    place: x509.GeneralName = x509.DNSName(host) if host else LOOPBACK
    signed = (
        _unsigned(subject, authority.certificate.subject, key, days)
        .add_extension(x509.SubjectAlternativeName([place]), critical=False)
        .sign(authority.key, SHA256())
    )
    pem = authority.pem.with_name(f"{name}.pem")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return Identity(key, signed, pem)


def locked_key_of(identity: Identity, password: str) -> Path:
    """Write a key alone, behind a password."""
    key = identity.pem.with_suffix(".key")
    locked = BestAvailableEncryption(password.encode())
    key.write_bytes(identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    return key


def pkcs12_of(identity: Identity, authority: Authority, password: str) -> Path:
    """Write a key store as Java has it."""
    store = identity.pem.with_suffix(".p12")
    store.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"me",
            identity.key,
            identity.certificate,
            [authority.certificate],
            BestAvailableEncryption(password.encode()),
        )
    )
    return store


def truststore_of(authority: Authority, java: Java, kind: str, password: str) -> Path:
    """Write a trust store (``JKS`` or ``PKCS12``) with Java's own tool."""
    store = authority.pem.with_suffix(f".trust.{kind.lower()}")
    subprocess.run(
        (
            *(str(java.home / "bin" / "keytool"), "-importcert", "-noprompt", "-alias", "ca"),
            *("-file", str(authority.pem), "-keystore", str(store)),
            *("-storetype", kind, "-storepass", password),
        ),
        check=True,
        capture_output=True,
    )
    return store


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
    )
