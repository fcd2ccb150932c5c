"""Tests of rejects/."""
