"""Pure: the words of the product. Columns, time, status, events, errors, ports, and the fold machinery."""
