"""The way of one request without HTTP: generators, verification, what stands in when one fails."""

from __future__ import annotations

from typing import Any

import pytest

from api_docs.errors import GeneratorError, GeneratorTimeout, GeneratorUnavailable, InvalidRequest
from retriever.prompt import Prompt, PromptStyle
from retriever.searcher import Searcher
from service.generators.base import Generation
from service.pipeline import generate_call, work_out
from service.runtime import Runtime
from service.schemas import GenerateRequest, GenerateResponse, Status
from service.settings import Settings
from service.stopwatch import Stopwatch
from tests.service.conftest import Written

BIRDS = "tell species of birds apart on photos"
CALL = "pipeline('image-classification', model='google/vit-birds')"


def runtime_with(searcher: Searcher, engine: Written, **settings: object) -> Runtime:
    return Runtime(Settings(**settings), searcher, engine)


def asked(runtime: Runtime, instruction: str = BIRDS, **fields: object) -> GenerateResponse:
    request = GenerateRequest.model_validate({"instruction": instruction, **fields})
    return runtime.run(generate_call, request, runtime, "request-1")


@pytest.mark.parametrize(
    "text",
    [
        CALL,
        f"<<<domain>>>: birds\n<<<api_call>>>: {CALL}\n<<<api_provider>>>: x",
        f"```python\nmodel = {CALL}\n```",
        'pipeline(model="google/vit-birds", task="image-classification")',
    ],
)
def test_a_call_of_the_engine_is_verified_whatever_shape_it_is_written_in(
    searcher: Searcher, text: str
) -> None:
    answer = asked(runtime_with(searcher, Written(text)))
    assert answer.status is Status.VERIFIED
    assert answer.doc_id == "huggingface:google/vit-birds"
    assert (answer.generator.backend, answer.generator.model) == ("vllm", "test-model")
    assert not answer.generator.degraded
    assert answer.request_id == "request-1"


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("pipeline('image-classification', model='google/vit-bird')", "model"),
        (f"{CALL[:-1]}, colour='red')", "colour"),
        (f"{CALL[:-1]}, device=__import__('os').system('x'))", "device"),
        ("os.system('rm -rf /')", None),
        ("I am sorry, I can't help with birds.", None),
        ("", None),
    ],
)
def test_a_call_that_does_not_verify_is_never_returned(
    searcher: Searcher, text: str, argument: str | None
) -> None:
    answer = asked(runtime_with(searcher, Written(text or " ")))
    assert answer.status is Status.UNVERIFIED
    assert answer.call is answer.code is answer.doc_id is None
    verdict = answer.verification
    assert not verdict.verified
    assert not verdict.repaired
    assert verdict.argument == argument
    assert verdict.nearest == CALL
    assert CALL in [other.call for other in answer.alternatives]
    assert verdict.message in answer.explanation


@pytest.mark.parametrize("on_unverified", ["refuse", "repair"])
@pytest.mark.parametrize("text", ["<<<api_call>>>: none", '{"domain": "none", "api_call": "None"}'])
def test_a_model_that_finds_no_api_among_the_docs_is_a_no_match_with_the_nearest(
    searcher: Searcher, text: str, on_unverified: str
) -> None:
    answer = asked(
        runtime_with(searcher, Written(text), on_unverified=on_unverified),
        include_prompt=True,
        generator="vllm",
    )
    assert answer.status is Status.NO_MATCH
    assert answer.call is answer.code is answer.doc_id is None
    assert not answer.verification.verified
    assert answer.hits
    assert answer.generator.backend == "vllm"
    assert answer.prompt


def test_repair_puts_the_nearest_valid_call_in_its_place_and_says_so(searcher: Searcher) -> None:
    wrong = "pipeline('image-classification', model='google/vit-bird')"
    answer = asked(runtime_with(searcher, Written(wrong), on_unverified="repair"))
    assert answer.status is Status.VERIFIED
    assert answer.call == CALL
    assert answer.verification.repaired
    assert answer.verification.rejected == wrong
    assert "refused" in answer.verification.message
    assert "refused" in answer.explanation


def test_repair_leaves_a_verified_call_alone(searcher: Searcher) -> None:
    answer = asked(runtime_with(searcher, Written(CALL), on_unverified="repair"))
    assert not answer.verification.repaired


