"""Tests of profiles_sandbox/profiles/."""
