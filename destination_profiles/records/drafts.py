"""JSON schemas in the draft that each names, and without what that draft does not allow."""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from ..violations import json_path

Schema = dict[str, Any]
Path = tuple[str | int, ...]
DRAFTS: Mapping[str, type[Any]] = {  # by the URL without its scheme and its end
    "json-schema.org/draft-04/schema": jsonschema_rs.Draft4Validator,
    "json-schema.org/draft-06/schema": jsonschema_rs.Draft6Validator,
    "json-schema.org/draft-07/schema": jsonschema_rs.Draft7Validator,
    "json-schema.org/draft/2019-09/schema": jsonschema_rs.Draft201909Validator,
    "json-schema.org/draft/2020-12/schema": jsonschema_rs.Draft202012Validator,
}
USUAL_DRAFT = jsonschema_rs.Draft7Validator  # where a schema names none, as sources do
# A pattern with backreferences or a look around may try for ever: a value for which it takes more
# steps than this, a millisecond, does not satisfy it. All others take no steps.
PATTERNS = jsonschema_rs.FancyRegexOptions(backtrack_limit=50_000)
MAX_FAULTS = 100  # in one schema; with more, all of it is taken as anything


def draft(schema: Mapping[str, Any]) -> type[Any]:
    """The class of jsonschema-rs for the draft that a schema names."""
    name = str(schema.get("$schema", "")).partition("://")[2].rstrip("#/")
    return DRAFTS.get(name, USUAL_DRAFT)


def compiled(schema: Mapping[str, Any]) -> Any:
    """The validator of a schema. `format` is not asserted: sources write times without a zone and
    still name `date-time`. Nothing outside of the schema is read. Raises ValueError.
    """
    return draft(schema)(
        dict(schema), validate_formats=False, offline=True, pattern_options=PATTERNS
    )


def mended(raw: Any) -> tuple[Schema, list[str]]:
    """A schema without the keywords that its own draft does not allow, and where those stood."""
    if not isinstance(raw, dict):
        return {}, [] if raw is True else ["$"]
    faults: list[str] = []
    schema = raw
    if not isinstance(schema.get("$schema", ""), str):
        schema, faults = _without(schema, ("$schema",)), ["$.$schema"]
    while (path := _first_fault(schema)) is not None:
        while path and isinstance(path[-1], int):
            path = path[:-1]
        if not path or len(faults) >= MAX_FAULTS:
            return {}, ["$"]
        schema = _without(schema, path)
        faults.append(json_path(path))
    return schema, faults


def _first_fault(schema: Schema) -> Path | None:
    """The path of something that the draft does not allow, or None where all is allowed."""
    try:
        jsonschema_rs.meta.validate({**schema, "$schema": _url(draft(schema))})
    except jsonschema_rs.ValidationError as error:
        return tuple(error.instance_path)
    except (ValueError, RecursionError):
        return ()
    return None


def _url(kind: type[Any]) -> str:
    """The URL of a draft."""
    name = next(name for name, each in DRAFTS.items() if each is kind)
    return f"https://{name}"


def _without(node: Any, path: Path) -> Any:
    """A copy of a schema without what stands at a path; the rest is shared."""
    first, *rest = path
    copy: Any = dict(node) if isinstance(node, dict) else list(node)
    if rest:
        copy[first] = _without(node[first], tuple(rest))
    else:
        del copy[first]
    return copy
