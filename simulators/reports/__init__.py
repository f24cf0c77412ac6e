"""What a machine says of itself beside its state: reasons of stops, alarms, rejects by cause."""
