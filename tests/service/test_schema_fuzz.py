"""Every route against its own OpenAPI schema: what is sent is made from it, what comes back is held to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from retriever.searcher import Searcher
from service.app import create_app, routes_only
from service.runtime import Runtime
from service.settings import Settings
from tests.service.conftest import Written
from tests.service.live import served

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "12"))
"""Requests per route and kind; `make test-all` sends many more."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
CALL = "pipeline('image-classification', model='google/vit-birds')"


@pytest.fixture(scope="module")
def url(searcher: Searcher) -> Iterator[str]:
    with served(create_app(Runtime(Settings(), searcher, Written(CALL)))) as url:
        yield url


OPERATIONS = [
    result.ok() for result in schemathesis.openapi.from_dict(routes_only().openapi()).get_all_operations()
]


def test_every_route_of_the_schema_is_fuzzed() -> None:
    paths = {(operation.method, operation.path) for operation in OPERATIONS}
    assert {("post", "/generate_call"), ("post", "/search"), ("post", "/v1/chat/completions")} <= paths
    assert {("get", "/readyz"), ("get", "/metrics"), ("get", "/v1/models"), ("get", "/api_docs")} <= paths


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_no_route_fails_or_breaks_its_schema(url: str, operation: Any, mode: GenerationMode) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
    def fuzz(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=url, checks=CHECKS, timeout=60)

    try:
        fuzz()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # a route that takes nothing can't be asked wrongly
