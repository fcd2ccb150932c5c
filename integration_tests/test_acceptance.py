"""Airbyte's own standard tests of a destination, with the configurations that
acceptance-test-config.yml names.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from airbyte_cdk.test.standard_tests import DestinationTestSuiteBase

from destination_profiles import DestinationProfiles
from profiles_sandbox.testing import RunningSandbox

ROOT = Path(__file__).parents[1]
CONFIGS = Path("integration_tests") / "acceptance"
SERVICE, TOKEN = "http://127.0.0.1:8099", "acceptance-token-4c1e"  # of the configurations there


@pytest.fixture(scope="module", autouse=True)
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The service on a port that is free, and the configurations for it."""
    folder = tmp_path_factory.mktemp("acceptance")
    with RunningSandbox(folder / "sandbox.db", "--token", TOKEN) as running:
        write_configs(folder, running.url)
        TestSuite.root = folder
        yield
    TestSuite.root = ROOT


def write_configs(folder: Path, url: str) -> None:
    for name in ("acceptance-test-config.yml", "metadata.yaml"):
        shutil.copy(ROOT / name, folder)
    (folder / CONFIGS).mkdir(parents=True)
    for path in (ROOT / CONFIGS).glob("*.json"):
        text = path.read_text(encoding="utf-8")
        (folder / CONFIGS / path.name).write_text(text.replace(SERVICE, url), encoding="utf-8")


class TestSuite(DestinationTestSuiteBase):
    """All that Airbyte's suite asks of a destination, but what it asks of an image: .ci/image does
    that without a Docker engine.
    """

    connector = DestinationProfiles
    connector_name = "destination-profiles"
    root: ClassVar[Path] = ROOT  # where the suite looks for the files above

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return cls.root
