"""What the service is asked about the settings, beside a check and within a sync."""

import pytest

from destination_profiles.api.client import ProfilesClient
from destination_profiles.api.inspection import inspect
from destination_profiles.api.transport import HttpRequest, HttpResponse
from destination_profiles.errors import Unavailable
from destination_profiles.service.answers import Answers
from destination_profiles.service.manifest import service
from unit_tests.settings import config, target


def fields_are_silent(request: HttpRequest) -> HttpResponse:
    """A service that knows the database, and does not tell its fields now."""
    if request.url.endswith("fields_get/"):
        return HttpResponse(503, b"", {})
    return HttpResponse(200, b'{"error":0,"data":{}}', {})


SETTINGS = config(target=target(field_name="crm_id"))
CLIENT = ProfilesClient(SETTINGS, service(), Answers(service()), fields_are_silent)


def test_check_goes_on_without_what_it_is_not_told() -> None:
    found = inspect(SETTINGS, CLIENT, service())
    assert (found.problems, len(found.warnings)) == ([], 1)


def test_sync_does_not_take_silence_for_right_settings() -> None:
    with pytest.raises(Unavailable, match="code 503"):
        inspect(SETTINGS, CLIENT, service(), in_sync=True)
