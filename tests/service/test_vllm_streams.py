"""The engine's answers piece by piece, its probabilities, and what ends a request early."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx2
import pytest

from api_docs.errors import GeneratorError, GeneratorTimeout, GeneratorUnavailable
from service.generators.base import Generation, Token, Usage
from service.generators.breaker import Circuit, CircuitBreaker
from service.generators.monitor import monitored
from service.generators.vllm import VllmGenerator
from tests.service.test_vllm_generator import CHAT, GORILLA, URL, Engine, completion, says

PIECES = ["<<<api_call>>>: ", "f(", "1)", "\nend"]


def piece(text: str, logprob: float | None = -0.5, **choice: Any) -> dict[str, Any]:
    logprobs = {"tokens": [text], "token_logprobs": [logprob], "text_offset": [0], "top_logprobs": None}
    return completion() | {
        "choices": [{"index": 0, "text": text, "logprobs": logprobs, **choice}],
        "usage": None,
    }


def chat_piece(text: str, **choice: Any) -> dict[str, Any]:
    content = [{"token": text, "logprob": -0.25, "bytes": None, "top_logprobs": []}]
    delta = {"role": "assistant", "content": text}
    return completion() | {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "logprobs": {"content": content}, **choice}],
        "usage": None,
    }


LAST = piece("", None, finish_reason="stop")
USAGE = completion() | {"choices": []}


def lines(*bodies: dict[str, Any] | str, done: bool = True) -> bytes:
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    return "".join(f"data: {text}\n\n" for text in [*texts, *(["[DONE]"] if done else [])]).encode()


def streams(content: bytes | AsyncIterator[bytes]) -> httpx2.Response:
    return httpx2.Response(200, content=content, headers={"content-type": "text/event-stream"})


async def told(generator: VllmGenerator, prompt: Any = GORILLA) -> tuple[list[str], Generation]:
    heard: list[str] = []
    return heard, await generator.generate(prompt, tell=heard.append)


async def test_a_stream_is_told_piece_by_piece_and_ends_as_the_whole() -> None:
    engine = Engine(streams(lines(*map(piece, PIECES), LAST, USAGE)))
    heard, generation = await told(engine.generator())
    assert heard == PIECES
    assert generation.text == "".join(PIECES)
    assert (generation.finish_reason, generation.usage) == ("stop", Usage(7, 5))
    assert [token.text for token in generation.tokens] == PIECES
    assert json.loads(engine.requests[0].content)["stream"] is True


async def test_tokens_whose_text_is_held_back_keep_their_probabilities() -> None:
    early, late = piece("f(", -1.0), piece("1)", -2.0)
    early["choices"][0]["text"] = ""
    late["choices"][0]["text"] = "f(1)"
    heard, generation = await told(Engine(streams(lines(early, late, LAST, USAGE))).generator())
    assert heard == ["f(1)"]
    assert generation.logprob_of("f(1)") == -3.0


@pytest.mark.parametrize("after", [["</s>"], ["###", "USER", ":"], []])
async def test_what_vllm_tells_as_tokens_and_not_as_text_costs_no_probability(after: list[str]) -> None:
    pieces = [*map(piece, PIECES), *map(piece, after)]
    for one in pieces[len(PIECES) :]:
        one["choices"][0]["text"] = ""
    _, generation = await told(Engine(streams(lines(*pieces, LAST, USAGE))).generator())
    assert [token.text for token in generation.tokens] == PIECES
    assert generation.logprob_of("f(1)") == -1.0


async def test_a_stop_string_that_begins_inside_a_token_costs_no_probability() -> None:
    cut = piece("1)###")
    cut["choices"][0]["text"] = "1)"
    _, generation = await told(Engine(streams(lines(piece("f("), cut, piece(""), LAST))).generator())
    assert generation.text == "f(1)"
    assert generation.logprob_of("f(1)") == -1.0


async def test_half_a_letter_costs_what_comes_after_it_its_probabilities_only() -> None:
    halves = [piece("\ufffd"), piece("\ufffd")]
    halves[0]["choices"][0]["text"] = ""
    halves[1]["choices"][0]["text"] = "é"
    _, generation = await told(
        Engine(streams(lines(piece("f("), piece("1)"), *halves, piece("g(2)"), LAST))).generator()
    )
    assert generation.text == "f(1)ég(2)"
    assert generation.logprob_of("f(1)") == -1.0
    assert generation.logprob_of("g(2)") is None
    assert generation.logprob_of("1)é") is None


async def test_a_chat_streams_as_well() -> None:
    engine = Engine(streams(lines(*map(chat_piece, PIECES), chat_piece("", finish_reason="length"), USAGE)))
    heard, generation = await told(engine.generator(), CHAT)
    assert heard == PIECES
    assert generation.finish_reason == "length"
    assert generation.logprob_of("f(1)") == pytest.approx(-0.5)


@pytest.mark.parametrize(
    "broken",
    [
        lines(piece("f("), done=False),
        lines(piece("f("), "{not json"),
        lines(piece("f("), '{"error": {"message": "engine died", "code": 500}}'),
        lines("7"),
        lines(LAST, USAGE),
        lines(),
        b"",
        b"<html>proxy</html>",
        b"\xff\xfe",
    ],
)
@pytest.mark.parametrize("prompt", [GORILLA, CHAT], ids=["gorilla", "chat"])
async def test_a_stream_that_breaks_off_or_makes_no_sense_is_our_error(broken: bytes, prompt: Any) -> None:
    with pytest.raises(GeneratorError):
        await told(Engine(streams(broken)).generator(), prompt)


async def test_a_connection_that_breaks_while_streaming_is_unavailable() -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield lines(piece("f("), done=False)
        raise httpx2.RemoteProtocolError("peer closed")

    with pytest.raises(GeneratorUnavailable, match="peer closed"):
        await told(Engine(streams(cut())).generator())


async def test_a_stream_that_stops_is_a_timeout_and_what_was_heard_was_heard() -> None:
    async def hang() -> AsyncIterator[bytes]:
        yield lines(piece("f("), done=False)
        await anyio.sleep_forever()

    heard: list[str] = []
    with pytest.raises(GeneratorTimeout, match="CALLSMITH_ENGINE_TIMEOUT"):
        await Engine(streams(hang())).generator(timeout=0.2).generate(GORILLA, tell=heard.append)
    assert heard == ["f("]


async def test_leaving_closes_the_connection() -> None:
    closed, streaming = anyio.Event(), anyio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield lines(piece("x"), done=False)
                streaming.set()
                await anyio.lowlevel.checkpoint()
        finally:
            closed.set()

    generator = Engine(streams(endless())).generator()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(told, generator)
        await streaming.wait()
        tasks.cancel_scope.cancel()
    assert closed.is_set()
    assert generator.breaker.state.up is None  # nothing was learnt of the engine


# --- probabilities ----------------------------------------------------------------------------------------


def test_the_probability_of_a_part_is_that_of_the_tokens_that_touch_it() -> None:
    tokens = tuple(
        Token(text, -float(place)) for place, text in enumerate(["a ", "f", "(1", ")b", "c"], start=1)
    )
    generation = Generation("a f(1)bc", "m", "stop", tokens=tokens)
    assert generation.logprob_of("f(1)") == -(2 + 3 + 4)
    assert generation.logprob_of("a f(1)bc") == -15
    assert generation.logprob_of("g(1)") is None
    assert generation.logprob_of("") is None
    assert Generation("f(1)", "m", "stop").logprob_of("f(1)") is None


@pytest.mark.parametrize("logprob", [None, "x", math.nan])
async def test_probabilities_that_are_none_are_not_told(logprob: Any) -> None:
    body = piece("f(1)", logprob, finish_reason="stop") | {"usage": None}
    content = json.dumps(body).replace("NaN", "null")
    engine = Engine(httpx2.Response(200, text=content, headers={"content-type": "application/json"}))
    generation = await engine.generator().generate(GORILLA)
    assert generation.text == "f(1)"
    assert generation.logprob_of("f(1)") is None


# --- an engine that fails is left alone -------------------------------------------------------------------


async def test_a_broken_engine_is_asked_no_more() -> None:
    engine = Engine(says({}, 500))
    generator = engine.generator(breaker=CircuitBreaker(2))
    for _ in range(5):
        with pytest.raises(GeneratorUnavailable):
            await generator.generate(GORILLA)
    assert len(engine.requests) == 2


async def test_requests_that_it_refuses_say_nothing_against_it() -> None:
    engine = Engine(says({"message": "bad grammar"}, 400))
    generator = engine.generator(breaker=CircuitBreaker(2))
    for _ in range(5):
        with pytest.raises(GeneratorError):
            await generator.generate(GORILLA)
    assert generator.breaker.state.circuit is Circuit.CLOSED


async def test_a_probe_asks_a_working_engine_for_its_models_and_a_resting_one_for_a_token() -> None:
    now = 0.0
    models = says({"object": "list", "data": [{"id": "gorilla-7b", "object": "model"}]})
    engine = Engine(models, says({}, 500), says({}, 500), says({}, 500), says(completion("a")), models)
    generator = engine.generator(breaker=CircuitBreaker(2, lambda: now))
    await generator.probe()
    assert generator.breaker.state.up is True
    await generator.probe()
    await generator.probe()
    await generator.probe()  # it rests
    assert generator.breaker.state.circuit is Circuit.OPEN
    now += 1
    await generator.probe()
    assert generator.breaker.state.circuit is Circuit.OPEN
    now += 2
    await generator.probe()
    assert generator.breaker.state.circuit is Circuit.CLOSED
    await generator.probe()
    asked = [request.url.path.removeprefix("/v1") for request in engine.requests]
    assert asked == ["/models", "/models", "/models", "/completions", "/completions", "/models"]


async def test_a_probe_that_hangs_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.generators.vllm._PROBE_TIMEOUT", 0.05)

    async def hang(_: httpx2.Request) -> httpx2.Response:
        await anyio.sleep_forever()
        raise AssertionError

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(hang))
    now = 0.0
    generator = VllmGenerator(URL, http_client=client, breaker=CircuitBreaker(1, lambda: now))
    await generator.probe()
    assert generator.breaker.state.circuit is Circuit.OPEN
    now += 1
    await generator.probe()
    assert generator.breaker.state.circuit is Circuit.OPEN
    assert "0.05 s" in (generator.breaker.state.problem or "")


async def test_a_monitor_brings_an_engine_back_without_any_request() -> None:
    models = says({"object": "list", "data": [{"id": "gorilla-7b", "object": "model"}]})
    engine = Engine(says({}, 500), says(completion("a")), models)
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 1.0  # every look at the clock is a second later
        return now

    generator = engine.generator(breaker=CircuitBreaker(1, clock))
    async with monitored(generator, every=0.001):
        with anyio.fail_after(30):
            while generator.breaker.state.up is not True:
                await anyio.sleep(0.001)
        assert generator.breaker.trials_reserved
    assert not generator.breaker.trials_reserved


async def test_what_is_no_engine_of_ours_is_not_watched() -> None:
    async with monitored(None, every=0.001):
        pass
