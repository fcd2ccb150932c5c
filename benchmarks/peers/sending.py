"""A batch of profiles to the service, as each peer sends it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import requests


def send(
    config: Mapping[str, Any],
    profiles: Sequence[Any],
    post: Callable[..., requests.Response] = requests.post,
) -> None:
    """Raises where the service does not take all of them."""
    body = {
        "token": config["token"],
        "db_id": config["db_id"],
        "matching": "email_profile",
        "data": profiles,
    }
    answer = post(f"{config['api_url']}/api/v1.1/profiles/update_batch", json=body, timeout=60)
    answer.raise_for_status()
    assert all(item["error"] == 0 for item in answer.json()["result"])
