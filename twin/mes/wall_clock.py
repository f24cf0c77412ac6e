"""The wall clock, as twin.model has it."""

from twin.model.wall_clock import day_of, instant_of, local_text

__all__ = ["day_of", "instant_of", "local_text"]
