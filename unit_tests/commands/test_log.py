import io
import logging
from collections.abc import Iterator

import pytest
from airbyte_cdk.utils.airbyte_secrets_utils import get_secrets

from destination_profiles.commands.log import Secrets, log_to
from destination_profiles.protocol.messages import MessageWriter
from destination_profiles.spec import secrets_in, spec

S3 = {
    "storage_type": "S3",
    "s3_bucket_name": "bucket",
    "access_key_id": "canary-id",
    "secret_access_key": "canary-secret",
}
CONFIGS = [
    {},
    {"token": ""},
    {"token": "canary", "db_id": 1},
    {"token": "canary", "object_storage_config": S3},
    {"token": "canary", "object_storage_config": {"storage_type": "S3", "access_key_id": ""}},
    {"token": "canary", "object_storage_config": "none"},
    {"token": 5, "streams": [{"name": "users"}, 5, None], "matching": []},
]


@pytest.fixture
def log() -> Iterator[tuple[io.BytesIO, Secrets]]:
    root, airbyte, stream, secrets = (
        logging.getLogger(),
        logging.getLogger("airbyte"),
        io.BytesIO(),
        Secrets(),
    )
    before = root.handlers, root.level, airbyte.level
    log_to(MessageWriter(stream.write), secrets)
    yield stream, secrets
    root.handlers = before[0]
    root.setLevel(before[1])
    airbyte.setLevel(before[2])


def test_line_shows_no_secret(log: tuple[io.BytesIO, Secrets]) -> None:
    stream, secrets = log
    secrets.add(["canary"])
    logging.getLogger("airbyte").info("The token canary is not accepted.")
    assert b"The token **** is not accepted." in stream.getvalue()


@pytest.mark.parametrize(
    ("secret", "text", "masked"),
    [
        ("t", "3 accepted, token t, don't", "3 accepted, token ****, don't"),
        ("abc", "abcd abc, (abc)", "abcd ****, (****)"),
        ("abcd", "xabcdx", "x****x"),
    ],
)
def test_short_secret_mangles_no_word(secret: str, text: str, masked: str) -> None:
    secrets = Secrets()
    secrets.add([secret])
    assert secrets.mask(text) == masked


def test_secret_within_a_longer_one_is_hidden_with_it() -> None:
    secrets = Secrets()
    secrets.add(["abcd", "abcdefgh"])
    assert secrets.mask("abcdefgh abcd") == "**** ****"


def test_libraries_are_silent(log: tuple[io.BytesIO, Secrets]) -> None:
    logging.getLogger("urllib3").critical("canary")
    assert log[0].getvalue() == b""


@pytest.mark.parametrize("config", CONFIGS)
def test_secrets_are_those_of_the_cdk(config: dict) -> None:
    theirs = get_secrets(spec()["connectionSpecification"], config)
    assert sorted(secrets_in(config)) == sorted(str(each) for each in theirs if each)
