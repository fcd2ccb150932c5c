"""A mapping that is suggested: of columns to the fields of a database."""
