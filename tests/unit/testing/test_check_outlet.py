"""An outlet that keeps the contract passes, and each way to break it is named."""

from __future__ import annotations

import asyncio
import csv
import math
import tempfile
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from examples.csv_outlet import CsvOutlet, CsvSender
from twin.core.batch import batch
from twin.core.errors import Misconfigured, Unreachable
from twin.core.history import Slice
from twin.core.ports import Refusal
from twin.testing import ContractBroken, OtherSide, check_outlet


class CsvFile(OtherSide):
    """The file of the example, read past the outlet."""

    kind = CsvOutlet

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "share"
        self.folder.mkdir()

    def outlet(self, tags):
        return self.kind("csv", self.folder / "out.csv", tags)

    def arrived(self):
        with (self.folder / "out.csv").open(newline="", encoding="utf-8") as file:
            return [
                (tag, int(time), float(value or "nan"), int(status), text[1:] if text else None)
                for _, tag, time, value, status, text in list(csv.reader(file))[1:]
            ]

    @contextmanager
    def away(self) -> Iterator[None]:
        moved = self.folder.rename(self.folder.with_name("moved"))
        yield
        moved.rename(self.folder)

    def misconfigured(self, tags):
        return self.kind("csv", self.folder / "out.xlsx", tags)

    def unwanted(self):
        return batch("s", [2, 2, 2], [7, 8, 9], [math.nan] * 3, 0, ["one\ntwo", "\r\n", "\n"])


def side_of(kind: type[CsvFile]):
    @contextmanager
    def opened() -> Iterator[CsvFile]:
        with tempfile.TemporaryDirectory() as folder:
            yield kind(Path(folder))

    return opened


def test_the_outlet_of_the_example_keeps_the_contract() -> None:
    check_outlet(side_of(CsvFile))


def sending(change):
    """The outlet of the example with another `send`: change(sender, send, piece)."""

    class Sender(CsvSender):
        async def send(self, piece):
            return await change(self, super().send, piece)

        async def settle(self):
            for piece in getattr(self, "held", []):
                await super().send(piece)
            await super().settle()

    class Outlet(CsvOutlet):
        def open(self):
            return opened(self, Sender)

    class Side(CsvFile):
        kind = Outlet

    return Side


def opened(outlet, kind):
    @asynccontextmanager
    async def block():
        if outlet._path.suffix != ".csv":
            raise Misconfigured(f"{outlet._path}: change `path`")
        sender = kind("csv", outlet._path, outlet._tags)
        try:
            await sender.find_place()
            yield sender
        finally:
            await sender.settle()

    return block()


async def is_picky(sender, send, piece):
    """Takes no time before 10, until somebody mends it."""
    s = piece.samples
    bad = (s.time < 10) & (not (sender._path.parent / "mended").exists())
    named = s.take(bad)
    columns = (named.recorded.tolist(), named.tag.tolist(), named.time.tolist())
    refused = [Refusal(*row, "so long ago") for row in zip(*columns, strict=True)]
    return [*refused, *await send(Slice(s.take(~bad), piece.events))]


def picky(change):
    """A side whose outlet refuses rows until it is mended."""

    async def both(sender, send, piece):
        async def inner(piece):
            return await is_picky(sender, send, piece)

        return await change(sender, inner, piece)

    class Picky(sending(both)):
        def unwanted(self):
            return batch("s", [2, 2, 2], [7, 8, 9], [1.0, 2.0, 3.0])

        def relents(self):
            (self.folder / "mended").touch()
            return True

    return Picky


async def is_right(_sender, send, piece):
    return await send(piece)


def test_an_outlet_that_takes_refused_rows_once_they_can_be_taken_keeps_the_contract() -> None:
    check_outlet(side_of(picky(is_right)))


def test_one_that_takes_them_for_what_it_has_is_told() -> None:
    with pytest.raises(ContractBroken, match="it arrives once when it comes again out of its turn: 3 rows missing"):
        check_outlet(side_of(picky(goes_by_recorded_alone)))


