"""The application: all routes over one twin. Start reading here; each group of routes has a file of its own."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI

from twin.api import page, routes_live
from twin.api.access import Access
from twin.api.assets import Assets
from twin.api.groups import GROUPS, PREFIX
from twin.api.guard import Guard
from twin.api.live import Live, Pace
from twin.api.load import Turns
from twin.api.playground import Playground
from twin.api.problem import MEDIA_TYPE, handle_problems
from twin.api.shapes import ProblemShape
from twin.api.streamed import Streams
from twin.core.instant import Span
from twin.runtime.twin import Twin
from twin.runtime.visits import Visits

ROUTERS = (*((prefix, group.router) for prefix, group in GROUPS), (PREFIX, routes_live.router), ("", page.router))
"""Everything that is served."""

_CONTENT = {MEDIA_TYPE: {"schema": ProblemShape.model_json_schema()}}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "What is wrong, where, and how to mend it", "content": _CONTENT},
    "5XX": {"description": "The twin cannot answer now", "content": _CONTENT},
}


def create_app(
    twin: Twin,
    access: Access,
    pace: Pace | None = None,
    playground: Playground | None = None,
    incident: Span | None = None,
) -> FastAPI:
    """The API and the pages of a running twin.

    access: who may do what. pace: of the live channel. playground: what a demo lets people break. incident: the span
    of a replayed one, in which the pages have a slider.
    """
    app = FastAPI(
        title="Linetwin",
        version=version("linetwin"),
        description="A digital twin of a production line. Times are RFC 3339; errors are application/problem+json.",
        docs_url=None,  # its page loads scripts from another host; ours stands in page.py
        redoc_url=None,
        openapi_url=None,
        responses=_PROBLEMS,
    )
    app.state.twin = twin
    app.state.access = access
    app.state.live = Live(twin, pace)
    app.state.heavy = Turns()
    app.state.streams = Streams()
    app.state.assets = Assets.read()
    app.state.playground = playground
    app.state.incident = incident
    app.state.visits = Visits(twin)
    for prefix, router in ROUTERS:
        app.include_router(router, prefix=prefix)
    handle_problems(app)
    app.add_middleware(Guard, access=access)
    return app
