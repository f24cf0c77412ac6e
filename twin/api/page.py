"""The pages: a frame made by the server, ES modules and styles beside it. Nothing comes from another host.

A page holds what its caller may see already: the plant model and the states of now, so that it can be read before the
first script has run. Who is not known gets the frame alone; its scripts then say how to come in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse

from twin.api.access import COOKIE, Access
from twin.api.assets import TEMPLATES, Asset, Assets
from twin.api.caller import OPEN, VIEW, Needs, TheTwin, caller_of
from twin.api.groups import GROUPS
from twin.api.problem import Problem, not_found
from twin.api.routes_plant import plant as plant_answer
from twin.core.instant import Span, to_text
from twin.model.plant import Plant
from twin.model.shifts import BREAKS
from twin.runtime.twin import Twin

PAGES = (
    ("/", "Plant"),
    ("/trends", "Trends"),
    ("/alarms", "Alarms"),
    ("/connections", "Connections"),
    ("/connect", "Connect"),
    ("/docs", "API"),
)
"""Address and name of what the frame leads to, the same on every page."""
TIMES = ("at", "from", "to")
"""What the one time control keeps in the address."""
FOR_EVER = "public, max-age=31536000, immutable"

_TEMPLATES = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)

_TEMPLATES.policies["json.dumps_kwargs"] = {}  # keys as they come: the order of tags and counts has a meaning

router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=[OPEN])
def overview(request: Request, twin: TheTwin) -> Response:
    """All lines; with `?token=` first a cookie, then the page without the token in its address."""
    return _page(request, twin, "plant.html")


@router.get("/line/{path:path}", dependencies=[OPEN])
def line(request: Request, twin: TheTwin, path: str) -> Response:
    """A line by its path, with or without the plant before it."""
    found = {twin.plant.short(one.path): one for one in twin.plant.lines}.get(twin.plant.short(path))
    if found is None:
        return _page(request, twin, "missing.html", 404, what=f"no line {path}")
    return _page(request, twin, "line.html", line=found)


@router.get("/machine/{path:path}", dependencies=[OPEN])
def machine(request: Request, twin: TheTwin, path: str) -> Response:
    """A machine by its path, with or without the plant before it."""
    for one in twin.plant.lines:
        for found in one.machines:
            if twin.plant.short(found.path) == twin.plant.short(path):
                return _page(request, twin, "machine.html", line=one, machine=found)
    return _page(request, twin, "missing.html", 404, what=f"no machine {path}")


@router.get("/trends", dependencies=[OPEN])
def trends(request: Request, twin: TheTwin) -> Response:
    """Tags over time, `?tag=` as often as wanted."""
    return _page(request, twin, "trends.html")


@router.get("/alarms", dependencies=[OPEN])
def alarms(request: Request, twin: TheTwin) -> Response:
    """What is wrong, what was, and how good the alarms are."""
    return _page(request, twin, "alarms.html")


@router.get("/connections", dependencies=[OPEN])
def connections(request: Request, twin: TheTwin) -> Response:
    """Every connection with its link, counters and messages that could not be read."""
    return _page(request, twin, "connections.html")


@router.get("/connect", dependencies=[OPEN])
def connect(request: Request, twin: TheTwin) -> Response:
    """Look round on a server, choose tags, try a rule, take the plant file."""
    return _page(request, twin, "connect.html")


@router.get("/docs", dependencies=[OPEN])
def docs(request: Request, twin: TheTwin) -> Response:
    """The API on one page, made from /openapi.json."""
    return _page(request, twin, "docs.html")


@router.get("/ui/{name:path}", dependencies=[OPEN])
def file(request: Request, name: str) -> Response:
    """A module, a style or a picture of the pages; holds no data of the plant."""
    assets: Assets = request.app.state.assets
    version, _, rest = name.partition("/")
    is_fixed = version == assets.version
    found: Asset | None = assets.files.get(rest if is_fixed else name)
    if found is None:
        raise not_found(f"/ui/{name}: no such file of the page")
    headers = {"ETag": found.etag, "Cache-Control": FOR_EVER if is_fixed else "no-cache", "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == found.etag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.small, media_type=found.media_type, headers=headers | {"Content-Encoding": "gzip"})
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
    routes = [(prefix, one) for prefix, group in GROUPS for one in group.router.routes if isinstance(one, APIRoute)]
    (route,) = [one for at, one in routes if at + one.path_format == path and method.upper() in (one.methods or ())]
    roles = [one.call.role for one in route.dependant.dependencies if isinstance(one.call, Needs)]
    needed = [role for role in roles if role is not None]
    return max(needed).name.lower() if needed else "none"


def _page(request: Request, twin: Twin, template: str, status: int = 200, **words: Any) -> Response:
    secret = request.query_params.get("token")
    if secret is not None:
        return _with_cookie(request, secret)
    assets: Assets = request.app.state.assets
    script = "docs.js" if template == "docs.html" else "main.js"
    body = _TEMPLATES.get_template(template).render(
        plant=twin.plant.path or "plant",
        pages=PAGES,
        here=request.url.path,
        times=_times(request),
        assets=f"/ui/{assets.version}",
        script=script,
        modules=assets.modules(script),
        known=_known(request, twin),
        now=_now(request, twin),
        **words,
    )
    return Response(body, status, {"Cache-Control": "no-store"}, "text/html; charset=utf-8")


def _with_cookie(request: Request, secret: str) -> Response:
    access: Access = request.app.state.access
    if access.holder(secret) is None:
        raise Problem(401, "the token is not known; ask for a new one")  # pyright: ignore[reportArgumentType]
    answer = RedirectResponse(request.url.path, 303)
    answer.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


def _times(request: Request) -> str:
    """What the links to other pages carry on: `?at=...`, or nothing."""
    given = {name: request.query_params[name] for name in TIMES if name in request.query_params}
    return f"?{urlencode(given)}" if given else ""


def _known(request: Request, twin: Twin) -> Mapping[str, Any] | None:
    """What the scripts of a page need before they ask: the plant, what the twin can do, who asks. None: for nobody."""
    caller = caller_of(request)
    if caller is None:
        return None
    served = {getattr(route, "path", "").rpartition("/")[2] for _, group in GROUPS for route in group.router.routes}
    can = {name: name in served for name in ("oee", "stops", "alarms", "condition", "alerts")}
    return {
        "plant": plant_answer(twin).model_dump(mode="json"),
        "can": can | {"demo": request.app.state.playground is not None},
        "has_shifts": _has_shifts(twin.plant),
        "incident": _incident(request),
        "caller": {"name": caller.name, "role": caller.role.name.lower()},
    }


def _has_shifts(plant: Plant) -> bool:
    hours = (plant.shifts, *(site.shifts for site in plant.sites.values()))
    return any(name != BREAKS for shifts in hours for name in shifts)


def _incident(request: Request) -> Mapping[str, str] | None:
    """The span of a replayed incident, for its slider."""
    span: Span | None = request.app.state.incident
    return None if span is None else {"from": to_text(span.start), "to": to_text(span.end)}


def _now(request: Request, twin: Twin) -> Mapping[str, Any]:
    """States by machine, for the page before its scripts run; nothing when it is to show the past."""
    if caller_of(request) is None or _times(request):
        return {}
    view = twin.live()
    return {
        path: {"state": one.state or "no data yet", "since": "" if one.since is None else to_text(one.since)}
        for path, one in view.machines.items()
    }
