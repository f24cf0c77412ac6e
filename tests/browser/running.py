"""`twin demo` as a process of its own; afterwards `twin run` on what it left."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from tests.wire.mqtt.brokers import free_port

MEASURED = 17
"""Values that the tiles of the demo's line show: three of each machine, and the power of two."""

TWIN = (sys.executable, "-m", "twin.cli.main")


class Demo:
    """A demo with its own port and data folder."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._data = folder / "data"
        self._output = folder / "output.txt"
        self._process: subprocess.Popen[str] | None = None
        self.is_demo = False
        """Whether the line runs."""

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path: str, **query: str) -> Any:
        """An answer of its API, read by a client that is not the browser."""
        words = "&".join(f"{name}={value}" for name, value in query.items())
        with urllib.request.urlopen(self.url(f"/api/v1{path}?{words}"), timeout=10) as answer:
            return json.load(answer)

    def post(self, path: str, **body: object) -> None:
        """Ask it to do something."""
        headers = {"Content-Type": "application/json"}
        asked = urllib.request.Request(self.url(f"/api/v1{path}"), json.dumps(body).encode(), headers)
        urllib.request.urlopen(asked, timeout=10).close()

    def start(self) -> None:
        """Start the demo and wait until it says that it serves."""
        self._run("demo", "--no-open", "--seed", "1", "--speed", "1")
        self.is_demo = True

    def start_plant(self, text: str) -> None:
        """Serve a plant of its own."""
        self._data.mkdir(parents=True)
        file = self._data / "plant.yaml"
        file.write_text(text, encoding="utf-8")
        self._run("run", str(file))

    def start_again_without_machines(self) -> None:
        """Serve the same data and plant file; none of its connections comes up, for the line ended with the demo."""
        self._run("run", str(self._data / "plant.yaml"))

    def _run(self, *arguments: str) -> None:
        command = [*TWIN, *arguments, "--port", str(self.port), "--data", str(self._data)]
        with self._output.open("a") as output:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=output, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if self.url("") not in line:
            self.end()
            raise RuntimeError(f"twin {arguments[0]} does not serve: {line}{self._output.read_text()}")

    def kill(self) -> None:
        """kill -9, at once."""
        assert self._process is not None
        self.is_demo = False
        self._process.kill()
        self.end()

    def end(self) -> None:
        """Whatever happened: nothing is left running."""
        if self._process is None:
            return
        self._process.terminate()
        self._process.communicate(timeout=20)
        self._process = None
