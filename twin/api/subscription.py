"""What a viewer of /live asked for, and the messages made of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.api.find import all_tags, tags_matching
from twin.api.plain_values import packed, plain
from twin.api.routes_plant import connection_shapes
from twin.api.standing import changes, standing
from twin.core import status as codes
from twin.core.instant import to_text
from twin.runtime.live import LiveView, MachineNow
from twin.runtime.twin import Twin

MOST_GLOBS = 100


@dataclass(frozen=True, slots=True)
class Subscription:
    """Globs, paths or prefixes of tags, and of assets (their machines, without their tags).

    alarms: what stands open too (twin.api.standing). columns: good numbers come as columns (twin.api.plain_values),
    only the others one by one.
    """

    tags: tuple[str, ...]
    assets: tuple[str, ...]
    alarms: bool = False
    columns: bool = False

    @staticmethod
    def parse(text: str) -> Subscription:
        """Read `{"subscribe": {"tags": [...], "assets": [...], "alarms": true}}`. Raises ValueError that says how."""
        message = json.loads(text)
        wanted = message.get("subscribe") if isinstance(message, dict) else None
        if not isinstance(wanted, dict) or not set(wanted) <= {"tags", "assets", "alarms", "columns"}:
            raise ValueError('send {"subscribe": {"tags": ["GLOB"], "assets": ["PATH"], "alarms": true}}')
        chosen = [wanted.get(name, False) for name in ("alarms", "columns")]
        if not all(isinstance(one, bool) for one in chosen):
            raise ValueError("alarms, columns: not true or false")
        return Subscription(_texts(wanted, "tags"), _texts(wanted, "assets"), *chosen)


def _texts(wanted: Mapping[str, Any], name: str) -> tuple[str, ...]:
    given = wanted.get(name, [])
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise ValueError(f"{name}: not a list of texts")
    if len(given) > MOST_GLOBS:
        raise ValueError(f"{name}: {len(given)} entries; at most {MOST_GLOBS}")
    return tuple(sorted(set(given)))


class Picture:
    """What one subscription sees, view after view. Makes snapshots and deltas as JSON text."""

    def __init__(self, twin: Twin, wanted: Subscription) -> None:
        self._twin = twin
        self._wanted = wanted
        self._begin()
        self.view: LiveView = twin.live()
        self._connections: dict[str, dict[str, Any]] = {}

    def _begin(self) -> None:
        """Find everything in the plant as it is now."""
        self._plant = self._twin.plant
        machines = [machine.path for machine in self._plant.machines()]
        self._machines = set(tags_matching(self._plant, machines, self._wanted.assets))
        self._names: list[str] = []
        self._ids = np.empty(0, np.int64)
        self._known_tags = -1
        self._is_renamed = False
        self._follow()

    def _follow(self) -> None:
        """Find the ids of the tags again when there are new ones."""
        if len(self._twin.tags) == self._known_tags:
            return
        self._known_tags = len(self._twin.tags)
        names = tags_matching(self._twin.plant, all_tags(self._twin.plant, self._twin.tags), self._wanted.tags)
        ids = [(self._twin.tags.get(name), name) for name in names]
        self._names = [name for tag, name in ids if tag is not None]
        self._ids = np.array([tag for tag, _ in ids if tag is not None], dtype=np.int64)
        self._silent = [name for tag, name in ids if tag is None]
        self._is_renamed = True

    def snapshot(self, seq: int) -> str:
        """Everything as of the last view."""
        view = self.view
        told = self._told(view, range(len(self._ids)))
        told["tags"] |= dict.fromkeys(self._silent, _NEVER)
        if self._wanted.columns:
            told["names"] = self._names
        machines = {path: _machine(now) for path, now in view.machines.items() if path in self._machines}
        told |= standing(self._twin, view) if self._wanted.alarms else {}
        return _message("snapshot", seq, view, **told, machines=machines, connections=self._connections_now())

    def delta(self, seq: int, view: LiveView) -> str | None:
        """What is not as it was; None when everything is. `view` is the last view from here on.

        Under another model it is a snapshot: who watches finds other machines there.
        """
        before, self.view = self.view, view
        if self._twin.plant is not self._plant:
            self._begin()
            return self.snapshot(seq)
        self._follow()
        told = self._told(view, np.flatnonzero(self._changed(before, view)).tolist())
        if self._wanted.columns and self._is_renamed:
            told["names"] = self._names
        self._is_renamed = False
        machines = {
            path: _machine(now)
            for path, now in view.machines.items()
            if path in self._machines and before.machines.get(path) != now
        }
        old = self._connections
        connections = {id: one for id, one in self._connections_now().items() if old.get(id) != one}
        told |= changes(self._twin, before, view) if self._wanted.alarms else {}
        parts = {**told, "machines": machines, "connections": connections}
        changed = {name: part for name, part in parts.items() if part}
        return _message("delta", seq, view, **changed) if changed else None

    def _told(self, view: LiveView, rows: Sequence[int]) -> dict[str, Any]:
        """Values of some of the tags: as columns where that was asked for, else each by its name."""
        if not self._wanted.columns or not len(rows):
            return {"tags": _tags(view, self._names, self._ids, rows)}
        places = np.asarray(rows, np.int64)
        good = plain(view.tags, self._ids[places])
        others = _tags(view, self._names, self._ids, places[~good].tolist())
        return {"good": packed(view.tags, self._ids, places[good].tolist(), view.as_of), "tags": others}

    def _changed(self, before: LiveView, view: LiveView) -> NDArray[np.bool_]:
        old, new = before.tags, view.tags
        if len(old.time) == len(new.time) and old.time is new.time:
            return np.zeros(len(self._ids), np.bool_)
        known = self._ids < min(len(old.time), len(new.time))
        both = self._ids[known]
        changed = ~known & (self._ids < len(new.time))
        changed[known] = (
            (old.time[both] != new.time[both])
            | (old.status[both] != new.status[both])
            | (old.stale[both] != new.stale[both])
            | (old.value[both].view(np.int64) != new.value[both].view(np.int64))
            | (old.text[both] != new.text[both])
        )
        return changed

    def _connections_now(self) -> dict[str, dict[str, Any]]:
        """Link, since, cause, attempts; what only counts on is not sent."""
        self._connections = {
            one.id: {
                "state": one.state, "since": one.since, "cause": one.cause, "attempts": one.attempts,
                "protocol": one.protocol, "url": one.url, "problems": len(one.problems),
            }
            for one in connection_shapes(self._twin)
        }  # fmt: skip
        return self._connections


_NEVER = {
    "value": None,
    "status": codes.name(codes.BAD_WAITING_FOR_INITIAL_DATA),
    "quality": "none",
    "time": None,
    "stale": False,
}


def _message(kind: str, seq: int, view: LiveView, **parts: Any) -> str:
    body = {"type": kind, "seq": seq, "as_of": to_text(view.as_of), **parts}
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def heartbeat(seq: int, view: LiveView) -> str:
    """The twin is there and has taken everything in up to as_of."""
    return _message("heartbeat", seq, view)


def corrected(seq: int, view: LiveView, corrections: Sequence[dict[str, Any]]) -> str:
    """Results that late data changed."""
    return _message("corrections", seq, view, corrections=list(corrections))


def _machine(now: MachineNow) -> dict[str, Any]:
    return {"state": now.state, "since": None if now.since is None else to_text(now.since)}


def _tags(view: LiveView, names: Sequence[str], ids: NDArray[np.int64], rows: Sequence[int]) -> dict[str, Any]:
    columns = view.tags
    return {names[row]: _tag(columns, int(ids[row])) for row in rows if ids[row] < len(columns.time)}


def _tag(columns: Any, tag: int) -> dict[str, Any]:
    time = int(columns.time[tag])
    if not time:
        return _NEVER
    value, text, status = float(columns.value[tag]), columns.text[tag], int(columns.status[tag])
    entry: dict[str, Any] = {
        "value": value if math.isfinite(value) else None,
        "status": codes.name(status),
        "quality": codes.severity(status),
        "time": to_text(time),
        "stale": bool(columns.stale[tag]),
    }
    if text is not None or math.isinf(value):
        entry["text"] = text if text is not None else "Infinity" if value > 0 else "-Infinity"
    return entry
