"""The engine's client against a small HTTP server in this process that answers as vLLM does."""

from __future__ import annotations

import inspect
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anyio
import httpx2
import openai
import pytest
from pydantic import SecretStr

from api_docs.catalogue import entry_of
from api_docs.errors import GeneratorError, GeneratorRefused, GeneratorTimeout, GeneratorUnavailable
from api_docs.response import parse_response
from retriever.prompt import PromptStyle, build_prompt
from service.generators.base import Constraint, Generation, Generator, Usage
from service.generators.constraint import constraint_from
from service.generators.engine_errors import translate, worth_retrying
from service.generators.vllm import VllmGenerator
from tests.service.grounded_cases import DOCS

URL = "http://engine.example/v1"
DOC = DOCS["torchhub:pytorch/vision:resnet50"]
GORILLA = build_prompt("Classify my photos", [DOC])
CHAT = build_prompt("Classify my photos", [DOC], PromptStyle.CHAT)
ANSWER = (
    "<<<domain>>>: image-classification\n"
    f"<<<api_call>>>: {DOC.call}\n"
    "<<<api_provider>>>: PyTorch\n"
    "<<<explanation>>>: It fits."
)


def completion(text: object = ANSWER, **more: object) -> dict[str, Any]:
    """The body of a completion, as vLLM writes it, with fields that OpenAI doesn't have."""
    return {
        "id": "cmpl-1",
        "object": "text_completion",
        "created": 1,
        "model": "gorilla-7b",
        "choices": [
            {"index": 0, "text": text, "logprobs": None, "finish_reason": "stop", "stop_reason": None}
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
        "kv_transfer_params": None,
        **more,
    }


def chat_completion(text: object = ANSWER) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "reasoning_content": None, "tool_calls": []}
    return completion() | {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "length"}],
    }


