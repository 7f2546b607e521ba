"""How far the constraint carries a model that knows nothing, and what it costs.

A tiny LLaMA with random weights writes through the whole pipeline: with the constraint every answer has to
be a verified call; without it, next to none is. The cost is measured raw at the engine.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from api_docs.call import parse_call
from api_docs.catalogue import Catalogue
from api_docs.loaders import bind
from evaluation.engine.asking import Progress, Recorded, Timed, ask_raw, in_turn, raw, record
from evaluation.engine.vllm import Vllm
from evaluation.workload import instructions
from service.pipeline import generate_call
from service.runtime import Runtime
from service.schemas import GenerateRequest, GenerateResponse, Status

CLIENTS: Final = 16
ROUNDS: Final = 5
TOKENS: Final = 48
"""Tokens that each answer of the cost has: fewer than the four lines need, so that no grammar ends before."""


def requests_over_hubs(
    count: int, catalogue: Catalogue, temperature: float, max_tokens: int = 512
) -> list[GenerateRequest]:
    """`count` different instructions, taken by the hubs in turn."""
    hubs = catalogue.hubs
    return [
        GenerateRequest(
            instruction=text, hub=hubs[place % len(hubs)], temperature=temperature, max_tokens=max_tokens
        )
        for place, text in enumerate(instructions(count, seed=11))
    ]


async def answers(
    runtime: Runtime, requests: Sequence[GenerateRequest], progress: Progress | None = None
) -> list[GenerateResponse]:
    """The pipeline's answers, in order."""
    return await in_turn(requests, lambda request: generate_call(request, runtime), CLIENTS, progress)


def tally(responses: Sequence[GenerateResponse], catalogue: Catalogue) -> dict[str, Any]:
    """What became of the engine's answers.

    `verified` counts calls that the engine wrote and that verify as written: no stand-in, no repair.
    """
    good = [one for one in responses if by_engine(one)]
    free = [free_arguments(one, catalogue) for one in good]
    return {
        "instructions": len(responses),
        "verified": len(good),
        "hubs": dict(sorted(Counter(one.hub for one in good if one.hub).items())),
        "with_a_free_argument": sum(map(bool, free)),
        "share_with_a_free_argument": round(sum(map(bool, free)) / max(1, len(good)), 3),
        "free_arguments": dict(Counter(name for names in free for name in names).most_common(20)),
        "different_calls": len({one.call for one in good}),
        "reasons": dict(Counter(str(one.verification.reason) for one in responses)),
        "degraded": sum(one.generator.degraded for one in responses),
        "degraded_because": [one.generator.reason for one in responses if one.generator.degraded][:5],
        "refused": [one.verification.rejected for one in responses if one.verification.rejected][:5],
    }


def by_engine(response: GenerateResponse) -> bool:
    """Whether the engine wrote a call that verifies as it was written."""
    return (
        response.status is Status.VERIFIED
        and response.generator.backend == "vllm"
        and not response.generator.degraded
        and not response.verification.repaired
    )


def free_arguments(response: GenerateResponse, catalogue: Catalogue) -> tuple[str, ...]:
    """Arguments of a verified call that don't identify the API and aren't as the doc's template has them."""
    if response.call is None or response.doc_id is None:
        return ()
    entry = catalogue.entry(response.doc_id)
    given = bind(parse_call(response.call), entry.loader, entry.doc.arguments).values
    return tuple(
        name
        for name, value in given.items()
        if name not in entry.identifying and entry.bound.values.get(name) != value
    )


async def cost(runtime: Runtime, engine: Vllm, per_round: int, progress: Progress) -> dict[str, Any]:
    """Tokens per second with and without the constraint: same prompts, `CLIENTS` at once, in turn.

    Every round has its own prompts, so that its grammars are new to the engine as a service's mostly are;
    then they are asked once more, known by now. A mark before each prompt keeps one arm from finding the
    other's prefix in the cache.
    """
    catalogue = runtime.served.catalogue
    wanted = requests_over_hubs(per_round * (ROUNDS + 1), catalogue, temperature=1.0, max_tokens=TOKENS)
    recorded = await record(runtime, wanted)
    await _arm(engine, recorded[:per_round], "warming", constrained=True)
    arms: dict[str, list[Timed]] = {"unconstrained": [], "new_grammars": [], "known_grammars": []}
    for number in range(1, ROUNDS + 1):
        some = recorded[number * per_round :][:per_round]
        # Every other round the constrained arm goes first; known grammars come after new ones by nature.
        order = list(arms) if number % 2 else ["new_grammars", "known_grammars", "unconstrained"]
        for name in order:
            arms[name].append(
                await _arm(engine, some, f"{number} {name}", constrained=name != "unconstrained")
            )
        progress(number, ROUNDS)
    medians = {
        name: statistics.median(one.tokens_per_second for one in rounds) for name, rounds in arms.items()
    }
    plain = medians["unconstrained"]
    return {
        "clients": CLIENTS,
        "rounds": ROUNDS,
        "requests_per_round": per_round,
        "tokens_per_answer": TOKENS,
        "tokens_written": {name: sum(one.tokens for one in rounds) for name, rounds in arms.items()},
        "tokens_per_second": {name: round(value, 1) for name, value in medians.items()},
        "of_unconstrained": {name: round(value / plain, 3) for name, value in medians.items()},
        "each_round": {name: [round(one.tokens_per_second, 1) for one in r] for name, r in arms.items()},
    }


async def _arm(engine: Vllm, recorded: Sequence[Recorded], mark: str, *, constrained: bool) -> Timed:
    bodies = []
    for one in recorded:
        changes: dict[str, Any] = {} if constrained else {"structured_outputs": None}
        route, body = raw(one, ignore_eos=True, stop=None, **changes)
        if "messages" in body:
            first, *rest = body["messages"]
            body["messages"] = [{**first, "content": f"{mark}\n{first['content']}"}, *rest]
        else:
            body["prompt"] = f"{mark}\n{body['prompt']}"
        bodies.append((route, body))
    return await ask_raw(engine.url, bodies, CLIENTS)
