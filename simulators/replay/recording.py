"""A recording as columns, and what follows from it: how long a round of it is, and where each tag is on the wires."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.samples import Columns
from simulators.wiring import MqttValue, OpcUaServer, OpcUaValue, Wiring

SERVER = OpcUaServer("replay", "Linetwin replay", "urn:linetwin:replay", ())
ON_MQTT = "mqtt:"
"""Before the name of a tag where its place on MQTT is meant; the name alone means the one on OPC UA."""
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Recording:
    """Rows in the order of time. texts: tag -> the texts that it shows; its values are places in there."""

    names: Sequence[str]
    time: NDArray[np.int64]
    tag: NDArray[np.int32]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    texts: dict[str, tuple[str, ...]]

    @property
    def begins(self) -> int:
        """The instant of its first sample, ns."""
        return int(self.time[0])

    @property
    def round(self) -> int:
        """From one beginning to the next, ns: its length, and the usual distance between two instants."""
        steps = np.diff(np.unique(self.time))
        return int(self.time[-1]) - self.begins + (int(np.median(steps)) if len(steps) else SECOND)

    def wiring(self) -> Wiring:
        """A node for each tag, its identifier the tag; and a topic."""
        nodes = {
            name: OpcUaValue(SERVER.name, name, tuple(name.split("/")), self._type(name), self.texts.get(name, ()))
            for name in self.names
        }
        topics = {
            f"{ON_MQTT}{name}": MqttValue(topic_of(name), "value", "quality", self.texts.get(name, ()))
            for name in self.names
        }
        return Wiring((SERVER,), {**nodes, **topics})

    def _type(self, name: str) -> str:
        return "String" if name in self.texts else "Double"


def recording_of(columns: Columns, texts: NDArray[Any] | None = None) -> Recording:
    """A recording from columns in the order of time. texts: of each row, None where it has a number.

    A tag none of whose rows has a number but one of them a text is a tag of texts.
    """
    names, time, tag, value, status = columns
    if texts is None:
        return Recording(names, time, tag, value, status, {})
    value, tables = value.copy(), dict[str, tuple[str, ...]]()
    numbers, spoken = ~np.isnan(value), np.array([text is not None for text in texts], dtype=np.bool_)
    for place, name in enumerate(names):
        rows = tag == place
        if (rows & numbers).any() or not (rows & spoken).any():
            continue
        said = ["" if text is None else str(text) for text in texts[rows]]
        known = {text: number for number, text in enumerate(dict.fromkeys(said))}
        value[rows], tables[name] = [known[text] for text in said], tuple(known)
    return Recording(names, time, tag, value, status, tables)


def without_texts(recording: Recording, columns: Columns) -> Columns:
    """Columns as `step` gives them: no number where there is text."""
    names, time, tag, value, status = columns
    text = np.isin(tag, [place for place, name in enumerate(names) if name in recording.texts])
    return names, time, tag, np.where(text, np.nan, value), status


def topic_of(name: str) -> str:
    """A tag as a topic: without what MQTT keeps for itself."""
    return re.sub(r"[+#\x00]", "_", name)
