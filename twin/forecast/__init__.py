"""Pure what-if: a line's flow model, fitted to its records, and what may come of the state that the line is in."""
