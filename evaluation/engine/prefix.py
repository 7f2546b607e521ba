"""What of a prompt the engine finds in its prefix cache: docs first against the instruction first.

The mix is what a service sees: some uses are asked for often and in many words, most of them seldom, so
that different instructions retrieve the same docs. Counted by the engine itself, in tokens
(`vllm:prefix_cache_hits` of `vllm:prefix_cache_queries`), with a cache of a real GPU's size in tokens.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from anyio import to_thread

from api_docs.models import ApiDoc
from api_docs.tasks import TASKS
from evaluation.engine.asking import Progress, Recorded, ask_raw, raw
from evaluation.engine.vllm import Vllm
from evaluation.workload import ENDINGS, OPENINGS
from retriever.prompt import Message, Prompt, PromptStyle, build_prompt
from service.retrieving import find
from service.runtime import Runtime
from service.schemas import GenerateRequest

CLIENTS: Final = 16
EXPONENT: Final = 1.0
"""Of Zipf's law: the use at rank r is asked for in proportion to 1 / r."""
CACHE_TOKENS: Final = 98_304
"""What LLaMA-7B leaves of an A100: 0.9 · 80 GB less 13.5 GB of weights and 6 GB at work, 512 KiB a token."""
BLOCK: Final = 32
"""Tokens in a block: what is shared is shared in whole blocks. On GPUs it is 16; on CPUs 32 is the least."""

Render = Callable[[str, Sequence[ApiDoc]], Prompt]
"""Writes the prompt for an instruction and its docs, best first."""


def mix(count: int, seed: int = 0) -> list[str]:
    """`count` instructions: uses drawn by Zipf's law, each time in words drawn anew."""
    draw = random.Random(seed)  # noqa: S311 - a workload, no secret
    uses = [use for task in TASKS.values() for use in task.uses]
    draw.shuffle(uses)
    weights = [1 / rank**EXPONENT for rank in range(1, len(uses) + 1)]
    return [
        f"{draw.choice(OPENINGS)} {use} {draw.choice(ENDINGS)}"
        for use in draw.choices(uses, weights, k=count)
    ]


def styles(k: int) -> dict[str, Render]:
    """Every style, with one doc and with `k`, and our own with its docs by id.

    By id, sets of docs that differ in order only have the same prefix, at the price of not telling the model
    which one is best.
    """
    rendered: dict[str, Render] = {
        f"{style.value}, {docs} docs" if docs > 1 else f"{style.value}, 1 doc": _styled(style, docs)
        for docs in (1, k)
        for style in PromptStyle
    }
    rendered[f"{PromptStyle.CALLSMITH.value}, {k} docs by id"] = _by_id(k)
    return rendered


def _styled(style: PromptStyle, k: int) -> Render:
    return lambda instruction, docs: build_prompt(instruction, docs, style, k_docs=k)


def _by_id(k: int) -> Render:
    styled = _styled(PromptStyle.CALLSMITH, k)
    return lambda instruction, docs: styled(instruction, sorted(docs[:k], key=lambda doc: doc.id))


async def measure(runtime: Runtime, engine: Vllm, count: int, k: int, progress: Progress) -> dict[str, Any]:
    """Hits of the prefix cache for every style over the same mix."""
    asked = mix(count)
    found = [(text, await _docs(runtime, text, k)) for text in asked]
    rendered: Mapping[str, Render] = styles(k)
    figures = {}
    for number, (name, render) in enumerate(rendered.items(), start=1):
        prompts = [_marked(render(text, docs), name) for text, docs in found]
        figures[name] = await _counted(engine, prompts)
        progress(number, len(rendered))
    return {
        "mix": {
            "instructions": count,
            "different_instructions": len(set(asked)),
            "different_sets_of_docs": len({tuple(doc.id for doc in docs) for _, docs in found}),
            "different_best_docs": len({docs[0].id for _, docs in found}),
            "uses": f"drawn by Zipf's law, exponent {EXPONENT:g}; wording drawn anew each time",
        },
        "cache_tokens": CACHE_TOKENS,
        "block_tokens": BLOCK,
        "clients": CLIENTS,
        "styles": figures,
    }


async def _docs(runtime: Runtime, instruction: str, k: int) -> list[ApiDoc]:
    request = GenerateRequest(instruction=instruction, k=k)
    found = await to_thread.run_sync(find, request, runtime.served, runtime.settings)
    return [entry.doc for entry in found.entries]


def _marked(prompt: Prompt, mark: str) -> Prompt:
    """The prompt behind a mark, so that no style finds another's prefixes in the cache."""
    if prompt.messages:
        first, *rest = prompt.messages
        marked = Message(first.role, f"{mark}\n{first.content}")
        return dataclasses.replace(prompt, messages=(marked, *rest))
    return dataclasses.replace(prompt, text=f"{mark}\n{prompt.text}")


async def _counted(engine: Vllm, prompts: Sequence[Prompt]) -> dict[str, Any]:
    request = GenerateRequest(instruction="-", max_tokens=1)
    bodies = [raw(Recorded(request, prompt, None)) for prompt in prompts]
    before = await asyncio.to_thread(engine.metrics)
    took = await ask_raw(engine.url, bodies, CLIENTS)
    after = await asyncio.to_thread(engine.metrics)
    hits, queries = (
        after[name] - before[name]
        for name in ("vllm:prefix_cache_hits_total", "vllm:prefix_cache_queries_total")
    )
    return {
        "hit_rate": round(hits / queries, 3),
        "tokens_per_prompt": round(queries / len(prompts)),
        "tokens_computed_per_prompt": round((queries - hits) / len(prompts)),
        "requests_per_second": round(took.requests_per_second, 2),
    }
