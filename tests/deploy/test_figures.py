"""Prometheus reads a running twin with our configuration, and every query of the dashboard has an answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.broker import Client, mosquitto
from tests.deploy.conftest import ROOT, need
from tests.wire.mqtt.brokers import free_port
from tests.wire.running import eventually, running_twin
from twin.api.figures import FIGURES

pytestmark = pytest.mark.mosquitto

GRAFANA = ROOT / "deploy" / "grafana"
DASHBOARD: dict[str, Any] = json.loads((GRAFANA / "dashboards" / "linetwin.json").read_text(encoding="utf-8"))
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
ALERTS: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
WAIT_S = 30
MACHINE = """
types: {packer: {tags: {on: {topic: cell/packer/on}}, state: [{when: on, is: running}, {is: idle}]}}
lines: {line1: {machines: {packer: {type: packer, from: cell}}}}
"""


def loaded(url: str, headers: dict[str, str] | None = None) -> str:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=5) as answer:
        return answer.read().decode()


@pytest.fixture(scope="module")
def twin(stage: Path, tmp_path_factory: pytest.TempPathFactory, broker_password: str) -> Iterator[str]:
    """The twin of the README's plant, with a machine more, as compose starts it; the broker is the real one."""
    need("mosquitto")
    folder, port = tmp_path_factory.mktemp("figures"), free_port()
    text = (stage / "plant.yaml").read_text(encoding="utf-8").replace("broker:1883", f"127.0.0.1:{port}") + MACHINE
    plant = folder / "plant.yaml"
    plant.write_text(text, encoding="utf-8")
    os.environ["MQTT_PASSWORD"] = broker_password
    arguments = ("--tokens", str(stage / "secrets" / "tokens"), "--allow-host", "linetwin")
    password = (stage / "secrets" / "packer.password").read_text(encoding="utf-8")
    with (
        mosquitto(stage, folder / "broker", port),
        running_twin(plant, folder / "data", *arguments) as url,
        Client(port, "packer", password) as packer,
    ):
        eventually(lambda: json.loads(loaded(f"{url}/api/v1/connections"))["connections"][0]["state"] == "up")
        packer.publish("cell/packer/state", '{"temp": 48.5}')
        packer.publish("cell/packer/on", "1")
        eventually(
            lambda: (
                'linetwin_machine_state{machine="acme/brno/line1/packer",state="running"} 1' in loaded(f"{url}/metrics")
            )
        )
        yield url
    del os.environ["MQTT_PASSWORD"]


@contextmanager
def prometheus(stage: Path, folder: Path, target: str) -> Generator[str]:
    """Prometheus with our files; only where the twin is and how often it is asked are changed."""
    text = (stage / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    moved = text.replace("linetwin:8000", target).replace("15s", "1s")
    (folder / "prometheus.yml").write_text(moved, encoding="utf-8")
    (folder / "alerts.yml").write_bytes((stage / "prometheus" / "alerts.yml").read_bytes())
    (folder / "token").write_bytes((stage / "secrets" / "prometheus.token").read_bytes())
    port = free_port()
    command = ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data"]
    process = subprocess.Popen(
        [*command, f"--web.listen-address=127.0.0.1:{port}"], cwd=folder, stderr=subprocess.PIPE, text=True
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=WAIT_S)


def asked(url: str, query: str) -> list[Any]:
    """The answer of Prometheus, [] while it does not listen yet."""
    try:
        answer = json.loads(loaded(f"{url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"))
    except OSError:
        return []
    assert answer["status"] == "success"
    return answer["data"]["result"]


def test_prometheus_reads_the_twin_and_answers_every_query(stage: Path, twin: str, tmp_path: Path) -> None:
    need("prometheus")
    with prometheus(stage, tmp_path, twin.removeprefix("http://")) as url:
        eventually(lambda: asked(url, "rate(linetwin_log_commits_total[1m])"))  # read twice
        assert asked(url, 'up{job="linetwin"}')[0]["value"][1] == "1"
        assert [query for query in QUERIES if not asked(url, query) and not RARE.search(query)] == []
        rules = json.loads(loaded(f"{url}/api/v1/rules"))["data"]["groups"][0]["rules"]
        assert [rule["name"] for rule in rules if rule["health"] not in {"ok", "unknown"}] == []
        assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []


RARE = re.compile("dead_letters")
"""What there is nothing of until something goes wrong."""


def test_the_twin_answers_to_the_name_that_compose_gives_it(stage: Path, twin: str) -> None:
    token = (stage / "secrets" / "prometheus.token").read_text(encoding="utf-8")
    headers = {"Host": "linetwin:8000", "Authorization": f"Bearer {token}"}
    assert "linetwin_ready 1" in loaded(f"{twin}/metrics", headers)


def test_promtool_finds_nothing_in_the_files_and_in_what_the_twin_tells(stage: Path, twin: str, tmp_path: Path) -> None:
    need("promtool")
    (tmp_path / "token").touch()
    for name in ("prometheus.yml", "alerts.yml"):
        (tmp_path / name).write_bytes((stage / "prometheus" / name).read_bytes())
    subprocess.run(["promtool", "check", "config", "prometheus.yml"], cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(
        ["promtool", "check", "metrics"], check=False, input=loaded(f"{twin}/metrics"), text=True, capture_output=True
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_every_figure_that_is_asked_for_exists() -> None:
    known = {f"linetwin_{figure.name}" for figure in FIGURES}
    named = {
        name for text in (*QUERIES, *(rule["expr"] for rule in RULES)) for name in re.findall(r"linetwin_\w+", text)
    }
    assert named
    assert named - known == set()


def test_the_dashboard_has_the_shape_that_grafana_reads() -> None:
    sources = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "linetwin.yaml").read_text(encoding="utf-8"))
    known = {source["uid"]: source["type"] for source in sources["datasources"]}
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["title"] and panel["description"] and panel["targets"] for panel in panels)
    used = [one["datasource"] for panel in panels for one in (panel, *panel["targets"])]
    assert all(known[one["uid"]] == one["type"] for one in used)
    cells = [cell for panel in panels for cell in cells_of(panel["gridPos"])]
    assert len(set(cells)) == len(cells), "panels lie one upon another"
    assert max(column for column, _ in cells) < 24


def cells_of(place: dict[str, int]) -> Iterator[tuple[int, int]]:
    for column in range(place["x"], place["x"] + place["w"]):
        yield from ((column, row) for row in range(place["y"], place["y"] + place["h"]))
