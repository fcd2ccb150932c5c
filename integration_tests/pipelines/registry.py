"""What PyAirbyte reads of a registry: `registry.py NAME`, with its address in the environment."""

import json
import sys

from airbyte.registry import get_connector_metadata

found = get_connector_metadata(sys.argv[1])
print(json.dumps(found and found.model_dump(mode="json")))
