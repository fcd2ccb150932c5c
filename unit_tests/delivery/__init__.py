"""Tests of delivery/."""
