"""Last values of tags as the JSON of TagNowShape and TagShape; quick, for a plant has thousands of them.

All tags go through each step together: columns of the view, each column as texts, then an object a tag. It is what the
shapes would give, to the byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from twin.api.json_columns import number_texts, quoted, time_texts
from twin.api.readable import Owned
from twin.api.tag_now import facts_of
from twin.core import status as codes
from twin.core.instant import SECOND
from twin.model.plant import Limit, TagSpec
from twin.model.rule_text import text_of
from twin.runtime.live import LiveView

NO_ORIGINS: Mapping[str, str] = {}

_Texts = tuple[str, str, str, str, str, str]
"""value, text, status and quality, time, stale, age_s."""


def tags_now(twin: Owned, view: LiveView, paths: Sequence[str], came: Mapping[str, str] = NO_ORIGINS) -> list[str]:
    """TagNowShape of each tag. twin: or the model that counted then. came: how values came, as far as that is told."""
    rows = _rows(twin, view, paths)
    found: list[str] = []
    for path, row, texts in zip(paths, rows.tolist(), _texts(view, rows), strict=True):
        value, text, status, time, stale, age = texts
        unit, connection = _unit_and_connection(twin, path)
        origin = quoted(came[path]) if row >= 0 and path in came else "null"
        found.append(
            f'{{"value":{value},"text":{text},"unit":{unit},{status},"time":{time},"age_s":{age},"stale":{stale},'
            f'"connection":{connection},"origin":{origin}}}'
        )
    return found


def tags_told(twin: Owned, view: LiveView, paths: Sequence[str], came: Mapping[str, str] = NO_ORIGINS) -> list[str]:
    """TagShape of each tag: with everything that the model says of it."""
    rows = _rows(twin, view, paths)
    found: list[str] = []
    for path, row, texts in zip(paths, rows.tolist(), _texts(view, rows), strict=True):
        value, text, status, time, stale, age = texts
        spec = twin.plant.tags.get(path)
        unit, connection = _unit_and_connection(twin, path)
        usual = int(view.tags.usual[row]) if row >= 0 else 0
        origin = quoted(came[path]) if path in came else "null"
        found.append(
            f'{{"tag":{_json(path)},"type":{quoted(_type(twin, path, spec))},"unit":{unit},'
            f'"range":{_range(facts_of(twin, path).range)},"display":{_json("" if spec is None else spec.display)},'
            f'"connection":{connection},"time":{time},"value":{value},"text":{text},{status},"stale":{stale},'
            f'"age_s":{age},"origin":{origin},"usual_s":{_json(usual / SECOND if usual else None)},'
            f'"limits":[{"" if spec is None else _limits(spec.alarms)}],"compute":{_computed(spec)}}}'
        )
    return found


def _rows(twin: Owned, view: LiveView, paths: Sequence[str]) -> NDArray[np.intp]:
    """Where a view has each tag, -1 for one without a sample."""
    ids = map(twin.tags.get, paths)
    rows = np.array([-1 if id_ is None else id_ for id_ in ids], np.intp)
    rows[rows >= len(view.tags.time)] = -1
    there = np.flatnonzero(rows >= 0)
    rows[there[view.tags.time[rows[there]] == 0]] = -1
    return rows


def _texts(view: LiveView, rows: NDArray[np.intp]) -> list[_Texts]:
    """What differs from one instant to the next, by column."""
    columns, heard = view.tags, rows[rows >= 0]
    value, time = columns.value[heard], columns.time[heard]
    found = zip(
        number_texts(value.tolist()),
        _words(value, columns.text[heard]),
        map(_status, columns.status[heard].tolist()),
        time_texts(time),
        ["true" if one else "false" for one in columns.stale[heard].tolist()],
        number_texts([max(0, age) / SECOND for age in (view.as_of - time).tolist()]),
        strict=True,
    )
    return list(found) if len(heard) == len(rows) else [next(found) if row >= 0 else _NEVER for row in rows.tolist()]


def _words(value: NDArray[np.float64], text: NDArray[np.object_]) -> list[str]:
    """The text of each value, a word where the number is infinite."""
    words = ["null" if one is None else _json(one) for one in text.tolist()]
    for row in np.flatnonzero(np.isinf(value)).tolist():
        words[row] = '"Infinity"' if value[row] > 0 else '"-Infinity"'
    return words


@lru_cache(maxsize=1000)
def _status(code: int) -> str:
    return f'"status":{quoted(codes.name(code))},"quality":{quoted(codes.severity(code))}'


_NEVER: _Texts = (
    "null", "null", f'"status":{quoted(codes.name(codes.BAD_WAITING_FOR_INITIAL_DATA))},"quality":"none"', "null",
    "false", "null",
)  # fmt: skip


def _unit_and_connection(twin: Owned, path: str) -> tuple[str, str]:
    spec = twin.plant.tags.get(path)
    if spec is None:
        return quoted(facts_of(twin, path).unit), quoted(twin.owners.get(path, ""))
    return quoted(spec.unit or facts_of(twin, path).unit), quoted(spec.connection)


def _type(twin: Owned, path: str, spec: TagSpec | None) -> str:
    tag = twin.tags.get(path)
    return spec.type if spec is not None else "number" if tag is None else twin.tags[tag].type


def _range(ends: tuple[float, float] | None) -> str:
    return "null" if ends is None else _json([float(end) for end in ends])


def _limits(alarms: Sequence[Limit]) -> str:
    return ",".join(
        f'{{"kind":{quoted(one.kind)},"limit":{_json(float(one.limit))},"priority":{one.priority}}}'
        for one in alarms
        if one.kind in {"high", "low"}
    )


def _computed(spec: TagSpec | None) -> str:
    return "null" if spec is None or spec.compute is None else _json(text_of(spec.compute))


def _json(value: object) -> str:
    return to_json(value, inf_nan_mode="null").decode()
