"""`twin load` and SIGHUP on a twin that runs as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.wire.running import eventually, running_twin
from twin.cli.main import main
from twin.store.lock import holder

PLANT = """linetwin: 1
plant: acme
connections: {gw: {mqtt: "mqtt://127.0.0.1:1", wait: 0s}}
tags:
  temp: {from: gw, topic: t, alarms: [{high: 80}]}
"""


def ask(url: str, path: str) -> Any:
    with urllib.request.urlopen(f"{url}/api/v1{path}", timeout=30) as answer:
        return json.load(answer)


def loads(url: str) -> list[dict[str, Any]]:
    return [one["body"] for one in ask(url, "/events?kind=plant.loaded")["events"]]


def test_load_and_hangup_change_the_model_and_wrong_ones_do_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, data = tmp_path / "plant.yaml", tmp_path / "data"
    file.write_text(PLANT)
    with running_twin(file, data) as url:
        first = ask(url, "/plant")["digest"]
        file.write_text(PLANT.replace("80", "70"))
        assert main(["load", str(file), "--data", str(data), "--why", "thinner oil"]) == 0
        said = capsys.readouterr().out
        assert "acme/temp" in said
        assert "acme counts since 20" in said
        assert ask(url, "/plant")["digest"] != first
        assert sorted(one.get("why", "") for one in loads(url)) == ["", "thinner oil"]

        counts = ask(url, "/plant")["digest"]
        wrong = tmp_path / "wrong.yaml"
        wrong.write_text(PLANT.replace("topic", "topik"))
        assert main(["load", str(wrong), "--data", str(data)]) == 2
        assert "wrong.yaml:5" in capsys.readouterr().err
        wrong.write_text(PLANT.replace("acme", "other"))
        assert main(["load", str(wrong), "--data", str(data)]) == 2
        assert "this twin runs acme, the file is of other" in capsys.readouterr().err
        assert ask(url, "/plant")["digest"] == counts

        file.write_text(PLANT.replace("80", "60"))
        who = holder(data)
        assert who is not None
        process = int(str(who["pid"]))
        os.kill(process, signal.SIGHUP)
        eventually(lambda: any(one.get("why") == "SIGHUP" for one in loads(url)))
        counts = ask(url, "/plant")["digest"]
        file.write_text(PLANT.replace("topic", "topik"))
        os.kill(process, signal.SIGHUP)  # told in its journal, and nothing more
        file.write_text(PLANT)
        os.kill(process, signal.SIGHUP)
        eventually(lambda: ask(url, "/plant")["digest"] == first)
        assert counts != first
    assert main(["load", str(file), "--data", str(data)]) == 2
    assert "no twin runs on it" in capsys.readouterr().err
