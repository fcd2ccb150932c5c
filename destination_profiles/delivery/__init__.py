"""Chunks on their way to the service, and the states that wait for them."""
