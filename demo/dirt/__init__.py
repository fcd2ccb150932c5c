"""A table of dirty customers, what must become of each row, and what became of it."""
