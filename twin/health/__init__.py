"""Pure condition monitoring: features, models, scores, onset, forecast; one subject a file."""
