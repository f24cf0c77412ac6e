"""Samples as far back as they go: from the log and its files, what is older than these from archives behind outlets."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from twin.core.errors import Misconfigured, Unreachable
from twin.core.history import Slice, TagReads
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.plugin import OutletPlugin
from twin.core.ports import Archive
from twin.core.rows import Samples, in_order, join, no_samples
from twin.core.scales import UNSCALED, Scales
from twin.core.tags import TagTable
from twin.model.globs import takes
from twin.model.plant import Feed, Plant
from twin.runtime.computing import Computing
from twin.runtime.live import Meaning
from twin.store.reader import LogReader

LOCAL = "local"
"""The name of the log and its files as a source; no outlet may have it."""
REST_S = 15.0
"""An archive that did not answer is not asked again for so long: people who look at today do not wait for it."""
AS_SENT, ON_THE_WIRE = 0, 1
"""`recorded` of a row from an archive: it holds the value in the tag's unit, or the wire's number as the log does."""


@dataclass(frozen=True, slots=True)
class Part:
    """Where the rows of [start, end) came from. missing: why there are none of this source, empty when there are."""

    source: str
    start: int
    end: int
    missing: str = ""


class Behind:
    """One archive, opened with its first question. For any thread.

    When it is away, questions to it have no rows and `problem` says why, until it is asked again.
    """

    def __init__(self, feed: Feed, build: Callable[[], Archive], plant: str = "") -> None:
        self.name = feed.spec.id
        self.takes = takes(feed.tags, plant)
        self._recorded = ON_THE_WIRE if feed.wire else AS_SENT
        self._build = build
        self._archive: Archive | None = None
        self._failure = ""
        self._rests_until = 0.0

    @property
    def problem(self) -> str:
        """Why it has just not answered, empty when it has."""
        return self._failure if time.monotonic() < self._rests_until else ""

    def ask(self, question: Callable[[Archive], Samples]) -> Samples:
        """Its rows, none while it is away."""
        if self.problem:
            return no_samples()
        try:
            if self._archive is None:
                self._archive = self._build()
            found = question(self._archive)
        except (Unreachable, Misconfigured) as error:
            self._failure, self._rests_until = str(error), time.monotonic() + REST_S
            return no_samples()
        return replace(found, recorded=np.full(len(found), self._recorded, np.int64))

    def close(self) -> None:
        """Give back its connections."""
        if self._archive is not None:
            self._archive.close()
            self._archive = None


class Past:
    """Reads of tags by time, of the log and of archives alike (TagReads). Blocking, for any thread.

    What the log has is the log's: archives are asked for what is older than `whole_from`, of tags that their outlet
    takes. Rows that an archive has beside the log's count once. Only the log knows what was known when; as of an
    earlier `known` there is nothing older, and `parts` says so.
    """

    def __init__(
        self,
        local: TagReads,
        whole_from: Callable[[], int | None],
        tags: TagTable,
        behind: Sequence[Behind] = (),
        plant: Plant | None = None,
        now: Callable[[], int] = lambda: FAR_FUTURE,
        scales: Scales = UNSCALED,
    ) -> None:
        """plant: of its computed tags rows are made, as far as time has come by `now`; None: there are none.

        scales: of the stored tags that those are made of.
        """
        self._local = local
        self._plant = plant
        self._now = now
        self._computing = None if plant is None else Computing(plant, tags, self, now, scales)
        self._whole_from = whole_from
        self._tags = tags
        self.behind = behind

    def reading(self, scales: Scales) -> Past:
        """The same with other scales of the stored tags that computed ones are made of."""
        return Past(self._local, self._whole_from, self._tags, self.behind, self._plant, self._now, scales)

    def close(self) -> None:
        """Close the archives; their reads are over."""
        for one in self.behind:
            one.close()

    def read_tags(self, tags: NDArray[np.int32], start: int, end: int, known: int, most: int | None = None) -> Slice:
        """Rows of these tags with start <= time < end and recorded <= known; of more than `most`, some more."""
        made, tags = self.computed(tags), self._stored(tags)
        rows = self.made(made, start, end, known, most)
        found = self._read_stored(tags, start, end, known, most)
        return Slice(join([found.samples, rows]), ()) if len(rows) else found

    def computed(self, tags: NDArray[np.int32]) -> NDArray[np.int32]:
        """Those of the tags that are made of others: no file holds rows of them."""
        return tags[:0] if self._computing is None else self._computing.among(tags)

    def made(self, tags: NDArray[np.int32], start: int, end: int, known: int, most: int | None = None) -> Samples:
        """The rows of [start, end) of computed tags; `recorded` is AS_SENT."""
        if self._computing is None or not len(tags):
            return no_samples()
        return self._computing.read(tags, start, end, known, most)

    def _stored(self, tags: NDArray[np.int32]) -> NDArray[np.int32]:
        made = self.computed(tags)
        return tags if not len(made) else np.setdiff1d(tags, made).astype(np.int32)

    def _read_stored(self, tags: NDArray[np.int32], start: int, end: int, known: int, most: int | None) -> Slice:
        found = self._local.read_tags(tags, start, end, known, most)
        if most is not None and len(found.samples) > most:
            return found
        older = self.older(tags, start, end, known, most)
        return Slice(join([_without(older, found.samples), found.samples]), ()) if len(older) else found

    def before(self, tags: NDArray[np.int32], time: int, known: int, least: int = FAR_PAST) -> Samples:
        """Of each tag the newest row with least <= time of it < time."""
        made = self.computed(tags)
        if self._computing is not None and len(made):
            of_made = self._computing.before(made, time, known, least)
            rest = self._stored(tags)
            return join([self.before(rest, time, known, least), of_made]) if len(rest) else of_made
        found = self._local.before(tags, time, known, least)
        seam = self._seam(least, known)
        if seam is None:
            return found
        left = np.setdiff1d(tags, found.tag[found.time >= seam]).astype(np.int32)
        end = min(time, seam)
        older = self._asked(left, least, end, lambda archive, mine: archive.before(mine, end, FAR_FUTURE, least))
        return _newest(join([older, found])) if len(older) else found

    def after(self, tags: NDArray[np.int32], time: int, known: int, most: int = FAR_FUTURE) -> Samples:
        """Of each tag the oldest row with time <= time of it < most."""
        made = self.computed(tags)
        if self._computing is not None and len(made):
            of_made = self._computing.after(made, time, known, most)
            rest = self._stored(tags)
            return join([self.after(rest, time, known, most), of_made]) if len(rest) else of_made
        found = self._local.after(tags, time, known, most)
        seam = self._seam(time, known)
        if seam is None:
            return found
        end = min(most, seam)
        older = self._asked(tags, time, end, lambda archive, mine: archive.after(mine, time, FAR_FUTURE, end))
        return _oldest(join([older, found])) if len(older) else found

    def older(self, tags: NDArray[np.int32], start: int, end: int, known: int, most: int | None = None) -> Samples:
        """The rows of [start, end) that archives have and the log has no more; `recorded` is AS_SENT or ON_THE_WIRE."""
        seam = self._seam(start, known)
        if seam is None:
            return no_samples()
        last = min(end, seam)
        return self._asked(
            tags, start, last, lambda archive, mine: archive.read_tags(mine, start, last, FAR_FUTURE, most).samples
        )

    def parts(self, tags: NDArray[np.int32], start: int, end: int, known: int) -> list[Part]:
        """Where rows of these tags come from, oldest first; empty when all are the log's and no archive was concerned.

        To be asked after the rows: an archive that has just failed is named with the cause.
        """
        if not self.behind or start >= end:
            return []
        complete = self._whole_from()
        seam = end if complete is None else min(complete, end)
        concerned = [one for one, _ in self._shared(tags)]
        if start >= seam or not concerned:
            return []
        unknown = "" if known == FAR_FUTURE else "an archive does not know what was known when; leave out known_at"
        found = [Part(one.name, start, seam, unknown or one.problem) for one in concerned]
        return [*found, Part(LOCAL, seam, end)] if seam < end else found

    def _seam(self, start: int, known: int) -> int | None:
        """From when on the log has everything; None when that is all the time from `start` on, or none may be asked."""
        if not self.behind or known != FAR_FUTURE:
            return None
        complete = self._whole_from()
        seam = FAR_FUTURE if complete is None else complete
        return seam if start < seam else None

    def _asked(
        self,
        tags: NDArray[np.int32],
        start: int,
        end: int,
        question: Callable[[Archive, NDArray[np.int32]], Samples],
    ) -> Samples:
        if start >= end:
            return no_samples()
        return join([one.ask(lambda archive, mine=mine: question(archive, mine)) for one, mine in self._shared(tags)])

    def _shared(self, tags: NDArray[np.int32]) -> list[tuple[Behind, NDArray[np.int32]]]:
        """Each archive with its tags: the first that takes one has it."""
        mine: dict[int, list[int]] = {}
        for tag in np.unique(tags).tolist():
            name = self._tags[tag].name if tag < len(self._tags) else None
            who = next((n for n, one in enumerate(self.behind) if name is not None and one.takes(name)), None)
            if who is not None:
                mine.setdefault(who, []).append(tag)
        return [(self.behind[who], np.array(ids, np.int32)) for who, ids in sorted(mine.items())]


def values(meaning: Meaning, rows: Samples) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
    """Values in the tags' units and the status with them; a row that was sent so is taken as it is."""
    value, status = meaning.scaled(rows)
    sent = rows.recorded == AS_SENT
    return np.where(sent, rows.value, value), np.where(sent, rows.status, status)


