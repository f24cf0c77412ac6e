"""`twin incident run`: an incident file into a folder of its own, through the folds, and compared with what it says."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin.core.errors import Misconfigured
from twin.core.fold import Fold, Record
from twin.core.history import Publication, Slice, Snapshot
from twin.core.instant import FAR_FUTURE, MINUTE, to_text
from twin.core.span import unit_state
from twin.core.tags import Tag, TagTable, TagType
from twin.model.plant import Plant
from twin.runtime.assembly import Assembly, assemble_all
from twin.runtime.clock import StandingClock
from twin.runtime.editions import loads_of
from twin.runtime.incident import pieces
from twin.runtime.incident.container import Container, json_bytes, json_of
from twin.runtime.incident.digests import Digests, differing
from twin.runtime.incident.export import in_force
from twin.runtime.incident.manifest import Manifest, Results, differences, manifest_of
from twin.runtime.incident.refold import Basis, Pass, Reached, pristine, versions
from twin.runtime.plant_file import plant_of
from twin.store.lock import writer_lock
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.results import SqliteResults
from twin.store.transplant import Believed, LateEntry, NewLog

MOST_TOLD = 20
STATES = 240
"""Into so many stretches a span is cut, a minute each at least: states stand there for the slider."""

Progress = Callable[[float, str], None]
NO_SENSE = (struct.error, ValueError, KeyError, IndexError, TypeError, OverflowError, AttributeError)
"""What comes of a file whose checksums are right and whose values are made up."""


class IncidentFile:
    """An incident file that is whole. Raises Misconfigured naming what is not."""

    def __init__(self, path: Path, progress: Progress = lambda _share, _note: None) -> None:
        self.path = path
        self._container = Container(path, lambda share: progress(share, "checksums"))
        try:
            self.manifest: Manifest = manifest_of(self._container.manifest, path)
        except Misconfigured:
            self._container.close()
            raise

    @property
    def digest(self) -> str:
        """SHA-256 of the whole file."""
        return self._container.digest

    @property
    def bytes(self) -> int:
        """Of all its parts, unpacked."""
        return sum(self._container.parts.values())

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def tags(self) -> list[Tag]:
        """The tag table, by id."""
        rows = self._json("tags.json")
        try:
            found = [Tag(str(name), TagType(type_)) for name, type_ in rows]
        except (ValueError, TypeError) as error:
            raise self._no_sense("tags.json", error) from None
        if len(found) != self.manifest.tags or len({tag.name for tag in found}) < len(found):
            raise self._no_sense("tags.json", ValueError("not as many names as tags"))
        return found

    def plant(self) -> Plant:
        """The model of the span. Raises Misconfigured, with all that this release does not take in it."""
        try:
            text = self._container.read("plant.yaml").decode()
        except UnicodeDecodeError as error:
            raise self._no_sense("plant.yaml", error) from None
        return plant_of(text, f"{self.path}: plant.yaml")

    def entries(self) -> Iterator[Slice]:
        """Its entries, a stretch of time after the other."""
        m = self.manifest
        for number in range(m.pieces):
            piece = pieces.get(self._container.read, self._container.parts, self.path, number, m.tags, m.known)
            if not len(piece.samples) and not piece.events:
                raise Misconfigured(f"{self.path}: part {pieces.folder_of(number)} is missing; export it again")
            yield piece

    def records(self) -> Iterator[list[Believed]]:
        """What the exporting twin believed, and when."""
        for name in sorted(one for one in self._container.parts if one.startswith("records/")):
            rows = self._json(name)
            try:
                yield [_believed(row) for row in rows]
            except (ValueError, TypeError) as error:
                raise self._no_sense(name, error) from None

    def late(self) -> list[LateEntry]:
        """What came behind the frontier."""
        try:
            return [LateEntry(str(unit), int(recorded), int(time)) for unit, recorded, time in self._json("late.json")]
        except (ValueError, TypeError) as error:
            raise self._no_sense("late.json", error) from None

    def basis(self, assembly: Assembly) -> Basis:
        """The states that folding begins from; units that are not in the file have seen nothing yet."""
        by_name = {unit.name: number for number, unit in enumerate(assembly.units)}
        missing = [name for name in self.manifest.units if name not in by_name]
        if missing:
            raise Misconfigured(f"{self.path}: its model has no unit {missing[0][:80]!r} here; export it again")
        inside = {by_name[name] for name in self.manifest.units}
        states = {
            unit: self._container.read(f"basis/{unit:04}.state")
            if unit in inside
            else pristine(assembly, unit, self.manifest.basis)
            for unit in range(len(assembly.units))
        }
        return Basis(self.manifest.basis, self.manifest.basis_known, states)

    def _json(self, name: str) -> Any:
        return json_of(self._container.read(name), self.path, name)

    def _no_sense(self, part: str, error: Exception) -> Misconfigured:
        return Misconfigured(f"{self.path}: part {part} makes no sense ({str(error)[:80]}); export it again")


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to. differences: from what the file says, a line each, the earliest first; empty means equal.

    may_differ: what is another here than where it was exported, and may change the last bits of floats. plant: the
    model at the end of the span; assembly: all its editions.
    """

    manifest: Manifest
    plant: Plant
    assembly: Assembly
    results: Results
    records: int
    may_differ: list[str]
    differences: list[str] = field(default_factory=list[str])

    @property
    def equal(self) -> bool:
        """Whether all results have the bytes they had there."""
        return not self.differences


