"""Pure folds: last value, status and age of every tag; which connections are up."""
