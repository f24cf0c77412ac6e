"""PackML state numbers (OPC 30050 v1.01) as generic states. Others number otherwise: give an own table."""

from __future__ import annotations

SUSPENDED = 5
"""Blocked or starved, if the machine says which; else it just waits."""

PACKML = {
    1: "down",  # Clearing
    2: "stopped",  # Stopped
    3: "idle",  # Starting
    4: "idle",  # Idle
    SUSPENDED: "waiting",
    6: "running",  # Execute
    7: "stopped",  # Stopping
    8: "down",  # Aborting
    9: "down",  # Aborted
    10: "running",  # Holding: it counts as running until it is held (OMAC practice)
    11: "down",  # Held
    12: "down",  # Unholding
    13: "running",  # Suspending
    14: "running",  # Unsuspending
    15: "idle",  # Resetting
    16: "running",  # Completing
    17: "idle",  # Complete
}