def replay(
    incident: IncidentFile, folder: Path, progress: Progress = lambda _share, _note: None, *, anyway: bool = False
) -> Replayed:
    """Fill a new data folder with an incident, fold it and compare. Raises Misconfigured, StoreFailed.

    anyway: also where folds have another version than there, without the states that these cannot read.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Misconfigured(f"{folder}: is there already; name a folder that is not with --data DIR")
    with writer_lock(folder):
        _check_room(incident, folder)
        try:
            return _Replay(incident, folder, progress, anyway).run()
        except NO_SENSE as error:
            _clear(folder)
            text = f"{type(error).__name__}: {str(error)[:80]}"
            raise Misconfigured(f"{incident.path}: what it holds makes no sense to the folds ({text})") from error
        except BaseException:
            _clear(folder)
            raise


def _clear(folder: Path) -> None:
    """Leave nothing of an incident that cannot be replayed."""
    for path in folder.glob("log.db*"):
        path.unlink(missing_ok=True)


def _check_room(incident: IncidentFile, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if 2 * incident.bytes > free:
        raise Misconfigured(
            f"{incident.path}: unpacks to {incident.bytes:,} bytes, and {free:,} are free beside {folder}; "
            "name a folder with more room with --data DIR"
        )


class _Replay:
    def __init__(self, incident: IncidentFile, folder: Path, progress: Progress, anyway: bool) -> None:
        self._incident, self._folder, self._progress, self._anyway = incident, folder, progress, anyway
        self._manifest = incident.manifest
        self._told: list[str] = []
        self._digests = Digests()

    def run(self) -> Replayed:
        m, tags = self._manifest, self._incident.tags()
        self._fill(tags)
        log = SqliteLog(self._folder, StandingClock(m.end))
        reader = LogReader(self._folder)
        try:
            loads = loads_of(reader)
            if not loads:
                raise Misconfigured(f"{self._incident.path}: holds no model that can be read; export it again")
            assembly = assemble_all(loads, TagTable(tags))
            differ = self._check(versions(assembly))
            made = self._fold(assembly, reader, SqliteResults(reader, assembly.names, assembly.editions.codes, log))
        finally:
            log.close()
            reader.close()
        told = self._told[:MOST_TOLD] + differing(m.results, made)
        if not told and made.digest != m.results.digest:
            told.append("the records differ from those that were counted there")
        return Replayed(m, in_force(loads, m.end), assembly, made, self._digests.records, differ, told)

    def _check(self, here: Mapping[str, int]) -> list[str]:
        """What is another here than there. Raises Misconfigured where that cannot be."""
        cannot, may_differ = differences(self._manifest, here)
        if cannot and not self._anyway:
            raise Misconfigured(
                f"{self._incident.path}: {'; '.join([*cannot, *may_differ])}: the results would be others; "
                "run it with that release, or with --anyway here"
            )
        return [*cannot, *may_differ]

    def _numbers(self, assembly: Assembly) -> tuple[int, ...]:
        inside = set(self._manifest.units)
        return tuple(number for number, unit in enumerate(assembly.units) if unit.name in inside)

    def _fill(self, tags: Sequence[Tag]) -> None:
        plant = self._incident.plant()
        owners = [spec.connection if (spec := plant.tags.get(tag.name)) else "incident" for tag in tags]
        log = NewLog(self._folder, lambda tag: owners[tag])
        try:
            log.tags(tags)
            for number, piece in enumerate(self._incident.entries()):
                log.entries(piece)
                self._progress(number / self._manifest.pieces / 2, "entries")
            for rows in self._incident.records():
                log.records(rows)
            log.late(self._incident.late())
            log.close()
        except BaseException:
            log.give_up()
            raise

    def _fold(self, assembly: Assembly, reader: LogReader, results: SqliteResults) -> Results:
        """Step by step over the folder's own log; what comes out otherwise than it stands is put right and told."""
        m, units, basis = self._manifest, self._numbers(assembly), self._incident.basis(assembly)
        alike = {name for name, number in versions(assembly).items() if m.codes.get(name) == number}
        once = Pass(assembly, basis, units, m.known, self._digests, alike)
        states = self._states(assembly, once.folds, units, basis.frontier, basis.known)
        results.publish(Publication(basis.known, snapshots=states))
        distance = MINUTE * max(1, -(-(m.end - m.start) // (STATES * MINUTE)))
        at, folds = m.start, once.folds
        for reached in once.steps(reader, m.start, m.end, lambda _: distance):
            removed, added = self._against(results, units, at, reached)
            at, folds = reached.at, reached.folds
            is_due = at == m.end or at % distance == 1
            states = self._states(assembly, folds, units, at, m.known) if is_due else []
            results.publish(Publication(m.known, (), added, removed, states))
            self._progress(0.5 + (at - m.start) / (m.end - m.start) / 2, f"{self._digests.records:,} results")
        results.current(0, m.end, m.end)  # waits until all of it is stored
        return self._digests.results(folds, {unit: assembly.units[unit].name for unit in units})

    def _against(
        self, results: SqliteResults, units: Sequence[int], start: int, reached: Reached
    ) -> tuple[list[Record], list[Record]]:
        """(exported and not made, made and not exported) of records that end in [start, reached)."""
        there = {_hashable(one): one for unit in units for one in results.current(unit, start, reached.at)}
        here = {_hashable(one): one for one in reached.records}
        removed = [there[key] for key in sorted(there.keys() - here.keys())]
        added = [here[key] for key in sorted(here.keys() - there.keys())]
        for one, what in (
            *((r, "exported, not replayed") for r in removed),
            *((r, "replayed, not exported") for r in added),
        ):
            self._told.append(
                f"{one.kind} of {one.key} from {to_text(one.start)} to {to_text(one.end)} {dict(one.data)}: {what}"
            )
        return removed, added

    @staticmethod
    def _states(assembly: Assembly, folds: Sequence[Fold], units: Sequence[int], at: int, known: int) -> list[Snapshot]:
        """Of all units: of those that are not in the file nothing is ever known."""
        inside = [Snapshot(unit, at, known, unit_state(folds, unit)) for unit in units]
        others = set(range(len(assembly.units))) - set(units)
        return [*inside, *(Snapshot(unit, at, known, pristine(assembly, unit, at)) for unit in sorted(others))]


def _hashable(record: Record) -> bytes:
    return json_bytes([record.unit, record.end, record.kind, record.key, record.start, dict(record.data)])


def _believed(row: Any) -> Believed:
    """A row of the part, every value of its type."""
    unit, kind, key, start, end, data, since, until = row
    texts, numbers = (unit, kind, key), (start, end, since, 0 if until is None else until)
    if not all(isinstance(one, str) for one in texts) or not all(type(one) is int for one in numbers):
        raise ValueError(f"{row!r:.60} is no record")
    if not isinstance(data, dict) or not all(abs(one) < FAR_FUTURE for one in numbers):
        raise ValueError(f"{row!r:.60} is no record")
    return unit, kind, key, start, end, data, since, until
