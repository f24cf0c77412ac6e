"""Scales: those without a date count from the load on, dated ones mend the past."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from twin.core.instant import FAR_FUTURE, FAR_PAST, to_text
from twin.core.scales import Scale, scale_at
from twin.model.plan.change import MENDS, NOTHING, Change, differences, spelled
from twin.model.plan.pair import Pair
from twin.model.plant import DatedScale, TagSpec

Readings = Mapping[str, tuple[Sequence[Scale], Sequence[Scale]]]
"""Path -> how its wire numbers read over time before and after a change."""


def readings(pair: Pair) -> Readings:
    """Where nothing is known but two files: the old one always counted, and only dates reach back."""
    return {after.path: (_over(before, before.scales), _over(before, after.scales)) for before, after in pair.tags()}


def _over(tag: TagSpec, dated: Sequence[DatedScale]) -> list[Scale]:
    always = Scale(FAR_PAST, tag.factor, tag.offset, tag.bad)
    found: list[Scale] = []
    for start in sorted({FAR_PAST, *(at for one in dated for at in (one.start, one.end) if at != FAR_FUTURE)}):
        over = next((one for one in dated if one.start <= start < one.end), None)
        found.append(replace(always, start=start) if over is None else Scale(start, over.factor, over.offset, over.bad))
    return found


def scale_changes(pair: Pair, read: Readings, now: int) -> Iterator[Change]:
    """read: what each known series reads like. now: what is later is not past yet."""
    before = {after.path: before for before, after in pair.tags()}
    for path, tag in pair.new.tags.items():
        former = before.get(path)
        if former is not None:
            text = ", ".join(text for _, text in differences(_said(former), _said(tag)))
            if text:
                yield Change("changed", "scale", path, text, tag=path, place=tag.address.place)
        if path in read:
            yield from _dated(tag, () if former is None else former.scales, unlike(*read[path]), now)


def _said(scale: TagSpec | DatedScale) -> dict[str, object]:
    return {"factor": scale.factor, "offset": scale.offset, "bad": scale.bad}


def _dated(tag: TagSpec, former: Sequence[DatedScale], spans: Sequence[tuple[int, int]], now: int) -> Iterator[Change]:
    before, after = ({one.start: one for one in scales} for scales in (former, tag.scales))
    for start in sorted(before.keys() | after.keys()):
        was, is_ = before.get(start), after.get(start)
        if was == is_:
            continue
        end = max(one.end for one in (was, is_) if one is not None)
        inside = [(max(a, start), min(b, end)) for a, b in spans if a < end and start < b]
        kind = "added" if was is None else "removed" if is_ is None else "changed"
        text = " -> ".join(_text(one) for one in (was, is_) if one is not None)
        change = Change(kind, "dated scale", tag.path, text, NOTHING, tag=tag.path, place=tag.address.place)
        if inside and inside[0][0] >= now:
            yield replace(change, effect="", since=inside[0][0])
        elif inside:
            yield replace(change, effect=MENDS, since=inside[0][0], until=min(inside[-1][1], now))
        else:
            yield change


def _text(one: DatedScale) -> str:
    """`2026-11-20T05:00:00Z to 2026-11-27T05:00:00Z factor 2, offset 0`."""
    until = "" if one.end == FAR_FUTURE else f" to {to_text(one.end)}"
    said = ", ".join(f"{name} {spelled(name, value)}" for name, value in _said(one).items() if value != ())
    return f"{to_text(one.start)}{until} {said}" if until else f"from {to_text(one.start)} {said}"


def unlike(one: Sequence[Scale], other: Sequence[Scale]) -> list[tuple[int, int]]:
    """The spans in which two lists of scales of a tag read differently."""
    starts = sorted({scale.start for scale in (*one, *other)} | {FAR_PAST})
    return [
        (start, end)
        for start, end in pairwise([*starts, FAR_FUTURE])
        if replace(scale_at(one, start), start=0) != replace(scale_at(other, start), start=0)
    ]
