"""What a reader of a figure must know before believing it."""

from __future__ import annotations

from dataclasses import dataclass

from twin.core.instant import duration_text


@dataclass(frozen=True, slots=True)
class Flag:
    """code: for programs; text: for people."""

    code: str
    text: str


NO_CALENDAR = Flag("no_calendar", "the plant file has no shifts: nobody knows when it should have worked, so no OEE")
SO_FAR = Flag("so_far", "the period goes on")
NO_STATE = Flag("no_state", "the machine has no state rules, so its times are not known")
NO_COUNTS = Flag("no_counts", "the machine has no counter of its pieces")
NO_REJECT_COUNTER = Flag("no_reject_counter", "no counter tells bad pieces: all count as good")
COUNTS_DISAGREE = Flag("counts_disagree", "its counters contradict each other: produced is not good + reject + rework")
NO_OUTPUT = Flag("no_output", "the line names no machine whose pieces are its output (`output` or `flow`)")
NO_COMMON_UNIT = Flag(
    "no_common_unit", "pieces of its machines cannot be told in one unit (write `makes: {case: 12 bottle}`)"
)


def record_begins(when: str) -> Flag:
    """The period began before all that is kept; what lies before is in no figure. when: on the plant's wall."""
    return Flag("record_begins", f"the record begins at {when}, and so do the figures")


def no_ideal_rate(product: str | None, code: int | None) -> Flag:
    """Pieces were made for which the plant file has no ideal rate."""
    if product is not None:
        return Flag(
            "no_ideal_rate", f"product '{product}' has no ideal rate here, so effectiveness and OEE are not defined"
        )
    shown = "" if code is None else f" (code {code})"
    return Flag("no_ideal_rate", f"pieces of an unknown product{shown}: effectiveness and OEE are not defined")


def ideal_rate_suspect(reached: float, unknown: int) -> Flag:
    """More was made than can be. reached: effectiveness of a machine, OEE of a line."""
    why = "the ideal rate is too slow" + (", or pieces come from unknown time" if unknown else "")
    return Flag("ideal_rate_suspect", f"{reached:.1%} of what can be made at best: {why}")


def unknown_time(unknown: int) -> Flag:
    """Nobody knows what the machine did; in availability this counts as not producing."""
    return Flag("unknown_time", f"state not known for {duration_text(unknown)} of the planned busy time")


def counter_jump(jumps: int) -> Flag:
    """A counter said what no production explains."""
    return Flag("counter_jump", f"{jumps} reading{'s' if jumps > 1 else ''} that no production explains gave no pieces")


def work_outside_plan(pieces: int) -> Flag:
    """Work in breaks and between shifts is in no figure."""
    return Flag("work_outside_plan", f"{pieces} more pieces in breaks or between shifts; they are in no figure")
