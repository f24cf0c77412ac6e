"""Lines that do not exist: machines, buffers, physics, wear and faults, with the truth about themselves.

They stand on the other side of the wire, so nothing here imports `twin` or `connectors`: else the twin would be
checked against itself. Everything but `wire/` is pure and knows virtual time only.
"""
