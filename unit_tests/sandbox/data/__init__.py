"""Tests of profiles_sandbox/data/."""
