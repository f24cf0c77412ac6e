"""`fault_proxy`: wires with faults for tests without an event loop."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack

import pytest

from twin.testing.loop_thread import LoopThread
from twin.testing.proxy import FaultProxy


@pytest.fixture
def fault_proxy() -> Generator[Callable[..., FaultProxy]]:
    """`fault_proxy(target_port, seed=0, most=100)`: a running FaultProxy; it ends with the test."""
    with ExitStack() as stack:
        threads: list[LoopThread] = []

        def lay(target: int, *, seed: int = 0, most: int = 100) -> FaultProxy:
            if not threads:
                threads.append(stack.enter_context(LoopThread("fault-proxy")))
            return stack.enter_context(threads[0].inside(FaultProxy(target, seed=seed, most=most)))

        yield lay
