"""POST /store/compact: upkeep of the data folder while a twin runs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends

from twin.api.access import Caller, Role
from twin.api.caller import Needs, TheTwin
from twin.api.shapes import Answer
from twin.core.instant import to_text

router = APIRouter(tags=["store"])


class CompactAnswer(Answer):
    """asked: it will be done; linetwin_history_merged_files_total on /metrics counts the files that went."""

    asked: bool


@router.post("/store/compact", status_code=HTTPStatus.ACCEPTED)
def compact(twin: TheTwin, _caller: Annotated[Caller, Depends(Needs(Role.ENGINEER))]) -> CompactAnswer:
    """Merge sealed files now that would be merged later, today's too. What the log left on disk is given back when
    nobody writes the folder: `twin store compact`.
    """
    twin.compact()
    return CompactAnswer(as_of=to_text(twin.live().as_of), asked=True)
