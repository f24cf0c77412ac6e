"""The pages of `twin demo` in Chromium on the loopback. Bar: the first live value painted in 1 s, 150 kB gzipped."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.command import Effort, main
from benchmarks.demo import is_ready
from benchmarks.missing import tool
from benchmarks.process import free_port, measured
from benchmarks.row import Row
from twin.api.assets import Assets

LINE = "packaging/line1"
PAGES = {"plant": "/", "line": f"/line/{LINE}", "machine": f"/machine/{LINE}/filler", "trends": "/trends"}
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
TIMES = 5
FIRST_VALUE = ".value[data-quality=good]"
PAINTED = f"""async () => {{
    while (!document.querySelector("{FIRST_VALUE}")) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now();
}}"""
"""Milliseconds from the start of the navigation to the frame after the one in which a value first stands."""


def usable_ms(page: Page, url: str) -> float:
    """Load a page as somebody does who comes for the first time."""
    page.goto(url, wait_until="commit")
    return page.evaluate(PAINTED)


def run(effort: Effort) -> list[Row]:
    """Every page some times, each time with an empty cache; the median."""
    tool("chromium")
    port = free_port()
    rows: list[Row] = []
    with (
        tempfile.TemporaryDirectory(prefix="linetwin-bench-") as folder,
        measured("twin.cli.main", "demo", "--no-open", "--port", str(port), "--data", str(Path(folder))) as process,
    ):
        process.until(lambda: is_ready(port), "the demo ready")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(OPTIONS))
            for name, path in PAGES.items():
                times: list[float] = []
                for _ in range(2 if effort.short else TIMES):
                    context = browser.new_context(viewport={"width": 1280, "height": 800})
                    times.append(usable_ms(context.new_page(), f"http://127.0.0.1:{port}{path}"))
                    context.close()
                rows.append(Row(f"page {name}: first live value painted", statistics.median(times), "ms"))
            browser.close()
    sent = sum(len(one.small) for name, one in Assets.read().files.items() if name.endswith((".js", ".css")))
    return [*rows, Row("scripts and styles, gzipped", sent / 1000, "kB")]


if __name__ == "__main__":
    sys.exit(main([run]))
