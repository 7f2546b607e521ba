"""`/v1` with the real `openai` client, over a connection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from starlette.testclient import TestClient

from api_docs.errors import GeneratorUnavailable
from retriever.searcher import Searcher
from service.app import create_app
from service.runtime import Runtime
from service.settings import Settings
from tests.service.conftest import Written
from tests.service.live import served

BIRDS = "tell species of birds apart on photos"
CALL = "pipeline('image-classification', model='google/vit-birds')"


@pytest.fixture(scope="module")
def url(searcher: Searcher) -> Iterator[str]:
    with served(create_app(Runtime(Settings(), searcher, Written(CALL)))) as url:
        yield url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        yield client


def asked(client: openai.OpenAI, content: Any = BIRDS, **fields: Any) -> Any:
    given = {"model": "callsmith", "messages": [{"role": "user", "content": content}]} | fields
    return client.chat.completions.create(**given)


@pytest.mark.parametrize(
    ("model", "backend"),
    [("callsmith", "vllm"), ("callsmith-vllm", "vllm"), ("callsmith-grounded", "grounded")],
)
def test_the_content_is_the_verified_call_and_the_whole_response_comes_along(
    client: openai.OpenAI, model: str, backend: str
) -> None:
    completion = asked(client, model=model)
    [choice] = completion.choices
    assert choice.message.content == CALL
    assert choice.message.refusal is None
    assert (choice.finish_reason, completion.model) == ("stop", model)
    whole = completion.model_extra["callsmith"]
    assert (whole["status"], whole["call"], whole["generator"]["backend"]) == ("verified", CALL, backend)
    assert completion.id == f"chatcmpl-{whole['request_id']}"
    assert completion._request_id == whole["request_id"]


def test_a_stream_is_a_role_then_the_call_then_the_end(client: openai.OpenAI) -> None:
    chunks = list(asked(client, stream=True, stream_options={"include_usage": True}))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == CALL
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-2].model_extra["callsmith"]["call"] == CALL
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens == 0
    assert len({chunk.id for chunk in chunks}) == 1


def test_without_a_call_there_is_a_refusal_that_says_why(searcher: Searcher) -> None:
    app = create_app(Runtime(Settings(), searcher, Written("I can't")))
    with served(app) as url, openai.OpenAI(base_url=f"{url}/v1", api_key="x") as client:
        message = asked(client).choices[0].message
        assert message.content is None
        assert "refused" in message.refusal
        chunks = list(asked(client, stream=True))
    assert "refused" in "".join(chunk.choices[0].delta.refusal or "" for chunk in chunks)


def test_the_last_message_of_the_user_is_the_instruction(client: openai.OpenAI) -> None:
    messages = [
        {"role": "system", "content": "You are a poet."},
        {"role": "user", "content": "translate English to German"},
        {"role": "assistant", "content": "…"},
        {"role": "user", "content": [{"type": "text", "text": BIRDS}]},
    ]
    completion = asked(client, messages=messages, model="callsmith-grounded")
    assert completion.choices[0].message.content == CALL


def test_own_fields_go_along_and_bookkeeping_is_passed_over(client: openai.OpenAI) -> None:
    completion = asked(
        client,
        model="callsmith-grounded",
        temperature=0.3,
        max_completion_tokens=50,
        seed=7,
        top_p=0.9,
        user="me",
        n=1,
        response_format={"type": "text"},
        extra_body={"hub": "torchhub", "k": 2},
    )
    whole = completion.model_extra["callsmith"]
    assert {hit["hub"] for hit in whole["hits"]} == {"torchhub"}
    assert len(whole["hits"]) == 2


@pytest.mark.parametrize(
    ("fields", "param", "said"),
    [
        ({"n": 2}, "n", "less than or equal to 1"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools", "leave it out"),
        ({"response_format": {"type": "json_object"}}, "response_format", "callsmith"),
        ({"extra_body": {"colour": "red"}}, "colour", "unknown field"),
        ({"extra_body": {"k": 99}}, "k", "50"),
        ({"temperature": 3}, "temperature", "2"),
        ({"messages": []}, "messages", "at least 1"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages", "role 'user'"),
        ({"messages": [{"role": "pirate", "content": "x"}]}, "messages.0.role", "pirate"),
        ({"messages": [{"role": "user", "content": ""}]}, "instruction", "empty"),
        ({"extra_body": {"hub": "nowhere"}}, "hub", "unknown hub"),
        ({"extra_body": {"hub": "nowhere"}, "stream": True}, "hub", "unknown hub"),
    ],
)
def test_what_is_wrong_is_told_in_the_shape_that_the_client_knows(
    client: openai.OpenAI, fields: dict[str, Any], param: str, said: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        asked(client, **fields)
    error = caught.value
    assert (error.param, error.type) == (param, "invalid_request_error")
    assert said in str(error)
    assert error.code
    assert error.request_id


def test_a_model_that_is_none_is_not_found(client: openai.OpenAI, searcher: Searcher) -> None:
    with pytest.raises(openai.NotFoundError, match="callsmith-grounded"):
        asked(client, model="gpt-4o")
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")
    app = create_app(Runtime(Settings(), searcher))
    with served(app) as url, openai.OpenAI(base_url=f"{url}/v1", api_key="x") as lonely:
        assert [model.id for model in lonely.models.list()] == ["callsmith", "callsmith-grounded"]
        with pytest.raises(openai.NotFoundError):
            asked(lonely, model="callsmith-vllm")


def test_models_are_listed(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names == ["callsmith", "callsmith-grounded", "callsmith-vllm"]
    assert client.models.retrieve("callsmith").owned_by == "callsmith"


def test_an_engine_that_fails_is_stood_in_for_here_too(searcher: Searcher) -> None:
    app = create_app(Runtime(Settings(), searcher, Written(GeneratorUnavailable("it is down"))))
    with TestClient(app) as client:
        body = {"model": "callsmith", "messages": [{"role": "user", "content": BIRDS}]}
        answer = client.post("/v1/chat/completions", json=body).json()
    assert answer["choices"][0]["message"]["content"] == CALL
    assert answer["callsmith"]["generator"]["degraded"]


def test_a_failure_while_streaming_is_an_error_of_the_stream(searcher: Searcher) -> None:
    app = create_app(Runtime(Settings(), searcher, Written(GeneratorUnavailable("it is down"))))
    with served(app) as url, openai.OpenAI(base_url=f"{url}/v1", api_key="x", max_retries=0) as client:
        stream = asked(client, stream=True, extra_body={"retriever": "none"})
        with pytest.raises(openai.APIError, match="it is down"):
            list(stream)
        with pytest.raises(openai.InternalServerError, match="it is down"):
            asked(client, extra_body={"retriever": "none"})


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("POST", "/v1/completions", 404, "not_found_error"),
        ("GET", "/v1/chat/completions", 405, "invalid_request_error"),
        ("POST", "/v1/chat/completions", 415, "invalid_request_error"),
    ],
)
def test_refusals_before_any_handler_have_the_shape_too(
    runtime: Runtime, method: str, path: str, status: int, kind: str
) -> None:
    with TestClient(create_app(runtime)) as client:
        response = client.request(method, path, content=b"x")
    assert response.status_code == status
    assert response.json()["error"]["type"] == kind
