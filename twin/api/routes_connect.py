"""POST /connect/...: look round on a server, see values move, try a state rule, and get the plant file for it.

For engineers alone: the twin opens a connection to whatever address they give. Only protocols whose servers are trusted
one by one can be looked round on (OPC UA); passwords live as long as the visit and are in no answer, log or file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from twin.api.access import Role
from twin.api.caller import Needs, TheTwin
from twin.api.connect_shapes import (
    CertificatesAnswer,
    CertificateShape,
    IntervalShape,
    NodesAnswer,
    NodeShape,
    PreviewAnswer,
    PreviewShape,
    SeenShape,
    TextAnswer,
    TicksShape,
    TrustShape,
    ValuesAnswer,
    VisitAnswer,
    VisitShape,
)
from twin.api.find import LONGEST
from twin.api.problem import Problem, not_found, unprocessable
from twin.core import status as codes
from twin.core.instant import to_text
from twin.core.plugin import ConnectionSpec
from twin.core.ports import Node
from twin.runtime import plugins
from twin.runtime.draft import draft_text
from twin.runtime.plant_file import problems_in
from twin.runtime.preview import preview
from twin.runtime.visits import TooMany, Visit, Visits, spec_of

ENGINEER = Depends(Needs(Role.ENGINEER))
router = APIRouter(tags=["connect"], dependencies=[ENGINEER])

MOST_FOUND = 1000


async def visits_of(request: Request) -> Visits:
    """The visits of this application."""
    return request.app.state.visits


TheVisits = Annotated[Visits, Depends(visits_of)]


async def visit_named(visits: TheVisits, id: str) -> Visit:
    """A visit that goes on."""
    try:
        return visits.get(id)
    except KeyError:
        raise not_found(f"visit {id!r} is over; connect again") from None


TheVisit = Annotated[Visit, Depends(visit_named)]


@router.post("/connect/visits")
async def begin(twin: TheTwin, visits: TheVisits, sent: VisitShape) -> VisitAnswer:
    """Connect to a server, by its address or by the name of a connection of the plant, with that one's settings.

    The visit is over two minutes after its last request.
    """
    try:
        visit = await visits.begin(_spec(twin.plant.connections, sent))
    except TooMany as error:
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, str(error)) from error
    try:
        below = await visit.explorer.children("", "")
    except BaseException:
        await visits.end(visit.id)  # nobody was told its name
        raise
    return VisitAnswer(as_of=_now(twin), visit=visit.id, url=visit.spec.url, nodes=_nodes(below))


def _spec(connections: Mapping[str, ConnectionSpec], sent: VisitShape) -> ConnectionSpec:
    if bool(sent.url) == bool(sent.connection):
        raise unprocessable("give `url`, or the name of a `connection` of the plant")
    if sent.connection:
        if sent.connection not in connections:
            raise not_found(f"connection {sent.connection!r}: there are {', '.join(connections) or 'none'}")
        return connections[sent.connection]
    return spec_of(sent.url, {"user": sent.user, "password": sent.password, "security": sent.security})


@router.delete("/connect/visits/{id}")
async def end(twin: TheTwin, visits: TheVisits, id: str) -> VisitAnswer:
    """End a visit."""
    await visits.end(id)
    return VisitAnswer(as_of=_now(twin), visit=id, url="", nodes=[])


@router.get("/connect/visits/{id}/children")
async def children(
    twin: TheTwin,
    visit: TheVisit,
    node: Annotated[str, Query(max_length=4096, description="address as an answer gave it; '' is the root")] = "",
    path: Annotated[str, Query(max_length=4096, description="path of that node, for those of its children")] = "",
) -> NodesAnswer:
    """What stands below a node."""
    return NodesAnswer(as_of=_now(twin), nodes=_nodes(await visit.explorer.children(node, path)))


@router.get("/connect/visits/{id}/find")
async def find(
    twin: TheTwin,
    visit: TheVisit,
    match: Annotated[str, Query(min_length=1, max_length=LONGEST, description="glob over paths: *temp*")],
) -> NodesAnswer:
    """Variables whose path, or the end of it, matches a glob; the first thousand."""
    return NodesAnswer(as_of=_now(twin), nodes=_nodes(await visit.explorer.find(match, MOST_FOUND)))


@router.post("/connect/visits/{id}/values")
async def values(twin: TheTwin, visit: TheVisit, sent: TicksShape) -> ValuesAnswer:
    """What nodes hold now; of what is asked for again and again the last ten minutes are kept for a preview."""
    found = await visit.explorer.look(sent.nodes)
    visit.remember(found)
    shapes = [
        SeenShape(
            node=one.address, text=one.text, status=codes.name(one.status), quality=codes.severity(one.status),
            time=to_text(one.time) if one.time else None,
        )
        for one in found
    ]  # fmt: skip
    return ValuesAnswer(as_of=_now(twin), values=shapes)


@router.post("/connect/visits/{id}/preview")
async def try_rules(twin: TheTwin, visit: TheVisit, sent: PreviewShape) -> PreviewAnswer:
    """The states that rules give over what this visit has seen of nodes, by the folds that run live."""
    seen = {name: list(visit.seen.get(node, ())) for name, node in sent.tags.items()}
    rules: Sequence[Mapping[str, Any]] = [rule.model_dump(by_alias=True, exclude_none=True) for rule in sent.state]
    found = await asyncio.to_thread(preview, rules, seen, sent.counters, twin.clock.now())
    return PreviewAnswer(
        as_of=_now(twin),
        samples=sum(map(len, seen.values())),
        states=[IntervalShape(state=state, start=to_text(a), end=to_text(b)) for state, a, b in found],
    )


@router.post("/connect/visits/{id}/plant")
async def plant(twin: TheTwin, visit: TheVisit, sent: PreviewShape) -> TextAnswer:
    """A plant file with the ticked tags, and what `twin check` says of it."""
    rules: Sequence[Mapping[str, Any]] = [rule.model_dump(by_alias=True, exclude_none=True) for rule in sent.state]
    text = draft_text(sent.plant, sent.machine, visit.spec, sent.tags, sent.kinds, sent.units, sent.counters, rules)
    return TextAnswer(as_of=_now(twin), text=text, problems=problems_in(text))


@router.get("/connect/certificates")
def certificates(twin: TheTwin) -> CertificatesAnswer:
    """Certificates that servers showed and nobody has trusted yet, and our own."""
    found = [
        CertificateShape(**(asdict(one) | _validity(one)))
        for plugin in plugins.connectors().values()
        if plugin.trust is not None
        for one in plugin.trust(twin.folder).waiting()
    ]
    return CertificatesAnswer(as_of=_now(twin), waiting=found)


@router.post("/connect/trust")
def trust(twin: TheTwin, sent: TrustShape) -> CertificatesAnswer:
    """Trust a waiting certificate by its whole fingerprint; connections come up by themselves."""
    for plugin in plugins.connectors().values():
        if plugin.trust is None:
            continue
        store = plugin.trust(twin.folder)
        if any(one.fingerprint == sent.fingerprint for one in store.waiting()):
            store.trust(sent.fingerprint)
            return certificates(twin)
    raise not_found(f"no certificate {sent.fingerprint} waits to be trusted")


def _validity(one: Any) -> dict[str, str]:
    return {"not_before": to_text(one.not_before), "not_after": to_text(one.not_after), "file": one.file.name}


def _nodes(nodes: Sequence[Node]) -> list[NodeShape]:
    return [
        NodeShape(node=n.address, path=n.path, name=n.path.rpartition("/")[2], type=n.type, value=n.value[:200],
                  unit=n.unit, folder=n.children)
        for n in nodes
    ]  # fmt: skip


def _now(twin: TheTwin) -> str:
    return to_text(twin.live().as_of)