@pytest.mark.parametrize("generator", ["auto", "vllm"])
@pytest.mark.parametrize(
    "error", [GeneratorUnavailable("it is down"), GeneratorTimeout("30 s"), GeneratorError("odd")]
)
def test_grounded_stands_in_for_an_engine_that_fails_and_says_why(
    searcher: Searcher, error: GeneratorError, generator: str
) -> None:
    answer = asked(runtime_with(searcher, Written(error)), generator=generator)
    assert answer.status is Status.VERIFIED
    assert answer.generator.backend == "grounded"
    assert answer.generator.degraded
    assert answer.generator.reason == str(error)


def test_the_engines_time_counts_from_when_the_request_came(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Timed(Written):
        within: float | None = None

        async def generate(self, prompt: Prompt, **options: Any) -> Generation:
            self.within = options["within"]
            return await super().generate(prompt, **options)

    engine = Timed("")
    monkeypatch.setattr(Stopwatch, "total", 2_500.0)
    asked(runtime_with(searcher, engine, engine_url="http://127.0.0.1:1/v1", engine_timeout=8.0))
    assert engine.within == pytest.approx(5.5)


def test_an_instruction_that_the_engine_can_not_hold_is_answered_by_grounded(searcher: Searcher) -> None:
    engine = Written(CALL)
    answer = asked(runtime_with(searcher, engine), f"{BIRDS} {'word ' * 790}")
    assert answer.generator.degraded
    assert "tokens" in (answer.generator.reason or "")
    assert engine.prompts == []


def test_without_docs_nothing_stands_in_for_the_engine(searcher: Searcher) -> None:
    runtime = runtime_with(searcher, Written(GeneratorUnavailable("it is down")))
    with pytest.raises(GeneratorUnavailable):
        asked(runtime, retriever="none")


def test_zero_shot_is_verified_like_any_other(searcher: Searcher) -> None:
    engine = Written(CALL)
    answer = asked(runtime_with(searcher, engine), retriever="none")
    assert answer.status is Status.VERIFIED
    assert answer.hits == ()
    assert engine.prompts[0].docs == ()


def test_grounded_can_be_chosen_where_there_is_an_engine(searcher: Searcher) -> None:
    engine = Written(CALL)
    answer = asked(runtime_with(searcher, engine), generator="grounded")
    assert answer.generator.backend == "grounded"
    assert not answer.generator.degraded
    assert engine.prompts == []


def test_an_engine_must_be_set_to_be_chosen(searcher: Searcher) -> None:
    runtime = Runtime(Settings(), searcher)
    with pytest.raises(InvalidRequest, match="CALLSMITH_ENGINE_URL"):
        asked(runtime, generator="vllm")


@pytest.mark.parametrize(("style", "docs"), [("gorilla", 1), ("callsmith", 5), ("compact", 3), ("chat", 5)])
def test_the_engine_gets_the_prompt_in_its_style(searcher: Searcher, style: str, docs: int) -> None:
    engine = Written(CALL)
    answer = asked(
        runtime_with(searcher, engine, prompt_style=style, engine_context=8_000), include_prompt=True
    )
    assert engine.prompts[0].style is PromptStyle(style)
    assert len(engine.prompts[0].docs) == docs
    assert answer.prompt == engine.prompts[0].rendered


def test_the_engines_context_bounds_the_prompt(searcher: Searcher) -> None:
    engine = Written(CALL)
    asked(runtime_with(searcher, engine, prompt_style="chat", engine_context=1_024), max_tokens=256)
    prompt = engine.prompts[0]
    assert 0 < len(prompt.docs) < 5
    assert prompt.dropped


def test_a_pinned_snippet_leaves_the_call_as_it_was_verified(searcher: Searcher) -> None:
    answer = asked(runtime_with(searcher, Written(CALL)), pin_revision=True)
    assert answer.call == CALL
    assert answer.code is not None
    assert "revision" in answer.code.lower()


def test_an_outcome_keeps_what_was_written(searcher: Searcher) -> None:
    text = f"<<<api_call>>>: {CALL}"
    request = GenerateRequest(instruction=BIRDS, k=3)
    runtime = runtime_with(searcher, Written(text))
    outcome = runtime.run(work_out, request, runtime)
    assert outcome.generated is not None
    assert outcome.generated.text == text
    assert len(outcome.found.hits) == 3
