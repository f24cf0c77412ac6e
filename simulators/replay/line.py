"""A recording as a line, as `linetwin.line_files` offers it; and the plant file that fits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulators.description.addresses import with_addresses
from simulators.replay.recording import SERVER, Recording
from simulators.replay.run import ReplayedRun


class RecordedLine:
    """A recording. name: of its file. rounds: it begins again when it is over."""

    def __init__(self, name: str, recording: Recording, rounds: bool = False) -> None:
        self.name = name
        self._recording = recording
        self._rounds = rounds

    def build(self, seed: int, start: int, faults: Sequence[tuple[str, int]] = ()) -> ReplayedRun:
        """The recording with its first sample at an instant (ns). seed: of nasty wires. Raises ValueError."""
        if seed < 0:
            raise ValueError(f"seed {seed} is negative; take 0 or more")
        run = ReplayedRun(self._recording, seed, start, self._rounds)
        for what, at in faults:
            run.fault(what, at)
        return run

    def plant_file(self, addresses: Mapping[str, Any]) -> str:
        """PLANT.yaml with every tag, from the server of the recording, and the addresses that `serve` gave."""
        return with_addresses("\n".join(self._plant_file()) + "\n", f"plant file of {self.name}", addresses)

    def _plant_file(self) -> Iterator[str]:
        yield f"# Made from the recording {self.name}: its tags. Machines, states, counts and alarms are yours."
        yield "linetwin: 1"
        yield ""
        yield "connections:"
        address = f'opcua: "opc.tcp://127.0.0.1:4840", ns: "{SERVER.namespace}"'
        yield f"  {SERVER.name}: {{{address}, every: 1s, queue: 1000, wait: 1500ms}}"
        yield ""
        yield "tags:"
        paths: set[str] = set()
        for name in self._recording.names:
            path = free(path_of(name), paths)
            paths.add(path)
            text = ", type: text" if name in self._recording.texts else ""
            yield f"  {path}: {{from: {SERVER.name}, node: {json.dumps(name, ensure_ascii=False)}{text}}}"


def path_of(name: str) -> str:
    """The name of a tag as a plant file may write it.

    >>> path_of("anomaly-free/Volume Flow RateRMS")
    'anomaly-free/volume_flow_raterms'
    """
    return "/".join(re.sub(r"[^a-z0-9_-]+", "_", part.lower()) or "_" for part in name.split("/"))


def free(path: str, taken: set[str]) -> str:
    """The path, with a number behind it where it is taken."""
    found, number = path, 2
    while found in taken:
        found, number = f"{path}_{number}", number + 1
    return found
