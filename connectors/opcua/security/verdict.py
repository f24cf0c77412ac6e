"""What is wrong with a server's certificate, in words. Pure: which ones are trusted is trust.py's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from connectors.opcua.security.certificate import extended_usage_of, hosts_of, signed_by, uris_of, usage_of

SHORTEST_KEY = 2048
"""Bits: what the policies that are not broken ask for (OPC 10000-7)."""
ANEW = "give the server a new certificate"


def flaw(certificate: x509.Certificate) -> str:
    """What trusting would not mend; empty when there is nothing. Raises UNREADABLE for what cannot be read."""
    return next((text for text in (*_of_key(certificate), *_of_usage(certificate)) if text), "")


def _of_key(certificate: x509.Certificate) -> Iterator[str]:
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        yield f"has no RSA key, which every security policy here needs; {ANEW}"
    elif key.key_size < SHORTEST_KEY:
        yield f"has a key of {key.key_size} bit, and fewer than {SHORTEST_KEY} are not safe; {ANEW}"
    if certificate.issuer == certificate.subject and not signed_by(certificate, certificate):
        yield f"is broken: its signature does not fit its content (damaged, or changed on the way); {ANEW}"


def _of_usage(certificate: x509.Certificate) -> Iterator[str]:
    usage = usage_of(certificate)
    if usage is None:
        yield f"does not say what its key may be used for (no key usage); {ANEW}"
        return
    if not usage.digital_signature:
        yield f"may not sign (key usage digitalSignature is missing); {ANEW}"
    if not (usage.key_encipherment or usage.data_encipherment):
        yield f"may not encrypt (key usages keyEncipherment and dataEncipherment are missing); {ANEW}"
    shown_for = extended_usage_of(certificate)
    servers = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
    if shown_for is not None and not any(one in shown_for for one in servers):
        yield f"is not a server's (extended key usage serverAuth is missing); {ANEW}"


def time_fault(certificate: x509.Certificate, now: datetime) -> str:
    """Why a certificate does not count now; empty when it does."""
    if now > certificate.not_valid_after_utc:
        return f"expired on {certificate.not_valid_after_utc:%Y-%m-%d}; {ANEW}"
    if now < certificate.not_valid_before_utc:
        return f"is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC; set both clocks right"
    return ""


def uri_fault(certificate: x509.Certificate, uri: str) -> str:
    """Why a certificate is not this server's; empty when it is. uri: what the server calls itself."""
    if uri in uris_of(certificate):
        return ""
    has = ", ".join(uris_of(certificate)) or "none"
    return f"is for application URI {has}, but the server is {uri or 'without one'}; {ANEW}"


def host_fault(certificate: x509.Certificate, host: str) -> str:
    """Why a certificate of an authority is not for the host that was called; empty when it is."""
    if not host or host.lower() in {h.lower() for h in hosts_of(certificate)}:
        return ""
    has = ", ".join(hosts_of(certificate)) or "none"
    return f"is for host {has}, not {host}; if that is meant, set `certificate_host`"
