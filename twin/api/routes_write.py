"""POST /write: give a value to a machine, within what the plant file allows, and hear what became of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from twin.api.access import Caller, Role
from twin.api.caller import Needs, TheTwin
from twin.api.find import LONGEST, tag_named
from twin.api.problem import Problem
from twin.api.shapes import Answer, Shape
from twin.core import status as codes
from twin.core.instant import SECOND, to_text
from twin.runtime.write_rules import Obstacle, Wish, WriteRefused

router = APIRouter(tags=["write"])

LONGEST_REASON = 1000
OBSTACLES = {
    Obstacle.READ_ONLY: HTTPStatus.FORBIDDEN,
    Obstacle.VALUE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Obstacle.CONFLICT: HTTPStatus.CONFLICT,
    Obstacle.TOO_SOON: HTTPStatus.TOO_MANY_REQUESTS,
    Obstacle.DOWN: HTTPStatus.SERVICE_UNAVAILABLE,
    Obstacle.CANNOT: HTTPStatus.NOT_IMPLEMENTED,
}
FAILED = {"refused": HTTPStatus.BAD_GATEWAY, "unknown": HTTPStatus.GATEWAY_TIMEOUT}
"""A write that did not come out well is never answered with 200."""


class WriteShape(Shape):
    """What POST /write takes. value: in the tag's unit. expected: the value you saw; another one by now is a conflict.

    valid_s: it is not sent when that takes longer than this.
    """

    tag: str = Field(max_length=LONGEST)
    value: float = Field(allow_inf_nan=False)
    reason: str = Field(min_length=1, max_length=LONGEST_REASON, description="why, for those who look at it later")
    expected: float | None = Field(None, allow_inf_nan=False)
    valid_s: float = Field(10.0, gt=0, le=60)


class WrittenAnswer(Answer):
    """A write that the other side took. status: in its words. read_back: what it holds afterwards."""

    tag: str
    outcome: str
    status: str
    text: str
    read_back: str


@router.post("/write")
async def write(
    twin: TheTwin, sent: WriteShape, caller: Annotated[Caller, Depends(Needs(Role.OPERATE))]
) -> WrittenAnswer:
    """Write a tag once. 502: the machine refused it. 504: its answer was lost, it may have been written; look first.

    It is never repeated by itself. Every wish and its end are events of the log.
    """
    path = tag_named(twin.plant, twin.tags, sent.tag)
    spec = twin.plant.tags.get(path)
    if spec is None:
        raise Problem(HTTPStatus.FORBIDDEN, f"tag {path!r} is not in the plant file, so it is read only")
    if spec.write is not None and caller.role < Role[spec.write.role.upper()]:
        raise Problem(HTTPStatus.FORBIDDEN, f"{caller.name} may not write {path!r}: that needs role {spec.write.role}")
    until = twin.clock.now() + int(sent.valid_s * SECOND)
    wish = Wish(path, sent.value, sent.reason, caller.name, until, sent.expected)
    try:
        done = await twin.writing.write(wish, twin.tags.get(path), twin.live())
    except WriteRefused as refused:
        headers = {"Retry-After": str(max(1, round(refused.wait)))} if refused.wait else None
        raise Problem(OBSTACLES[refused.kind], str(refused), headers) from refused
    if done.outcome != "done":
        raise Problem(FAILED[done.outcome], f"tag {path!r}: {done.outcome}: {done.text}")
    return WrittenAnswer(
        as_of=to_text(twin.live().as_of), tag=path, outcome=done.outcome,
        status=codes.name(done.status), text=done.text, read_back=done.read_back,
    )  # fmt: skip
