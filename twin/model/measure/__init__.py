"""Units of measure as plants write them: what they are, from one to another, and through expressions."""
