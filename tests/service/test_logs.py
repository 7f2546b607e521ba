"""What the log says, and what it never says."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from api_docs.errors import GeneratorUnavailable
from retriever.searcher import Searcher
from service.app import create_app
from service.generators.vllm import VllmGenerator
from service.keys import add_key
from service.logs import SERVICE, JsonLines, PlainLines, log_config, note_instruction, noting
from service.request_id import current
from service.runtime import Runtime
from service.settings import Settings
from tests.service.conftest import Written
from tests.service.test_vllm_generator import Engine, completion, says

BIRDS = "tell species of birds apart"


class Log:
    """What the service would write to stderr."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, message: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["message"] == message]


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Settings], Log]]:
    """Sets the logging of some settings up; afterwards it is as it was."""
    names = [None, "callsmith", "uvicorn"]
    before = [(logging.getLogger(name), logging.getLogger(name).__dict__.copy()) for name in names]

    def set_up(settings: Settings) -> Log:
        stream = io.StringIO()
        monkeypatch.setattr(sys, "stderr", stream)
        logging.config.dictConfig(log_config(settings))
        return Log(stream)

    yield set_up
    for logger, state in before:
        logger.__dict__.update(state)
        logger.manager._clear_cache()  # type: ignore[attr-defined]


def asked(settings: Settings, searcher: Searcher, engine: Any = None, **fields: Any) -> dict[str, Any]:
    with TestClient(create_app(Runtime(settings, searcher, engine))) as client:
        response = client.post("/generate_call", json={"instruction": BIRDS, **fields})
    assert response.status_code == 200
    return dict(response.json()) if not fields.get("stream") else {}


