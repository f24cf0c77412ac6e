"""`twin simulate` as a user calls it: a process of its own."""

import json
import signal
import subprocess
import sys

import pytest
import yaml

from simulators.wire.serve import free_ports

TWIN = [sys.executable, "-W", "error::RuntimeWarning", "-m", "twin.cli.main", "simulate"]


def simulate(*arguments):
    return subprocess.run([*TWIN, *arguments], capture_output=True, text=True, check=False, timeout=50)


def test_it_serves_writes_the_plant_file_and_the_truth(tmp_path):
    plant, truth = tmp_path / "plant.yaml", tmp_path / "truth.jsonl"
    done = simulate(
        *("packaging", "--speed", "20", "--seconds", "1", "--opcua-port", "0", "--fault", "filler.jam@2s"),
        *("--truth", str(truth), "--plant", str(plant)),
    )
    assert (done.returncode, done.stderr) == (0, "")
    [said] = done.stdout.splitlines()
    connections = yaml.safe_load(plant.read_text())["connections"]
    assert connections["s7"]["opcua"] in said
    assert connections["bk"]["opcua"] in said
    assert "machines on MQTT are silent" in said
    assert connections["s7"]["wait"] == "30000ms"
    records = [json.loads(line) for line in truth.read_text().splitlines()]
    kinds = {"state", "count", "stop", "fault", "health", "buffer", "process", "end"}
    assert {record["kind"] for record in records} == kinds
    [fault] = [record for record in records if record["kind"] == "fault"]
    assert fault["machine"] == "packaging/line1/filler"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_ctrl_c_ends_it_cleanly_and_writes_the_truth(tmp_path):
    truth = tmp_path / "truth.jsonl"
    process = subprocess.Popen(
        [*TWIN, "packaging", "--opcua-port", "0", "--truth", str(truth)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert b"opc.tcp://127.0.0.1:" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, b"")
    assert truth.read_text().count("\n") > 10


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["bakery"], 2, "no simulated line 'bakery'; there are: packaging"),
        (["packaging", "--fault", "oven.jam"], 2, "no fault 'oven.jam'; there are: filler.jam"),
        (["packaging", "--fault", "filler.jam@soon"], 2, "--fault filler.jam@soon: 'soon' is not a duration"),
        (["packaging", "--seed", "-1"], 2, "seed -1 is negative"),
        (["packaging", "--speed", "0"], 2, "--speed 0: a line only goes forward"),
        (["packaging", "--mqtt", "nowhere"], 2, "--mqtt: 'nowhere' is not HOST:PORT"),
        (["packaging", "--truth", "/no/such/folder/truth"], 2, "--truth /no/such/folder/truth"),
    ],
)
def test_wrong_input_is_one_line_with_the_fix(arguments, code, says):
    done = simulate(*arguments)
    assert done.returncode == code
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("twin simulate: ")
    assert says in line


def test_no_broker_is_one_line():
    [port] = free_ports(0, 1)
    done = simulate("packaging", "--mqtt", f"127.0.0.1:{port}")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert f"packaging: no MQTT broker at 127.0.0.1:{port}" in line
