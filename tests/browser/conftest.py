"""Chromium for all tests of this folder, and a running `twin demo` that they watch."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.running import Demo
from tests.browser.seen import Seen, watched

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items):
    if shutil.which("chromium") is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="no chromium on PATH (apt install chromium)"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Not for the session: while it is there, its event loop runs in this thread, and async tests cannot."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def demos() -> Iterator[list[Demo]]:
    """The demos of this session; the last one is the one to watch."""
    started: list[Demo] = []
    yield started
    for one in started:
        one.end()


@pytest.fixture
def demo(demos, tmp_path) -> Demo:
    """A running demo: that of the test before, unless that test has ended it."""
    if not demos or not demos[-1].is_demo:
        one = Demo(tmp_path)
        demos.append(one)
        one.start()
    return demos[-1]


@pytest.fixture
def seen(browser) -> Iterator[Seen]:
    """A new page, and what it asked for and complained of."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield watched(context.new_page())
    context.close()


@pytest.fixture
def page(seen) -> Page:
    """The page alone."""
    return seen.page