async def says_yes_too_early(sender, send, piece):
    """Gathers 200 rows before it writes, or until it is closed."""
    held = [*getattr(sender, "held", []), piece]
    sender.held = held
    if sum(len(one.samples) for one in held) < 200:
        return []
    sender.held = []
    return [refusal for one in held for refusal in await send(one)]


async def writes_again(sender, send, piece):
    sender._last = 0
    return await send(piece)


async def drops_what_is_bad(sender, send, piece):
    return await send(Slice(piece.samples.take(piece.samples.status < 2**31), piece.events))


async def rounds(sender, send, piece):
    with np.errstate(all="ignore"):
        bent = replace(piece.samples, value=piece.samples.value.astype(np.float32).astype(np.float64))
    return await send(replace(piece, samples=bent))


async def is_never_away(sender, send, piece):
    try:
        return await send(piece)
    except Unreachable:
        return []


async def blames_the_user(sender, send, piece):
    try:
        return await send(piece)
    except Unreachable as error:
        raise Misconfigured(str(error)) from error


async def leaves_a_task(sender, send, piece):
    sender.forgotten = asyncio.create_task(asyncio.sleep(3600), name="forgotten")
    return await send(piece)


async def stops_at_the_first_refusal(sender, send, piece):
    refused = await send(piece)
    if refused:
        raise Misconfigured("a row was refused")
    return refused


async def forgets_events_alone(sender, send, piece):
    return await send(piece) if piece.samples.recorded[0] else []


async def hides_what_is_refused_again(sender, send, piece):
    refused = await send(piece)
    return refused if len(piece.samples) > len(refused) else []


async def goes_by_recorded_alone(sender, send, piece):
    """Takes a row that comes out of its turn for one that it has."""
    s = piece.samples
    late = (s.recorded < sender._last) & (s.tag == 2) & (sender._path.parent / "mended").exists()
    return await send(Slice(s.take(~late), piece.events))


async def hides_refusals(sender, send, piece):
    await send(piece)
    return []


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (
            says_yes_too_early,
            "when `send` returns, the other side has every row .* for good: 60 rows missing",
        ),
        (writes_again, "sent again, as after a crash before the cursor moved, is held once: .* rows too many"),
        (drops_what_is_bad, "every row arrives to the bit, or is returned with its cause: .* rows missing"),
        (rounds, "every row arrives to the bit, or is returned with its cause: .* missing"),
        (leaves_a_task, "leaves no task and no thread behind: still there: task forgotten"),
        (stops_at_the_first_refusal, "its neighbours go through: a row was refused"),
        (forgets_events_alone, "a piece of events alone is taken like any other: IndexError"),
        (hides_what_is_refused_again, "again alone, a refused row is refused again or taken: 3 rows missing"),
        (hides_refusals, "is returned with its cause, and its neighbours go through: 3 rows missing"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_wrong_outlet_is_told_the_clause(change, broken: str) -> None:
    with pytest.raises(ContractBroken, match=broken):
        check_outlet(side_of(sending(change)))


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (is_never_away, "a side that is away is Unreachable.*returned as if all were well"),
        (blames_the_user, "a side that is away is Unreachable.*Misconfigured: "),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_side_that_goes_away_while_it_is_open(change, broken: str) -> None:
    class GoesWhileOpen(sending(change)):
        """The share is lost behind `open`, so that `send` meets it."""

        @contextmanager
        def away(self):
            self.kind.open, before = lost(self.kind.open, self.folder), self.kind.open
            yield
            self.kind.open = before
            self.folder.with_name("moved").rename(self.folder)

    def lost(before, folder):
        @asynccontextmanager
        async def block(outlet):
            async with before(outlet) as sender:
                folder.rename(folder.with_name("moved"))
                yield sender

        return block

    with pytest.raises(ContractBroken, match=broken):
        check_outlet(side_of(GoesWhileOpen))
