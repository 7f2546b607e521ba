"""What the service adds to the engine: through the service, against a raw client straight to vLLM.

Same prompts, grammars, limits and concurrency, recorded through the pipeline; everything is asked once
before, so that both find prefixes and grammars cached. The engine has a core of its own, service and client
share the other one: beside a GPU, too, the engine doesn't live on the service's cores.

An engine on a shared machine drifts by a tenth within a minute, far more than is looked for. So there are
many short rounds, each way right behind the other, and figures are medians over these pairs, each with the
interval that resampling the pairs gives. The clients of a round come one after another: sixteen in one moment
wait for each other, which is what a start is like and no load that goes on, but would be every third request
of a short round.
"""

from __future__ import annotations

import os
import random
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import httpx2
import numpy as np

from api_docs.errors import MeasurementFailed
from evaluation.engine.asking import Progress, Recorded, Timed, ask_raw, raw, timed
from service.schemas import GenerateRequest

CLIENTS: Final = 16
_APART: Final = 0.08
"""Seconds between the clients' first requests."""
_RESAMPLED: Final = 4_000


def cores() -> tuple[list[int], list[int]]:
    """The engine's cores, and one for service and client.

    Raises:
        MeasurementFailed: where there is one core only.
    """
    *engine, last = sorted(os.sched_getaffinity(0))
    if not engine:
        raise MeasurementFailed("one core only: the engine would compete with the service; use two or more")
    return engine, [last]


def of_different_lengths(requests: Sequence[GenerateRequest], most: int) -> list[GenerateRequest]:
    """The requests with limits between half of `most` tokens and `most`.

    Answers of one length would end in step, so that all callers came back in the same moment.
    """
    draw = random.Random(17)  # noqa: S311 - a workload, no secret
    return [one.model_copy(update={"max_tokens": draw.randint(most // 2, most)}) for one in requests]


@contextmanager
def pinned(cores: Sequence[int]) -> Iterator[None]:
    """Keep this process, and what it starts meanwhile, on some cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


async def compare(  # noqa: PLR0913 - two addresses, and what is asked how often
    service_url: str,
    engine_url: str,
    recorded: Sequence[Recorded],
    *,
    clients: int,
    rounds: int,
    progress: Progress,
) -> dict[str, Any]:
    """Alternations of both ways over the same requests; medians over them, and their 90% intervals."""
    bodies = [raw(one) for one in recorded]
    await ask_raw(engine_url, bodies, clients)
    await _through(service_url, recorded, clients)
    direct: list[Timed] = []
    through: list[Timed] = []
    within: list[float] = []
    verified: list[bool] = []
    for number in range(1, rounds + 1):
        # Each way goes first in turn, so that a drift of the machine meets both alike.
        for way in ("direct", "through") if number % 2 else ("through", "direct"):
            if way == "direct":
                direct.append(await ask_raw(engine_url, bodies, clients, apart=_APART))
            else:
                took, timings, verdicts = await _through(service_url, recorded, clients)
                through.append(took)
                within += timings
                verified += verdicts
        progress(number, rounds)
    ratios = [t.requests_per_second / d.requests_per_second for t, d in zip(through, direct, strict=True)]
    added = [t.median_ms - d.median_ms for t, d in zip(through, direct, strict=True)]
    return {
        "clients": clients,
        "rounds": rounds,
        "requests_per_round": len(recorded),
        "requests_per_second": {
            "direct": _median(direct, "requests_per_second"),
            "through": _median(through, "requests_per_second"),
        },
        "requests_per_second_ratio": round(statistics.median(ratios), 4),
        "requests_per_second_ratio_90%": _interval(ratios, 4),
        "median_ms": {"direct": _median(direct, "median_ms"), "through": _median(through, "median_ms")},
        "added_median_ms": round(statistics.median(added), 2),
        "added_median_ms_90%": _interval(added, 2),
        "within_the_service_ms": round(statistics.median(within), 2),
        "verified": round(statistics.mean(verified), 3),
        "tokens_per_request": {
            "direct": round(statistics.mean(one.tokens / len(recorded) for one in direct), 1),
            "through": round(statistics.mean(one.tokens / len(recorded) for one in through), 1),
        },
        "each_round": {
            "ratio": [round(one, 4) for one in ratios],
            "added_ms": [round(one, 2) for one in added],
        },
    }


async def _through(
    url: str, recorded: Sequence[Recorded], clients: int
) -> tuple[Timed, list[float], list[bool]]:
    """Through the service; milliseconds that each request spent there outside the engine; its verdict."""
    within: list[float] = []
    verified: list[bool] = []
    async with httpx2.AsyncClient(timeout=600, limits=httpx2.Limits(max_connections=clients)) as client:

        async def ask(one: Recorded) -> int:
            answer = await client.post(f"{url}/generate_call", json=one.request.model_dump(mode="json"))
            if answer.status_code != 200:
                raise MeasurementFailed(f"the service answered {answer.status_code}: {answer.text[:500]}")
            said = answer.json()
            if said["generator"]["degraded"]:
                raise MeasurementFailed(f"the engine did not answer: {said['generator']['reason']}")
            timing = said["timing_ms"]
            within.append(timing["total"] - timing["generate"])
            verified.append(said["status"] == "verified")
            return int(said["generator"]["tokens"]["completion"])

        return await timed(recorded, ask, clients, apart=_APART), within, verified


def _interval(values: Sequence[float], digits: int) -> list[float]:
    """Where the median of these pairs lies with a probability of 90%, by the bootstrap."""
    draws = np.random.default_rng(29).choice(values, (_RESAMPLED, len(values)))
    return [round(float(end), digits) for end in np.quantile(np.median(draws, axis=1), (0.05, 0.95))]


def _median(rounds: Sequence[Timed], name: str) -> float:
    return float(round(statistics.median(getattr(one, name) for one in rounds), 3))
