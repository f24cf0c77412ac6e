"""What we must know about our session at the broker after a restart: that there was one, since when, and with what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from twin.core.errors import StoreFailed
from twin.core.instant import SECOND

NOTED_EVERY = 10 * SECOND


@dataclass(frozen=True, slots=True)
class Noted:
    """heard: nothing that arrived before this instant is still to come; at most 10 s old. filters: subscribed then."""

    heard: int
    filters: tuple[str, ...]


class Session:
    """A small file below the data folder, one for each connection: `mqtt/ID.json`."""

    def __init__(self, folder: Path, id: str) -> None:
        self._file = folder / "mqtt" / f"{quote(id, safe='')}.json"
        self._written: int | None = None

    def last(self) -> Noted | None:
        """What an earlier link left; None before the first, or when the file cannot be read."""
        try:
            found = json.loads(self._file.read_text("utf-8"))
            return Noted(int(found["heard"]), tuple(found["filters"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def heard(self, now: int, filters: Sequence[str], at_once: bool = False) -> None:
        """Note that all before `now` is durable; written every 10 s, or at once. Raises StoreFailed on a full disk."""
        fresh = self._written is not None and 0 <= now - self._written < NOTED_EVERY
        if fresh and not at_once:
            return
        beside = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps({"heard": now, "filters": list(filters)}), "utf-8")
            beside.replace(self._file)
        except OSError as error:
            cause = error.strerror or error
            raise StoreFailed(f"{self._file}: {cause}; is there room, and may we write there?") from error
        self._written = now
