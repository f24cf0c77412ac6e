"""Pure folds of alarms: detection with on-delay and dead-band, life cycle of ISA-18.2, performance."""
