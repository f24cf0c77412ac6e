"""The way from a server's certificate to an authority that somebody trusts (OPC 10000-4, 6.1.3). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509

from connectors.opcua.security.certificate import LONGEST_CHAIN, UNREADABLE, names_of, signed_by, usage_of

SHA1_AND_OLDER = ("md5", "sha1")


def chain_of(
    certificate: x509.Certificate, trusted: Sequence[x509.Certificate], between: Sequence[x509.Certificate]
) -> tuple[list[x509.Certificate], str]:
    """The authorities from a certificate's issuer up to a trusted one; without a way there none, and the reason.

    between: not trusted by themselves, but they may lead to one that is.
    """
    chain: list[x509.Certificate] = []
    last = certificate
    while len(chain) < LONGEST_CHAIN:
        issuer = names_of(last.issuer)
        if last.issuer == last.subject:
            return (
                [],
                f", nor is its authority {issuer}: put that into trusted/, or for this server alone" if chain else "",
            )
        above = issuer_of(last, [*trusted, *between], len(chain))
        if above is None:
            return (
                [],
                f", its chain is incomplete: put {issuer} into trusted/ or issuers/, or for this server alone",
            )
        if is_weakly_signed(last):
            return [], f", authority {issuer} signed by SHA-1, which can be forged; for this server alone"
        chain.append(above)
        if above in trusted:
            return chain, ""
        last = above
    return [], f", its chain has more than {LONGEST_CHAIN} authorities; for this server alone"


def issuer_of(certificate: x509.Certificate, among: Sequence[x509.Certificate], below: int) -> x509.Certificate | None:
    """The authority that signed a certificate. below: authorities that stand under it."""
    return next((c for c in among if may_issue(c, below) and signed_by(certificate, c)), None)


def is_forged(certificate: x509.Certificate, authorities: Sequence[x509.Certificate]) -> bool:
    """Whether a certificate carries the name of an authority that we know, and none of that name signed it."""
    named = [c for c in authorities if c.subject == certificate.issuer and may_issue(c, 0)]
    return bool(named) and not any(signed_by(certificate, c) for c in named)


def may_issue(certificate: x509.Certificate, below: int) -> bool:
    """Whether a certificate is an authority's, with so many authorities below it in the chain."""
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = usage_of(certificate)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False
    signs = usage is None or usage.key_cert_sign
    return basic.ca and signs and (basic.path_length is None or below <= basic.path_length)


def is_weakly_signed(certificate: x509.Certificate) -> bool:
    """Whether somebody could make another certificate with the same signature."""
    algorithm = certificate.signature_hash_algorithm
    return algorithm is not None and algorithm.name in SHA1_AND_OLDER
