"""A source's own word on quality becomes an OPC UA StatusCode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.mqtt.json_path import MISSING, Path, compile_path, find
from twin.core.status import BAD, GOOD, UNCERTAIN


@dataclass(frozen=True, slots=True)
class Quality:
    """Where a payload holds its quality. good: what means Good, everything else is Bad; empty: the usual codes."""

    path: Path
    good: tuple[Any, ...]

    def read(self, document: Any) -> int:
        """The status; Good where the document says nothing."""
        found = find(document, self.path)
        if found is MISSING or found is None:
            return GOOD
        if self.good:
            return GOOD if found in self.good else BAD
        return usual(found)


def quality(setting: Any) -> Quality | None:
    """The setting `quality` of a tag: `$.q` or `{path: $.q, good: [1, OK]}`. Raises ValueError with the fix."""
    if setting is None:
        return None
    given: Any = {"path": setting} if isinstance(setting, str) else setting
    if not isinstance(given, Mapping) or not isinstance(given.get("path"), str) or set(given) - {"path", "good"}:
        raise ValueError("quality is a path like $.q or {path: $.q, good: [192]}")
    good = given.get("good", [])
    return Quality(compile_path(given["path"]), tuple(good) if isinstance(good, list | tuple) else (good,))


def usual(found: Any) -> int:
    """OPC DA quality (192 and up Good, 64 and up Uncertain), a bool, or the words good and uncertain; else Bad."""
    if isinstance(found, bool):
        return GOOD if found else BAD
    if isinstance(found, int | float):
        return GOOD if found >= 192 else UNCERTAIN if found >= 64 else BAD
    word = str(found).lower() if isinstance(found, str) else ""
    return GOOD if word.startswith("good") else UNCERTAIN if word.startswith("uncertain") else BAD
