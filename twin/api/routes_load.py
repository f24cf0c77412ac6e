"""POST /plant: a running twin goes on under another plant file."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from twin.api.access import Caller, Role
from twin.api.caller import Needs, TheTwin
from twin.api.shapes import Answer, Shape, Time
from twin.core.instant import to_text
from twin.runtime.plant_file import running_plant

router = APIRouter(tags=["plant"])

LONGEST_TEXT = 1_000_000
"""Characters. A longer file is loaded by SIGHUP, from where the twin was started with it."""


class PlantSent(Shape):
    """A plant file, with the files it includes in its text (`twin load` sends it so). name: for errors."""

    text: str = Field(max_length=LONGEST_TEXT)
    name: str = Field("plant.yaml", max_length=300)
    why: str = Field("", max_length=1000, description="kept with the change")


class LoadAnswer(Answer):
    """since: the model counts from here on."""

    digest: str
    since: Time


@router.post("/plant")
async def load(twin: TheTwin, sent: PlantSent, caller: Annotated[Caller, Depends(Needs(Role.ENGINEER))]) -> LoadAnswer:
    """Go on under another model. Connections that it leaves as they are go on; nothing is missed meanwhile.

    422 with the lines that are wrong, and nothing has changed then. The file's `${VARIABLES}` are those of the twin.
    """
    plant = await asyncio.to_thread(running_plant, sent.text, sent.name)
    since = await twin.load(plant, caller.name, sent.why)
    return LoadAnswer(as_of=to_text(twin.live().as_of), digest=plant.digest, since=to_text(since))
