"""One sync: its assembly, its pump, and what it tells while it runs."""
