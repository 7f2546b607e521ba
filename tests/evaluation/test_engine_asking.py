"""Requests recorded through the pipeline and sent raw; what is counted of answers and metrics."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from api_docs.errors import MeasurementFailed
from api_docs.tasks import TASKS
from evaluation.engine import asking, overhead, prefix, random_weights
from evaluation.engine.vllm import MODEL_NAME, parse_metrics
from retriever.searcher import Searcher
from service.generators.base import Generation, Usage
from service.generators.engine_wire import structured_outputs
from service.runtime import Runtime
from service.schemas import GenerateRequest, GeneratorChoice, Status
from service.settings import Settings
from tests.service.conftest import Written, searcher

__all__ = ["searcher"]

USES = [use for task in TASKS.values() for use in task.uses]
BIRDS = GenerateRequest(instruction="tell species of birds apart", max_tokens=64, temperature=0.5)


@pytest.fixture
def runtime(searcher: Searcher) -> Runtime:
    return Runtime(Settings(), searcher)


class Engine:
    """Answers completions with as many tokens as were asked for; remembers bodies."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.at_once = self.most_at_once = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            body = json.loads(await reader.readexactly(length))
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
            self.asked.append((head.split()[1].decode(), body))
            await asyncio.sleep(0)
            said = json.dumps(self.answer(body)).encode()
            line = f"HTTP/1.1 {self.status} x\r\nconnection: close\r\ncontent-length: {len(said)}\r\n\r\n"
            writer.write(line.encode() + said)
            self.at_once -= 1
            await writer.drain()
        writer.close()

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        tokens = body.get("max_tokens", 0)
        return {
            "usage": {"completion_tokens": tokens},
            "generator": {"degraded": self.status == 203, "reason": "down", "tokens": {"completion": tokens}},
            "status": "verified",
            "timing_ms": {"total": 12.5, "generate": 10.0},
        }


def test_what_is_recorded_is_what_the_engine_s_client_would_send(runtime: Runtime) -> None:
    [recorded] = asyncio.run(asking.record(runtime, [BIRDS]))
    route, body = asking.raw(recorded)
    assert route == "/completions"
    assert recorded.constraint is not None
    assert body == {
        "model": MODEL_NAME,
        "prompt": recorded.prompt.text,
        "max_tokens": 64,
        "temperature": 0.5,
        "stop": ["###USER:"],
        "logprobs": 0,
        "structured_outputs": structured_outputs(recorded.constraint),
    }
    assert BIRDS.instruction in body["prompt"]


def test_fields_are_added_and_dropped(runtime: Runtime) -> None:
    [recorded] = asyncio.run(asking.record(runtime, [BIRDS]))
    _, body = asking.raw(recorded, structured_outputs=None, stop=None, ignore_eos=True)
    assert "structured_outputs" not in body
    assert "stop" not in body
    assert body["ignore_eos"] is True


def test_chats_go_to_the_route_for_chats(searcher: Searcher) -> None:
    chatting = Runtime(Settings(prompt_style="chat"), searcher)
    [recorded] = asyncio.run(asking.record(chatting, [BIRDS]))
    route, body = asking.raw(recorded)
    assert route == "/chat/completions"
    assert [message["role"] for message in body["messages"]] == ["system", "user"]


def test_a_request_that_never_comes_to_the_engine_is_told(runtime: Runtime) -> None:
    grounded = BIRDS.model_copy(update={"generator": GeneratorChoice.GROUNDED})
    with pytest.raises(MeasurementFailed, match="birds.*never came to the engine"):
        asyncio.run(asking.record(runtime, [grounded]))


def test_raw_requests_are_timed_and_their_tokens_counted_so_many_at_once() -> None:
    engine = Engine()
    told: list[tuple[int, int]] = []

    async def ask() -> asking.Timed:
        async with engine.running() as url:
            bodies = [("/completions", {"max_tokens": n}) for n in range(10)]
            return await asking.ask_raw(url, bodies, 3, lambda *done: told.append(done))

    took = asyncio.run(ask())
    assert (len(took.seconds), took.tokens) == (10, 45)
    assert took.tokens_per_second == 45 / took.total
    assert took.requests_per_second == 10 / took.total
    assert min(took.seconds) * 1000 <= took.median_ms <= max(took.seconds) * 1000
    assert 1 <= engine.most_at_once <= 3
    assert told[-1] == (10, 10)


def test_an_engine_that_refuses_is_no_measurement() -> None:
    async def ask() -> None:
        async with Engine(status=400).running() as url:
            await asking.ask_raw(url, [("/completions", {})], 1)

    with pytest.raises(ExceptionGroup) as refused:
        asyncio.run(ask())
    assert refused.group_contains(MeasurementFailed, match="answered 400")


def test_results_come_in_the_order_of_the_items() -> None:
    async def later_ones_first(number: int) -> int:
        for _ in range(10 - number):
            await asyncio.sleep(0)
        return number * number

    found = asyncio.run(asking.in_turn(range(10), later_ones_first, 4))
    assert found == [number * number for number in range(10)]