@pytest.mark.parametrize(
    ("given", "on_terminal", "is_json"),
    [
        ("auto", False, True),
        ("auto", True, False),
        ("json", True, True),
        ("plain", False, False),
    ],
)
def test_lines_have_the_form_that_is_set(
    monkeypatch: pytest.MonkeyPatch, given: str, on_terminal: bool, is_json: bool
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return on_terminal

    monkeypatch.setattr(sys, "stderr", Terminal())
    formatter = log_config(Settings(log_format=given))["formatters"]["line"]["()"]
    assert formatter is (JsonLines if is_json else PlainLines)


@pytest.mark.parametrize("stream", [False, True])
def test_the_instruction_stands_in_the_line_of_its_request_only_where_that_is_set(
    logged: Callable[[Settings], Log], searcher: Searcher, stream: bool
) -> None:
    for wanted in (True, False):
        settings = Settings(log_instructions=wanted, log_level="debug")
        log = logged(settings)
        asked(settings, searcher, stream=stream)
        (line,) = log.of("request")
        assert line.get("instruction") == (BIRDS if wanted else None)
        assert log.text.count("birds") == wanted


def test_searches_are_told_as_well(logged: Callable[[Settings], Log], searcher: Searcher) -> None:
    settings = Settings(log_instructions=True)
    log = logged(settings)
    with TestClient(create_app(Runtime(settings, searcher))) as client:
        client.post("/search", json={"instruction": BIRDS})
        client.get("/api_docs")
    assert [line.get("instruction") for line in log.of("request")] == [BIRDS, None]


def test_what_was_asked_is_one_printable_line_of_bounded_length() -> None:
    noted = noting()
    note_instruction("two\nlines\x1b[31m \u202e " + "é" * 600)
    assert noted["instruction"].startswith("two lines [31m   é")
    assert noted["instruction"].isprintable()
    assert len(noted["instruction"]) == 501


def test_every_line_of_a_request_carries_its_id(
    logged: Callable[[Settings], Log], searcher: Searcher
) -> None:
    settings = Settings()
    log = logged(settings)
    answer = asked(settings, searcher, Written(GeneratorUnavailable("down")))
    (failed,), (ended,) = log.of("engine failed"), log.of("request")
    assert failed["request_id"] == ended["request_id"] == answer["request_id"]
    assert failed["code"] == "generator_unavailable"
    assert "trace_id" not in ended


def test_lines_outside_of_requests_carry_none(logged: Callable[[Settings], Log]) -> None:
    log = logged(Settings())
    logging.getLogger(SERVICE).info("serving", extra={"fields": {"workers": 1}})
    logging.getLogger("somebody.else").warning("%s happened", "something")
    logging.getLogger("somebody.else").info("chatter")
    chatty = logging.getLogger("somebody.chatty")
    chatty.setLevel(logging.DEBUG)
    chatty.debug("chatter")
    serving, other = log.lines
    assert serving.keys() == {"time", "level", "message", "workers"}
    assert (other["level"], other["message"]) == ("warning", "something happened")


def test_a_line_that_names_another_request_keeps_that(logged: Callable[[Settings], Log]) -> None:
    log = logged(Settings())
    token = current.set("now")
    try:
        logging.getLogger(SERVICE).info("a", extra={"fields": {"request_id": "then"}})
        logging.getLogger(SERVICE).info("b")
    finally:
        current.reset(token)
    assert [line["request_id"] for line in log.lines] == ["then", "now"]


def test_plain_lines_carry_the_id_too(logged: Callable[[Settings], Log], searcher: Searcher) -> None:
    settings = Settings(log_format="plain")
    log = logged(settings)
    answer = asked(settings, searcher, Written(GeneratorUnavailable("down")))
    assert sum(answer["request_id"] in line for line in log.text.splitlines()) == 2


def test_probes_are_told_only_at_level_debug_unless_they_fail(
    logged: Callable[[Settings], Log], searcher: Searcher
) -> None:
    for level, told in (("info", []), ("debug", ["/healthz", "/readyz", "/metrics"])):
        settings = Settings(log_level=level)
        log = logged(settings)
        with TestClient(create_app(Runtime(settings, searcher))) as client:
            for path in ("/healthz", "/readyz", "/metrics"):
                client.get(path)
            client.post("/healthz")
        assert [line["path"] for line in log.of("request") if line["status"] == 200] == told
        assert [line["path"] for line in log.of("request") if line["status"] == 405] == ["/healthz"]


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
@pytest.mark.parametrize("wanted", [False, True])
def test_what_the_engine_repeats_of_the_prompt_is_told_to_none_but_its_author(
    logged: Callable[[Settings], Log], searcher: Searcher, status: int, wanted: bool
) -> None:
    settings = Settings(log_instructions=wanted, engine_retries=0)
    log = logged(settings)
    repeating = says({"error": {"message": f"can't read {BIRDS!r}"}}, status)
    generator = Engine(repeating).generator(retries=0)
    with TestClient(create_app(Runtime(settings, searcher, generator))) as client:
        answer = client.post("/generate_call", json={"instruction": BIRDS}).json()
        assert BIRDS in answer["generator"]["reason"]
        for _ in range(6):
            client.post("/generate_call", json={"instruction": BIRDS})
        assert "birds" not in client.get("/readyz").text
    (first, *_) = log.of("engine failed")
    assert f"answered {status}" in first["reason"]
    assert (BIRDS in first["reason"]) is wanted
    assert ("birds" in log.text) is wanted


@pytest.mark.parametrize(
    "answer",
    [b"birds, not JSON", b'{"choices": "birds"}', b'"birds"', b'{"choices": [{"text": {"birds": 1}}]}'],
)
@pytest.mark.parametrize("stream", [False, True])
def test_answers_that_can_not_be_read_are_not_repeated_either(
    logged: Callable[[Settings], Log], searcher: Searcher, answer: bytes, stream: bool
) -> None:
    settings = Settings()
    log = logged(settings)
    headers = {"content-type": "application/json"}
    generator = Engine(httpx2.Response(200, content=answer, headers=headers)).generator(retries=0)
    with TestClient(create_app(Runtime(settings, searcher, generator))) as client:
        client.post("/generate_call", json={"instruction": BIRDS, "stream": stream})
        assert "birds" not in client.get("/readyz").text
    assert log.of("engine failed")
    assert "birds" not in log.text


def test_no_secret_is_ever_told(
    monkeypatch: pytest.MonkeyPatch, logged: Callable[[Settings], Log], searcher: Searcher, tmp_path: Path
) -> None:
    for name in ("HF_TOKEN", "OPENAI_API_KEY", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.setenv(name, "hush-environment")
    path = tmp_path / "keys.json"
    key = add_key(path, "team", 100, date(2026, 1, 2))
    settings = Settings(
        keys=path, engine_url="http://127.0.0.1:9/v1", engine_key="hush-engine", log_level="debug"
    )
    log = logged(settings)
    refusing = says({"error": {"message": "no: hush-engine"}}, 401)
    generator = Engine(refusing, says(completion())).generator(key=settings.engine_key)
    assert isinstance(generator, VllmGenerator)
    with TestClient(create_app(Runtime(settings, searcher, generator))) as client:
        for headers in (
            {"authorization": f"Bearer {key}", "cookie": "hush-cookie", "x-api-key": "hush-header"},
            {"authorization": "Bearer cs_hush-wrong"},
            {"authorization": "Basic aHVzaDpodXNo"},
        ):
            client.post("/generate_call?key=hush-query", json={"instruction": BIRDS}, headers=headers)
    assert [line["status"] for line in log.of("request")] == [200, 401, 401]
    for secret in ("hush", key, "aHVzaDpodXNo", "cs_"):
        assert secret not in log.text
