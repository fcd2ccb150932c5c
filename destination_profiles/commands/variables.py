"""Secrets that a configuration takes from the environment: `token: ${PROFILES_TOKEN}`."""

import os
import re
from collections.abc import Mapping
from typing import Any

from ..errors import ConfigError
from ..spec import with_secrets

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def from_environment(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration whose secrets are the values of the variables that stand for them. Raises
    ConfigError for one that is not set.
    """
    filled: dict[str, Any] = with_secrets(config, _value)
    return filled


def _value(secret: Any) -> Any:
    named = VARIABLE.fullmatch(secret) if isinstance(secret, str) else None
    if named is None:
        return secret
    if not (value := os.environ.get(named[1])):
        raise ConfigError(
            f"The configuration takes a secret from the environment variable {named[1]}, which is "
            "not set."
        )
    return value
