"""The text of last values is what their shapes would give, to the byte, whatever the values."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.unit.api.running import FILLER, PACKER, PLANT, Api, row, running
from twin.api.now_json import tags_now, tags_told
from twin.api.readable import Owned
from twin.api.shapes import LimitShape, TagNowShape, TagsAnswer, TagShape
from twin.api.shapes_state import StateAnswer
from twin.api.tag_now import facts_of, unit_of
from twin.core import status as codes
from twin.core.batch import batch
from twin.core.event import CONNECTION_LOST, CONNECTION_UP, Event
from twin.core.instant import SECOND, to_text
from twin.core.tags import Facts, Tag, TagTable, TagType
from twin.model.load import load
from twin.model.plant import Plant
from twin.model.rule_text import text_of
from twin.runtime.live import LiveView, TagColumns
from twin.runtime.plugins import connectors

ODD = PLANT.replace(
    "lines:", 'tags: {"hall/temp": {from: s7, node: T, unit: "°C \\"x\\""}}\nproducts: {cola: {code: 7}}\nlines:'
)
ODD = ODD.replace("      recipe:", "      twice: {compute: 2 * temp}\n      recipe:")


def shape_now(twin: Owned, view: LiveView, path: str, origin: str | None) -> TagNowShape:
    """One tag, field by field."""
    spec, tag, columns = twin.plant.tags.get(path), twin.tags.get(path), view.tags
    has_one = tag is not None and tag < len(columns.time) and columns.time[tag] != 0
    value = float(columns.value[tag]) if has_one else math.nan
    status = int(columns.status[tag]) if has_one else codes.BAD_WAITING_FOR_INITIAL_DATA
    time = int(columns.time[tag]) if has_one else 0
    word = None if not has_one else "Infinity" if value > 0 else "-Infinity"
    return TagNowShape(
        value=value if math.isfinite(value) else None,
        text=word if math.isinf(value) else columns.text[tag] if has_one else None,
        unit=unit_of(twin, path),
        status=codes.name(status),
        quality=codes.severity(status) if has_one else "none",
        time=to_text(time) if has_one else None,
        age_s=max(0, view.as_of - time) / SECOND if has_one else None,
        stale=has_one and bool(columns.stale[tag]),
        connection=twin.owners.get(path, "") if spec is None else spec.connection,
        origin=origin if has_one else None,
    )


def shape_told(twin: Owned, view: LiveView, path: str, origin: str | None) -> TagShape:
    """The same with all that the model says."""
    now, spec, tag = shape_now(twin, view, path, None), twin.plant.tags.get(path), twin.tags.get(path)
    usual = int(view.tags.usual[tag]) if tag is not None and now.time is not None else 0
    alarms = [] if spec is None else spec.alarms
    limits = [LimitShape(kind=a.kind, limit=a.limit, priority=a.priority) for a in alarms if a.kind != "stale"]
    return TagShape(
        **now.model_dump() | {"origin": origin},
        tag=path,
        type=spec.type if spec is not None else "number" if tag is None else twin.tags[tag].type,
        range=facts_of(twin, path).range,
        display="" if spec is None else spec.display,
        usual_s=usual / SECOND if usual else None,
        limits=limits,
        compute=None if spec is None or spec.compute is None else text_of(spec.compute),
    )


class Named:
    """Some tags of a plant and two that only the log has, of which one tells its unit."""

    def __init__(self) -> None:
        self.plant: Plant = load(ODD, "plant.yaml", connectors(), {})
        known = [path for path in self.plant.tags if not path.endswith("reject")]
        self.tags = TagTable([*map(Tag, known), Tag('odd/"tag"', TagType.TEXT), Tag("odd/ž")])
        self.owners = {"odd/ž": "s7"}
        for id_, facts in enumerate([Facts("ms", (0, 1e-7)), Facts("V", (-math.inf, 1e300))] * 4):
            self.tags.describe(id_ + len(self.tags) - 8, facts)

    @property
    def paths(self) -> list[str]:
        """All of the plant, those of the log, and one that nobody knows."""
        return [*self.plant.tags, *(n for n in self.tags.names() if n not in self.plant.tags), "nowhere"]


NAMED = Named()
INSTANTS = st.sampled_from([0, 1, 10**9, 10**18 + 500_000_000]) | st.integers(-(2**60), 2**62)
ROWS = st.tuples(
    INSTANTS,
    st.floats() | st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 1e-5, 1e16, 1e22, 5e-324]),
    st.integers(0, 2**32 - 1) | st.sampled_from([codes.GOOD, codes.BAD_SENSOR_FAILURE, codes.UNCERTAIN]),
    st.none() | st.text() | st.sampled_from(["Infinity", "0aff", '"\n\x00\x7f', "😀"]),
    st.booleans(),
    st.sampled_from([0, 1, SECOND, 10**15 + 1]),
)


def view_with(rows: list[tuple[int, float, int, str | None, bool, int]], as_of: int) -> LiveView:
    """A view of tags whose last rows these are."""
    time, value, status, text, stale, usual = zip(*rows, strict=True) if rows else ((),) * 6
    words = np.full(len(rows), None, object)
    words[:] = text
    columns = TagColumns(
        time=np.array(time, np.int64), value=np.array(value, np.float64), status=np.array(status, np.uint32),
        text=words, stale=np.array(stale, np.bool_), usual=np.array(usual, np.int64),
        silence=np.zeros(len(rows), np.int64),
    )  # fmt: skip
    return LiveView(1, as_of, 1, as_of, columns, {})


@given(st.lists(ROWS, max_size=len(NAMED.tags)), INSTANTS, st.booleans())
def test_a_text_is_what_the_shape_gives(
    rows: list[tuple[int, float, int, str | None, bool, int]], as_of: int, told: bool
) -> None:
    view = view_with(rows, as_of)
    came = dict.fromkeys(NAMED.paths[::2], "filled") if told else {}
    for text, shape in ((tags_now, shape_now), (tags_told, shape_told)):
        found = text(NAMED, view, NAMED.paths, came)
        assert found == [shape(NAMED, view, path, came.get(path)).model_dump_json() for path in NAMED.paths]


async def told(api: Api, path: str, shape: type[BaseModel], **query: str) -> None:
    """An answer is what its shape would give."""
    body = (await api.client.get(f"/api/v1{path}", params=query)).content
    assert shape.model_validate_json(body, strict=True, extra="forbid").model_dump_json().encode() == body


async def test_answers_are_what_their_shapes_give(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=ODD) as api:
        await told(api, "/state", StateAnswer)
        twin = api.twin
        await twin.note(Event(api.clock.now(), CONNECTION_UP, "s7"))
        hall = twin.tags.id_of("acme/brno/hall/temp")
        odd = twin.tags.id_of("odd/text", TagType.TEXT)
        api.clock.at(10)
        await twin.append(batch("s7", [hall, odd], [api.clock.now() - 1] * 2, [-0.0, math.nan], text=[None, '"ž\n']))
        await api.post([row(f"{FILLER}/temp", 9, text="Infinity"), row(f"{PACKER}/st", 9, 1)])
        await api.post([row(f"{FILLER}/code", 9, text="00ff"), row(f"{FILLER}/recipe", 9, text="cola \u2028")])
        await api.post([row(f"{FILLER}/total", 9.000000001, status=codes.BAD_SENSOR_FAILURE)])
        api.clock.at(3600)
        await twin.note(Event(api.clock.now() - 1, CONNECTION_LOST, "s7", {"cause": "cable"}))
        await api.move(3601)
        state = await api.get("/state")
        assert state["machines"][0]["tags"]["temp"]["stale"]
        assert [one["name"] for one in state["alarms"]] != []
        for asset in ("", "acme/brno", FILLER, "hall/temp", "odd"):
            await told(api, "/state", StateAnswer, asset=asset, origin="true")
            await told(api, "/state", StateAnswer, asset=asset, at="now", known_at="now", origin="false")
        await told(api, "/tags", TagsAnswer, origin="true")
        await told(api, "/tags", TagsAnswer, limit="2", origin="false")
