"""Tests of profiles_sandbox/calls/."""
