"""What both converters of other programs' files need: a notebook of what was not carried over, and typed looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from twin.model.naming import Taken, segment
from twin.model.plant_text import ConnectionDraft, TagDraft, unsayable
from twin.model.yaml_writing import Setting

Table = Mapping[str, Any]


class Notebook:
    """What is not carried over, a line each: place, fact, and what to do."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def tell(self, place: str, text: str) -> None:
        """Note one thing."""
        self.lines.append(f"{place}: {text}")

    def tell_keys(self, place: str, table: Table, reasons: Mapping[str, str], known: Iterable[str]) -> None:
        """Note every key of a table that is not known and says something: with its reason, or that it has no equal."""
        for key, value in table.items():
            if key not in known and value not in (None, False, 0, "", [], {}):
                self.tell(f"{place}.{key}", reasons.get(key, "has no equal here"))


class Names:
    """Makes paths of tags and names of connections."""

    def __init__(self) -> None:
        self._taken = Taken()
        self._connections = Taken()

    def path(self, names: Sequence[str]) -> str:
        """A legal path that no other tag has."""
        return self._taken.free("/".join(segment(name) for name in names if name))

    def connection(self, name: str) -> str:
        """A legal name that no other connection has."""
        return self._connections.free(segment(name))


def texts(value: object) -> str:
    """A text that may be missing."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def tables(value: object) -> list[dict[str, Any]]:
    """A list of tables that may be missing; what is no table in it is left to `Notebook` by its caller."""
    items: list[Any] = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def drafted(
    path: str, display: str, connection: ConnectionDraft, keys: Mapping[str, Setting], place: str, book: Notebook
) -> TagDraft | None:
    """The tag, None after telling why no plant file can say it."""
    said = [value for value in keys.values() if isinstance(value, str)]
    for reason in filter(None, map(unsayable, said)):
        book.tell(place, f"left out: {reason}")
        return None
    is_said = unsayable(display) or path.rpartition("/")[2] == display
    return TagDraft(path, connection.name, keys, display="" if is_said else display)
