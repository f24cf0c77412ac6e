"""Sources of ticks: each value is the number of its tick, so what is missing in a store can be counted."""
