"""`python -m fuzzing.fuzz mapping 60 FOLDER` feeds a target for so many seconds what atheris makes
of its corpus, guided by the lines that are reached. What it finds stays in the folder.
"""

import sys
from pathlib import Path

import atheris

CORPUS = Path(__file__).with_name("corpus")

with atheris.instrument_imports(include=["destination_profiles", "fuzzing"]):
    from fuzzing.targets import TARGETS


def main() -> None:
    name, seconds, found = sys.argv[1:4]
    Path(found).mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", "-max_len=2048", "-timeout=20", "-rss_limit_mb=2048"]
    files = [f"-artifact_prefix={found}/crash-", found, str(CORPUS / name)]
    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", *files], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
