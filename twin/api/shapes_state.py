"""The JSON of /state."""

from __future__ import annotations

from collections.abc import Mapping

from twin.api.alarm_shapes import AlarmShape
from twin.api.shapes import Answer, Shape, TagNowShape, Time


class ModelShape(Shape):
    """The edition of the plant model that counted. number: its place among the `many` of the log, 1 for the first.

    plant: its path. digest: SHA-256 of its plant file. since: from when on it counted, the time of its event
    `plant.loaded`; the first edition counts for what was before it, too. known_from: when the log took that event. who,
    why: who loaded it and what for, '' where nobody said so.
    """

    number: int
    many: int
    plant: str
    digest: str
    since: Time
    known_from: Time
    who: str
    why: str


class ProductNowShape(Shape):
    """What a line makes. code: as its product tag shows it; name: null where the model has no product of that code."""

    code: int | None
    name: str | None
    since: Time


class LineStateShape(Shape):
    """A line at an instant. product: null where the line has no product tag, or it had no sample yet.

    The model has no orders yet: what is made is told by the product alone.
    """

    line: str
    product: ProductNowShape | None


class StateShape(Shape):
    """A machine at an instant. state null: nothing came yet. tags: local name -> value."""

    asset: str
    state: str | None
    since: Time | None
    tags: Mapping[str, TagNowShape]


class TagStateShape(TagNowShape):
    """A tag that no machine of the answer has: of a line, of the plant, or of no asset at all."""

    tag: str


class StateAnswer(Answer):
    """What a path means, at `as_of`, under the names that the model of that instant has for it.

    machines: those at or below the path. lines: those at or below it. tags: tags at or below it that no machine has,
    and the tag itself where the path is one. alarms: those of all these tags that are active or wait for their
    acknowledgement, the most urgent first.
    """

    known_at: Time | None
    model: ModelShape
    lines: list[LineStateShape]
    machines: list[StateShape]
    tags: list[TagStateShape]
    alarms: list[AlarmShape]
