"""Configurations for tests, as values."""

from typing import Any

from destination_profiles.config import Config
from destination_profiles.secret import Secret
from destination_profiles.service.manifest import service
from destination_profiles.service.matching import Matching, Target


def target(db_id: int = 1, mode: str = "custom", field_name: str | None = "id") -> Target:
    given = {"field_name": field_name} if field_name else {}
    return Target(db_id, Matching(service().matching_modes[mode], given))


def config(**more: Any) -> Config:
    defaults = {"api_url": "https://example.com", "token": Secret("token"), "target": target()}
    return Config(**{**defaults, **more})
