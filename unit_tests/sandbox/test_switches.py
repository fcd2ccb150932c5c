"""Switches: the command line and the README say the same."""

import argparse
from dataclasses import fields
from importlib.resources import files

import pytest

from profiles_sandbox.calls.items import CODES
from profiles_sandbox.refusals import ItemRefused
from profiles_sandbox.switches import Switches, add_options, from_options, option

README = files("profiles_sandbox").joinpath("README.md").read_text("utf-8")


@pytest.fixture
def parser():
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser


def test_options_have_the_defaults_of_switches(parser):
    assert from_options(parser.parse_args([])) == Switches()


@pytest.mark.parametrize("switch", fields(Switches), ids=lambda switch: switch.name)
def test_option_sets_its_switch(parser, switch):
    value = switch.metadata["choices"][-1] if switch.metadata["choices"] else switch.default + 1
    read = from_options(parser.parse_args([option(switch), str(value)]))
    assert getattr(read, switch.name) == value
    assert value != switch.default


@pytest.mark.parametrize("switch", fields(Switches), ids=lambda switch: switch.name)
def test_readme_has_switch_with_default(switch):
    choices = [choice for choice in switch.metadata["choices"] if choice != switch.default]
    expected = "\\|".join([str(switch.default), *choices])
    assert f"| `{option(switch)}` | `{expected}` |" in README


def test_every_refusal_of_an_item_has_a_code():
    assert set(CODES) == set(ItemRefused.__subclasses__())
    assert all(hasattr(Switches(), name) for name in CODES.values())
