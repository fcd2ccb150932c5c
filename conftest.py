"""Airbyte's standard tests are parametrised by hooks of their own."""

pytest_plugins = ["airbyte_cdk.test.standard_tests.pytest_hooks"]
