"""What the user is asked: spec.yaml, with the matching modes that manifest.yaml declares."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from .manifest import PACKAGE, Service, service

MATCHING_MODES = "manifest.yaml#/matching_modes"  # stands in spec.yaml where the manifest's modes belong


@cache
def spec() -> dict[str, Any]:
    """The specification for the package's own service."""
    return spec_of(service())


def spec_of(declared: Service) -> dict[str, Any]:
    """spec.yaml, filled in for a service."""
    text = files(PACKAGE).joinpath("spec.yaml").read_text(encoding="utf-8")
    modes = [_mode_form(declared, name) for name in declared.matching_modes]
    filled: dict[str, Any] = _fill(yaml.safe_load(text), modes)
    return filled


def _fill(node: Any, modes: list[dict[str, Any]]) -> Any:
    if node == MATCHING_MODES:
        return modes
    if isinstance(node, dict):
        return {key: _fill(value, modes) for key, value in node.items()}
    return [_fill(each, modes) for each in node] if isinstance(node, list) else node


def _mode_form(declared: Service, name: str) -> dict[str, Any]:
    mode = declared.matching_modes[name]
    parameters = {each: dict(declared.matching_parameters[each]) for each in (*mode.required, *mode.optional)}
    return {
        "title": mode.title,
        "description": mode.description,
        "type": "object",
        "required": ["mode", *mode.required],
        "additionalProperties": False,
        "properties": {"mode": {"type": "string", "const": name, "default": name, "order": 0}, **parameters},
    }
