"""A local stand-in for a marketing platform's profile API, with a journal of what it received."""
