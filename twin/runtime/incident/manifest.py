"""What an incident file says of itself: which span of which plant, made by what, and what came out."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from twin.core.errors import Misconfigured
from twin.core.instant import FAR_FUTURE

FORMAT = 1
"""Number of this form; a file of a younger one is refused."""
_CPU = {"amd64": "x86_64", "arm64": "aarch64"}
_INTEGERS = ("start", "end", "known", "basis", "basis_known", "tags", "pieces", "samples", "events")


@dataclass(frozen=True, slots=True)
class Maker:
    """What computed: equal results to the byte are promised for the same of all four (docs/decisions/0007-bits.md)."""

    linetwin: str
    numpy: str
    python: str
    cpu: str


def this() -> Maker:
    """What computes here."""
    machine = platform.machine().lower()
    return Maker(version("linetwin"), np.__version__, platform.python_version(), _CPU.get(machine, machine))


@dataclass(frozen=True, slots=True)
class Results:
    """Results of a span as checksums, SHA-256 each.

    records: of the believed ones, in the order (end, unit, kind, key, start). states: unit -> `fold.table` -> of the
    state at the end. series: fold -> (start of ten minutes, checksum of its rows by (time, key)), where there are any.
    digest: of all of these.
    """

    records: str
    states: Mapping[str, Mapping[str, str]]
    series: Mapping[str, list[list[Any]]]
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The head of an incident file. start, end, known, basis, basis_known: ns.

    known: everything recorded up to then is in it. basis: where the states stand that folding begins from, known at
    basis_known: `known_at` is answered from then on. units: names of those that are in it. codes: fold -> version.
    tags: size of the tag table. pieces: how many stretches the entries are cut into. shown: where live had shown
    something else than one pass over the log gives, a line each.
    """

    plant: str
    start: int
    end: int
    known: int
    basis: int
    basis_known: int
    units: list[str]
    codes: Mapping[str, int]
    tags: int
    pieces: int
    samples: int
    events: int
    maker: Maker
    results: Results
    shown: list[str] = field(default_factory=list[str])

    def as_json(self) -> dict[str, Any]:
        """For the part of the file."""
        return {"linetwin_incident": FORMAT, **asdict(self)}


def manifest_of(found: Any, path: Path) -> Manifest:
    """The manifest of a file. Raises Misconfigured for one of a younger form, or one that makes no sense."""
    if not isinstance(found, dict):
        raise Misconfigured(f"{path}: its manifest is no mapping; export it again")
    form = found.get("linetwin_incident")
    if form != FORMAT:
        raise Misconfigured(f"{path}: is of form {form!r:.40}, this release reads form {FORMAT}; upgrade linetwin")
    try:
        return _read(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Misconfigured(f"{path}: its manifest makes no sense ({str(error)[:80]}); export it again") from None


def _read(found: dict[str, Any]) -> Manifest:
    numbers = {name: _number(found[name]) for name in _INTEGERS}
    made, out = found["maker"], found["results"]
    one = Manifest(
        plant=_text(found["plant"]),
        units=[_text(name) for name in found["units"]],
        codes={_text(fold): _number(number) for fold, number in found["codes"].items()},
        maker=Maker(*(_text(made[name]) for name in ("linetwin", "numpy", "python", "cpu"))),
        results=Results(
            records=_text(out["records"]),
            states={
                _text(unit): {_text(table): _text(sums) for table, sums in of.items()}
                for unit, of in out["states"].items()
            },
            series={
                _text(fold): [[_number(start), _text(sums)] for start, sums in rows]
                for fold, rows in out["series"].items()
            },
            digest=_text(out["digest"]),
        ),
        shown=[_text(line) for line in found["shown"]],
        **numbers,
    )
    if not one.basis <= one.start < one.end <= one.known or not one.basis_known <= one.known:
        raise ValueError("its instants are out of order")
    return one


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < FAR_FUTURE:
        raise ValueError(f"{value!r:.40} is no number of ours")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def vars_of(maker: Maker) -> list[str]:
    """Its four texts."""
    return [maker.linetwin, maker.numpy, maker.python, maker.cpu]


def differences(there: Manifest, codes: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """(why it cannot give the same bytes here, what may differ all the same). codes: fold -> version, of this release.

    Folds of another version have another state or another rule (folds.md R12); another release, numpy or CPU with the
    same folds gives the same integers, times, states and records, and mostly the same floats too.
    """
    here, cannot = this(), list[str]()
    for fold in sorted({*there.codes, *codes}):
        one, other = there.codes.get(fold), codes.get(fold)
        if one != other:
            cannot.append(f"fold {fold}: version {one or '-'} there, {other or '-'} here")
    may = [
        f"{name} {one} there, {other} here"
        for name, one, other in zip(
            ("linetwin", "numpy", "Python", "CPU"), vars_of(there.maker), vars_of(here), strict=True
        )
        if one != other
    ]
    return cannot, may
