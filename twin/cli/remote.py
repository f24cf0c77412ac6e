"""A twin that runs in another process and holds the data folder: what it alone knows or writes goes through its API."""

from __future__ import annotations

import asyncio
import json
import math
import os
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.parse import quote

import numpy as np

from twin.cli.variables import TOKEN
from twin.core.batch import Batch
from twin.core.errors import Misconfigured, Unreachable
from twin.core.instant import from_text, to_text
from twin.core.tags import TagTable, TagType

ROWS = 4000
"""Rows in one request: about half of what a request may carry."""
TIMEOUT_S = 60
FORECAST_S = LOAD_S = 600


class RunningTwin:
    """The writing half of a twin behind its API. tags: those of the batches, which may be new to the twin."""

    def __init__(self, url: str, tags: TagTable) -> None:
        self._url = url
        self._tags = tags

    async def append(self, batch: Batch) -> None:
        """Send a batch; it is durable there on return. Raises Misconfigured with what the twin refused."""
        types = np.array([self._tags[tag].type for tag in batch.tag.tolist()], dtype=object)
        for type_ in TagType:
            mine = np.flatnonzero(types == type_)
            for first in range(0, len(mine), ROWS):
                rows = self._rows(batch.take(mine[first : first + ROWS]))
                await asyncio.to_thread(self._post, {"samples": rows}, type_)

    def _rows(self, batch: Batch) -> list[dict[str, Any]]:
        texts = [None] * len(batch) if batch.text is None else batch.text.tolist()
        columns = zip(
            batch.tag.tolist(), batch.time.tolist(), batch.value.tolist(), batch.status.tolist(), texts, strict=True
        )
        return [
            {"tag": self._tags[tag].name, "time": to_text(time), "status": status, **_cell(value, text)}
            for tag, time, value, status, text in columns
        ]

    def _post(self, body: dict[str, Any], new: TagType) -> None:
        _answer(self._url, f"/samples?new={new.value}", body)


def as_of(url: str) -> int:
    """The instant up to which a running twin has taken everything in. Raises Misconfigured, Unreachable."""
    return from_text(_answer(url, "/events?limit=1")["as_of"])


def ask_to_compact(url: str) -> None:
    """Ask a running twin to merge now what it would merge later. Raises Misconfigured, Unreachable."""
    _answer(url, "/store/compact", {})


def outlets_of(url: str) -> list[dict[str, Any]]:
    """The outlets of a running twin, as its API shows them. Raises Misconfigured, Unreachable."""
    return _answer(url, "/outlets")["outlets"]


def settle_quarantine(url: str, id: str, verb: str, numbers: list[int] | None) -> int:
    """Ask a running twin to `retry` or `drop` refused rows; how many. Raises Misconfigured, Unreachable."""
    return _answer(url, f"/outlets/{quote(id, safe='')}/{verb}", {"numbers": numbers})["rows"]


def whatif_of(url: str, body: dict[str, Any]) -> dict[str, Any]:
    """The forecast of a running twin, which keeps it. Raises Misconfigured, Unreachable."""
    return _answer(url, "/whatif", body, FORECAST_S)


def forecasts_of(url: str, query: str) -> dict[str, Any]:
    """Forecasts that a running twin has kept, with their scores. Raises Misconfigured, Unreachable."""
    return _answer(url, f"/forecasts?{query}")


def load_plant(url: str, name: str, text: str, why: str) -> dict[str, Any]:
    """Let a running twin go on under another model. Raises Misconfigured, Unreachable."""
    return _answer(url, "/plant", {"name": name, "text": text, "why": why}, LOAD_S)


def _answer(url: str, path: str, body: dict[str, Any] | None = None, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    if token := os.environ.get(TOKEN):
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/api/v1{path}", data, headers)  # noqa: S310 - http of our own lock file
    try:
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            detail = json.loads(error.read() or b"{}").get("detail", error.reason)
    except (OSError, HTTPException) as error:  # an answer may break off, too, one that refuses as well
        raise Unreachable(f"{url}: {error}; does it still run?") from error
    raise Misconfigured(f"{url}: {detail}")


def _cell(value: float, text: str | None) -> dict[str, Any]:
    if text is not None:
        return {"text": text}
    if math.isinf(value):
        return {"text": "Infinity" if value > 0 else "-Infinity"}
    return {"value": None if math.isnan(value) else value}
