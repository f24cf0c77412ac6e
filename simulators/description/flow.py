"""What a description writes in a way of its own: phases of a stoppage, components by kind, first counts by seed."""

from __future__ import annotations

from simulators.components.component import ComponentSpec
from simulators.components.kinds import KINDS
from simulators.condition import Condition
from simulators.description.document import Node
from simulators.description.grammar import Slot, Within
from simulators.description.mistake import nearest
from simulators.description.reader import Reader, at
from simulators.stoppage import Phase, Phases
from simulators.streams import Stream

Range = tuple[float, float]
CONDITIONS = {one.name.lower(): one for one in Condition if one is not Condition.RUNNING}
MOST_PIECES = 2**32
LENGTH = Slot.length("s")


def read_phases(reader: Reader, node: Node, place: str) -> Phases:
    """`{aborted: [2m, 3m], idle: 5s}`, or a list of such mappings where a condition comes twice.

    `{aborted: {lasts: [2m, 3m], by: operator}}` where somebody must come for it.
    """
    if isinstance(node.value, tuple):
        return tuple(phase for item in node.value for phase in read_phases(reader, item, place))
    phases: list[Phase] = []
    for word, entry in reader.entries(node, place).items():
        inner = f"{place}.{word}"
        if word not in CONDITIONS:
            raise entry.value.wrong(f"{at(place)}no condition {word!r}{nearest(word, CONDITIONS)}")
        length, by = entry.value, ""
        if isinstance(length.value, dict):
            reader.known(length, ("lasts", "by"), inner)
            if set(length.value) != {"lasts", "by"}:
                raise length.wrong(f"{inner}: write {{lasts: [2m, 3m], by: operator}}")
            by, length = length.value["by"].value.text, length.value["lasts"].value
        wanted = Range if isinstance(length.value, tuple) else float
        found = reader.read(length, wanted, inner, LENGTH)
        shortest, longest = found if isinstance(found, tuple) else (found, found)
        if longest < shortest:
            raise length.wrong(f"{inner}: the longest comes first; write the shorter length first")
        phases.append(Phase(CONDITIONS[word], shortest, longest, by=by))
    return tuple(phases)


def read_component(reader: Reader, node: Node, place: str) -> ComponentSpec:
    """`{kind: motor, ...}`; without a kind the name of the component is its kind."""
    name = place.rpartition(".")[2]
    entries = reader.entries(node, place)
    kind = name
    if "kind" in entries:
        kind = reader.word(entries["kind"].value, KINDS, f"{place}.kind")
    elif name not in KINDS:
        raise node.wrong(f"{at(place)}has no kind; add `kind:` with one of {', '.join(KINDS)}")
    spec: ComponentSpec = reader.fields(node, KINDS[kind], place)
    return spec


class FirstCounts:
    """Where counters stand at the start: a number, or one drawn by the seed, all from one stream in the file's order.

    `1200`, `{between: [1000, 90000]}`, or `{odd: [64600, 65400], even: [500, 900]}`, by whether the seed is odd.
    """

    def __init__(self, source: Stream, seed: int) -> None:
        self._source = source
        self._parity = "odd" if seed % 2 else "even"
        self._total = 0

    def total(self, reader: Reader, node: Node, place: str) -> int:
        """The first total."""
        self._total = self._drawn(reader, node, place)
        return self._total

    def reject(self, reader: Reader, node: Node, place: str) -> int:
        """The first count of bad pieces: as above, or `{share: 0.004}` of the total that stands before it."""
        if isinstance(node.value, dict) and "share" in node.value:
            reader.known(node, ("share",), place)
            share = reader.read(node.value["share"].value, float, f"{place}.share", Slot.plain(Within(0.0, 1.0)))
            return int(self._total * share)
        return self._drawn(reader, node, place)

    def _drawn(self, reader: Reader, node: Node, place: str) -> int:
        pieces = Slot.plain(Within(0, MOST_PIECES))
        if not isinstance(node.value, dict):
            return reader.read(node, int, place, pieces)
        reader.known(node, ("between", "odd", "even"), place)
        keys = ("between",) if "between" in node.value else ("odd", "even")
        if set(node.value) != set(keys):
            raise node.wrong(f"{at(place)}write {{between: [low, high]}} or {{odd: [low, high], even: [low, high]}}")
        found = {key: reader.read(node.value[key].value, tuple[int, int], f"{place}.{key}", pieces) for key in keys}
        low, high = found.get("between") or found[self._parity]
        if high <= low:
            raise node.wrong(f"{at(place)}[{low}, {high}] holds nothing; write the lower number first")
        return int(self._source.integers(low, high))
