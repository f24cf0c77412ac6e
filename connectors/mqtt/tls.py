"""TLS towards a broker: certificates and host names are always checked."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from connectors.mqtt.settings import Broker
from twin.core.errors import Misconfigured


class Context(ssl.SSLContext):
    """Knows the socket it wrapped last, so that whoever asked for it can close it when the handshake fails."""

    last: ssl.SSLSocket | None = None

    def wrap_socket(self, sock: socket.socket, *arguments: Any, **named: Any) -> ssl.SSLSocket:
        """As SSLContext does."""
        self.last = super().wrap_socket(sock, *arguments, **named)
        return self.last


def context_of(broker: Broker) -> Context:
    """The context of a connection. Raises Misconfigured when a file cannot be read."""
    context = Context(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and host name unless told otherwise
    try:
        if broker.ca:
            context.load_verify_locations(broker.ca)
        else:
            context.load_default_certs()
        if broker.cert:
            context.load_cert_chain(broker.cert, broker.key or None)
    except OSError as error:
        files = ", ".join(name for name in (broker.ca, broker.cert, broker.key) if name)
        raise Misconfigured(f"{broker.url}: cannot read ca, cert or key ({files}): {error.strerror or error}") from None
    return context
