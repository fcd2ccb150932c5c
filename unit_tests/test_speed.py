"""A guard of the record path: it fails when the path takes half as long again as it did. What it
takes is measured by `make bench`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

GUARD = Path(__file__).parents[1] / "benchmarks" / "guard.py"
ALLOWED = {
    "479 bytes": 1.6,
    "12 mapped fields, a subscription": 2.8,
}  # processor time, as times the floor's in the same run


def test_record_path_is_no_slower() -> None:
    plain = {
        name: value for name, value in os.environ.items() if "COV" not in name
    }  # coverage would be what is measured
    found = json.loads(subprocess.check_output([sys.executable, GUARD], env=plain))
    assert found.keys() == ALLOWED.keys()
    assert {name: ratio for name, ratio in found.items() if ratio > ALLOWED[name]} == {}
