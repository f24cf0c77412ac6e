"""The plug-in in a pytest of its own: it is there, it is light, and a failing test shows what the line did."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

EXAMPLE = """
    def test_filler_bearing(twin_line):
        line = twin_line("packaging", seed=7, behind="1h30m")
        line.fault("filler.bearing:45m", at="10m")
        line.run("1h10m")
        assert line.alerts("filler").first.time < line.truth("filler.bearing").failure
        assert line.oee("filler").availability > 0.7
"""


def test_a_failing_assert_shows_the_timeline(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(EXAMPLE.replace("> 0.7", "> 0.99"))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- twin line packaging -*",
            "packaging: Mon 2025-11-10 06:00:00 to Mon 07:10:00 CET",
            " * 06:00:00 *06:11:39*",
            "filler      *=*X*",
            "palletiser  *=*v*",
            "a sign is * running*",
            "faults:",
            "  Mon 06:10:00 filler.bearing*, failure 0*, end ...",
            "alerts:",
            "  Mon 06:*-... filler: vibration is not as learnt (peak *)",
            "alarms:",
            "  Mon 0*-* packaging/line1/filler/vibration high (bearing wears)",
            "now:",
            "  filler: *; *motor_temp * degC, *",
        ]
    )
    shown = result.outlines
    first = next(number for number, line in enumerate(shown) if "twin line packaging" in line)
    last = next(number for number, line in enumerate(shown) if number > first and line.startswith("====="))
    assert last - first <= 40
    assert max(map(len, shown[first + 1 : last])) <= 118


def test_a_passing_test_shows_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(twin_line): assert twin_line(behind=0).run('1m').state('filler')")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-rA")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*twin line*")


def test_a_line_that_has_not_run_says_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(twin_line): twin_line(behind=0).fault('x.y')")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no fault 'x.y'*", "packaging: *; the line has not run since the test began"])


def test_workers_get_the_results_of_one_process(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("turn", range(4))
        def test_it(twin_line, turn):
            line = twin_line(seed=5, behind="5m").run("5m")
            with open(f"seen{turn}.txt", "w") as file:
                file.write(f"{line.states()!r} {line.tag('filler/vibration').value.tobytes().hex()}")
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider", "-n", "2").assert_outcomes(passed=4)
    assert len({path.read_text(encoding="utf-8") for path in pytester.path.glob("seen*.txt")}) == 1


def test_the_fixture_is_listed(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--fixtures", "-p", "no:cacheprovider")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["twin_line*", "*Production lines and the twins that watch them*"])


def test_a_pytest_without_lines_loads_nothing_for_them() -> None:
    heavy = {"numpy", "asyncua", "fastapi", "duckdb", "yaml"}
    code = (
        "import sys, twin.testing.plugin\n"
        f"print(*[name for name in sys.modules if name.split('.')[0] in {heavy} or name.startswith('twin')])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["twin", "twin.testing", "twin.testing.plugin"]
