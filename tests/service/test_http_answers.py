"""`/generate_call` and `/search`: what an answer holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from api_docs.call import parse_call
from retriever.searcher import Searcher

FIELDS = {
    "status",
    "call",
    "code",
    "hub",
    "domain",
    "doc_id",
    "explanation",
    "warnings",
    "verification",
    "hits",
    "alternatives",
    "confidence",
    "preferences",
    "generator",
    "index_version",
    "request_id",
    "timing_ms",
    "prompt",
}


def ask(client: TestClient, instruction: str, **fields: Any) -> dict[str, Any]:
    response = client.post("/generate_call", json={"instruction": instruction, **fields})
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_an_answer_has_every_field_that_is_promised(client: TestClient, searcher: Searcher) -> None:
    answer = ask(client, "tell species of birds apart on photos")
    assert answer.keys() == FIELDS
    assert answer["status"] == "verified"
    assert answer["call"] == "pipeline('image-classification', model='google/vit-birds')"
    assert answer["call"].split("(")[0] in answer["code"]
    assert (answer["hub"], answer["domain"]) == ("huggingface", "image-classification")
    assert answer["doc_id"] == "huggingface:google/vit-birds"
    assert "species of birds" in answer["explanation"]
    assert answer["verification"]["verified"] is True
    assert answer["verification"]["repaired"] is False
    assert answer["confidence"] is None
    assert answer["prompt"] is None
    unknown = dict.fromkeys(("model", "reason", "reason_code", "call_logprob", "tokens"))
    assert answer["generator"] == {"backend": "grounded", "degraded": False, **unknown}
    assert answer["index_version"] == searcher.version
    assert answer["timing_ms"].keys() == {"retrieve", "generate", "verify", "total"}
    assert all(value >= 0 for value in answer["timing_ms"].values())


def test_hits_say_what_was_found_and_how_well(client: TestClient) -> None:
    answer = ask(client, "name the sounds of sirens and dogs in a recording", k=3)
    assert len(answer["hits"]) == 3
    hit = answer["hits"][0]
    assert hit.keys() == {"id", "rank", "score", "scores", "name", "hub", "domain", "source_url", "merged"}
    assert {hit["id"], *hit["merged"]} == {"tfhub:google/yamnet", "tfhub:google/yamnet-layer"}
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2, 3]
    assert hit["score"] == hit["scores"]["fused"]


def test_alternatives_are_other_verified_calls_with_each_other_hubs_best(client: TestClient) -> None:
    answer = ask(client, "tell species of birds apart on photos", k=1)
    others = answer["alternatives"]
    assert 0 < len(others) <= 5
    assert answer["call"] not in [other["call"] for other in others]
    assert len({other["id"] for other in others}) == len(others)
    assert {"torchhub", "tfhub"} <= {other["hub"] for other in others}
    for other in others:
        parse_call(other["call"])


def test_a_hub_that_was_asked_for_is_the_only_one_that_answers(client: TestClient) -> None:
    answer = ask(client, "tell species of birds apart on photos", hub="torchhub")
    assert answer["hub"] == "torchhub"
    assert {hit["hub"] for hit in answer["hits"]} == {"torchhub"}
    assert {other["hub"] for other in answer["alternatives"]} <= {"torchhub"}


def test_a_domain_that_was_asked_for_is_the_only_one_that_answers(client: TestClient) -> None:
    answer = ask(client, "tell species of birds apart", domain="automatic-speech-recognition")
    assert {hit["domain"] for hit in answer["hits"]} == {"automatic-speech-recognition"}


@pytest.mark.parametrize("retriever", ["hybrid", "bm25", "dense"])
def test_every_retriever_answers(client: TestClient, retriever: str) -> None:
    answer = ask(client, "tell species of birds apart on photos", retriever=retriever)
    assert answer["call"] == "pipeline('image-classification', model='google/vit-birds')"


@pytest.mark.parametrize(
    "fields",
    [
        {"instruction": "translate a letter", "hub": "tfhub", "domain": "translation"},
        {"instruction": "xyzzy", "retriever": "bm25"},
    ],
)
def test_nothing_found_is_an_answer_and_never_an_invented_call(
    client: TestClient, fields: dict[str, str]
) -> None:
    answer = ask(client, **fields)
    assert answer["status"] == "no_match"
    assert answer["call"] is answer["code"] is answer["doc_id"] is answer["hub"] is None
    assert answer["alternatives"] == []
    assert answer["verification"]["verified"] is False
    assert answer["verification"]["reason"] == "no_call"


def test_without_a_judge_whatever_has_a_hit_is_answered(client: TestClient) -> None:
    assert ask(client, "xyzzy")["status"] == "verified"
    assert ask(client, "xyzzy", quality="fast")["status"] == "no_match"


def test_the_prompt_is_shown_to_who_asks_for_it(client: TestClient) -> None:
    answer = ask(client, "tell species of birds apart on photos", include_prompt=True)
    assert "tell species of birds apart on photos" in answer["prompt"]


def test_warnings_tell_of_remote_code(client: TestClient) -> None:
    answer = ask(client, "sorts photos into a thousand everyday classes", hub="torchhub")
    assert any("remote code" in warning for warning in answer["warnings"])


def test_a_request_id_from_outside_is_kept_only_when_it_is_sane(client: TestClient) -> None:
    for given, kept in (("abc-123", True), ("a" * 65, False), ("spa ce", False), ('x"y', False), ("", False)):
        response = client.post("/search", json={"instruction": "birds"}, headers={"X-Request-Id": given})
        assert (response.headers["x-request-id"] == given) is kept
        assert response.json()["request_id"] == response.headers["x-request-id"]


def test_search_ranks_without_generating(client: TestClient) -> None:
    response = client.post("/search", json={"instruction": "tell species of birds apart", "k": 2})
    body = response.json()
    assert body.keys() == {"hits", "preferences", "index_version", "request_id", "timing_ms"}
    assert body["preferences"] == []
    assert body["hits"][0]["id"] == "huggingface:google/vit-birds"
    assert len(body["hits"]) == 2
    assert body["timing_ms"].keys() == {"retrieve", "total"}


@pytest.mark.parametrize("route", ["/generate_call", "/search"])
def test_an_answer_says_what_was_understood_to_be_preferred(client: TestClient, route: str) -> None:
    asked = {"instruction": "turn speech into text with the smallest PyTorch model you have", "k": 2}
    body = client.post(route, json=asked).json()
    assert body["preferences"] == ["smallest", "torchhub"]
    assert "preference" in body["hits"][0]["scores"]


def test_equal_requests_have_equal_answers_however_many_ask_at_once(client: TestClient) -> None:
    def told(_: int) -> dict[str, Any]:
        answer = ask(client, "tell species of birds apart on photos")
        return {name: value for name, value in answer.items() if name not in ("request_id", "timing_ms")}

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(told, range(32)))
    assert all(answer == answers[0] for answer in answers)
