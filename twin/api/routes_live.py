"""WS /live: subscribe, then a snapshot, deltas, a heartbeat each second, corrections as they come."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, cast

from fastapi import APIRouter, Depends, WebSocket
from starlette.websockets import WebSocketDisconnect

from twin.api.access import Caller, Role
from twin.api.caller import Needs
from twin.api.live import TRY_AGAIN_LATER, Live, TooSlow
from twin.api.problem import Problem
from twin.api.subscription import Subscription

router = APIRouter()

WRONG = 1007
"""The message was not understood (RFC 6455, 7.4.1: invalid payload)."""
CLOSING_S = 2.0


@router.websocket("/live")
async def live(socket: WebSocket, _caller: Annotated[Caller, Depends(Needs(Role.VIEW))]) -> None:
    """Serve one viewer; a further `subscribe` takes the place of the one before."""
    await socket.accept()
    channels = cast(Live, socket.app.state.live)
    watching: asyncio.Task[None] | None = None
    asking = asyncio.create_task(socket.receive_text())
    try:
        while True:
            await asyncio.wait(
                {asking} if watching is None else {asking, watching}, return_when=asyncio.FIRST_COMPLETED
            )
            if watching is not None and watching.done():
                watching.result()
            if asking.done():
                wanted = Subscription.parse(asking.result())
                await _stop(watching)
                watching = asyncio.create_task(channels.watch(wanted, socket.send_text))
                asking = asyncio.create_task(socket.receive_text())
    except WebSocketDisconnect:
        pass
    except TooSlow as error:
        await _close(socket, TRY_AGAIN_LATER, str(error))
    except (ValueError, KeyError, Problem) as error:
        await _close(socket, WRONG, error.detail if isinstance(error, Problem) else str(error))
    finally:
        await _stop(watching)
        await _stop(asking)


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    """Say why, if the other side takes it in time; the socket is closed in any case."""
    with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
        await asyncio.wait_for(socket.close(code, reason.encode()[:120].decode(errors="ignore")), CLOSING_S)


async def _stop(task: asyncio.Task[None] | asyncio.Task[str] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
