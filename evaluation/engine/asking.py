"""Requests as the service would send them to the engine, recorded through the pipeline, and sent raw.

What is compared with and without the service, or with and without a constraint, has to be the very same
prompts, grammars and limits: they are taken from the pipeline itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
import numpy as np

from api_docs.errors import MeasurementFailed
from evaluation.engine.vllm import MODEL_NAME
from retriever.prompt import Prompt
from service.generators.base import Constraint, Generation, Tell
from service.generators.engine_wire import request_of
from service.pipeline import work_out
from service.runtime import Runtime
from service.schemas import GenerateRequest

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the engine was asked, and by which request."""

    request: GenerateRequest
    prompt: Prompt
    constraint: Constraint | None


class Recorder:
    """A generator that keeps what it is asked, and writes nothing of use."""

    name = "vllm"
    model = MODEL_NAME

    def __init__(self) -> None:
        self.asked: list[tuple[Prompt, Constraint | None]] = []

    async def generate(  # noqa: PLR0913 - what may be asked of a generator, by name
        self,
        prompt: Prompt,
        *,
        constraint: Constraint | None = None,
        temperature: float = 0.0,
        max_tokens: int = 512,
        tell: Tell | None = None,
        within: float | None = None,
    ) -> Generation:
        """Keep the prompt and the constraint."""
        del temperature, max_tokens, tell, within  # they are the request's
        self.asked.append((prompt, constraint))
        return Generation("recorded", self.model, "stop")


async def record(runtime: Runtime, requests: Sequence[GenerateRequest]) -> list[Recorded]:
    """What the service would ask the engine for each request, in their order.

    Raises:
        MeasurementFailed: when a request never comes to the engine.
    """
    found = []
    for request in requests:
        recorder = Recorder()
        await work_out(request, Runtime(runtime.settings, runtime.served.searcher, recorder))
        if not recorder.asked:
            raise MeasurementFailed(f"{request.instruction!r} never came to the engine; choose another one")
        found.append(Recorded(request, *recorder.asked[0]))
    return found


def raw(recorded: Recorded, **changes: Any) -> tuple[str, dict[str, Any]]:
    """The route and the body of a recorded request; `changes` are fields to add, or to drop with None."""
    fields = request_of(
        recorded.prompt,
        recorded.constraint,
        model=MODEL_NAME,
        temperature=recorded.request.temperature,
        max_tokens=recorded.request.max_tokens,
    )
    body = {**fields, **fields.pop("extra_body", {}), **changes}
    body.pop("extra_body", None)
    route = "/chat/completions" if "messages" in body else "/completions"
    return route, {name: value for name, value in body.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Timed:
    """What a number of requests took: seconds each, tokens written, seconds in all."""

    seconds: tuple[float, ...]
    tokens: int
    total: float

    @property
    def requests_per_second(self) -> float:
        """Requests finished per second."""
        return len(self.seconds) / self.total

    @property
    def tokens_per_second(self) -> float:
        """Tokens written per second."""
        return self.tokens / self.total

    @property
    def median_ms(self) -> float:
        """Median latency, milliseconds."""
        return 1000 * float(np.median(self.seconds))


async def ask_raw(
    url: str,
    bodies: Sequence[tuple[str, dict[str, Any]]],
    clients: int,
    progress: Progress | None = None,
    *,
    apart: float = 0.0,
) -> Timed:
    """Send bodies straight to the engine, `clients` at a time; see `in_turn`.

    Raises:
        MeasurementFailed: when the engine answers anything but 200.
    """
    async with httpx2.AsyncClient(timeout=600, limits=httpx2.Limits(max_connections=clients)) as client:

        async def ask(body: tuple[str, dict[str, Any]]) -> int:
            answer = await client.post(url + body[0], json=body[1])
            if answer.status_code != 200:
                raise MeasurementFailed(f"the engine answered {answer.status_code}: {answer.text[:500]}")
            return int(answer.json()["usage"]["completion_tokens"])

        return await timed(bodies, ask, clients, progress, apart=apart)


async def timed(
    items: Sequence[_Item],
    ask: Callable[[_Item], Awaitable[int]],
    clients: int,
    progress: Progress | None = None,
    *,
    apart: float = 0.0,
) -> Timed:
    """Ask for every item, `clients` at a time; `ask` gives the tokens that were written; see `in_turn`."""
    began = time.perf_counter()

    async def one(item: _Item) -> tuple[float, int]:
        start = time.perf_counter()
        tokens = await ask(item)
        return time.perf_counter() - start, tokens

    answers = await in_turn(items, one, clients, progress, apart=apart)
    return Timed(
        tuple(seconds for seconds, _ in answers),
        sum(tokens for _, tokens in answers),
        time.perf_counter() - began,
    )


async def in_turn(
    items: Sequence[_Item],
    work: Callable[[_Item], Awaitable[_Result]],
    clients: int,
    progress: Progress | None = None,
    *,
    apart: float = 0.0,
) -> list[_Result]:
    """Work on every item, `clients` at a time, each taking the next one; results in the items' order.

    The clients come `apart` seconds one after another: all in one moment is a test of its own.
    """
    waiting = iter(enumerate(items))
    results: dict[int, _Result] = {}

    async def client(number: int) -> None:
        await asyncio.sleep(number * apart)
        for place, item in waiting:
            results[place] = await work(item)
            if progress is not None:
                progress(len(results), len(items))

    async with asyncio.TaskGroup() as tasks:
        for number in range(clients):
            tasks.create_task(client(number))
    return [results[place] for place in range(len(items))]
