"""Airbyte's standard tests are parametrised by hooks of their own."""

import os

import pytest

pytest_plugins = ["airbyte_cdk.test.standard_tests.pytest_hooks"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the gate had to leave out stands in its last lines."""
    if os.environ.get("IMAGE_NOT_TESTED"):
        terminalreporter.write_line("IMAGE NOT TESTED: `.ci/image` cannot build or run it here.")
