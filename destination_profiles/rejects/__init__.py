"""Stores of rejected records."""
