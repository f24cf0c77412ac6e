"""The control of a running `twin simulate`, over real HTTP: break, mend, switch; and the truth stays untold."""

import json
import re
import shlex
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.wire.mqtt.brokers import free_port, iotcore

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "break-things.md"
TWIN = [sys.executable, "-m", "twin.cli.main", "simulate", "--opcua-port", "0", "--seed", "3"]


@contextmanager
def simulating(*arguments, line="packaging"):
    """A line that runs; gives the URL of its control and the process."""
    with subprocess.Popen(
        [*TWIN, line, "--control", "0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            said = process.stdout.readline()
            assert "control http" in said, process.communicate()[1]
            yield said.rpartition("control ")[2].strip(), process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    """One line with a broker for all that disturbs nobody."""
    port = free_port()
    with iotcore(tmp_path_factory.mktemp("broker"), port), simulating("--mqtt", f"127.0.0.1:{port}") as (url, _):
        yield url


def call(url, body=None, method=None, **headers):
    """(status, answer)"""
    data = None if body is None else json.dumps(body).encode()
    given = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, data, given, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        kind, problem = error.headers["Content-Type"], json.loads(error.read())
        return error.code if kind == "application/problem+json" else kind, problem


def test_it_says_what_runs(line):
    status, told = call(f"{line}/line")
    assert (status, told["name"], told["seed"], told["speed"]) == (200, "packaging", 3, 1)
    [filler] = [machine for machine in told["machines"] if machine["name"] == "filler"]
    assert filler["parts"]["vibration"][:2] == ["stuck", "drift"]
    assert "vibration" in filler["sensors"]
    assert filler["parts"]["bearing"] == ["wear"]
    assert told["addresses"]["mqtt"].startswith("mqtt://127.0.0.1:")


def test_everything_that_it_offers_can_be_broken_and_mended(line):
    _, told = call(f"{line}/faults")
    assert {choice["what"] for choice in told["can"]} >= {"filler.jam", "packer.vibration.stuck", "filler.bearing.wear"}
    for choice in told["can"][::7]:
        status, broken = call(f"{line}/faults", {"what": choice["what"], "in": "1s", "for": "90s"})
        assert status == 201, broken
        assert broken["fault"]["state"] == "waits"
    _, mended = call(f"{line}/faults/mend", method="POST")
    assert {fault["state"] for fault in mended["faults"]} == {"mended"}
    _, told = call(f"{line}/faults")
    assert {fault["state"] for fault in told["asked"]} == {"mended"}


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("faults", {"what": "oven.jam"}, 422, "what: no fault 'oven.jam'; "),
        ("faults", {"what": "filler.jam", "in": "soon"}, 422, "in: 'soon' is not a duration"),
        ("faults", {"what": "filler.jam", "for": "-1s"}, 422, "for: '-1s' is not a duration"),
        ("faults", {}, 422, "body.what: Field required"),
        ("faults/mend", {"id": "99"}, 404, "fault '99': nobody asked for it"),
        ("nasty", {"name": "mqtt-lat"}, 404, "name 'mqtt-lat': no nasty switch; GET /nasty"),
        ("nasty", {"name": "long-ids"}, 422, "name: nasty 'long-ids' is how a wire opens"),
        ("nasty", {"name": "long-ids", "on": False}, 422, "lasts until the server ends"),
    ],
)
def test_what_cannot_be_is_a_problem_with_place_fact_and_fix(line, path, body, status, says):
    code, problem = call(f"{line}/{path}", body)
    assert code == status
    assert says in problem["detail"]


def test_another_site_and_another_name_are_refused(line):
    assert call(f"{line}/faults", {"what": "filler.jam"}, Origin="http://evil.example")[0] == 403
    assert call(f"{line}/line", Host="evil.example")[0] == 421


def test_the_truth_is_told_only_where_it_was_asked_for(line):
    assert call(f"{line}/truth")[0] == 404
    assert "truth" not in call(f"{line}/")[1]["see"][0]
    with simulating("--control-truth") as (url, _):
        _, told = call(f"{url}/truth")
    assert {"state", "stop", "health"} <= {record["kind"] for record in told["records"]}


def test_a_fault_over_http_stands_in_the_truth_after_sigterm(tmp_path):
    file = tmp_path / "truth.jsonl"
    with simulating("--truth", str(file), "--speed", "30") as (url, process):
        call(f"{url}/faults", {"what": "capper.jam"})
        began = call(f"{url}/faults")[1]["asked"][0]["at"]
        while call(f"{url}/line")[1]["as_of"] <= began:
            pass
        call(f"{url}/faults/1", method="DELETE")
    assert process.returncode == 0
    faults = [json.loads(line) for line in file.read_text().splitlines() if '"kind": "fault"' in line]
    [jam] = [fault for fault in faults if fault["component"] == "jam"]
    assert jam["machine"] == "packaging/line1/capper"


def test_the_calls_of_the_page_work_as_they_stand(line):
    calls = [
        shlex.split(found)[1:] for found in re.findall(r"^curl .*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert len(calls) == 9
    for words in calls:
        [url] = [word for word in words if word.startswith("http")]
        body = json.loads(words[words.index("--json") + 1]) if "--json" in words else None
        method = words[words.index("-X") + 1] if "-X" in words else None
        status, answer = call(url.replace("http://127.0.0.1:8090", line), body, method)
        assert status in {200, 201}, answer


def test_faults_of_a_scenario_are_listed_with_their_ends(tmp_path):
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("line: packaging\nfaults: [{what: filler.vibration.stuck, at: 2h, for: 10m}]\n")
    with simulating("--start", "2026-11-23T06:00:00Z", line=str(scenario)) as (url, _):
        [asked] = call(f"{url}/faults")[1]["asked"]
    assert (asked["what"], asked["state"]) == ("filler.vibration.stuck", "waits")
    assert (asked["at"], asked["until"]) == ("2026-11-23T08:00:00Z", "2026-11-23T08:10:00Z")
