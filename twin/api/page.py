"""The page: a frame made by the server, ES modules and styles beside it. Nothing comes from another host."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from fastapi import APIRouter, Response
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import RedirectResponse

from twin.api.access import COOKIE, Access
from twin.api.caller import OPEN, VIEW, Needs, TheTwin
from twin.api.groups import GROUPS
from twin.api.problem import Problem, not_found

FOLDER = Path(__file__).parent.parent / "ui"
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    body: bytes
    media_type: str
    etag: str


def assets() -> Mapping[str, Asset]:
    """All files of the page by their name below `/ui/`; there are no others."""
    files = sorted(path for path in FOLDER.rglob("*") if path.suffix in TYPES)
    return {path.relative_to(FOLDER).as_posix(): _asset(path) for path in files}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(body, TYPES[path.suffix], f'"{hashlib.sha256(body).hexdigest()[:20]}"')


router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=[OPEN])
def line(request: Request, twin: TheTwin) -> Response:
    """The line view; with `?token=` first a cookie, then the page without the token in its address."""
    return _with_cookie(request) or _frame(request, "line.html", plant=twin.plant.path or "plant")


@router.get("/docs", dependencies=[OPEN])
def docs(request: Request, twin: TheTwin) -> Response:
    """The API on one page, made from /openapi.json."""
    return _with_cookie(request) or _frame(request, "docs.html", plant=twin.plant.path or "plant")


@router.get("/ui/{name:path}", dependencies=[OPEN])
def file(request: Request, name: str) -> Response:
    """A module, a style or a picture of the page; holds no data of the plant."""
    found: Asset | None = request.app.state.assets.get(name)
    if found is None:
        raise not_found(f"/ui/{name}: no such file of the page")
    headers = {"ETag": found.etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == found.etag:
        return Response(status_code=304, headers=headers)
    return Response(found.body, media_type=found.media_type, headers=headers)


@router.get("/openapi.json", dependencies=[VIEW])
def openapi(request: Request) -> dict[str, Any]:
    """The description of the API for programs; `x-role` is the least role that may call an operation."""
    description: dict[str, Any] = request.app.openapi()
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            operation["x-role"] = _role(path, method)
    return description


def _role(path: str, method: str) -> str:
    """`none` where anybody may call. path: with the prefix of the API, which the routes of a group do not know."""
    routes = [route for _, group in GROUPS for route in group.router.routes if isinstance(route, APIRoute)]
    (route,) = [one for one in routes if path.endswith(one.path) and method.upper() in (one.methods or ())]
    roles = [one.call.role for one in route.dependant.dependencies if isinstance(one.call, Needs)]
    needed = [role for role in roles if role is not None]
    return max(needed).name.lower() if needed else "none"


def _with_cookie(request: Request) -> Response | None:
    secret = request.query_params.get("token")
    if secret is None:
        return None
    access: Access = request.app.state.access
    if access.holder(secret) is None:
        raise Problem(401, "the token is not known; ask for a new one")  # pyright: ignore[reportArgumentType]
    answer = RedirectResponse(request.url.path, 303)
    answer.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


def _frame(request: Request, name: str, **words: str) -> Response:
    escaped = {key: html.escape(value) for key, value in words.items()}
    template: Asset = request.app.state.assets[name]
    body = Template(template.body.decode()).substitute(escaped)
    return Response(body, media_type=template.media_type, headers={"Cache-Control": "no-store"})
