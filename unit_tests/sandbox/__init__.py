"""Tests of profiles_sandbox/."""
