"""Takes docs/images/line.png from a running demo: `python docs/picture.py` (needs Chromium on PATH)."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from twin.runtime.ports import free_ports

PICTURE = Path(__file__).parent / "images" / "line.png"
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")


COMMAND = ("-m", "twin.cli.main", "demo", "--no-open", "--speed", "10", "--fault", "filler.bearing:12m@20s")


def main() -> None:
    """Start a quick demo whose filler wears out, wait until the page tells of it, take the picture, stop the demo."""
    (port,) = free_ports(1)
    demo = [sys.executable, *COMMAND, "--port", str(port)]
    with tempfile.TemporaryFile() as told, subprocess.Popen(demo, stdout=subprocess.PIPE, stderr=told) as running:
        assert running.stdout is not None
        running.stdout.readline()  # it is told when it serves
        take(f"http://127.0.0.1:{port}/")
        running.terminate()


def take(url: str) -> None:
    """The first page in a window of 1280 x 860: an alarm, an alert, and a labeller that was jammed by its button."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(OPTIONS))
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(url)
        page.locator("lt-tile [data-kind=alert]").wait_for(timeout=180_000)
        page.locator("lt-tile [data-kind=alarm]").wait_for(timeout=180_000)
        page.locator("[data-break='labeller.jam']").click()
        page.locator("article.machine[data-asset$=labeller][data-state=down]").wait_for()
        page.locator("article.machine[data-asset$=packer][data-state=starved]").wait_for(timeout=60_000)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
