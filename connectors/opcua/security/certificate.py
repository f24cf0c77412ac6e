"""What there is to read in a certificate: application instance certificates, OPC 10000-6, 6.2.2. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

PEM = b"-----"
LONGEST_CHAIN = 8
UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises for bytes that are no certificate, when they are loaded or when a part is read."""


def loaded(content: bytes) -> x509.Certificate:
    """A certificate of DER or PEM. Raises UNREADABLE."""
    load = x509.load_pem_x509_certificate if content.startswith(PEM) else x509.load_der_x509_certificate
    return load(content)


def chain_in(der: bytes) -> Iterator[bytes]:
    """The DER certificates that stand one after the other: servers may send their authorities behind their own.

    Raises ValueError for what does not begin with DER.
    """
    for _ in range(LONGEST_CHAIN):
        first = first_of_chain(der)
        yield first
        der = der[len(first) :]
        if not der:
            return


def first_of_chain(der: bytes) -> bytes:
    """The certificate of the server itself: some servers send their whole chain, one DER after the other.

    Raises ValueError for what is not DER.
    """
    if len(der) < 4 or der[0] != 0x30:
        raise ValueError("not a certificate")
    if der[1] < 0x80:
        return der[: der[1] + 2]
    digits = der[1] & 0x7F
    return der[: int.from_bytes(der[2 : 2 + digits], "big") + 2 + digits]


def fingerprint_of(der: bytes) -> str:
    """SHA-256 as people compare it: `4F:1A:...`."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(der)
    return digest.finalize().hex(":").upper()


def uris_of(certificate: x509.Certificate) -> list[str]:
    """The application URIs that a certificate speaks for."""
    return alternative_names(certificate, x509.UniformResourceIdentifier)


def hosts_of(certificate: x509.Certificate) -> list[str]:
    """The host names and addresses that a certificate speaks for."""
    addresses = alternative_names(certificate, x509.IPAddress)
    return [*alternative_names(certificate, x509.DNSName), *(str(ipaddress.ip_address(str(a))) for a in addresses)]


def alternative_names(certificate: x509.Certificate, kind: type[x509.GeneralName]) -> list[str]:
    """Subject alternative names of one kind; none when there is no such extension or it cannot be read."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return []
    return [str(name.value) for name in names if isinstance(name, kind)]


def names_of(name: x509.Name) -> str:
    """A subject or issuer for people."""
    return name.rfc4514_string() or "without a name"


def signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether a certificate carries the issuer's name and its signature."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (TypeError, InvalidSignature, *UNREADABLE):
        return False
    return True


def usage_of(certificate: x509.Certificate) -> x509.KeyUsage | None:
    """What a key may be used for; None when the certificate does not say. Raises UNREADABLE."""
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def extended_usage_of(certificate: x509.Certificate) -> list[x509.ObjectIdentifier] | None:
    """What a certificate may be shown for; None when it does not say. Raises UNREADABLE."""
    try:
        return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return None
