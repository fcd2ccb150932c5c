"""A test file beside each module."""
