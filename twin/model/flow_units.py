"""Whether what one station makes is what stands before the next, and what the next one takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twin.model.entry import Entry
from twin.model.machine_types import Makes
from twin.model.plant import Buffer


def check_flow(
    flow: Sequence[tuple[str, ...] | Buffer], items: Sequence[Entry], makes: Mapping[str, Makes | None]
) -> None:
    """Report buffers and stations that count in a unit that nothing beside them has. items: where each is written;
    makes: path -> what a machine makes, None where the file does not say.
    """
    for place, (station, item) in enumerate(zip(flow, items, strict=True)):
        before = next((one for one in reversed(flow[:place]) if not isinstance(one, Buffer)), ())
        made = _units(before, makes)
        if isinstance(station, Buffer):
            after = next((one for one in flow[place + 1 :] if not isinstance(one, Buffer)), ())
            known = made | _units(after, makes)
            if station.unit and known and station.unit not in known:
                item.problem(f"holds {station.unit}, and the stations beside it count {_words(known)}")
            continue
        for path in station:
            takes = makes.get(path)
            if takes and takes.made_of and made and takes.made_of not in made:
                name = path.rpartition("/")[2]
                item.problem(f"machine '{name}' takes {takes.made_of}, and the station before it makes {_words(made)}")


def _units(station: Sequence[str], makes: Mapping[str, Makes | None]) -> set[str]:
    """What the machines of a station count, and what that is made of."""
    said = [one for path in station if (one := makes.get(path)) is not None]
    return {unit for one in said for unit in (one.makes, one.made_of) if unit}


def _words(units: set[str]) -> str:
    return " or ".join(sorted(units))
