"""Records become profiles."""
