"""The driver's errors in our three kinds, each with the place, the fact and the fix."""

from __future__ import annotations

from socket import gaierror

from asyncua import ua
from asyncua.ua import uaerrors

from connectors.opcua.security.certificate import fingerprint_of
from connectors.opcua.security.trust import CertificateFolder, short
from connectors.opcua.settings import Settings
from twin.core.errors import LinetwinError, Misconfigured, Unreachable

WRONG_USER = (
    uaerrors.BadUserAccessDenied,
    uaerrors.BadIdentityTokenRejected,
    uaerrors.BadIdentityTokenInvalid,
    uaerrors.BadUserSignatureInvalid,
)
CERTIFICATE_REFUSED = (
    uaerrors.BadSecurityChecksFailed,
    uaerrors.BadCertificateUntrusted,
    uaerrors.BadCertificateInvalid,
    uaerrors.BadCertificateUriInvalid,
    uaerrors.BadCertificateTimeInvalid,
    uaerrors.BadCertificateUseNotAllowed,
    uaerrors.BadCertificateChainIncomplete,
    uaerrors.BadCertificateHostNameInvalid,
    uaerrors.BadCertificateIssuerTimeInvalid,
    uaerrors.BadCertificatePolicyCheckFailed,
    uaerrors.BadCertificateRevocationUnknown,
    uaerrors.BadCertificateRevoked,
)


GIVE_USER = "give it `user` and `password` in the plant file, `--user NAME` on a command line"


class SubscriptionGone(Unreachable):
    """The server ended the subscription: coming back to it is no use, a new one is needed."""


def translated(error: BaseException, settings: Settings, trust: CertificateFolder) -> BaseException:
    """What the supervisor and the user are told. What is no failure of a link (a bug of ours) passes as it is."""
    where = f"connection {settings.id}: {settings.url}"
    if isinstance(error, LinetwinError):
        return type(error)(f"{where}: {error}")
    if isinstance(error, ua.UaStatusCodeError):
        return refused(error, where, settings, trust)
    if isinstance(error, TimeoutError):
        return Unreachable(f"{where}: no answer in {settings.timeout_s:g} s (is the server on?)")
    if isinstance(error, OSError):
        return Unreachable(f"{where}: {of_socket(error)}")
    return Unreachable(f"{where}: {error}") if isinstance(error, ua.UaError) else error


def of_socket(error: OSError) -> str:
    """What the operating system says of a link, without its numbers."""
    if isinstance(error, gaierror):
        return "no address is known for this name (is it written right? else give the IP address)"
    fact = "connection refused" if isinstance(error, ConnectionRefusedError) else str(error) or "connection closed"
    return f"{fact} (is the server on, and the port right?)"


def refused(error: ua.UaStatusCodeError, where: str, settings: Settings, trust: CertificateFolder) -> LinetwinError:
    """What a status code of the server means for who runs the twin."""
    name = type(error).__name__
    if isinstance(error, WRONG_USER):
        return Misconfigured(f"{where} refused {identity(settings)} ({name})")
    if isinstance(error, CERTIFICATE_REFUSED):
        return Unreachable(
            f"{where} refused our certificate ({name}); trust {own_name(trust)} in the server "
            f"(our file: {trust.pki / 'own.der'}), then it connects by itself"
        )
    if isinstance(error, uaerrors.BadNoSubscription):
        return SubscriptionGone(f"{where} has ended our subscription")
    return Unreachable(f"{where}: {name}")


def identity(settings: Settings) -> str:
    """Who was refused, and what to change."""
    if settings.user_certificate:
        return f"the user's certificate {settings.user_certificate}; make its user known there, or give another"
    if settings.user:
        return f"user {settings.user!r}; give the right `user` and `password`, it is not tried again until then"
    return f"an anonymous session; {GIVE_USER}"


def own_name(trust: CertificateFolder) -> str:
    """Our certificate's fingerprint, short."""
    file = trust.pki / "own.der"
    return short(fingerprint_of(file.read_bytes())) if file.exists() else "our certificate"


DRIVER_ERRORS = (OSError, TimeoutError, ua.UaError)
"""What the driver raises when a server is away, refuses or answers nonsense."""


def first_of(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error of a group that is no cancellation."""
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            return first_of(error)
        return error
    return errors
