"""Errors as application/problem+json (RFC 9457): what is wrong, where, and how to mend it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from twin.core.errors import LinetwinError, Misconfigured, Refused

MEDIA_TYPE = "application/problem+json"


class Problem(HTTPException):
    """What a route raises. detail: one line, the place, the fact, the fix."""

    def __init__(self, status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, detail, headers)


def unprocessable(detail: str) -> Problem:
    """The request was understood and cannot be done as asked."""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)


def not_found(detail: str) -> Problem:
    """What the request names is not there."""
    return Problem(HTTPStatus.NOT_FOUND, detail)


def too_much(detail: str) -> Problem:
    """The answer would be larger than one request may cost."""
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)


def problem_response(status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """A problem as a response."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail or title, **more}
    return Response(json.dumps(body), status, headers, MEDIA_TYPE)


def handle_problems(app: FastAPI) -> None:
    """Make every error of this application a problem."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(LinetwinError, _linetwin)
    app.add_exception_handler(Exception, _unexpected)


async def _http(_request: Request, error: Exception) -> Response:
    known = cast(HTTPException, error)
    return problem_response(known.status_code, known.detail, dict(known.headers or {}))


async def _validation(_request: Request, error: Exception) -> Response:
    """Name each part of the request that does not fit; the values sent are not repeated."""
    found = cast(RequestValidationError, error).errors()
    errors = [{"place": ".".join(str(part) for part in one["loc"]), "fact": str(one["msg"])} for one in found[:20]]
    detail = "; ".join(f"{one['place']}: {one['fact']}" for one in errors[:3])
    return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)


async def _linetwin(_request: Request, error: Exception) -> Response:
    if isinstance(error, Refused):
        return problem_response(HTTPStatus.FORBIDDEN, str(error))
    if isinstance(error, Misconfigured):
        return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
    return problem_response(HTTPStatus.SERVICE_UNAVAILABLE, str(error))


async def _unexpected(_request: Request, _error: Exception) -> Response:
    detail = "the twin made a mistake; it stands in its log"
    return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, detail)
