"""The line stands on the other side of the wire, and is quick to import."""

import subprocess
import sys

PROBE = "import sys, simulators.plants; print(' '.join(sorted(sys.modules)))"


def test_a_line_needs_nothing_of_the_twin_and_no_driver():
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    roots = {name.partition(".")[0] for name in done.stdout.split()}
    assert "simulators" in roots
    assert not roots & {"twin", "connectors", "asyncua", "paho", "asyncio"}
