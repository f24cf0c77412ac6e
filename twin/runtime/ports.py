"""Free TCP ports on loopback, chosen before a server that cannot choose for itself is started."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import ExitStack


def free_ports(count: int, host: str = "127.0.0.1") -> Sequence[int]:
    """So many different ports nobody listens on now. Another process may still be quicker: start at once."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((host, 0))
        return [one.getsockname()[1] for one in sockets]


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server may listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
