"""The outermost layer: whose page may talk to us, how much it may send, which headers every answer carries."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twin.api.access import Access
from twin.api.problem import Problem, problem_response

MOST_BODY = 2**20
"""A request body may have so many bytes."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_SAFE = {"GET", "HEAD", "OPTIONS"}


class Guard:
    """ASGI middleware. Refuses foreign Host headers (DNS rebinding) and foreign origins, bounds bodies."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it with what is wrong."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        fault = self._fault(scope, Headers(scope=scope))
        if fault is None:
            await self._app(scope, _bounded(receive), _with_headers(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": fault[1][:120]})  # before accept: HTTP 403
        else:
            await problem_response(*fault)(scope, receive, _with_headers(send))

    def _fault(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        """(status, detail) when the request is not let in."""
        host = headers.get("host", "")
        if not self._access.answers_to(host):
            return (
                HTTPStatus.MISDIRECTED_REQUEST,
                f"Host {host!r} is no name of this twin; use its address, or twin run --allow-host NAME",
            )
        origin = headers.get("origin")
        writes = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if writes and origin is not None and origin.partition("://")[2] != host:
            return HTTPStatus.FORBIDDEN, f"Origin {origin!r} is another site; open the page of the twin itself"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MOST_BODY:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE
        return None


_TOO_LARGE = f"the body is larger than {MOST_BODY} bytes; send it in parts"


def _bounded(receive: Receive) -> Receive:
    """Counts what really comes: a chunked body has no length."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > MOST_BODY:
                raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE, {"Connection": "close"})
        return message

    return counted


def _with_headers(send: Send) -> Send:
    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return dressed
