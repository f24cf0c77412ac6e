"""Which endpoint of a server is used, and what is refused. Pure but for the driver's types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asyncua import ua
from asyncua.crypto import security_policies

from connectors.opcua.address import OPEN_REFUSED, PLAINTEXT_REFUSED
from connectors.opcua.settings import Settings
from twin.core.errors import Misconfigured, Unreachable

NONE_URI = security_policies.SecurityPolicyNone.URI
POLICIES: dict[str, type[security_policies.SecurityPolicy]] = {
    "Aes256Sha256RsaPss": security_policies.SecurityPolicyAes256Sha256RsaPss,
    "Aes128Sha256RsaOaep": security_policies.SecurityPolicyAes128Sha256RsaOaep,
    "Basic256Sha256": security_policies.SecurityPolicyBasic256Sha256,
}
"""Best first. Older policies are broken and never used."""
BROKEN = ("Basic128Rsa15", "Basic256")
MODES = (ua.MessageSecurityMode.SignAndEncrypt, ua.MessageSecurityMode.Sign)


@dataclass(frozen=True, slots=True)
class Choice:
    """The endpoint to use. policy None: no security at all."""

    policy: type[security_policies.SecurityPolicy] | None
    mode: ua.MessageSecurityMode
    certificate: bytes = b""
    application_uri: str = ""


Secure = tuple[type[security_policies.SecurityPolicy], ua.MessageSecurityMode, ua.EndpointDescription]
PLAIN = Choice(None, ua.MessageSecurityMode.None_)


def needs_endpoints(settings: Settings) -> bool:
    """Whether the server must be asked what it offers before connecting."""
    return settings.policy != "none"


def chosen(endpoints: Sequence[ua.EndpointDescription], settings: Settings) -> Choice:
    """The endpoint that the settings mean. Raises Misconfigured, with what is offered, when there is none.

    `auto` takes the best secure endpoint when the server is on another machine or a user is given, else none: a
    server on this machine needs no trust, a password and a network do. Where only none is offered, auto takes none, but
    never with a secret: the list is not protected, and somebody in between may have taken the secure ones out of it.
    """
    plain = any(e.SecurityMode == ua.MessageSecurityMode.None_ for e in endpoints)
    if (
        settings.policy == "auto"
        and plain
        and settings.is_loopback
        and not settings.has_identity
        and settings.mode == "auto"
    ):
        return PLAIN
    best = best_of(endpoints, settings)
    if best is not None:
        return secure(*best)
    if settings.policy == "auto" and settings.mode == "auto" and plain:
        if settings.has_secret:
            raise Misconfigured(
                f"the server shows no secure endpoint (or somebody in between hides them); {why(settings)}"
            )
        return PLAIN
    raise Misconfigured(
        f"the server does not offer security {settings.policy}, mode {settings.mode}; it offers {offered(endpoints)}"
        f"{outdated(endpoints)}"
    )


def best_of(endpoints: Sequence[ua.EndpointDescription], settings: Settings) -> Secure | None:
    """The best secure endpoint within the settings."""
    policies = POLICIES if settings.policy == "auto" else {settings.policy: POLICIES[settings.policy]}
    for policy in policies.values():
        for mode in MODES:
            if settings.mode in ("auto", mode.name):
                for endpoint in endpoints:
                    if endpoint.SecurityPolicyUri == policy.URI and endpoint.SecurityMode == mode:
                        return policy, mode, endpoint
    return None


def secure(
    policy: type[security_policies.SecurityPolicy],
    mode: ua.MessageSecurityMode,
    endpoint: ua.EndpointDescription,
) -> Choice:
    """A secure endpoint, which must show a certificate."""
    if not endpoint.ServerCertificate:
        name = policy.__name__.removeprefix("SecurityPolicy")
        raise Unreachable(f"the server offers {name} without a certificate; give the server one")
    return Choice(policy, mode, endpoint.ServerCertificate, endpoint.Server.ApplicationUri or "")


def offered(endpoints: Sequence[ua.EndpointDescription]) -> str:
    """What a server offers, for people."""
    names = {f"{(e.SecurityPolicyUri or '').rpartition('#')[2]}/{e.SecurityMode.name.strip('_')}" for e in endpoints}
    return ", ".join(sorted(names)) or "nothing"


def outdated(endpoints: Sequence[ua.EndpointDescription]) -> str:
    """What to do about a server that offers what is broken."""
    has = sorted(name for name in BROKEN if any((e.SecurityPolicyUri or "").endswith(f"#{name}") for e in endpoints))
    return f"; {' and '.join(has)} rest on SHA-1, which is broken: enable Basic256Sha256 in the server" if has else ""


def refuse_hidden(signed: Sequence[ua.EndpointDescription], choice: Choice, settings: Settings) -> None:
    """Raise Unreachable when the list that the server signed offers better than the unprotected one did.

    That is what somebody in between who wants a weaker policy leaves behind (OPC 10000-4, 5.7.2). The signed list
    need not have certificates, nor be there at all.
    """
    best = best_of(signed, settings) if choice.policy is not None else None
    if best is not None and best[:2] != (choice.policy, choice.mode):
        better = f"{best[0].__name__.removeprefix('SecurityPolicy')}/{best[1].name}"
        raise Unreachable(f"somebody in between hides endpoints of the server: it signs that it offers {better}")


def refuse_plaintext(token: ua.UserTokenPolicy, choice: Choice, settings: Settings) -> None:
    """Raise Misconfigured before a secret would go out unprotected, unless the plant file allows it.

    Over policy None nothing counts as protection: even a password encrypted for the certificate that the server
    shows there could be meant for anybody's. On a channel that only signs, the token must be encrypted, by a policy
    that is not broken.
    """
    if not settings.has_secret:
        return
    encrypted_token = token.SecurityPolicyUri in {policy.URI for policy in POLICIES.values()}
    encrypted = choice.mode == ua.MessageSecurityMode.SignAndEncrypt or encrypted_token
    if choice.policy is None or not (encrypted or settings.user_certificate):
        raise Misconfigured(why(settings))


def why(settings: Settings) -> str:
    """What must change before a secret may be used."""
    return OPEN_REFUSED if settings.user_certificate else PLAINTEXT_REFUSED
