"""What is wrong with a manifest: with its form, else with the names and codes in it, which stand in
one part and must be declared in another.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from ..conversion import TYPES
from ..violations import json_path
from . import yaml_file

HALVES = "SPLIT_REQUEST_WINDOW"  # the action that leads to smaller chunks
# actions of items that say the sentence of error_handler
SPEAKING = ("FAIL", "RETRY", "RATE_LIMITED")
Manifest = Mapping[str, Any]


def problems(manifest: Any, package: str) -> list[str]:
    """A sentence for each slip, with its JSON path; `package` has the schema of manifests."""
    schema = yaml_file.load(yaml_file.read(package, "manifest.schema.yaml"))
    if not jsonschema_rs.Draft7Validator(schema, validate_formats=False).is_valid(manifest):
        return _of_form(manifest, schema)
    return [
        *_of_types(manifest),
        *_of_channels(manifest),
        *_of_modes(manifest),
        *_of_codes(manifest),
        *_of_fields(manifest),
        *_of_statuses(manifest),
    ]


def _of_form(manifest: Any, schema: Mapping[str, Any]) -> list[str]:
    from jsonschema import Draft7Validator  # noqa: PLC0415 - it only explains, and takes long to import

    errors = sorted(
        (json_path(error.absolute_path), error.message)
        for error in Draft7Validator(schema).iter_errors(manifest)
    )
    return [f"{path}: {message}" for path, message in errors]


def _of_types(manifest: Manifest) -> Iterator[str]:
    types = manifest["field_types"]
    for field, name in manifest["system_fields"].items():
        if name not in types:
            yield f"$.system_fields.{field}: no field type {name}"
    for name, field_type in types.items():
        for each in field_type["fits"]:
            if each not in TYPES:
                yield f"$.field_types.{name}.fits: no type {each}"
    for name, function in manifest["functions"].items():
        for each in function.get("field_types", ()):
            if each not in types:
                yield f"$.functions.{name}: no field type {each}"


def _of_channels(manifest: Manifest) -> Iterator[str]:
    for name, forms in manifest["channels"].items():
        for form in forms:
            if not _is_key(form["keys"], form["address"]):
                yield f"$.channels.{name}: no key {form['address']}"
            if form.get("type", TYPES[0]) not in TYPES:
                yield f"$.channels.{name}: no type {form['type']}"


def _of_modes(manifest: Manifest) -> Iterator[str]:
    keys, parameters = manifest["matching_keys"], manifest["matching_parameters"]
    for name, mode in manifest["matching_modes"].items():
        for key in (each for alternative in mode["keys"] for each in alternative):
            if key not in keys:
                yield f"$.matching_modes.{name}.keys: no matching key {key}"
        for each in [*mode.get("required", ()), *mode.get("optional", ())]:
            if each not in parameters:
                yield f"$.matching_modes.{name}: no matching parameter {each}"


def _of_codes(manifest: Manifest) -> Iterator[str]:
    filters = manifest["error_handler"]["response_filters"]
    item_filters = manifest["item_error_handler"]["item_filters"]
    declared = [code for each in filters for code in each["http_codes"]]
    of_items = [code for each in item_filters for code in each["codes"]]
    stopping = {
        code for each in item_filters if each["action"] in SPEAKING for code in each["codes"]
    }
    halving = {code for each in filters if each["action"] == HALVES for code in each["http_codes"]}
    for code in _repeated(declared):
        yield f"$.error_handler.response_filters: code {code} stands twice"
    for code in _repeated(of_items):
        yield f"$.item_error_handler.item_filters: code {code} stands twice"
    for code in sorted(stopping - set(declared)):
        yield f"$.item_error_handler.item_filters: code {code} has no sentence"
    for code in sorted(set(manifest["limits"]["too_large_codes"]) - halving):
        yield f"$.limits.too_large_codes: code {code} does not halve a chunk"


def _of_fields(manifest: Manifest) -> Iterator[str]:
    for field in sorted(set(manifest["unset_forbidden"]) - manifest["system_fields"].keys()):
        yield f"$.unset_forbidden: no system field {field}"


def _of_statuses(manifest: Manifest) -> Iterator[str]:
    taken = jsonschema_rs.Draft7Validator(manifest["subscription_fields"]["status"])
    for word, number in manifest["statuses"].items():
        if not (taken.is_valid(word) and taken.is_valid(number)):
            yield f"$.statuses.{word}: $.subscription_fields.status does not take it"
    for word in sorted(set(manifest["opt_outs"]) - manifest["statuses"].keys()):
        yield f"$.opt_outs: no status {word}"


def _is_key(keys: Mapping[str, Any], path: str) -> bool:
    """Whether a dotted path leads to one of the keys, or to a property of one."""
    first, *rest = path.split(".")
    return first in keys and (
        not rest or _is_key(keys[first].get("properties", {}), ".".join(rest))
    )


def _repeated(codes: list[int]) -> list[int]:
    return sorted(code for code, count in Counter(codes).items() if count > 1)
