"""manifest.yaml as a typed value: what the service is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from ..errors import SystemFault
from . import yaml_file
from .manifest_check import problems

PACKAGE = "destination_profiles.service"
SUBSCRIPTIONS = "subscriptions"  # the one field whose parts are the service's own
PHONE = "phone"  # the key of an address that is a phone number
OBJECT = "profiles"  # what a stream of data activation is mapped to
SAME_NAMES = (  # parts that a Service holds as they stand in the manifest
    "database_parameters",
    "read_codes",
    "wire_formats",
    "request_id_header",
    "error_handler",
    "max_backoff_seconds",
    "retry_after_header",
    "max_retry_after_seconds",
    "undeclared_code",
    "foreign_statuses",
    "field_types",
    "functions",
    "system_fields",
    "statuses",
    "subscription_fields",
    "matching_parameters",
    "matching_keys",
)


@dataclass(frozen=True)
class Call:
    """One call of the API; the timeout is (connect, read) in seconds."""

    path: str
    headers: Mapping[str, str]
    timeout: tuple[float, float]


@dataclass(frozen=True)
class MatchingMode:
    """One way to find a profile: alternatives of fields that a profile carries, the parameters a
    user gives, and whose field the user names ("profile", "subscription" or None).
    """

    name: str
    title: str
    description: str
    keys: tuple[tuple[str, ...], ...]
    required: tuple[str, ...]
    optional: tuple[str, ...]
    field_of: str | None = None


@dataclass(frozen=True)
class AddressForm:
    """One way in which a subscription names its address: the path of the key that holds it, the
    type it is converted to (None: as it comes), and all keys of the form, as JSON schemas.
    """

    address: tuple[str, ...]
    type: str | None
    keys: Mapping[str, Any]

    @property
    def is_phone(self) -> bool:
        """Whether the address is a phone number."""
        return self.address[-1] == PHONE

    def beside(self) -> tuple[str, ...]:
        """The keys that must be there beside the address."""
        return tuple(name for name in self.keys if name != self.address[0])


@dataclass(frozen=True, eq=False)  # one is the same as itself alone: what is made of it is kept
class Service:
    """The whole manifest. Parts that are JSON schemas or components of Airbyte's CDK stay
    mappings.
    """

    max_profiles: int
    max_bytes: int
    too_large_codes: frozenset[int]
    calls: Mapping[str, Call]
    database_parameters: Sequence[str]
    read_codes: Mapping[str, Sequence[int]]
    wire_formats: Mapping[str, Mapping[str, str]]
    request_id_header: str
    error_handler: Mapping[str, Any]
    max_backoff_seconds: float
    retry_after_header: str
    max_retry_after_seconds: float
    undeclared_code: Mapping[str, Any]
    foreign_statuses: Sequence[int]
    item_actions: Mapping[int, str]
    item_default_action: str
    loggable_words: frozenset[str]
    field_types: Mapping[str, Any]
    functions: Mapping[str, Any]
    unset_forbidden: frozenset[str]
    system_fields: Mapping[str, str]
    statuses: Mapping[str, int]
    opt_outs: frozenset[str]
    subscription_fields: Mapping[str, Any]
    channels: Mapping[str, tuple[AddressForm, ...]]
    matching_parameters: Mapping[str, Any]
    matching_modes: Mapping[str, MatchingMode]
    matching_keys: Mapping[str, Any]

    def opt_out_values(self) -> frozenset[str | int]:
        """Statuses under which nothing is sent to a customer: words, numbers, and these as text."""
        numbers = {self.statuses[word] for word in self.opt_outs}
        return frozenset({*self.opt_outs, *numbers, *map(str, numbers)})


@cache
def service() -> Service:
    """The service that the package's own manifest.yaml declares."""
    return parse(yaml_file.read(PACKAGE, "manifest.yaml"))


def parse(text: str) -> Service:
    """Turn the text of a manifest into a Service.

    Raises SystemFault naming the path of every key that is misspelt, missing or of the wrong kind.
    """
    try:
        manifest = yaml_file.load(text)
    except yaml.YAMLError as error:
        raise SystemFault(f"manifest.yaml is not valid YAML: {error}") from None
    if slips := problems(manifest, PACKAGE):
        raise SystemFault("manifest.yaml is wrong: " + "; ".join(slips))
    parts = {name: manifest[name] for name in SAME_NAMES}
    filters = manifest["item_error_handler"]["item_filters"]
    return Service(
        **parts,
        max_profiles=manifest["limits"]["max_profiles"],
        max_bytes=manifest["limits"]["max_bytes"],
        too_large_codes=frozenset(manifest["limits"]["too_large_codes"]),
        calls={name: _call(call) for name, call in manifest["calls"].items()},
        item_actions={code: each["action"] for each in filters for code in each["codes"]},
        item_default_action=manifest["item_error_handler"]["default_action"],
        loggable_words=frozenset(manifest["loggable_words"].split()),
        unset_forbidden=frozenset(manifest["unset_forbidden"]),
        opt_outs=frozenset(manifest["opt_outs"]),
        channels={
            name: tuple(_form(form) for form in forms)
            for name, forms in manifest["channels"].items()
        },
        matching_modes={
            name: _mode(name, mode) for name, mode in manifest["matching_modes"].items()
        },
    )


def _call(raw: Mapping[str, Any]) -> Call:
    return Call(
        raw["path"],
        raw["request_headers"],
        (raw["timeout"]["connect_seconds"], raw["timeout"]["read_seconds"]),
    )


def _form(raw: Mapping[str, Any]) -> AddressForm:
    return AddressForm(tuple(raw["address"].split(".")), raw.get("type"), raw["keys"])


def _mode(name: str, raw: Mapping[str, Any]) -> MatchingMode:
    keys = tuple(tuple(alternative) for alternative in raw["keys"])
    return MatchingMode(
        name,
        raw["title"],
        raw["description"],
        keys,
        tuple(raw.get("required", ())),
        tuple(raw.get("optional", ())),
        raw.get("field_of"),
    )