class Engine:
    """A stand-in for the engine: remembers what it was asked, answers what it is told."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def generator(self, **options: Any) -> VllmGenerator:
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self))
        given = {"model": "gorilla-7b", "sleep": self.pause, "http_client": client, **options}
        return VllmGenerator(URL, **given)


def says(body: object, status: int = 200, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json=body, headers=headers)


# --- over a real connection -------------------------------------------------------------------------------


@pytest.fixture
def served() -> Iterator[tuple[str, list[tuple[str, dict[str, str], Any]]]]:
    """The URL of a server on this machine, and what it was sent: path, headers, body."""
    got: list[tuple[str, dict[str, str], Any]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, None))
            self._answer({"object": "list", "data": [{"id": "gorilla-7b", "object": "model"}]})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self._answer(chat_completion() if "messages" in body else completion())

        def _answer(self, body: object) -> None:
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_gorilla_goes_to_completions_with_structured_outputs(
    served: tuple[str, list[tuple[str, dict[str, str], Any]]],
) -> None:
    url, got = served
    constraint = constraint_from([entry_of(DOC)])
    generator = VllmGenerator(url, model="gorilla-7b")
    generation = await generator.generate(GORILLA, constraint=constraint, temperature=0.5, max_tokens=99)
    await generator.close()
    [(path, headers, body)] = got
    assert path == "/v1/completions"
    assert headers["authorization"] == "Bearer EMPTY"
    assert body == {
        "model": "gorilla-7b",
        "prompt": GORILLA.text,
        "temperature": 0.5,
        "max_tokens": 99,
        "stop": ["###USER:"],
        "logprobs": 0,
        "structured_outputs": {"grammar": constraint.grammar},
    }
    assert generation == Generation(ANSWER, "gorilla-7b", "stop", Usage(7, 5))
    assert parse_response(generation.text).call == DOC.call


async def test_chat_goes_to_chat_completions_with_structured_outputs(
    served: tuple[str, list[tuple[str, dict[str, str], Any]]],
) -> None:
    url, got = served
    generator: Generator = VllmGenerator(url, model="llama", key=SecretStr("s3cret"))
    generation = await generator.generate(CHAT, constraint=Constraint(choice=("a", "b")))
    await generator.close()  # type: ignore[attr-defined]
    [(path, headers, body)] = got
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == "Bearer s3cret"
    assert body == {
        "model": "llama",
        "messages": [{"role": message.role, "content": message.content} for message in CHAT.messages],
        "temperature": 0.0,
        "max_tokens": 512,
        "logprobs": True,
        "structured_outputs": {"choice": ["a", "b"]},
    }
    assert (generation.text, generation.finish_reason) == (ANSWER, "length")


async def test_without_a_model_the_first_that_the_engine_lists_is_asked(
    served: tuple[str, list[tuple[str, dict[str, str], Any]]],
) -> None:
    url, got = served
    generator = VllmGenerator(url)
    assert generator.model is None
    await generator.generate(GORILLA)
    await generator.generate(GORILLA)
    await generator.close()
    assert generator.model == "gorilla-7b"
    assert [path for path, _, _ in got] == ["/v1/models", "/v1/completions", "/v1/completions"]


async def test_an_engine_that_is_not_there_is_unavailable() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_port
    engine = Engine(says({}))
    generator = VllmGenerator(f"http://127.0.0.1:{port}/v1", model="x", retries=1, sleep=engine.pause)
    with pytest.raises(GeneratorUnavailable, match=rf"127.0.0.1:{port}/v1.*CALLSMITH_ENGINE_URL"):
        await generator.generate(GORILLA)
    await generator.close()
    assert engine.pauses == [0.2]


# --- requests ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prompt", [GORILLA, CHAT], ids=["gorilla", "chat"])
@pytest.mark.parametrize(
    "constraint", [None, Constraint(grammar='root ::= "a"'), Constraint(json_schema={"type": "object"})]
)
async def test_the_older_guided_fields_are_never_sent(prompt: Any, constraint: Constraint | None) -> None:
    engine = Engine(says(completion()), says(chat_completion()))
    if prompt is CHAT:
        engine.answers.reverse()
    await engine.generator().generate(prompt, constraint=constraint)
    body = json.loads(engine.requests[0].content)
    assert not [name for name in body if name.startswith("guided")]
    assert ("structured_outputs" in body) == (constraint is not None)


async def test_a_json_schema_is_passed_on_as_json() -> None:
    engine = Engine(says(completion()))
    await engine.generator().generate(GORILLA, constraint=Constraint(json_schema={"type": "object"}))
    assert json.loads(engine.requests[0].content)["structured_outputs"] == {"json": {"type": "object"}}


async def test_keys_that_were_meant_for_openai_do_not_reach_the_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "meant-for-openai")
    engine = Engine(says(completion()))
    await engine.generator().generate(GORILLA)
    assert "meant-for-openai" not in str(engine.requests[0].headers.multi_items())


# --- tries ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure", [says({}, 429), says({}, 503), says({}, 502), httpx2.ConnectError("refused")]
)
async def test_what_had_not_begun_is_tried_again(failure: httpx2.Response | Exception) -> None:
    engine = Engine(failure, failure, says(completion()))
    assert (await engine.generator().generate(GORILLA)).text == ANSWER
    assert len(engine.requests) == 3
    assert engine.pauses == [0.2, 0.4]


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (httpx2.ReadTimeout("slow"), GeneratorTimeout),
        (httpx2.ConnectTimeout("nobody there"), GeneratorUnavailable),
        (says({}, 500), GeneratorUnavailable),
        (says({}, 504), GeneratorTimeout),
        (says({"message": "bad grammar"}, 400), GeneratorRefused),
        (says({}, 401), GeneratorUnavailable),
        (says({}, 404), GeneratorUnavailable),
    ],
)
async def test_what_may_have_begun_or_would_fail_again_is_not_tried_again(
    failure: httpx2.Response | Exception, error: type[GeneratorError]
) -> None:
    engine = Engine(failure, says(completion()))
    with pytest.raises(GeneratorError) as caught:
        await engine.generator().generate(GORILLA)
    assert type(caught.value) is error
    assert len(engine.requests) == 1
    assert isinstance(caught.value.__cause__, openai.OpenAIError)


async def test_tries_are_bounded() -> None:
    engine = Engine(says({}, 503))
    with pytest.raises(GeneratorUnavailable, match="503"):
        await engine.generator(retries=2).generate(GORILLA)
    assert len(engine.requests) == 3


async def test_the_engine_says_how_long_to_wait() -> None:
    engine = Engine(says({}, 429, **{"retry-after": "3"}), says(completion()))
    await engine.generator().generate(GORILLA)
    assert engine.pauses == [3.0]


async def test_there_is_no_second_try_that_could_not_end_in_time() -> None:
    engine = Engine(says({}, 429, **{"retry-after": "60"}), says(completion()))
    with pytest.raises(GeneratorUnavailable, match="429"):
        await engine.generator(timeout=30).generate(GORILLA)
    assert engine.pauses == []


async def test_time_that_is_used_up_is_a_timeout() -> None:
    engine = Engine(says({}, 503))
    with pytest.raises(GeneratorTimeout, match="CALLSMITH_ENGINE_TIMEOUT"):
        await engine.generator(timeout=1e-9).generate(GORILLA)
    assert engine.requests == []


async def test_an_engine_is_not_blamed_for_requests_that_came_to_it_late() -> None:
    engine = Engine(says({}, 503))
    late, in_time = engine.generator(timeout=20), engine.generator(timeout=1e-9)
    for generator, within in ((late, 1e-9), (in_time, None)):
        with pytest.raises(GeneratorTimeout):
            await generator.generate(GORILLA, within=within)
    assert late.breaker.state.problem is None
    assert late.breaker.state.up is None


async def test_every_try_gets_the_time_that_is_left() -> None:
    engine = Engine(says(completion()))
    await engine.generator(timeout=20).generate(GORILLA)
    timeout = engine.requests[0].extensions["timeout"]
    assert 0 < timeout["read"] <= 20
    assert timeout["connect"] == 5


async def test_no_more_requests_than_agreed_are_sent_at_once() -> None:
    reached, go = anyio.Event(), anyio.Event()

    async def slow(_: httpx2.Request) -> httpx2.Response:
        reached.set()
        await go.wait()
        return says(completion())

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(slow))
    patient = VllmGenerator(URL, model="x", concurrency=1, timeout=30, http_client=client)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(patient.generate, GORILLA)
        await reached.wait()
        with pytest.raises(GeneratorUnavailable, match="CALLSMITH_ENGINE_CONCURRENCY"):
            await patient.generate(GORILLA, within=0.0)
        go.set()
    assert (await patient.generate(GORILLA)).text == ANSWER


async def test_a_model_that_the_engine_serves_no_more_is_looked_up_again() -> None:
    listed = says({"object": "list", "data": [{"id": "old", "object": "model"}]})
    renewed = says({"object": "list", "data": [{"id": "new", "object": "model"}]})
    engine = Engine(listed, says({}, 404), renewed, says(completion()))
    generator = engine.generator(model=None)
    with pytest.raises(GeneratorUnavailable, match="'old'"):
        await generator.generate(GORILLA)
    await generator.generate(GORILLA)
    assert json.loads(engine.requests[-1].content)["model"] == "new"


async def test_an_engine_without_models_is_unavailable() -> None:
    engine = Engine(says({"object": "list", "data": []}))
    with pytest.raises(GeneratorUnavailable, match="CALLSMITH_ENGINE_MODEL"):
        await engine.generator(model=None).generate(GORILLA)


# --- answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        says(completion("")),
        says(completion(" \n")),
        says(completion(None)),
        says(completion(7)),
        says(completion() | {"choices": []}),
        says(completion() | {"choices": None}),
        says(completion() | {"choices": "none"}),
        says(completion() | {"choices": [None]}),
        says(chat_completion(None)),
        says({}),
        says([]),
        says("text"),
        says(None),
        httpx2.Response(200, text="<html>proxy</html>", headers={"content-type": "text/html"}),
        httpx2.Response(200, text="{not json", headers={"content-type": "application/json"}),
        httpx2.Response(200, content=b"\xff\xfe\x00", headers={"content-type": "application/json"}),
        httpx2.Response(200),
        httpx2.Response(302, headers={"location": "/elsewhere"}),
    ],
)
@pytest.mark.parametrize("prompt", [GORILLA, CHAT], ids=["gorilla", "chat"])
@pytest.mark.parametrize("model", ["gorilla-7b", None])
async def test_an_answer_that_is_none_is_our_error(
    answer: httpx2.Response, prompt: Any, model: str | None
) -> None:
    engine = Engine(answer)
    with pytest.raises(GeneratorError):
        await engine.generator(model=model).generate(prompt)


async def test_usage_that_is_none_is_left_out() -> None:
    engine = Engine(says(completion() | {"usage": {"prompt_tokens": None}}))
    assert (await engine.generator().generate(GORILLA)).usage is None


# --- every exception of the client ------------------------------------------------------------------------


def subclasses(base: type[Exception]) -> Iterator[type[Exception]]:
    for found in base.__subclasses__():
        yield found
        yield from subclasses(found)


REQUEST = httpx2.Request("POST", f"{URL}/completions")


def made(kind: type[Exception]) -> Exception:
    """An instance of an exception class, whatever its constructor wants."""
    values: dict[str, Callable[[], object]] = {
        "message": lambda: "said so",
        "request": lambda: REQUEST,
        "response": lambda: httpx2.Response(getattr(kind, "status_code", 500), request=REQUEST),
        "body": lambda: None,
        "completion": lambda: openai.types.chat.ChatCompletion.construct(usage=None),
    }
    try:
        parameters = inspect.signature(kind).parameters.values()
    except ValueError:  # as a builtin exception: any text will do
        return kind("said so")
    required = [
        parameter
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    given = [(parameter, values.get(parameter.name, lambda: "x")()) for parameter in required]
    positional = [value for parameter, value in given if parameter.kind is not parameter.KEYWORD_ONLY]
    named = {parameter.name: value for parameter, value in given if parameter.kind is parameter.KEYWORD_ONLY}
    return kind(*positional, **named)


ERRORS = [openai.OpenAIError, *dict.fromkeys(subclasses(openai.OpenAIError))]


def test_the_client_has_the_exceptions_that_we_know_of() -> None:
    """A new one may want a branch of its own in `translate`."""
    public = {getattr(openai, name) for name in openai.__all__ if name.endswith("Error")}
    assert {kind for kind in public if issubclass(kind, Exception)} <= {
        *ERRORS,
        openai.InvalidWebhookSignatureError,
    }


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
async def test_no_exception_of_the_client_gets_past_us(kind: type[openai.OpenAIError]) -> None:
    engine = Engine(made(kind))
    with pytest.raises(GeneratorError, match=r"engine\.example") as caught:
        await engine.generator(key=SecretStr("s3cret"), retries=0).generate(GORILLA)
    assert isinstance(caught.value.__cause__, kind)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("status", range(400, 600))
def test_every_status_is_one_of_our_errors(status: int) -> None:
    response = httpx2.Response(status, request=REQUEST, text="why " * 500)
    exc = openai.APIStatusError("why " * 500, response=response, body=None)
    error = translate(exc, URL, "m")
    assert isinstance(error, GeneratorUnavailable | GeneratorTimeout) or status in {400, *range(402, 500)}
    assert len(str(error)) < 700
    assert worth_retrying(exc) == (status in {429, 502, 503})
