"""GET /healthz, /readyz, /metrics: for supervisors and for Prometheus."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Response
from starlette.requests import Request

from twin.api.caller import OPEN, VIEW, TheTwin
from twin.api.figures import CONTENT_TYPE, metrics_text
from twin.api.problem import problem_response
from twin.api.shapes import Answer
from twin.core.instant import to_text

router = APIRouter(tags=["service"])


class HealthAnswer(Answer):
    """status: `ok`, or `ready`."""

    status: str


@router.get("/healthz", dependencies=[OPEN])
def healthz(twin: TheTwin) -> HealthAnswer:
    """The process answers."""
    return HealthAnswer(as_of=to_text(twin.live().as_of), status="ok")


@router.get("/readyz", dependencies=[OPEN], response_model=HealthAnswer)
def readyz(twin: TheTwin) -> Response | HealthAnswer:
    """The folds are at the present and every connection was tried; 503 says what is missing."""
    is_ready, missing = twin.ready()
    if not is_ready:
        return problem_response(HTTPStatus.SERVICE_UNAVAILABLE, missing)
    return HealthAnswer(as_of=to_text(twin.live().as_of), status="ready")


@router.get("/metrics", dependencies=[VIEW], response_class=Response)
def metrics(twin: TheTwin, request: Request) -> Response:
    """All figures in the Prometheus text format."""
    return Response(metrics_text(twin, request.app.state.live.figures()), media_type=CONTENT_TYPE)
