"""Pure folds of manufacturing execution: counts from counters, machine states."""
