"""Calls that random weights write: with the constraint they verify, without it they are caught."""

from __future__ import annotations

import httpx2
import openai
import pytest

from api_docs.catalogue import Entry
from evaluation.engine.vllm import MODEL_NAME, Vllm
from evaluation.workload import instructions
from retriever.prompt import PromptStyle
from retriever.searcher import Searcher
from service.generators.constraint import constraint_from
from tests.engine.conftest import Serve

pytestmark = pytest.mark.engine

ASKED = instructions(12, seed=5)
HUBS = ("torchhub", "tfhub", "huggingface")


def call(client: httpx2.Client, instruction: str, **fields: object) -> dict[str, object]:
    response = client.post("/generate_call", json={"instruction": instruction, **fields})
    assert response.status_code == 200, response.text
    return dict(response.json())


@pytest.mark.smoke
@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("hub", HUBS)
def test_what_random_weights_write_under_the_constraint_is_a_verified_call(
    serve: Serve, hub: str, temperature: float
) -> None:
    client = serve()
    for instruction in ASKED[:4]:
        answer = call(client, instruction, hub=hub, temperature=temperature)
        assert answer["status"] == "verified", answer["verification"]
        assert answer["verification"]["repaired"] is False
        assert answer["hub"] == hub
        assert answer["call"]
        generator = answer["generator"]
        assert (generator["backend"], generator["model"]) == ("vllm", MODEL_NAME)
        assert generator["degraded"] is False


@pytest.mark.smoke
def test_an_answer_says_how_likely_its_call_was_and_what_it_took(serve: Serve) -> None:
    generator = call(serve(), ASKED[0], temperature=1.0)["generator"]
    assert generator["call_logprob"] < 0  # of random weights nothing is certain
    assert generator["tokens"]["prompt"] > 0
    assert generator["tokens"]["completion"] > 0


def test_at_temperature_0_the_same_question_gets_the_same_call(serve: Serve) -> None:
    client = serve()
    first, second = (call(client, ASKED[1], temperature=0.0) for _ in range(2))
    assert (first["call"], first["doc_id"]) == (second["call"], second["doc_id"])


def test_without_the_constraint_what_random_weights_write_is_refused(serve: Serve) -> None:
    client = serve(constrained=False)
    for instruction in ASKED[:4]:
        answer = call(client, instruction, temperature=1.0, max_tokens=64)
        assert answer["status"] == "unverified"
        assert answer["call"] is None
        assert answer["code"] is None
        assert answer["verification"]["rejected"]
        assert answer["generator"]["degraded"] is False


def test_without_the_constraint_it_is_repaired_to_the_nearest_call_where_that_is_wanted(
    serve: Serve, searcher: Searcher
) -> None:
    client = serve(constrained=False, on_unverified="repair")
    answers = [call(client, instruction, temperature=1.0, max_tokens=64) for instruction in ASKED[:4]]
    repaired = [answer for answer in answers if answer["status"] == "verified"]
    assert repaired
    for answer in repaired:
        assert answer["verification"]["repaired"] is True
        assert answer["doc_id"] in {hit["id"] for hit in answer["hits"]}
        assert answer["call"] == searcher.catalogue.entry(answer["doc_id"]).call.render()


@pytest.mark.parametrize("style", [style.value for style in PromptStyle])
def test_every_prompt_style_gets_verified_calls(serve: Serve, style: str) -> None:
    client = serve(prompt_style=style)
    for instruction in ASKED[:4]:
        answer = call(client, instruction, temperature=1.0, include_prompt=True, k=3)
        assert answer["status"] == "verified", answer["verification"]
        assert answer["generator"]["degraded"] is False
        assert instruction in answer["prompt"]
        assert answer["generator"]["call_logprob"] < 0


def test_the_engine_takes_the_grammar_of_every_kind_of_call(engine: Vllm, searcher: Searcher) -> None:
    """One doc of every loader and argument type that the catalogue has; five to a grammar, as in requests."""
    kinds: dict[object, Entry] = {}
    for entry in searcher.catalogue.entries:
        kinds.setdefault((entry.doc.hub, entry.call.callee), entry)
        for argument in entry.doc.arguments:
            kinds.setdefault((entry.loader.name, argument.type), entry)
    with httpx2.Client(base_url=engine.url, timeout=120) as client:
        every = list(kinds.values())
        for begin in range(0, len(every), 5):
            some = every[begin : begin + 5]
            grammar = constraint_from(some).grammar
            body = {"model": MODEL_NAME, "prompt": "-", "max_tokens": 1, "temperature": 0}
            answer = client.post("/completions", json=body | {"structured_outputs": {"grammar": grammar}})
            assert answer.status_code == 200, (answer.text, [entry.doc.id for entry in some])


def test_the_openai_client_gets_verified_calls_whole_and_streamed(serve: Serve) -> None:
    with openai.OpenAI(base_url=f"{serve().base_url}/v1", api_key="none", max_retries=0) as client:
        messages = [{"role": "user", "content": ASKED[2]}]
        model = client.models.list().data[0].id
        whole = client.chat.completions.create(model=model, messages=messages, temperature=0)
        pieces = client.chat.completions.create(model=model, messages=messages, temperature=0, stream=True)
        streamed = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    assert whole.choices[0].finish_reason == "stop"
    assert streamed == whole.choices[0].message.content
    assert "(" in streamed
