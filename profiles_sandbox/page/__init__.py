"""The page: what the service received and what became of it, for a person with a browser."""
