"""Our stores pass the door that a third party's store would; stores that are wrong do not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from tests.contract.stores import STORES, InMemory
from twin.core.batch import Batch
from twin.core.history import Slice
from twin.store.memory import MemoryHistory, MemoryResults
from twin.testing import ContractBroken, check_store
from twin.testing.stores import OpenStore


@pytest.mark.parametrize("name", STORES)
def test_our_stores_keep_the_contract(name: str) -> None:
    check_store(STORES[name], lasting=name != "memory")


class LosesTheOrder(MemoryHistory):
    """The rows of a batch come back in the order of their value."""

    def append(self, recorded, item):
        super().append(recorded, item.take(np.argsort(item.value)) if isinstance(item, Batch) else item)


class TakesTheEndIn(MemoryHistory):
    def read(self, start, end, known):
        return super().read(start, end + 1, known)


class KnowsTooMuch(MemoryHistory):
    def read(self, start, end, known):
        return super().read(start, end, 10**18)


class LosesText(MemoryHistory):
    def append(self, recorded, item):
        super().append(recorded, replace(item, text=None) if isinstance(item, Batch) else item)


class RoundsValues(MemoryHistory):
    def append(self, recorded, item):
        rounded = item.value.astype(np.float32).astype(np.float64) if isinstance(item, Batch) else None
        super().append(recorded, item if rounded is None else replace(item, value=rounded))


class LosesEvents(MemoryHistory):
    def since(self, after, known):
        found = super().since(after, known)
        return Slice(found.samples, found.events[1:])


class NeverForgetsTheHorizon(MemoryHistory):
    def first(self):
        return min((i.time.min() if isinstance(i, Batch) else i.time for _, i in self.entries), default=None)


class KeepsTheFirstSnapshot(MemoryResults):
    def publish(self, publication):
        super().publish(replace(publication, snapshots=[s for s in publication.snapshots if not self.snapshots]))


class BelievesForEver(MemoryResults):
    def publish(self, publication):
        super().publish(replace(publication, removed=()))


def of(history: Callable[[], MemoryHistory], results: Callable[[], MemoryResults]) -> OpenStore:
    @contextmanager
    def opened(_folder):
        yield InMemory(history(), results())

    return opened


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")  # a store that rounds may do so loudly
@pytest.mark.parametrize(
    ("history", "results", "broken"),
    [
        (LosesTheOrder, MemoryResults, "the order of recording is kept"),
        (TakesTheEndIn, MemoryResults, r"`read\(start, end, known\)` gives exactly .*too many"),
        (KnowsTooMuch, MemoryResults, r"`read\(start, end, known\)` gives exactly .*too many"),
        (LosesText, MemoryResults, "come back to the bit: texts None"),
        (RoundsValues, MemoryResults, "come back to the bit: values"),
        (LosesEvents, MemoryResults, r"`since\(after, known\)` gives exactly .*events: .*missing"),
        (NeverForgetsTheHorizon, MemoryResults, "`first` is the earliest time within the horizon"),
        (MemoryHistory, KeepsTheFirstSnapshot, "a snapshot of the same unit, frontier and known takes the place"),
        (MemoryHistory, BelievesForEver, "a record that is removed is believed no more"),
    ],
)
def test_a_wrong_store_is_told_the_clause(history, results, broken: str) -> None:
    with pytest.raises(ContractBroken, match=broken):
        check_store(of(history, results), lasting=False)


def test_a_store_that_forgets_is_told_so() -> None:
    with pytest.raises(ContractBroken, match="what was put is there when the store is opened again: samples: 0 for"):
        check_store(STORES["memory"])


def test_whatever_a_store_raises_breaks_the_clause_at_hand() -> None:
    class Breaks(MemoryHistory):
        def append(self, recorded, item):
            raise OSError(28, "No space left on device")

    with pytest.raises(ContractBroken, match=r"back to the bit: OSError: .*No space left on device"):
        check_store(of(Breaks, MemoryResults))
