"""The pytest plug-in: the fixture `twin_line`, and the timeline of its lines where a test fails.

pytest loads this file in every run, so it imports nothing of twin before a test wants a line.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from twin.testing.build import LineMaker
    from twin.testing.incident import Incident
    from twin.testing.line import Line
    from twin.testing.proxy import FaultProxy

LINES = pytest.StashKey[list["Line"]]()
"""The lines of a test, in the order in which it made them."""


@pytest.fixture
def twin_line(request: pytest.FixtureRequest) -> LineMaker:
    """Production lines and the twins that watch them, in virtual time: eight hours take seconds.

    `line = twin_line("packaging", seed=7)`; for its arguments see twin.testing. A failing test shows the timeline.
    """
    from twin.testing.build import twin_line as make  # noqa: PLC0415 - numpy and the rest, for those who use it

    made = request.node.stash.setdefault(LINES, [])

    def make_and_keep(*args: Any, **kwargs: Any) -> Line:
        made.append(make(*args, **kwargs))
        return made[-1]

    return make_and_keep


@pytest.fixture
def twin_incident(request: pytest.FixtureRequest) -> Generator[Callable[..., Incident]]:
    """Incidents of a plant as tests: files of `twin incident export`, replayed and asked.

    `incident = twin_incident("x.twin")`; the file stands where pytest runs or beside the test. For what it answers see
    twin.testing.
    """
    from twin.testing.incident import twin_incident as open_incident  # noqa: PLC0415 - as above

    with ExitStack() as stack:

        def opened(file: str | Path, **kwargs: Any) -> Incident:
            beside = request.path.parent / file
            incident = open_incident(beside if beside.exists() and not Path(file).exists() else file, **kwargs)
            stack.callback(incident.close)
            return incident

        yield opened


@pytest.fixture
def fault_proxy() -> Generator[Callable[..., FaultProxy]]:
    """`fault_proxy(target_port, seed=0, most=100)`: a running twin.testing.FaultProxy; it ends with the test."""
    from twin.testing.loop_thread import LoopThread  # noqa: PLC0415 - as above
    from twin.testing.proxy import FaultProxy  # noqa: PLC0415

    with ExitStack() as stack:
        threads: list[LoopThread] = []

        def lay(target: int, *, seed: int = 0, most: int = 100) -> FaultProxy:
            if not threads:
                threads.append(stack.enter_context(LoopThread("fault-proxy")))
            return stack.enter_context(threads[0].inside(FaultProxy(target, seed=seed, most=most)))

        yield lay


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the timelines of a failed test's lines below its traceback."""
    report = yield
    if report.when == "call" and report.failed:
        for line in item.stash.get(LINES, []):
            report.sections.append((f"twin line {line.source.label}", _timeline(line)))
    return report


def _timeline(line: Line) -> str:
    from twin.testing.timeline import timeline  # noqa: PLC0415 - as above

    try:
        return timeline(line)
    except Exception as error:  # whatever it is: the failure of the test itself must be seen
        return f"no timeline: {error!r}"
