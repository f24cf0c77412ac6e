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


def main() -> None:
    """Start a demo whose filler jams, wait until the page shows it, take the picture, stop the demo."""
    (port,) = free_ports(1)
    demo = [
        sys.executable,
        "-m",
        "twin.cli.main",
        "demo",
        "--no-open",
        "--port",
        str(port),
        "--fault",
        "filler.jam@10s",
    ]
    with tempfile.TemporaryFile() as told, subprocess.Popen(demo, stdout=subprocess.PIPE, stderr=told) as running:
        assert running.stdout is not None
        running.stdout.readline()  # it is told when it serves
        take(f"http://127.0.0.1:{port}/")
        running.terminate()


def take(url: str) -> None:
    """The page in a window of 1280 x 800 once the filler is down and the machine behind it has run empty."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(OPTIONS))
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(url)
        page.locator("article.machine[data-asset$=filler][data-state=down]").wait_for(timeout=60_000)
        page.locator("article.machine[data-asset$=capper][data-state=starved]").wait_for(timeout=60_000)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
