"""PackML (OPC 30050): its states, what may follow what, its modes, and the walk of one machine through them."""
