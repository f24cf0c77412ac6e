"""What a request for samples asks, read and checked: which tags, when, and in which way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from fastapi import Query
from numpy.typing import NDArray

from twin.api.find import LONGEST, tag_named
from twin.api.moment import moment, span
from twin.api.problem import too_much, unprocessable
from twin.api.readable import Readable
from twin.core.instant import FAR_FUTURE, SECOND, Span, duration
from twin.core.part13 import Aggregate, Config
from twin.mes.calendar import Calendar, by_site, calendar_of
from twin.mes.cuts import CALENDAR, Cuts, calendar_cuts, equal_cuts
from twin.model.plant import Plant

COLUMNS = ("mean", "min", "max", "count", "first", "last", "twa")
"""Ours. `count` is always this one; beside a name that only Part 13 has, Part 13's is given too."""
NAMES = (*COLUMNS, *(one for one in Aggregate if one not in COLUMNS))
MOST_INTERVALS = 20_000
MOST_INSTANTS = 50
MOST_AT = 500
"""Tags times instants of one request."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Tags and a span, as they were known at an instant. ids: of the paths, None before a first sample."""

    paths: Sequence[str]
    ids: Sequence[int | None]
    span: Span
    known: int

    @property
    def wanted(self) -> NDArray[np.int32]:
        """The ids that there are, sorted."""
        return np.array(sorted({tag for tag in self.ids if tag is not None}), dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Settings:
    """Part 13's AggregateConfiguration, but for what a tag itself says."""

    uncertain_is_bad: bool = True
    percent_good: int = 100
    percent_bad: int = 100
    sloped_extrapolation: bool = False

    def config(self, stepped: bool) -> Config:
        """Of one tag. Raises a problem for percentages that contradict each other."""
        try:
            return Config(
                stepped, self.uncertain_is_bad, self.percent_bad, self.percent_good, self.sloped_extrapolation
            )
        except ValueError as error:
            raise unprocessable(str(error)) from error


async def settings_of(
    uncertain_is_bad: Annotated[bool, Query(description="Part 13: rows with an Uncertain status count as Bad")] = True,
    percent_good: Annotated[int, Query(ge=0, le=100, description="Part 13: share of Good that makes it Good")] = 100,
    percent_bad: Annotated[int, Query(ge=0, le=100, description="Part 13: share of Bad that makes it Bad")] = 100,
    sloped_extrapolation: Annotated[
        bool, Query(description="Part 13: after the last row the line goes on; else the value holds")
    ] = False,
) -> Settings:
    """The settings of a request."""
    found = Settings(uncertain_is_bad, percent_good, percent_bad, sloped_extrapolation)
    found.config(stepped=True)
    return found


@dataclass(frozen=True, slots=True)
class Aggregation:
    """Names of `aggregate`, apart: our columns, and those of Part 13."""

    columns: frozenset[str]
    part13: tuple[Aggregate, ...]


def aggregation_of(text: str) -> Aggregation:
    """What `aggregate` names. Raises a problem."""
    asked = list(dict.fromkeys(one.strip() for one in text.split(",")))
    if wrong := [one for one in asked if one not in NAMES]:
        raise unprocessable(f"aggregate: {wrong[0]!r} is none of {', '.join(NAMES)}")
    own = frozenset(one for one in asked if one in COLUMNS)
    if len(own) == len(asked):
        return Aggregation(own, ())
    others = {str(one) for one in Aggregate}
    return Aggregation(own, tuple(Aggregate(one) for one in asked if one in others))


def question_of(twin: Readable, names: Sequence[str], start: str, end: str, known_at: str | None) -> Question:
    """The tags and the span of a request. Raises a problem."""
    now = twin.clock.now()
    asked = span(start, end, now)
    known = FAR_FUTURE if known_at is None else moment("known_at", known_at, now)
    paths = list(dict.fromkeys(tag_named(twin.plant, twin.tags, name) for name in names))
    return Question(paths, [twin.tags.get(path) for path in paths], asked, known)


def instants_of(twin: Readable, texts: Sequence[str], tags: int) -> NDArray[np.int64]:
    """The instants of `at`, in order. Raises a problem."""
    if len(texts) * tags > MOST_AT:
        raise too_much(f"at: {len(texts)} instants of {tags} tags, and one request has at most {MOST_AT} of both")
    now, as_of = twin.clock.now(), twin.live().as_of
    found = [moment("at", text, now) for text in texts]
    for text, instant in zip(texts, found, strict=True):
        if instant > max(now, as_of):
            raise unprocessable(f"at {text} lies ahead; nobody knows yet what holds then")
    return np.unique(np.array(found, dtype=np.int64))


def cuts_of(plant: Plant, question: Question, interval: str | None, zone: str | None, as_of: int) -> Cuts:
    """The intervals of a span, up to now; those of the calendar by the site of the tags. Raises a problem."""
    asked = question.span
    end = max(min(asked.end, as_of), asked.start)
    if interval in CALENDAR:
        return _calendar(_site(plant, question.paths, interval or "", zone), interval or "", zone, asked.start, end)
    if zone is not None:
        raise unprocessable(f"tz is for intervals of the calendar: interval={', '.join(CALENDAR)}")
    try:
        length = duration(interval or "")
    except ValueError as error:
        raise unprocessable(f"interval: {error}, nor one of {', '.join(CALENDAR)}") from error
    if length < SECOND:
        raise unprocessable(f"interval: {interval} is shorter than 1s")
    if (end - asked.start) // length >= MOST_INTERVALS:
        raise too_much(f"more than {MOST_INTERVALS} intervals; ask for longer ones or a shorter span")
    return equal_cuts(asked.start, end, length)


def _site(plant: Plant, paths: Sequence[str], by: str, zone: str | None) -> Calendar:
    """The calendar of the tags. Raises a problem where they have different ones, and that matters."""
    calendars = [calendar_of(plant, found[0]) for found in by_site(plant, paths).values()]
    zones = list(dict.fromkeys(one.zone.key for one in calendars))
    if by == "shift" and any(one != calendars[0] for one in calendars):
        raise unprocessable("interval: the tags are of sites with different shifts; ask one site at a time")
    if len(zones) > 1 and zone is None:
        told = " and ".join(zones)
        raise unprocessable(f"interval: the tags are of sites in {told}; say whose days count: tz={zones[0]}")
    return calendars[0]


def _calendar(calendar: Calendar, by: str, zone: str | None, start: int, end: int) -> Cuts:
    if by == "shift":
        if not calendar.is_known:
            raise unprocessable("interval: the plant file has no shifts; ask for day, week or month")
        if zone is not None and zone != calendar.zone.key:
            raise unprocessable(f"tz: shifts are those of the plant, in {calendar.zone.key}")
    elif zone is not None:
        calendar = replace(calendar, zone=_zone(zone))
    found = calendar_cuts(calendar, by, start, end)
    if len(found.start) > MOST_INTERVALS:
        raise too_much(f"more than {MOST_INTERVALS} intervals; ask for longer ones or a shorter span")
    return found


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise unprocessable(f"tz: {name!r} is no IANA zone like Europe/Prague") from error


Tags = Annotated[
    list[str], Query(alias="tag", min_length=1, max_length=50, description="full path, or without the plant")
]
From = Annotated[str, Query(alias="from", max_length=LONGEST, description="RFC 3339, or relative: now-2h")]
To = Annotated[str, Query(alias="to", max_length=LONGEST, description="RFC 3339, or relative; not included")]
KnownAt = Annotated[str | None, Query(max_length=LONGEST, description="as the twin knew it at this instant")]
