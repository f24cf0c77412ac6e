"""What a broker's reason code means for us: mend a setting, or try again (MQTT 5, 2.4)."""

from __future__ import annotations

import ssl

from connectors.mqtt.settings import Broker
from twin.core.errors import LinetwinError, Misconfigured, Unreachable

SESSION_TAKEN_OVER = 142

_MEND = {
    1: "it does not speak MQTT 5; use a broker or a listener that does",
    132: "it does not speak MQTT 5; use a broker or a listener that does",
    133: "it refuses our client id {client_id!r}; set client_id",
    134: "wrong user or password; check user and password",
    135: "user {user!r} may not connect; ask for the right at the broker",
    138: "client id {client_id!r} or user {user!r} is banned there",
    140: "it wants another way to log in than user and password",
    142: "another program uses our client id {client_id!r} and took over the session; set client_id on one of the two",
    156: "it sends us to another broker; change the address",
    157: "it has moved; change the address",
}


def refusal(broker: Broker, code: int, text: str) -> LinetwinError:
    """The error for a CONNACK or DISCONNECT with a reason code of failure."""
    if code in _MEND:
        fact = _MEND[code].format(client_id=broker.client_id, user=broker.user or "(none)")
        return Misconfigured(f"{broker.url}: {fact}")
    return Unreachable(f"{broker.url}: the broker ended the connection: {text.lower()} (reason {code})")


def loss(broker: Broker, error: OSError | None = None) -> Unreachable:
    """The error for a connection that went: closed and reset are one and the same; another cause is named."""
    if error is None or isinstance(error, ConnectionError):
        return Unreachable(f"{broker.url}: connection lost")
    return Unreachable(f"{broker.url}: connection lost ({error.strerror or error})")


def failure(broker: Broker, error: OSError) -> LinetwinError:
    """The error for a connection that could not be made."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Misconfigured(
            f"{broker.url}: its certificate is not trusted: {error.verify_message}; name who signed it under ca"
        )
    if isinstance(error, ssl.SSLError):
        return Unreachable(f"{broker.url}: no TLS connection: {error.reason or error}")
    if isinstance(error, TimeoutError):
        return Unreachable(f"{broker.url}: no answer (is the broker on, and the port open?)")
    return Unreachable(f"{broker.url}: {error.strerror or error}")
