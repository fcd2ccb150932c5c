"""Tests of profiles_sandbox/faults/."""
