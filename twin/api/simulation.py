"""The control of a simulated line: what can be broken, break it, mend it, make its wires nasty.

An application of its own, on a port of its own: the twin that watches the line must not know. The truth is served only
to who asked for it on the command line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from typing import Annotated, Any, Protocol, cast

from fastapi import APIRouter, Depends, FastAPI, Response
from pydantic import Field
from starlette.requests import Request

from twin.api.access import Access, Role
from twin.api.caller import VIEW, Needs
from twin.api.guard import Guard
from twin.api.problem import handle_problems, not_found, unprocessable
from twin.api.shapes import Answer, Shape, Time
from twin.core.instant import duration, to_text

ENGINEER = Depends(Needs(Role.ENGINEER))
FORMS = (
    "machine.part: the first mode of the part",
    "machine.component:12m: so long it still lives at full duty",
    "machine.sensor.drift:rate=0.1,10m: settings, and how long it lasts",
)
Duration = Annotated[str | None, Field(max_length=40, description="such as 90s, 10m, 2h30m, of the line's time")]


@dataclass(frozen=True, slots=True)
class Asked:
    """A fault that somebody asked for. at, until, mended: instants (ns); None: it takes its course, it was not."""

    id: str
    what: str
    at: int
    until: int | None = None
    mended: int | None = None


class Simulation(Protocol):
    """A line that runs. Everything is called in the loop in which it lives."""

    name: str
    seed: int

    @property
    def speed(self) -> float:
        """How much faster than the wall it lives."""
        ...

    def now(self) -> int:
        """The line's instant, ns."""
        ...

    def addresses(self) -> Mapping[str, str]:
        """Where its wires are, by name."""
        ...

    def breakable(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """Machine -> part -> what can go wrong with it."""
        ...

    def sensors(self) -> Mapping[str, Sequence[str]]:
        """Machine -> those of its parts that are sensors."""
        ...

    def faults(self) -> Sequence[Asked]:
        """All that were asked for, in the order in which they were."""
        ...

    def fault(self, what: str, after: int, lasts: int | None) -> Asked:
        """Break something after so many ns, mended after so many more. Raises ValueError for what cannot break so."""
        ...

    def mend(self, id: str) -> Asked:
        """End a fault now. Raises KeyError for none of `faults`."""
        ...

    def switches(self) -> Mapping[str, str]:
        """Nasty switch -> what the wire does then."""
        ...

    def nasty_now(self) -> Sequence[str]:
        """Those that are on."""
        ...

    async def nasty(self, name: str, on: bool) -> None:
        """Switch one on or off. Raises ValueError for one that is not there or cannot now."""
        ...

    def truth(self) -> Sequence[Mapping[str, Any]] | None:
        """What really happened; None where nobody may see it."""
        ...


class MachineShape(Shape):
    """parts: what can break, each with its modes, the first by default; sensors: those of the parts that are some."""

    name: str
    parts: dict[str, list[str]]
    sensors: list[str]


class FaultShape(Shape):
    """state: `waits`, `began`, or `mended`; whether it still lasts is the truth, which is not told here."""

    id: str
    what: str
    state: str
    at: Time
    until: Time | None


class LineAnswer(Answer):
    """A simulated line. as_of: its own time. started: what was asked to break; nasty: switches that are on."""

    name: str
    seed: int
    speed: float
    addresses: dict[str, str]
    machines: list[MachineShape]
    faults: list[FaultShape]
    nasty: list[str]


class ChoiceShape(Shape):
    """what: as POST /faults takes it."""

    what: str
    machine: str
    part: str
    mode: str
    sensor: bool


class SwitchShape(Shape):
    """effect: what the wire does while it is on."""

    name: str
    effect: str
    on: bool


class FaultsAnswer(Answer):
    """can: what can be broken. asked: what was. forms: how an argument is written."""

    can: list[ChoiceShape]
    asked: list[FaultShape]
    forms: tuple[str, ...] = FORMS


class NastyAnswer(Answer):
    """All switches."""

    switches: list[SwitchShape]


class FaultBody(Shape):
    """what: `filler.bearing:12m`. in: when, from now. for: then it is mended; without it takes its course."""

    what: str = Field(max_length=200, examples=["filler.vibration.stuck"])
    after: Duration = Field(default=None, alias="in", examples=["2m"])
    lasts: Duration = Field(default=None, alias="for", examples=["10m"])


class MendBody(Shape):
    """id: of one fault; without it all that were asked for are mended."""

    id: str | None = Field(default=None, max_length=20)


class NastyBody(Shape):
    """name: of a switch (GET /nasty)."""

    name: str = Field(max_length=100)
    on: bool = True


class FaultAnswer(Answer):
    """One fault."""

    fault: FaultShape


class MendedAnswer(Answer):
    """What was mended now."""

    faults: list[FaultShape]


class TruthAnswer(Answer):
    """The records of the truth file: docs/how-to/break-things.md."""

    records: list[dict[str, Any]]


router = APIRouter(tags=["simulation"])


def simulation_of(request: Request) -> Simulation:
    """The line behind this application."""
    return cast(Simulation, request.app.state.simulation)


TheLine = Annotated[Simulation, Depends(simulation_of)]


@router.get("/line", dependencies=[VIEW])
async def line(line: TheLine) -> LineAnswer:
    """What runs here, its machines and their parts, and what was done to it."""
    sensors = line.sensors()
    machines = [
        MachineShape(name=name, parts={part: list(modes) for part, modes in parts.items()}, sensors=list(sensors[name]))
        for name, parts in line.breakable().items()
    ]
    return LineAnswer(
        as_of=to_text(line.now()),
        name=line.name,
        seed=line.seed,
        speed=line.speed,
        addresses=dict(line.addresses()),
        machines=machines,
        faults=_faults(line),
        nasty=list(line.nasty_now()),
    )


@router.get("/faults", dependencies=[VIEW])
async def faults(line: TheLine) -> FaultsAnswer:
    """What can be broken, and what was asked for."""
    sensors = line.sensors()
    can = [
        ChoiceShape(
            what=_name(machine, part, mode), machine=machine, part=part, mode=mode, sensor=part in sensors[machine]
        )
        for machine, parts in line.breakable().items()
        for part, modes in parts.items()
        for mode in modes
    ]
    return FaultsAnswer(as_of=to_text(line.now()), can=can, asked=_faults(line))


@router.post("/faults", dependencies=[ENGINEER], status_code=HTTPStatus.CREATED)
async def break_something(line: TheLine, body: FaultBody) -> FaultAnswer:
    """Break something, now or later, for a while or until it is repaired."""
    try:
        asked = line.fault(body.what, _length("in", body.after) or 0, _length("for", body.lasts))
    except ValueError as error:
        raise unprocessable(f"what: {error}") from error
    return FaultAnswer(as_of=to_text(line.now()), fault=_shape(asked, line.now()))


@router.post("/faults/mend", dependencies=[ENGINEER])
async def mend(line: TheLine, body: MendBody | None = None) -> MendedAnswer:
    """Mend one fault, or all that were asked for."""
    id = None if body is None else body.id
    ids = [id] if id is not None else [fault.id for fault in line.faults() if fault.mended is None]
    mended = [_mended(line, one) for one in ids]
    return MendedAnswer(as_of=to_text(line.now()), faults=[_shape(one, line.now()) for one in mended])


@router.delete("/faults/{id}", dependencies=[ENGINEER])
async def mend_one(line: TheLine, id: str) -> FaultAnswer:
    """Mend one fault."""
    return FaultAnswer(as_of=to_text(line.now()), fault=_shape(_mended(line, id), line.now()))


@router.get("/nasty", dependencies=[VIEW])
async def switches(line: TheLine) -> NastyAnswer:
    """All nasty switches, and which are on."""
    on = set(line.nasty_now())
    found = [SwitchShape(name=name, effect=effect, on=name in on) for name, effect in line.switches().items()]
    return NastyAnswer(as_of=to_text(line.now()), switches=found)


@router.post("/nasty", dependencies=[ENGINEER])
async def switch(line: TheLine, body: NastyBody) -> NastyAnswer:
    """Switch a nastiness of the wires on or off."""
    if body.name not in line.switches():
        raise not_found(f"name {body.name!r}: no nasty switch; GET /nasty has all of them")
    try:
        await line.nasty(body.name, body.on)
    except ValueError as error:
        raise unprocessable(f"name: {error}") from error
    return await switches(line)


@router.get("/truth", dependencies=[VIEW])
async def truth(line: TheLine) -> TruthAnswer:
    """What really happened. Only with `twin simulate --control-truth`: a twin under test must not find it."""
    records = line.truth()
    if records is None:
        raise not_found("the truth is not told here; start twin simulate with --control-truth")
    return TruthAnswer(as_of=to_text(line.now()), records=[dict(one) for one in records])


@router.get("/", dependencies=[VIEW], include_in_schema=False)
async def index(request: Request) -> dict[str, list[str]]:
    """What there is."""
    paths = cast(dict[str, dict[str, Any]], cast(FastAPI, request.app).openapi()["paths"])
    return {
        "see": [f"{verb.upper()} {path}" for path, verbs in paths.items() for verb in verbs] + ["GET /openapi.json"]
    }


@router.get("/openapi.json", dependencies=[VIEW], include_in_schema=False)
async def openapi(request: Request) -> dict[str, Any]:
    """All shapes."""
    return cast(FastAPI, request.app).openapi()


@router.get("/healthz", dependencies=[VIEW], include_in_schema=False)
async def healthz() -> Response:
    """It answers."""
    return Response(status_code=HTTPStatus.NO_CONTENT)


def create_control(simulation: Simulation, access: Access) -> FastAPI:
    """The application over a line that runs. access: who may do what; loopback may do everything."""
    app = FastAPI(
        title="Linetwin: a simulated line",
        version=version("linetwin"),
        description="Break a simulated line and mend it. Times are of the line; errors are application/problem+json.",
        docs_url=None,  # its page loads scripts from another host
        redoc_url=None,
        openapi_url=None,
    )
    app.state.simulation = simulation
    app.state.access = access
    app.include_router(router)
    handle_problems(app)
    app.add_middleware(Guard, access=access)
    return app


def _mended(line: Simulation, id: str) -> Asked:
    try:
        return line.mend(id)
    except KeyError:
        known = ", ".join(fault.id for fault in line.faults()) or "none"
        raise not_found(f"fault {id!r}: nobody asked for it; there are: {known}") from None


def _length(key: str, text: str | None) -> int | None:
    try:
        return None if text is None else duration(text)
    except ValueError as error:
        raise unprocessable(f"{key}: {error}") from error


def _name(machine: str, part: str, mode: str) -> str:
    return f"{machine}.{part}" if part == mode else f"{machine}.{part}.{mode}"


def _faults(line: Simulation) -> list[FaultShape]:
    return [_shape(fault, line.now()) for fault in line.faults()]


def _shape(fault: Asked, now: int) -> FaultShape:
    over = fault.mended is not None or (fault.until is not None and fault.until <= now)
    state = "mended" if over else "waits" if fault.at > now else "began"
    end = fault.mended if fault.mended is not None else fault.until
    return FaultShape(
        id=fault.id, what=fault.what, state=state, at=to_text(fault.at), until=None if end is None else to_text(end)
    )
