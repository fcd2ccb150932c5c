"""The entry that Airbyte's own tool makes for a registry: `registry.py METADATA` reads the
specification from stdin.

Started by test_registry.py with the Python of .venv-qa.
"""

import importlib.abc
import json
import sys
import types
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

BARE = ("airbyte_ops_mcp", "airbyte_ops_mcp.registry")  # without what their __init__ imports
ABSENT = ("gcsfs", "google", "packaging", "ruamel", "slack_sdk")  # clients of services, mostly


class Absent(types.ModuleType):
    """A module whose names are types that nothing is done with."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Lets modules be imported that are not installed."""

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        return (
            ModuleSpec(name, self, is_package=True)
            if name.split(".", maxsplit=1)[0] in ABSENT
            else None
        )

    def create_module(self, spec: ModuleSpec) -> Absent:
        return Absent(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing is in it."""


def main() -> None:
    for name in BARE:
        found = find_spec(name)
        assert found and found.submodule_search_locations, f"{name} is not installed"
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = list(found.submodule_search_locations)
    sys.meta_path.append(Stubs())
    make = import_module("airbyte_ops_mcp.registry.generate")._build_registry_entry
    metadata = yaml.safe_load(Path(sys.argv[1]).read_text(encoding="utf-8"))["data"]
    spec = json.load(sys.stdin)
    print(json.dumps(make(metadata, "oss", spec, local_dependencies={})))


main()
