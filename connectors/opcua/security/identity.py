"""Who we are for a server: nobody, a user name, or a user's certificate (OPC 10000-4, 7.40)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from asyncua import ua
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.opcua.security.certificate import PEM, UNREADABLE, loaded, names_of
from connectors.opcua.security.choice import NONE_URI, POLICIES
from connectors.opcua.settings import Settings
from twin.core.errors import Misconfigured

SAYS = {
    ua.UserTokenType.Anonymous: "an anonymous session",
    ua.UserTokenType.UserName: "a user name",
    ua.UserTokenType.Certificate: "a user's certificate",
    ua.UserTokenType.IssuedToken: "an issued token",
}


def kind_of(settings: Settings) -> ua.UserTokenType:
    """How we log in."""
    if settings.user_certificate:
        return ua.UserTokenType.Certificate
    return ua.UserTokenType.UserName if settings.user else ua.UserTokenType.Anonymous


def token_policy(policies: Sequence[ua.UserTokenPolicy], kind: ua.UserTokenType, channel: str) -> ua.UserTokenPolicy:
    """The best of the ways that a server takes for one kind of login. Raises Misconfigured when it takes none.

    channel: URI of the channel's policy, which counts for a way that names none of its own. A server that lists
    nothing at all is tried.
    """
    found = [
        p if p.SecurityPolicyUri else replace(p, SecurityPolicyUri=channel) for p in policies if p.TokenType == kind
    ]
    if found:
        best_first = [policy.URI for policy in POLICIES.values()] + [NONE_URI]
        return min(
            found, key=lambda p: best_first.index(p.SecurityPolicyUri) if p.SecurityPolicyUri in best_first else 99
        )
    if policies:
        takes = ", ".join(sorted({SAYS.get(p.TokenType, str(p.TokenType)) for p in policies}))
        raise Misconfigured(f"the server does not take {SAYS[kind]}; it takes {takes}")
    return ua.UserTokenPolicy(TokenType=kind, SecurityPolicyUri=channel)


def user_pair(settings: Settings) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    """The certificate and key to log in with. Raises Misconfigured, naming the file."""
    try:
        certificate = loaded(Path(settings.user_certificate).read_bytes())
        public = certificate.public_key()
    except (OSError, *UNREADABLE) as error:
        raise Misconfigured(f"`user_certificate` {settings.user_certificate} cannot be read: {error}") from None
    try:
        content = Path(settings.user_key).read_bytes()
        load = serialization.load_pem_private_key if content.startswith(PEM) else serialization.load_der_private_key
        key = load(content, None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Misconfigured(f"`user_key` {settings.user_key} cannot be read: {error}") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != public:
        whose = names_of(certificate.subject)
        raise Misconfigured(f"`user_key` {settings.user_key} is not the RSA key of `user_certificate` ({whose})")
    return certificate, key
