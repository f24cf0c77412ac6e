"""The embedded broker: a port that somebody else took first is no end."""

import socket

from twin.runtime import broker


def test_a_port_that_is_taken_meanwhile_is_another_ones(tmp_path, monkeypatch):
    chosen = broker.free_ports
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = iter([[taken.getsockname()[1]], chosen(1)])
        monkeypatch.setattr(broker, "free_ports", lambda count: next(found))
        with broker.embedded_broker(tmp_path) as address:
            host, _, port = address.rpartition(":")
            assert int(port) != taken.getsockname()[1]
            socket.create_connection((host, int(port)), 5).close()
