"""What is around the machines of a line: the hall and its warmth, what flows in, gauges, the inspection at its end."""
