"""The checks: one pass is equal, late is as in order, every correction says why, what was known stays known."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.victim import TWIN
from twin.core.event import PLANT_LOADED
from twin.core.history import Cause, Correction
from twin.core.instant import FAR_FUTURE, FAR_PAST, to_text
from twin.store.corrected import Asked
from twin.store.reader import LogReader
from twin.store.results import SqliteResults

EVERYTHING = 10**7


@dataclass(frozen=True)
class Seen:
    """What a folder holds after a life. wrong: what must not be, a line each."""

    samples: int
    entries: int
    editions: int
    late: int
    heals: int
    records: int
    corrections: int
    verify: str
    wrong: Sequence[str] = ()
    answers: int = 0


@dataclass
class Journal:
    """What the runs noted. came: `recorded` of a batch -> source, first and last time of its rows."""

    came: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    said: list[tuple[int, str]] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)
    again: dict[str, str] = field(default_factory=dict)
    heals: int = 0


def journal(folder: Path) -> Journal:
    """That of a folder."""
    found = Journal()
    for line in (folder / "journal").read_text(encoding="utf-8").splitlines():
        what, *told = json.loads(line)
        if what == "came":
            found.came[told[0]] = tuple(told[1:])
        elif what == "said":
            found.said.append(tuple(told))
        elif what == "healed":
            found.heals += int(told[0])
        elif what == "asked":
            found.asked[json.dumps(told[0])] = told[1]
        else:
            found.again[json.dumps(told[0])] = told[1]
    return found


def seen(folder: Path) -> Seen:
    """Look at everything that a folder holds."""
    verified = verify(folder / "data")
    wrong = [] if verified["equal"] else [f"verify: {line}" for line in verified["differences"][:5]]
    noted = journal(folder)
    corrections, unexplained = explained(folder, noted)
    with closing(LogReader(folder / "data")) as reader:
        editions = len(reader.events(FAR_PAST, FAR_FUTURE, (PLANT_LOADED,)))
    return Seen(
        verified["samples"], verified["entries"], editions, verified["late"], noted.heals, verified["records"],
        corrections, "equal" if verified["equal"] else "DIFFERS", [*wrong, *unexplained, *unlike(noted)],
        len(noted.asked),
    )  # fmt: skip


def verify(data: Path) -> Mapping[str, Any]:
    """What `twin verify` says."""
    done = subprocess.run(
        [*TWIN, "verify", "--json", "--data", str(data)], capture_output=True, text=True, env=os.environ, check=False
    )
    if not done.stdout:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def unlike(noted: Journal) -> list[str]:
    """Questions that were answered otherwise in the end."""
    found = Counter(json.loads(asked)["kind"] for asked, told in noted.asked.items() if noted.again.get(asked) != told)
    examples = [asked for asked, told in noted.asked.items() if noted.again.get(asked) != told][:2]
    return [f"known_at: {many} questions of {kind} answered otherwise" for kind, many in found.items()] + examples


def explained(folder: Path, noted: Journal) -> tuple[int, list[str]]:
    """How many corrections there are; those without a cause, or with one that did not arrive so, a line a fault."""
    with closing(LogReader(folder / "data")) as reader:
        units = [name for (name,) in reader.rows("SELECT DISTINCT unit FROM record")]
        corrections = SqliteResults(reader, units, [(FAR_PAST, "")]).corrections(Asked(), EVERYTHING)
        told = reader.events(FAR_PAST, FAR_FUTURE, (), EVERYTHING)
    events = {recorded: (event.kind, event.subject, event.who) for recorded, event in told}
    wrong: Counter[str] = Counter()
    example: dict[str, str] = {}
    for one in corrections:
        for fact in _faults(one, events, noted):
            wrong[fact] += 1
            example.setdefault(fact, f"{one.number} known {to_text(one.known)} of {one.record}")
    return len(corrections), [f"corrections: {many} {fact}, as {example[fact]}" for fact, many in wrong.items()]


def _faults(one: Correction, events: Mapping[int, tuple[str, str, str]], noted: Journal) -> Iterator[str]:
    if not one.why:
        yield "without a why"
    for cause in one.why:
        if cause.recorded > one.known:
            yield "by what came after them"
        if cause.start > max(r.end for r in (one.removed, one.added) if r is not None):
            yield "by what is later than they are"
        if not _arrived(cause, events, noted):
            yield f"by {cause.kind} of {cause.source!r} that did not arrive so"


def _arrived(cause: Cause, events: Mapping[int, tuple[str, str, str]], noted: Journal) -> bool:
    if cause.kind == "samples":
        source, first, last = noted.came.get(cause.recorded, ("", 0, 0))
        return cause.source == source and first <= cause.end and cause.start <= last
    return events.get(cause.recorded) == (cause.kind, cause.source, cause.who)


def differences(one: Path, other: Path) -> list[str]:
    """In what the results of two folders differ, a line for each kind with the first example."""
    mine, theirs = (json.loads((folder / "results").read_text(encoding="utf-8")) for folder in (one, other))
    found: list[str] = []
    for name in sorted(mine.keys() | theirs.keys()):
        left, right = mine.get(name, []), theirs.get(name, [])
        if left != right:
            gone, new = Counter(left) - Counter(right), Counter(right) - Counter(left)
            example = f"{min(gone, default='')} against {min(new, default='')}"
            found.append(f"{name}: {sum(gone.values())} only in order, {sum(new.values())} only late: {example}")
    return found
