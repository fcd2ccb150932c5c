"""What the user is asked: spec.yaml, with the matching modes, channels and formats that
manifest.yaml declares.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from .address import PATTERN, WANTED
from .service import yaml_file
from .service.manifest import Service, service

MATCHING_MODES = (
    "manifest.yaml#/matching_modes"  # stand in spec.yaml where the manifest's parts belong
)
CHANNELS = "manifest.yaml#/channels"
STATUSES = "manifest.yaml#/statuses"
FUNCTIONS = "manifest.yaml#/functions"  # those whose one part is a value
WIRE_FORMATS = "manifest.yaml#/wire_formats"
ADDRESS, ADDRESS_IN_WORDS = "address.py#/pattern", "address.py#/wanted"


@cache
def spec() -> dict[str, Any]:
    """The specification for the package's own service."""
    return spec_of(service())


def secrets_in(config: Mapping[str, Any]) -> list[str]:
    """The texts of a configuration that the specification marks as secret, as far as it has its
    form.
    """
    return list(_secrets(spec()["connectionSpecification"], config))


def _secrets(schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    if schema.get("airbyte_secret") and value:
        yield str(value)
    for form in schema.get("oneOf", ()):
        yield from _secrets(form, value)
    if isinstance(value, Mapping):
        for name, part in schema.get("properties", {}).items():
            yield from _secrets(part, value.get(name))
    if isinstance(value, list) and "items" in schema:
        for each in value:
            yield from _secrets(schema["items"], each)


def with_secrets(config: Mapping[str, Any], change: Callable[[Any], Any]) -> Any:
    """A configuration with each of its secrets changed, as far as it has the form of the
    specification.
    """
    return _changed(spec()["connectionSpecification"], config, change)


def _changed(schema: Mapping[str, Any], value: Any, change: Callable[[Any], Any]) -> Any:
    if schema.get("airbyte_secret") and value:
        return change(value)
    if isinstance(value, Mapping):
        parts = [schema, *schema.get("oneOf", ())]
        named = {name: part for form in parts for name, part in form.get("properties", {}).items()}
        return {name: _changed(named.get(name, {}), each, change) for name, each in value.items()}
    return value


def spec_of(declared: Service) -> dict[str, Any]:
    """spec.yaml, filled in for a service."""
    text = yaml_file.read("destination_profiles", "spec.yaml")
    parts: dict[str, Any] = {
        MATCHING_MODES: [_mode_form(declared, name) for name in declared.matching_modes],
        CHANNELS: list(declared.channels),
        STATUSES: list(declared.statuses),
        FUNCTIONS: [
            name
            for name, function in declared.functions.items()
            if list(function["parts"]) == ["value"]
        ],
        WIRE_FORMATS: list(declared.wire_formats),
        ADDRESS: PATTERN,
        ADDRESS_IN_WORDS: WANTED,
    }
    filled: dict[str, Any] = _fill(yaml_file.load(text), parts)
    return filled


def _fill(node: Any, parts: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        return {key: _fill(value, parts) for key, value in node.items()}
    if isinstance(node, list):
        return [_fill(each, parts) for each in node]
    return parts.get(node, node) if isinstance(node, str) else node


def _mode_form(declared: Service, name: str) -> dict[str, Any]:
    mode = declared.matching_modes[name]
    parameters = {
        each: dict(declared.matching_parameters[each]) for each in (*mode.required, *mode.optional)
    }
    return {
        "title": mode.title,
        "description": mode.description,
        "type": "object",
        "required": ["mode", *mode.required],
        "additionalProperties": False,
        "properties": {
            "mode": {"type": "string", "const": name, "default": name, "order": 0},
            **parameters,
        },
    }
