"""`twin simulate` as a user calls it: a process of its own."""

import json
import signal
import socket
import subprocess
import sys

import duckdb
import pytest
import yaml

from simulators.wire.nasty import SWITCHES
from simulators.wire.serve import free_ports
from twin.cli.main import main

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
    kinds |= {"ambient", "job", "machine_alarm", "order", "reject"}
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
        (["bakery"], 2, "no simulated line 'bakery'; there are: "),
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


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "which LINE? take a name, or a YAML file"),
        (["nowhere.yaml"], "nowhere.yaml:1: cannot be read (No such file or directory)"),
        (["packaging", "--fault", "filler.jam@2h", "--for", "1h"], "--fault filler.jam@2h: all ends after 1 h"),
        (["packaging", "--for", "0s"], "--for 0s: nothing happens in no time"),
        (["packaging", "--nasty", "mqtt-late"], "--nasty mqtt-late: the machines on MQTT are silent"),
        (["packaging", "--nasty", "restart"], "--nasty: nasty 'restart' happens at an instant: write restart@2m"),
        (["packaging", "--control", "99999"], "--control 99999: in use on 127.0.0.1, or no port"),
        (["packaging", "--control-truth"], "--control-truth is told over the control: add --control PORT"),
        (["packaging", "--opcua-port", "70000"], "--opcua-port 70000: is no port; take 0 to 65535"),
        (["packaging", "--opcua-port", "65535", "--seconds", "1"], "port 65536 is none: 0 to 65535"),
        (["packaging", "--speed", "nan"], "--speed nan: a line only goes forward"),
        (["packaging", "--seconds", "nan"], "--seconds nan: a line only goes forward"),
        (["packaging", "--plant", "/no/such/plant.yaml"], "--plant /no/such/plant.yaml: No such file or directory"),
        (["packaging", "--for", "1h", "--out", "x.csv", "--truth", "./x.csv"], "--truth and --out are one file"),
        (["packaging", "--for", "1h", "--nasty", "restart@2h"], "--nasty restart@2h: all ends after 1 h"),
        (["packaging", "--out", "x.csv"], "--out needs an end: take --for 8h"),
        (["packaging", "--out", "x.txt", "--for", "1h"], "x.txt: a file for samples ends in .parquet or .csv"),
        (["packaging", "--out", "/no/such/x.csv", "--for", "1h"], "/no/such/x.csv: No such file or directory"),
        (["packaging", "--out", "x.csv", "--for", "1h", "--speed", "2"], "--speed is about wires"),
    ],
)
def test_what_cannot_be_is_told_before_anything_starts(arguments, says, capsys):
    assert main(["simulate", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    [line] = told.err.splitlines()
    assert says in line


def test_an_unknown_switch_is_one_error_with_a_line_for_each_there_is(capsys):
    assert main(["simulate", "packaging", "--nasty", "lon-ids"]) == 2
    first, *rest = capsys.readouterr().err.splitlines()
    assert first == "twin simulate: --nasty lon-ids: there is no such switch; there are"
    assert [line.split()[0] for line in rest] == list(SWITCHES)


@pytest.mark.parametrize("option", ["--opcua-port", "--control"])
def test_a_port_in_use_is_told_before_anything_starts(option, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["simulate", "packaging", "--opcua-port", "0", option, str(port), "--seconds", "1"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    [line] = told.err.splitlines()
    assert f"{port}" in line
    assert option in line


def test_without_wires_the_same_seed_is_the_same_file(tmp_path, capsys):
    calls = [
        [
            *("simulate", "packaging", "--seed", "5", "--for", "1h10m", "--start", "2026-11-23T05:00:00Z"),
            *("--out", str(tmp_path / f"{number}.csv"), "--truth", str(tmp_path / f"{number}.jsonl")),
        ]
        for number in range(2)
    ]
    assert [main(call) for call in calls] == [0, 0]
    for ending in ("csv", "jsonl"):
        assert (tmp_path / f"0.{ending}").read_bytes() == (tmp_path / f"1.{ending}").read_bytes()
    head, first, *_, last = (tmp_path / "0.csv").read_text().splitlines()
    assert head == "time,tag,value,status,text"
    assert first.startswith("2026-11-23T05:00:00Z,demo/plant1/packaging/line1/hall_temp,")
    assert "2026-11-23T06:09:00Z" < last < "2026-11-23T06:10:00Z"


def test_parquet_has_the_rows_of_csv(tmp_path, capsys):
    same = ["simulate", "packaging", "--for", "30m", "--start", "2026-11-23T05:00:00Z"]
    same += ["--fault", "filler.vibration.wire_break@5m"]
    assert main([*same, "--out", str(tmp_path / "x.parquet")]) == 0
    assert main([*same, "--out", str(tmp_path / "x.csv")]) == 0
    with duckdb.connect() as db:
        rows = db.execute(f"SELECT * FROM '{tmp_path / 'x.parquet'}'").fetchall()
        columns = [name for name, *_ in db.description]
    lines = (tmp_path / "x.csv").read_text().splitlines()[1:]
    place = {name: columns.index(name) for name in ("tag", "value", "status")}
    written = [line.split(",")[1:4] for line in lines]
    assert [[row[place["tag"]], row[place["value"]], row[place["status"]]] for row in rows] == [
        [tag, float(value) if value else None, int(status, 16)] for tag, value, status in written
    ]
    broken = [value for tag, value, status in written if int(status, 16) == 0x808C0000]
    assert broken == [""] * len(broken) != []


def test_a_scenario_is_played_to_its_end(tmp_path, capsys):
    file, truth = tmp_path / "scenario.yaml", tmp_path / "truth.jsonl"
    file.write_text("line: packaging\nseed: 7\nfor: 20m\nfaults:\n  - {what: capper.jam, at: 10m}\n")
    assert main(["simulate", str(file), "--out", str(tmp_path / "x.csv"), "--truth", str(truth)]) == 0
    records = [json.loads(line) for line in truth.read_text().splitlines()]
    [jam] = [one for one in records if one["kind"] == "fault" and one["component"] == "jam"]
    [first, *_] = [one["from"] for one in records if one["kind"] == "state"]
    assert jam["start"] - first == 600 * 10**9


def test_it_stops_when_the_lines_time_is_over(tmp_path):
    truth = tmp_path / "truth.jsonl"
    start = ["--start", "2026-11-23T05:00:00Z", "--for", "30s", "--speed", "60"]
    done = simulate("packaging", "--opcua-port", "0", *start, "--truth", str(truth))
    assert (done.returncode, done.stderr) == (0, "")
    states = [json.loads(line) for line in truth.read_text().splitlines() if '"kind": "state"' in line]
    assert max(state["to"] for state in states) == 1_795_410_030 * 10**9


def test_the_list_names_lines_faults_and_switches(capsys):
    assert main(["simulate", "packaging", "--list"]) == 0
    told = capsys.readouterr().out
    assert "lines: " in told
    assert "packaging" in told
    assert all(f"\n  {name} " in told for name in SWITCHES)
    assert "filler.vibration " in told


def test_no_broker_is_one_line():
    [port] = free_ports(0, 1)
    done = simulate("packaging", "--mqtt", f"127.0.0.1:{port}")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert f"packaging: no MQTT broker at 127.0.0.1:{port}" in line
