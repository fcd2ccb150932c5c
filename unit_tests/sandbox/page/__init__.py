"""Tests of profiles_sandbox/wire/."""
