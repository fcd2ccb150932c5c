"""Chaos with a seed: a random load, random faults, and what must hold whatever happened."""
