"""The plant as it stands in the model: frozen, checked, templates filled in. Nothing here reads YAML or a wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from twin.core.plugin import ConnectionSpec, TagAddress
from twin.model.rule import Rule


@dataclass(frozen=True, slots=True)
class Counter:
    """How a counter tag counts.

    wraps: the number after which it starts at 0 again (65536 for 16 bits), 0 when it does not wrap.
    resets: `order` or `any` when it may fall to a lower number and count on from there; `never` otherwise, then a
    fall is a jump. pulse: every sample of value 1 is one piece (no running total on the wire).
    limit: more pieces than this in one step is a jump (a PLC restart), not production; 0: half of `wraps` or none.
    """

    wraps: int = 0
    resets: str = "any"
    pulse: bool = False
    limit: int = 0


@dataclass(frozen=True, slots=True)
class TagSpec:
    """One tag of the model: what it means. Its samples in the log keep the wire's number; this turns it into a value.

    path: full ISA-95 path. unit: as written in the file. factor, offset: value = wire * factor + offset.
    bad: wire numbers that mean "no value" (sentinels such as 32767). places: decimals to show.
    """

    path: str
    connection: str
    address: TagAddress
    type: str = "number"
    unit: str = ""
    factor: float = 1.0
    offset: float = 0.0
    bad: tuple[float, ...] = ()
    counter: Counter | None = None
    display: str = ""


@dataclass(frozen=True, slots=True)
class StateModel:
    """How a machine's state is found: rules, the first that holds; or a table from a state number.

    rules: (condition, state); a condition of None always holds. table: wire number -> state; value: path of the tag.
    """

    rules: tuple[tuple[Rule | None, str], ...] = ()
    table: Mapping[int, str] = field(default_factory=dict[int, str])
    value: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """A work unit (ISA-95): the machine of a line. path: full; tags: local name -> full path, in file order."""

    path: str
    name: str
    type: str
    tags: Mapping[str, str]
    makes: str = "piece"
    pieces: int = 1
    counts: Mapping[str, str] = field(default_factory=dict[str, str])
    state: StateModel | None = None
    display: str = ""


@dataclass(frozen=True, slots=True)
class Buffer:
    """Room for pieces between two stations of the flow."""

    capacity: int
    unit: str


@dataclass(frozen=True, slots=True)
class Line:
    """A work centre: machines in the order of the flow. flow: each station is machine paths side by side, or a Buffer."""

    path: str
    name: str
    machines: tuple[Machine, ...]
    flow: tuple[tuple[str, ...] | Buffer, ...] = ()
    output: tuple[str, ...] = ()
    product: str = ""
    display: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """What a line makes. code: the number the recipe tag shows; ideal: machine or type -> ns per piece."""

    name: str
    code: int | None = None
    ideal: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Plant:
    """The whole model. digest: SHA-256 of the text it came from; text: that text (the event `plant.loaded` keeps it).

    tags: full path -> spec, flat tags too, in file order. The units of re-fold are computed in twin.model.units.
    """

    path: str
    timezone: str
    connections: Mapping[str, ConnectionSpec]
    tags: Mapping[str, TagSpec]
    lines: tuple[Line, ...]
    products: Mapping[str, Product] = field(default_factory=dict[str, Product])
    shifts: Mapping[str, object] = field(default_factory=dict[str, object])
    text: str = ""
    digest: str = ""

    def machines(self) -> tuple[Machine, ...]:
        """All machines of all lines, in file order."""
        return tuple(machine for line in self.lines for machine in line.machines)
