"""Writes settings.md: every setting of the specification, with what it means and an example."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from destination_profiles.commands.spec_page import Setting, settings
from destination_profiles.spec import spec

PAGE = Path(__file__).with_name("settings.md")
HEAD = """\
# Settings

Every setting of the connector, as `destination-profiles spec` has them. `make settings` writes this
page from [spec.yaml](../destination_profiles/spec.yaml). A configuration is a file in JSON or YAML.
`[]` stands for each member of a list: `streams[].name` is the name of each stream. [From a table to
profiles](mapping.md) explains the parts of the mapping with examples to copy.

```yaml
api_url: https://example.com
token: ...
db_id: 1
matching: {mode: custom, field_name: Custom_ID}
streams:
  - name: users
    fields:
      - {to: Custom_ID, from: id}
      - {to: _city, from: address.city}
      - {to: _bdate, from: birth_date, type: date}
      - {to: source, value: warehouse}
    subscriptions:
      - {channel: email, resource_id: 28, address_from: email, status_from: newsletter}
object_storage_config: {storage_type: Local, path: /local/rejected}
```
"""


def page() -> str:
    """The text of the page."""
    form = spec()["connectionSpecification"]
    groups = {each["id"]: each["title"] for each in form["groups"]}
    told: dict[str, list[Setting]] = {group: [] for group in groups}
    for each in settings(form):
        top = form["properties"][each.path.partition(".")[0].removesuffix("[]")]
        told[top["group"]].append(each)
    parts = [f"## {groups[group]}\n\n{table(of)}" for group, of in told.items()]
    return "\n".join([HEAD, *parts])


def table(of: list[Setting]) -> str:
    """Settings in Markdown."""
    rows = [("setting", "type", "meaning", "example"), ("---",) * 4]
    rows += [(f"`{each.path}`", each.kind, each.meaning, f"`{example(each)}`") for each in of]
    return "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in rows)


def example(setting: Setting) -> str:
    """A setting as a line of YAML."""
    name = setting.path.rpartition(".")[2].removesuffix("[]")
    text = yaml.safe_dump(
        {name: next(_examples(setting.form))},
        default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True,
    )  # fmt: skip
    return text.strip().removeprefix("{").removesuffix("}")


def _examples(form: Mapping[str, Any]) -> Iterator[Any]:
    """Values that a setting may have, the best first."""
    yield from form.get("examples", ())
    if "const" in form:
        yield form["const"]
    if form.get("airbyte_secret"):
        yield "..."
    yield from (each for each in form.get("enum", ()) if each != form.get("default"))
    match form:
        case {"oneOf": [*options]}:
            yield from (next(_examples(each)) for each in options[1:])
        case {"properties": properties}:
            names = form.get("required") or properties
            yield {name: next(_examples(properties[name])) for name in names}
        case {"items": items}:
            yield [next(_examples(items))]
        case {"type": "boolean", "default": default}:
            yield not default
        case {"default": default}:
            yield default


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
