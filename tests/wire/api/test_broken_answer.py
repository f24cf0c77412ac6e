"""A twin that dies while it answers: whoever asked is told so in one line, and may ask again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from twin.cli.remote import ask_to_compact
from twin.core.errors import Unreachable


@pytest.fixture(params=["200 OK", "503 Service Unavailable"])
def dying(request: pytest.FixtureRequest) -> Iterator[str]:
    """Promises 190 bytes and goes after two."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with server.accept()[0] as caller:
                caller.recv(65536)
                caller.sendall(f"HTTP/1.1 {request.param}\r\nContent-Length: 190\r\n\r\n{{}}".encode())

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(30)


def test_an_answer_that_breaks_off_is_one_that_did_not_come(dying: str) -> None:
    with pytest.raises(Unreachable, match="does it still run"):
        ask_to_compact(dying)