def past_of(
    plant: Plant,
    reader: LogReader,
    tags: TagTable,
    plugins: Mapping[str, OutletPlugin],
    now: Callable[[], int],
    scales: Scales,
) -> Past:
    """The past of a plant: its log, and the archives of those of its outlets that can be read."""
    behind: list[Behind] = []
    for feed in plant.outlets.values():
        plugin = plugins.get(feed.spec.protocol)
        if plugin is not None and plugin.archive is not None:
            behind.append(Behind(feed, _builder(plugin.archive, feed, tags), plant.path))
    return Past(reader, partial(_whole_from, reader), tags, behind, plant, now, scales)


def _whole_from(reader: LogReader) -> int | None:
    """From when on no sample of any tag is missing in the log because it is too old; None for an empty log."""
    first, whole = reader.first(), reader.whole_from()
    return first if first is None or whole is None else max(first, whole)


def _builder(build: Callable[..., Archive], feed: Feed, tags: TagTable) -> Callable[[], Archive]:
    return lambda: build(feed.spec, tags)


def _without(older: Samples, local: Samples) -> Samples:
    """Without the rows that the log still has too: what retention could not forget yet."""
    both = np.isin(local.time, older.time)
    if not both.any():
        return older
    there = set(zip(local.tag[both].tolist(), local.time[both].tolist(), strict=True))
    pairs = zip(older.tag.tolist(), older.time.tolist(), strict=True)
    return older.take(np.array([pair not in there for pair in pairs], np.bool_))


def _newest(samples: Samples) -> Samples:
    rows = in_order(samples)
    return rows.take(rows.last_of_each_tag)


def _oldest(samples: Samples) -> Samples:
    rows = in_order(samples)
    _, first = np.unique(rows.tag, return_index=True)
    return rows.take(first)
