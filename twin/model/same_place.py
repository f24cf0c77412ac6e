"""Two tags that are read from one place of a connection: most likely one of them was meant for another."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from twin.core.plugin import ConnectorPlugin, TagAddress
from twin.model.entry import Entry
from twin.model.plant import Plant


def check_places(plant: Plant, plugins: Mapping[str, ConnectorPlugin], entries: Mapping[str, Entry]) -> None:
    """Report tags of one connection that are found where another is, unless one of the two says `shared`.

    A line is told once: the machines of a type that lacks its `node` share all tags of it.
    """
    keys = {id_: [key.name for key in plugin.tag_keys if key.locates] for id_, plugin in plugins.items()}
    first: dict[Hashable, str] = {}
    for path, tag in plant.tags.items():
        if not keys.get(tag.connection) or tag.shared:
            continue
        place = tuple(_place(tag.address, keys[tag.connection]))
        if not any(place) or entries[path].report.holds(entries[path].line):
            continue
        if first.setdefault((tag.connection, place), path) != path:
            other = first[tag.connection, place]
            at = entries[other].seen_from(entries[path]) if other in entries else "elsewhere"
            where = ", ".join(_words(tag.address, keys[tag.connection]))
            entries[path].problem(
                f"tag '{plant.short(path)}' is read from where '{plant.short(other)}' is ({where}; {at}); "
                "name another place, or write `shared: true` beside it"
            )


def _place(address: TagAddress, keys: Sequence[str]) -> Iterator[Hashable]:
    for key in keys:
        value = address.settings.get(key) or ""
        if key == "node":
            value = address.machine_node + str(value)
        yield value if isinstance(value, str) else repr(value)


def _words(address: TagAddress, keys: Sequence[str]) -> Iterator[str]:
    values = _place(address, keys)
    yield from (f"{key} {value}" for key, value in zip(keys, values, strict=True) if value)
