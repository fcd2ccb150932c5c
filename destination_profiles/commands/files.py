"""The files that a command is given: JSON objects."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigError


def read_object(path: str, what: str) -> Mapping[str, Any]:
    """The object in a file, which messages call `what`. Raises ConfigError where there is none."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        json.dumps(content, ensure_ascii=False).encode()
    except OSError as error:
        raise ConfigError(f"The file of the {what} cannot be read: {error.strerror}.") from None
    except UnicodeError:
        raise ConfigError(f"The file of the {what} holds text that is no Unicode.") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"The file of the {what} is no JSON.") from None
    if not isinstance(content, dict):
        raise ConfigError(f"The {what} must be a JSON object.")
    return content
