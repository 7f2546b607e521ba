"""Which generator writes the call, and what happens when the engine can't.

The engine is asked where one is set; `grounded` stands in for it when it fails, and says so.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from anyio import to_thread
from opentelemetry import trace

from api_docs.catalogue import Entry
from api_docs.errors import GeneratorError, InvalidRequest, PromptTooLong
from retriever.hits import RetrieverName
from retriever.prompt import Prompt, PromptStyle, build_prompt
from service.events import Tell, TextWritten
from service.generators.base import Constraint, Generation, Generator
from service.generators.constraint import constraint_from
from service.logs import SERVICE
from service.runtime import Runtime
from service.schemas import GenerateRequest, GeneratorChoice, GeneratorInfo, TokenCounts
from service.settings import Settings
from service.stopwatch import Stopwatch

service_log = logging.getLogger(SERVICE)


@dataclass(frozen=True, slots=True)
class Generated:
    """What was written, from which prompt, and by whom."""

    written: Generation
    prompt: Prompt
    info: GeneratorInfo

    @property
    def text(self) -> str:
        """The text."""
        return self.written.text


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


async def generate(  # noqa: PLR0913 - all that a request has come to
    chosen: GeneratorChoice,
    request: GenerateRequest,
    entries: Sequence[Entry],
    runtime: Runtime,
    *,
    watch: Stopwatch,
    tell: Tell | None = None,
) -> Generated:
    """What the chosen generator writes; `grounded` stands in for an engine that fails.

    The engine's time counts from when `watch` began, with the request: what waiting for anything else took
    is not there for it.

    Raises:
        GeneratorError, PromptTooLong: when nothing can stand in, for want of docs.
    """
    if chosen is GeneratorChoice.GROUNDED or runtime.engine is None:
        return await _by_grounded(request, entries, runtime)
    try:
        return await _by_engine(runtime.engine, request, entries, runtime.settings, watch=watch, tell=tell)
    except (GeneratorError, PromptTooLong) as exc:
        if not entries:
            raise
        service_log.warning("engine failed", extra={"fields": _log_fields(exc, runtime.settings)})
        trace.get_current_span().set_attribute("callsmith.degraded", exc.code)
        stand_in = await _by_grounded(request, entries, runtime)
        info = stand_in.info.model_copy(
            update={"degraded": True, "reason": str(exc), "reason_code": exc.code}
        )
        return dataclasses.replace(stand_in, info=info)


async def _by_grounded(request: GenerateRequest, entries: Sequence[Entry], runtime: Runtime) -> Generated:
    """With every doc, for the instruction may fit a lower one better, and without a token budget."""
    docs = tuple(entry.doc for entry in entries)
    if request.include_prompt:
        prompt = build_prompt(request.instruction, docs, k_docs=len(docs))
    else:
        # Nobody will read the text of the prompt: `grounded` reads its parts.
        prompt = Prompt(PromptStyle.GORILLA, request.instruction, docs)
    return await _written(runtime.grounded, prompt, request)


async def _by_engine(  # noqa: PLR0913 - as `generate`
    engine: Generator,
    request: GenerateRequest,
    entries: Sequence[Entry],
    settings: Settings,
    *,
    watch: Stopwatch,
    tell: Tell | None,
) -> Generated:
    prompt, constraint = await to_thread.run_sync(_prepared, request, entries, settings)
    within = settings.engine_timeout - watch.total / 1000
    return await _written(engine, prompt, request, constraint, tell=tell, within=within)


def _prepared(
    request: GenerateRequest, entries: Sequence[Entry], settings: Settings
) -> tuple[Prompt, Constraint | None]:
    """The engine's prompt, and the grammar of the docs that it shows."""
    style = PromptStyle(settings.prompt_style)
    prompt = build_prompt(
        request.instruction,
        [entry.doc for entry in entries],
        style,
        token_budget=settings.engine_context - request.max_tokens,
    )
    shown = [entry for entry in entries if entry.doc.id in prompt.doc_ids]
    if not (settings.constrained and shown):
        return prompt, None
    # The models that read this style are small, and taught to write domain and call alone.
    return prompt, constraint_from(shown, two_lines=style is PromptStyle.COMPACT)


async def _written(  # noqa: PLR0913 - what `Generator.generate` is asked
    generator: Generator,
    prompt: Prompt,
    request: GenerateRequest,
    constraint: Constraint | None = None,
    *,
    tell: Tell | None = None,
    within: float | None = None,
) -> Generated:
    generation = await generator.generate(
        prompt,
        constraint=constraint,
        temperature=request.temperature,
        max_tokens=request.max_tokens,
        tell=None if tell is None else (lambda text: tell(TextWritten(text=text))),
        within=within,
    )
    usage = generation.usage
    tokens = TokenCounts(prompt=usage.prompt_tokens, completion=usage.completion_tokens) if usage else None
    info = GeneratorInfo(backend=generator.name, model=generation.model, tokens=tokens)
    return Generated(generation, prompt, info)


def _log_fields(exc: GeneratorError | PromptTooLong, settings: Settings) -> dict[str, str]:
    """What the engine said may repeat what it was asked, which the log only tells where it is to."""
    summary = exc.summary if isinstance(exc, GeneratorError) and not settings.log_instructions else str(exc)
    return {"code": exc.code, "reason": summary}
