"""GET /demo, POST /demo/break: only where the line is simulated in the same process."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from twin.api.access import Caller, Role
from twin.api.caller import VIEW, Needs, TheTwin
from twin.api.playground import Playground
from twin.api.problem import not_found
from twin.api.shapes import Answer, Shape
from twin.core.instant import to_text

router = APIRouter(tags=["demo"])


class ChoiceShape(Shape):
    """Something that can be broken. text: what one then sees."""

    id: str
    text: str


class DemoAnswer(Answer):
    """What can be broken in this demo."""

    what: list[ChoiceShape]


class BreakBody(Shape):
    """What to break. seconds: how long a cable stays out; a machine takes its own time."""

    what: str = Field(max_length=100)
    seconds: float = Field(default=20, ge=1, le=600)


class BrokenAnswer(Answer):
    """It is broken from as_of on."""

    what: str
    text: str


@router.get("/demo", dependencies=[VIEW])
def demo(request: Request, twin: TheTwin) -> DemoAnswer:
    """What can be broken on purpose; 404 where the plant is not a demo."""
    choices = _playground(request).choices()
    what = [ChoiceShape(id=id, text=text) for id, text in choices.items()]
    return DemoAnswer(as_of=to_text(twin.live().as_of), what=what)


@router.post("/demo/break")
async def break_something(
    request: Request, twin: TheTwin, body: BreakBody, _caller: Annotated[Caller, Depends(Needs(Role.ENGINEER))]
) -> BrokenAnswer:
    """Break a machine or pull a cable of the simulated line; the twin learns of it by the wire alone."""
    playground = _playground(request)
    choices = playground.choices()
    if body.what not in choices:
        raise not_found(f"what {body.what!r}: there are {', '.join(choices)}")
    playground.break_(body.what, body.seconds)
    return BrokenAnswer(as_of=to_text(twin.live().as_of), what=body.what, text=choices[body.what])


def _playground(request: Request) -> Playground:
    found = cast(Playground | None, request.app.state.playground)
    if found is None:
        raise not_found("this plant is no demo: nothing here can be broken on purpose; start `twin demo`")
    return found
