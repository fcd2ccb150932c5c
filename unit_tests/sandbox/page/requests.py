"""Requests as the journal has them, for tests of what is made of them."""

from profiles_sandbox.data.requests import Request

UPDATE = "profiles/update_batch"


def request(number=1, received_at=0.0, ended_at=1.0, **more):
    """An update of ten profiles that all were accepted."""
    values = {
        "call": UPDATE,
        "request_id": None,
        "attempt": 0,
        "format": "json",
        "duplicate": False,
        "http_status": 200,
        "error": 0,
        "error_text": "Successful operation",
        "body_bytes": 100,
        "profiles": 10,
        "accepted": 10,
        "failed": 0,
        "db_id": 1,
        "matching": "custom",
        "field_name": "crm_id",
        "fault": None,
    }
    return Request(number, received_at, ended_at, **(values | more))
