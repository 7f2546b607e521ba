"""Whatever a client sends, the answer is below 500 and in one of our shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from retriever.searcher import Searcher
from service.app import create_app
from service.runtime import Runtime
from service.settings import Settings

PATHS = ["/generate_call", "/search"]
FIELDS = ["instruction", "hub", "domain", "k", "retriever", "generator", "temperature", "max_tokens", "x"]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
likely = st.sampled_from(
    ["birds", "torchhub", "hybrid", "none", "auto", "vllm", 5, 51, 0.5, "", "\x00", None]
)
bodies = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), likely | anything, max_size=6)


@pytest.fixture(scope="module")
def fuzzed(searcher: Searcher) -> Iterator[TestClient]:
    runtime = Runtime(Settings(), searcher)
    with TestClient(create_app(runtime)) as client:
        yield client


def in_shape(response: Any) -> None:
    assert response.status_code < 500, response.text
    body = response.json()
    if response.status_code == 200:
        assert "request_id" in body
    else:
        assert body["error"]["code"]
        assert len(body["error"]["message"]) > 10


@given(path=st.sampled_from(PATHS), body=bodies)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_object_is_answered_or_refused(fuzzed: TestClient, path: str, body: dict[str, Any]) -> None:
    content = json.dumps(body)  # escapes, so that lone surrogates and NaN arrive as well
    in_shape(fuzzed.post(path, content=content, headers={"content-type": "application/json"}))


@given(path=st.sampled_from(PATHS), value=anything)
@settings(max_examples=100)
def test_any_json_value_is_answered_or_refused(fuzzed: TestClient, path: str, value: Any) -> None:
    in_shape(fuzzed.post(path, content=json.dumps(value), headers={"content-type": "application/json"}))


@given(path=st.sampled_from(PATHS), content=st.binary(max_size=200))
@settings(max_examples=100)
def test_any_bytes_are_answered_or_refused(fuzzed: TestClient, path: str, content: bytes) -> None:
    in_shape(fuzzed.post(path, content=content, headers={"content-type": "application/json"}))


@given(
    content_type=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)
    | st.sampled_from(
        ["application/json; charset=", 'application/json; charset="', "application/json;;;=", "*/*"]
    )
)
@settings(max_examples=100)
def test_any_content_type_is_answered_or_refused(fuzzed: TestClient, content_type: str) -> None:
    headers = [(b"content-type", content_type.encode("latin-1"))]
    in_shape(fuzzed.post("/search", content=b'{"instruction": "birds"}', headers=headers))


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=300))
@settings(max_examples=150)
def test_any_visible_text_is_answered(fuzzed: TestClient, text: str) -> None:
    response = fuzzed.post("/generate_call", json={"instruction": f"{text}."})
    assert response.status_code == 200
    assert response.json()["status"] in ("verified", "no_match")


@given(
    query=st.dictionaries(
        st.sampled_from(["hub", "domain", "q", "page", "per_page", "x"]), st.text(max_size=8)
    )
)
@settings(max_examples=150)
def test_any_query_of_the_list_is_answered_or_refused(fuzzed: TestClient, query: dict[str, str]) -> None:
    plain = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}
    response = fuzzed.get("/api_docs", params=plain)
    assert response.status_code in (200, 422), response.text


@given(path=st.text(max_size=30))
@settings(max_examples=150)
def test_any_path_is_answered_or_refused(fuzzed: TestClient, path: str) -> None:
    response = fuzzed.get(f"/{quote(path, errors='replace')}")
    assert response.status_code < 500