def test_both_ways_are_asked_the_same_and_compared(runtime: Runtime) -> None:
    direct, through = Engine(), Engine()

    async def compare() -> dict[str, Any]:
        recorded = await asking.record(runtime, [BIRDS] * 4)
        async with direct.running() as engine_url, through.running() as service_url:
            return await overhead.compare(
                service_url, engine_url, recorded, clients=2, rounds=5, progress=lambda *_: None
            )

    figures = asyncio.run(compare())
    rounds = 5 + 1  # one to warm up
    assert [path for path, _ in direct.asked] == ["/completions"] * 4 * rounds
    assert [path for path, _ in through.asked] == ["/generate_call"] * 4 * rounds
    assert through.asked[0][1]["instruction"] == BIRDS.instruction
    assert figures["within_the_service_ms"] == 2.5
    assert figures["verified"] == 1.0
    assert figures["tokens_per_request"] == {"direct": 64.0, "through": 64.0}
    assert len(figures["each_round"]["ratio"]) == 5
    low, high = figures["requests_per_second_ratio_90%"]
    assert min(figures["each_round"]["ratio"]) <= low <= figures["requests_per_second_ratio"] <= high


def test_the_last_core_is_the_service_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overhead.os, "sched_getaffinity", lambda _: {3, 1, 2})
    assert overhead.cores() == ([1, 2], [3])
    monkeypatch.setattr(overhead.os, "sched_getaffinity", lambda _: {0})
    with pytest.raises(MeasurementFailed, match="one core only"):
        overhead.cores()


class Engined(Written):
    """Writes as an engine does, with counts."""

    async def generate(self, *arguments: Any, **options: Any) -> Generation:
        written = await super().generate(*arguments, **options)
        return Generation(written.text, written.model, "stop", Usage(7, 5))


def answer(runtime: Runtime, text: str, **settings: Any) -> Any:
    engined = Runtime(Settings(**settings), runtime.served.searcher, Engined(text))
    [response] = asyncio.run(random_weights.answers(engined, [BIRDS]))
    return response


def test_only_what_the_engine_wrote_and_verifies_counts(runtime: Runtime) -> None:
    template = runtime.served.catalogue.doc("huggingface:google/vit-birds").call
    good = answer(runtime, f"<<<api_call>>>: {template}")
    bad = answer(runtime, "gibberish")
    repaired = answer(runtime, template.replace("vit-birds", "vit-bird"), on_unverified="repair")
    assert (good.status, bad.status, repaired.status) == (
        Status.VERIFIED,
        Status.UNVERIFIED,
        Status.VERIFIED,
    )
    found = random_weights.tally([good, bad, repaired], runtime.served.catalogue)
    assert (found["instructions"], found["verified"], found["degraded"]) == (3, 1, 0)
    assert found["with_a_free_argument"] == 0
    assert sum(found["reasons"].values()) == 3


def test_an_argument_is_free_where_its_value_is_not_the_template_s(runtime: Runtime) -> None:
    template = runtime.served.catalogue.doc("huggingface:google/vit-birds").call
    more = answer(runtime, f"<<<api_call>>>: {template[:-1]}, device='cpu')")
    assert more.status is Status.VERIFIED, more.verification
    assert random_weights.free_arguments(more, runtime.served.catalogue) == ("device",)
    same = answer(runtime, f"<<<api_call>>>: {template}")
    assert random_weights.free_arguments(same, runtime.served.catalogue) == ()
    none = answer(runtime, "gibberish")
    assert random_weights.free_arguments(none, runtime.served.catalogue) == ()


def test_instructions_go_to_the_hubs_in_turn(runtime: Runtime) -> None:
    hubs = runtime.served.catalogue.hubs
    requests = random_weights.requests_over_hubs(2 * len(hubs), runtime.served.catalogue, 1.0)
    assert [request.hub for request in requests] == [*hubs, *hubs]
    assert len({request.instruction for request in requests}) == len(requests)


def test_the_mix_repeats_uses_and_hardly_ever_words() -> None:
    asked = prefix.mix(300, seed=4)
    assert asked == prefix.mix(300, seed=4)
    assert len(set(asked)) > 250
    uses = Counter(use for text in asked for use in USES if f" {use} " in text)
    assert len(uses) < 200
    assert uses.most_common(1)[0][1] >= 20


def test_every_style_renders_the_same_instruction_and_its_docs(runtime: Runtime) -> None:
    docs = list(runtime.served.catalogue.docs[:3])
    for name, render in prefix.styles(2).items():
        prompt = render("tell birds apart", docs)
        assert "tell birds apart" in prompt.rendered, name
        assert len(prompt.docs) == (1 if "1 doc" in name else 2), name
    by_id = prefix.styles(3)["callsmith, 3 docs by id"]
    assert by_id("x", docs).text == by_id("x", docs[::-1]).text


def test_metrics_are_summed_over_labels() -> None:
    text = (
        "# HELP vllm:running Requests.\n# TYPE vllm:running gauge\n"
        'vllm:running{engine="0"} 2.0\nvllm:running{engine="1"} 3.0\n'
        "# HELP vllm:hits Hits.\n# TYPE vllm:hits counter\n"
        'vllm:hits_total{engine="0"} 7.0\nvllm:hits_created{engine="0"} 1.7e+09\n'
    )
    found = parse_metrics(text)
    assert (found["vllm:running"], found["vllm:hits_total"]) == (5.0, 7.0)
