"""Switches: each thing that the service does not document, as a value with our default."""

import argparse
from dataclasses import Field, dataclass, field, fields
from typing import Any


def _switch(default: Any, meaning: str, *choices: str) -> Any:
    return field(default=default, metadata={"meaning": meaning, "choices": choices})


@dataclass(frozen=True)
class Switches:
    """One field a switch; its name with hyphens is the command-line option."""

    not_found_code: int = _switch(404, "error of an item whose profile is not found")
    bad_value_code: int = _switch(400, "error of an item with a wrong type, option or form")
    unknown_field_code: int = _switch(400, "error of an item with a field that is not declared")
    missing_key_code: int = _switch(400, "error of an item without its matching key")
    many_found_code: int = _switch(
        409, "error of an item whose key finds several profiles; 0 takes the oldest"
    )
    failed_items_top_level_error: int = _switch(0, "top-level error when some items failed")
    result_order: str = _switch("input", "order of results", "input", "reverse")
    error_http_status: str = _switch(
        "body", "HTTP status of an error: 200 (body) or the code (same)", "body", "same"
    )
    null: str = _switch("keep", "what a plain null does to a field", "keep", "clear", "error")
    unknown_field: str = _switch(
        "error", "what an undeclared field, key or parameter gets", "error", "ignore"
    )
    subscription_without_address: str = _switch(
        "error",
        "a subscription that names its channel and resource alone: an error, or an update of those "
        "that the profile has there",
        "error",
        "update",
    )
    functions_in_batch: str = _switch("on", "functions in items of a batch", "on", "off")
    fields_get_id: str = _switch("id", "parameter of databases/fields_get", "id", "db_id")
    type_words: str = _switch(
        "plain", "types in fields_get: string, boolean or unicode, bool", "plain", "short"
    )
    dictionary: str = _switch(
        "name", "dictionary of an enum in fields_get: its name or its options", "name", "options"
    )
    xml_single_list: str = _switch(
        "list", "a single list member without array='true'", "list", "value"
    )
    xml_answer: str = _switch(
        "same", "format of the answer to XML: the same, or JSON", "same", "json"
    )
    max_profiles: int = _switch(10_000, "profiles that a request may hold")
    max_bytes: int = _switch(10_000_000, "bytes that a body may hold")
    too_many_code: int = _switch(400, "error of a request with more profiles")
    oversize_status: int = _switch(413, "HTTP status of a request with a larger body")
    replay_seconds: int = _switch(86_400, "how long an answer is kept for a repeated request")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add one option for each switch."""
    group = parser.add_argument_group("switches", "what the service does not document")
    for switch in fields(Switches):
        choices = switch.metadata["choices"]
        group.add_argument(
            option(switch),
            type=str if choices else int,
            choices=choices or None,
            default=switch.default,
            metavar=None if choices else "N",
            help=f"{switch.metadata['meaning']} (default: %(default)s)",
        )


def from_options(options: argparse.Namespace) -> Switches:
    """Read the switches back from parsed options."""
    return Switches(**{switch.name: getattr(options, switch.name) for switch in fields(Switches)})


def option(switch: Field[Any]) -> str:
    """The command-line option of a switch."""
    return "--" + switch.name.replace("_", "-")
