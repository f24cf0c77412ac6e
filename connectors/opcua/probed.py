"""What each tag would get of a value that was read once: `twin check --connect`."""

from __future__ import annotations

from collections.abc import Sequence

from asyncua import ua

from connectors.opcua.decode.columns import kept
from connectors.opcua.items import Items
from twin.core.errors import Undecodable
from twin.core.ports import Probed
from twin.core.status import name as status_name


def probed(items: Items, handle: int, value: ua.DataValue) -> Sequence[Probed]:
    """What each tag of an item would get of a value."""
    status = 0 if value.StatusCode is None else value.StatusCode.value
    result: list[Probed] = []
    for target in items.all[handle].targets:
        tag = items.tags[target.tag].name
        try:
            number, text = kept(value, status, target, items.structures)
            shown = text if text is not None else f"{number:.15g}"
            result.append(Probed(tag, shown) if not status else Probed(tag, shown, status_name(status)))
        except Undecodable as error:
            result.append(Probed(tag, problem=str(error)))
    return result
