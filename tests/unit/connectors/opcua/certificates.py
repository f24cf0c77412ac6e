"""Certificates made for tests: by an authority or by themselves, valid or not."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Made:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


@cache
def key(_number: int, bits: int = 2048) -> rsa.RSAPrivateKey:
    """One key per number: making them is slow."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_cert_sign")
OTHERS = ("key_agreement", "crl_sign", "encipher_only", "decipher_only")


def usage(*names: str) -> x509.KeyUsage:
    """A key usage of these alone."""
    return x509.KeyUsage(**{name: name in names for name in (*USAGES, *OTHERS)})


def issued(
    uri: str,
    issuer: Made | None = None,
    start: datetime.datetime = NOW - DAY,
    end: datetime.datetime = NOW + DAY,
    hosts: tuple[str, ...] = ("127.0.0.1",),
    ca: bool = False,
    key_number: int = 0,
    bits: int = 2048,
    usages: tuple[str, ...] | None = USAGES,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
    path_length: int | None = None,
) -> Made:
    """A certificate for an application URI, signed by its issuer or by itself."""
    own = key(key_number, bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, uri)])
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri)]
    for host in hosts:
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    if usages is not None:
        builder = builder.add_extension(usage(*usages), critical=True)
    return Made(builder.sign(issuer.key if issuer else own, hashes.SHA256()), own)


def revoked(issuer: Made, certificate: x509.Certificate) -> bytes:
    """A revocation list of an authority that names one certificate."""
    entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(NOW).build()
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(NOW - DAY).next_update(NOW + DAY).add_revoked_certificate(entry)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def write(made: Made, folder: Path) -> tuple[Path, Path]:
    """Files for a server: certificate (DER) and key (PEM)."""
    folder.mkdir(parents=True, exist_ok=True)
    der, pem = folder / "server.der", folder / "server.pem"
    der.write_bytes(made.der)
    pem.write_bytes(
        made.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return der, pem
