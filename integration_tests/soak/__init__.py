"""Loads that take long: how a process is watched, what it is held to, and the page of it."""
