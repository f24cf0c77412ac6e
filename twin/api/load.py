"""How much costly work runs at once: reads of long spans and of past states wait for each other, live ones do not."""

from __future__ import annotations

import asyncio
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

AT_ONCE = 2


def _heavy(connection: HTTPConnection) -> asyncio.Semaphore:
    return cast(asyncio.Semaphore, connection.app.state.heavy)


Heavy = Annotated[asyncio.Semaphore, Depends(_heavy)]
"""Hold it while a costly read runs."""
