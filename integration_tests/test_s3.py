"""The object storage in S3 over a real S3 API."""

import os
import re

import pytest

from integration_tests.connector import Connector, line, record, state, stream
from integration_tests.s3 import KEY, SECRET, MotoServer

ROLE = "arn:aws:iam::123456789012:role/rejected-records"


@pytest.fixture
def storing(connector: Connector, s3: MotoServer) -> Connector:
    connector.config["object_storage_config"] = s3.setting()
    return connector


def test_rejected_records_stand_in_the_bucket(storing: Connector, s3: MotoServer) -> None:
    storing.catalog = {"streams": [stream(namespace="crm"), stream("people")]}
    descriptor = {
        "stream_descriptor": {"name": "users", "namespace": "crm"},
        "stream_state": {"cursor": 2},
    }
    said = storing.write(
        record({"crm_id": 77, "source": "Ё"}, namespace="crm"),
        record({"crm_id": 1}, namespace="crm"),
        line({"type": "STATE", "state": {"type": "STREAM", "stream": descriptor}}),
        record({"crm_id": None}, "people"),
        state(1, "people"),
    )
    assert (said.code, said.stats) == (0, [(1.0, 1.0), (0.0, 1.0)])
    users, people = sorted(s3.objects())
    assert re.fullmatch(r"set aside/crm/7/crm/users/\d{4}_\d\d_\d\d_\d{13}_0\d{9}\.jsonl", users)
    assert re.fullmatch(r"set aside/crm/7/people/\d{4}_\d\d_\d\d_\d{13}_0\d{9}\.jsonl", people)
    assert [
        (each["crm_id"], each["rejected_reason"], each["rejected_code"]) for each in s3.lines()
    ] == [
        (77, "service", "404"),
        (None, "profile", "required"),
    ]


def test_each_state_has_its_part(storing: Connector, s3: MotoServer) -> None:
    storing.config["batching"] = {"max_profiles": 1}
    storing.config["delivery"] = {"max_in_flight": 1}
    said = storing.write(
        *(
            each
            for number in (77, 78)
            for each in (record({"crm_id": number}), record({"crm_id": 1}), state(number))
        )
    )
    assert said.stats == [(1.0, 1.0), (1.0, 1.0)]
    parts = sorted(key.rpartition("_")[2] for key in s3.objects())
    own = parts[0][1:]  # digits of the sync, and the suffix
    assert parts == [f"0{own}", f"1{own}"] and re.fullmatch(r"\d{9}\.jsonl", own)


def test_check_leaves_nothing_in_the_bucket(storing: Connector, s3: MotoServer) -> None:
    assert storing.run("check").status == {"status": "SUCCEEDED"}
    assert s3.objects() == {}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"s3_bucket_name": "another"},
            ("The object storage in S3 denies access (HTTP 404, NoSuchBucket). Check the setting"),
        ),
        (
            {"s3_bucket_name": "a b"},
            ("The object storage in S3 cannot be used (ParamValidationError). Check the setting"),
        ),
        (
            {"s3_endpoint": "http://127.0.0.1:9"},
            "The object storage in S3 cannot be reached (EndpointConnectionError).",
        ),
        (
            {"s3_endpoint": "http://example.com"},
            "The S3 endpoint must begin with https, because personal data travels to it.",
        ),
        ({"s3_endpoint": "nothing"}, "The setting object_storage_config.s3_en"),
        ({"s3_bucket_region": ""}, "The setting object_storage_config.s3_bucket_region is wrong"),
    ],
)
def test_check_says_what_is_wrong(
    storing: Connector, change: dict[str, str], sentence: str
) -> None:
    storing.config["object_storage_config"] |= change
    said = storing.run("check")
    assert (said.status["status"], said.status["message"][: len(sentence)]) == ("FAILED", sentence)
    assert not any(secret.encode() in said.raw for secret in (KEY, SECRET))


def test_missing_bucket_ends_the_sync_without_a_state(storing: Connector) -> None:
    storing.config["object_storage_config"]["s3_bucket_name"] = "another"
    said = storing.write(record({"crm_id": 77}), state(1))
    assert (said.code, said.states, said.error["failure_type"]) == (1, [], "config_error")
    assert not any(secret.encode() in said.raw for secret in (KEY, SECRET))


def test_role_is_assumed(storing: Connector, s3: MotoServer) -> None:
    storing.config["object_storage_config"]["role_arn"] = ROLE
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL_STS": s3.url,
        "AWS_ASSUME_ROLE_EXTERNAL_ID": "workspace",
    }
    assert storing.run("check", environment=environment).status == {"status": "SUCCEEDED"}
    said = storing.run("write", [record({"crm_id": 77}), state(1)], environment)
    assert (said.stats, len(s3.lines())) == ([(0.0, 1.0)], 1)


def test_role_that_cannot_be_asked_for_is_told(storing: Connector) -> None:
    storing.config["object_storage_config"]["role_arn"] = ROLE
    said = storing.run(
        "check", environment={**os.environ, "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9"}
    )
    assert said.status["message"].startswith(
        "The object storage in S3 cannot be reached (EndpointConnectionError)."
    )
