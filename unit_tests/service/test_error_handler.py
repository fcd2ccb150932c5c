"""The manifest's table of codes means what Airbyte's CDK makes of it."""

from collections.abc import Iterator

import pytest
import requests
from airbyte_cdk.sources.declarative.models.declarative_component_schema import (
    DefaultErrorHandler as DefaultErrorHandlerModel,
)
from airbyte_cdk.sources.declarative.parsers.model_to_component_factory import (
    ModelToComponentFactory,
)
from airbyte_cdk.sources.declarative.requesters.error_handlers import DefaultErrorHandler
from airbyte_cdk.sources.streams.http.error_handlers.response_models import ErrorResolution

from destination_profiles.service.error_handler import AGAIN, ErrorHandler
from destination_profiles.service.manifest import service

DECLARED = [
    code for each in service().error_handler["response_filters"] for code in each["http_codes"]
]
UNDECLARED = sorted({*range(1, 1000, 7), 100, 201, 204, 304, 409, 418, 451, 599, 999} - {*DECLARED})
OURS = ErrorHandler(service().error_handler)


@pytest.fixture(scope="module")
def cdk() -> DefaultErrorHandler:
    handler = ModelToComponentFactory().create_component(
        DefaultErrorHandlerModel, dict(service().error_handler), {}
    )
    assert isinstance(handler, DefaultErrorHandler)
    return handler


def matched(handler: DefaultErrorHandler, code: int) -> Iterator[ErrorResolution]:
    """What the filters of the manifest say of a code; the CDK has defaults of its own behind."""
    answer = requests.Response()
    answer.status_code = code
    for each in handler.response_filters or ():
        if (resolution := each.matches(answer)) is not None:
            yield resolution


@pytest.mark.parametrize("code", DECLARED)
def test_declared_code_is_resolved_alike(cdk: DefaultErrorHandler, code: int) -> None:
    theirs, ours = next(matched(cdk, code)), OURS.resolve(code)
    assert theirs.response_action and theirs.failure_type and ours
    assert (ours.action, ours.error_message) == (
        theirs.response_action.value,
        theirs.error_message,
    )
    # whoever tries again waits for time alone; the CDK says so of the codes that it knows itself
    assert ours.action in AGAIN or ours.failure_type == theirs.failure_type.value


@pytest.mark.parametrize("code", UNDECLARED)
def test_undeclared_code_matches_no_filter(cdk: DefaultErrorHandler, code: int) -> None:
    assert (list(matched(cdk, code)), OURS.resolve(code)) == ([], None)


@pytest.mark.parametrize("attempt", range(31))
def test_waits_are_the_same(cdk: DefaultErrorHandler, attempt: int) -> None:
    assert OURS.backoff_time(attempt) == cdk.backoff_time(None, attempt_count=attempt)
