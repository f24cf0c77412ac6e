"""What every route declares: the role it needs. Dependencies of FastAPI."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import Depends, WebSocketException
from starlette.requests import HTTPConnection

from twin.api.access import Access, Caller, Role
from twin.api.problem import Problem
from twin.runtime.twin import Twin


@dataclass(frozen=True, slots=True)
class Needs:
    """Lets a caller in who has a role; `role` None lets anybody in (health checks). A test walks all routes."""

    role: Role | None

    async def __call__(self, connection: HTTPConnection) -> Caller:
        """Who asks. Raises 401 for nobody, 403 for too small a role; closes a WebSocket with 1008."""
        caller = caller_of(connection)
        if self.role is None:
            return caller or Caller("", Role.VIEW)
        if caller is None:
            raise _refusal(connection, HTTPStatus.UNAUTHORIZED, "no valid token; send Authorization: Bearer SECRET")
        if caller.role < self.role:
            needed, has = self.role.name.lower(), caller.role.name.lower()
            raise _refusal(connection, HTTPStatus.FORBIDDEN, f"{caller.name} has role {has}; this needs {needed}")
        return caller


def caller_of(connection: HTTPConnection) -> Caller | None:
    """Who asks, or None."""
    access = cast(Access, connection.app.state.access)
    peer = connection.client.host if connection.client else None
    query = connection.query_params.get("token", "") if connection.scope["type"] == "websocket" else ""
    return access.caller(peer, connection.headers, connection.cookies, query)


async def twin_of(connection: HTTPConnection) -> Twin:
    """The twin behind this application."""
    return cast(Twin, connection.app.state.twin)


def _refusal(connection: HTTPConnection, status: HTTPStatus, detail: str) -> Exception:
    if connection.scope["type"] == "websocket":
        return WebSocketException(1008, detail[:120])
    headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else None
    return Problem(status, detail, headers)


TheTwin = Annotated[Twin, Depends(twin_of)]
OPEN = Depends(Needs(None))
VIEW = Depends(Needs(Role.VIEW))
OPERATE = Depends(Needs(Role.OPERATE))
