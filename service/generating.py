"""Which generator writes the call, and what happens when the engine can't.

The engine is asked where one is set; `grounded` stands in for it when it fails, and says so.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from api_docs.catalogue import Entry
from api_docs.errors import GeneratorError, InvalidRequest, PromptTooLong
from retriever.hits import RetrieverName
from retriever.prompt import Prompt, PromptStyle, build_prompt
from service.generators.base import Constraint, Generator
from service.generators.constraint import constraint_from
from service.logs import SERVICE
from service.runtime import Runtime
from service.schemas import GenerateRequest, GeneratorChoice, GeneratorInfo
from service.settings import Settings

service_log = logging.getLogger(SERVICE)


@dataclass(frozen=True, slots=True)
class Generated:
    """The text that was written, from which prompt, by whom, and why it is as it is."""

    text: str
    prompt: Prompt
    info: GeneratorInfo
    reasons: tuple[str, ...] = ()


def choose_generator(request: GenerateRequest, runtime: Runtime) -> GeneratorChoice:
    """`VLLM` or `GROUNDED`.

    Raises:
        InvalidRequest: when the one that was asked for can't answer this request.
    """
    asked = request.generator
    chosen = runtime.automatic if asked is GeneratorChoice.AUTO else asked
    if chosen is GeneratorChoice.VLLM and runtime.engine is None:
        raise InvalidRequest(
            "generator 'vllm' needs an engine, and none is set; set CALLSMITH_ENGINE_URL, or choose grounded",
            "generator",
        )
    if chosen is GeneratorChoice.GROUNDED and request.retriever is RetrieverName.NONE:
        raise InvalidRequest(
            "retriever 'none' leaves generator 'grounded' without docs to answer from; choose hybrid, "
            "bm25 or dense, or set an engine (CALLSMITH_ENGINE_URL)",
            "retriever",
        )
    return chosen


def generate(
    chosen: GeneratorChoice, request: GenerateRequest, entries: Sequence[Entry], runtime: Runtime
) -> Generated:
    """What the chosen generator writes; `grounded` stands in for an engine that fails.

    Raises:
        GeneratorError, PromptTooLong: when nothing can stand in, for want of docs.
    """
    if chosen is GeneratorChoice.GROUNDED or runtime.engine is None:
        return _by_grounded(request, entries, runtime)
    try:
        return _by_engine(runtime.engine, request, entries, runtime.settings)
    except (GeneratorError, PromptTooLong) as exc:
        if not entries:
            raise
        service_log.warning("engine failed", extra={"fields": {"code": exc.code, "reason": str(exc)}})
        stand_in = _by_grounded(request, entries, runtime)
        info = stand_in.info.model_copy(update={"degraded": True, "reason": str(exc)})
        return dataclasses.replace(stand_in, info=info)


def _by_grounded(request: GenerateRequest, entries: Sequence[Entry], runtime: Runtime) -> Generated:
    """With every doc, for the instruction may fit a lower one better, and without a token budget."""
    docs = tuple(entry.doc for entry in entries)
    if request.include_prompt:
        prompt = build_prompt(request.instruction, docs, k_docs=len(docs))
    else:
        # Nobody will read the text of the prompt: `grounded` reads its parts.
        prompt = Prompt(PromptStyle.GORILLA, request.instruction, docs)
    return _written(runtime.grounded, prompt, request)


def _by_engine(
    engine: Generator, request: GenerateRequest, entries: Sequence[Entry], settings: Settings
) -> Generated:
    prompt = build_prompt(
        request.instruction,
        [entry.doc for entry in entries],
        PromptStyle(settings.prompt_style),
        token_budget=settings.engine_context - request.max_tokens,
    )
    shown = [entry for entry in entries if entry.doc.id in prompt.doc_ids]
    constraint = constraint_from(shown) if settings.constrained and shown else None
    return _written(engine, prompt, request, constraint)


def _written(
    generator: Generator, prompt: Prompt, request: GenerateRequest, constraint: Constraint | None = None
) -> Generated:
    generation = generator.generate(
        prompt, constraint=constraint, temperature=request.temperature, max_tokens=request.max_tokens
    )
    info = GeneratorInfo(backend=generator.name, model=generation.model)
    return Generated(generation.text, prompt, info, generation.reasons)
