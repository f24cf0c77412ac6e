"""How a tag is processed: Part 13's AggregateConfiguration (4.2.1.2) and the tag's own Stepped."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Config:
    """stepped: a value holds until the next row; else the line between two rows counts.

    uncertain_is_bad: rows whose status is Uncertain count as Bad. percent_bad: an interval with at least this share of
    Bad is Bad; percent_good: one with at least this share of Good is Good; between them it is Uncertain.
    sloped_extrapolation: after the last row the line of the last two rows goes on; else the last value holds.
    """

    stepped: bool
    uncertain_is_bad: bool = True
    percent_bad: int = 100
    percent_good: int = 100
    sloped_extrapolation: bool = False

    def __post_init__(self) -> None:
        """Refuse percentages that Part 13 4.2.1.2 does not allow."""
        if not (0 <= self.percent_bad <= 100 and 0 <= self.percent_good <= 100):
            raise ValueError("percent_bad and percent_good are percentages: 0 to 100")
        if self.percent_good < 100 - self.percent_bad:
            raise ValueError(f"percent_good must be at least 100 - percent_bad = {100 - self.percent_bad}")
