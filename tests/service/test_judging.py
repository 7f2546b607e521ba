"""When the service refuses, how sure it says it is, what else it offers, and how well it ranks."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

import service.var
from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from api_docs.errors import ConfigurationError, EmbeddingModelError
from retriever.embedding import DEFAULT_MODEL
from retriever.index import build_index
from retriever.judge import JUDGE_FILE, SHIPPED, Judge
from retriever.searcher import Searcher
from service import var
from service.app import create_app
from service.cli import app
from service.runtime import Runtime
from service.settings import Settings, load_settings
from tests.api_docs.own_apis import desk_docs, shop_docs
from tests.retriever.conftest import WordEncoder, small_docs
from tests.retriever.judges import judge_of, random_judge
from tests.service.publishing_cases import NamedWordEncoder, first_catalogue, written

BIRDS = "tell species of birds apart on photos"
PICTURES, SPEECH, SOUNDS = (
    Domain.IMAGE_CLASSIFICATION,
    Domain.AUTOMATIC_SPEECH_RECOGNITION,
    Domain.AUDIO_CLASSIFICATION,
)
LIKELY = {PICTURES: 2.0, SPEECH: 1.0, SOUNDS: 0.0}


def client_of(judge: Judge | None, docs: Catalogue | None = None, **settings: Any) -> TestClient:
    catalogue, encoder = docs or Catalogue(small_docs()), WordEncoder()
    searcher = Searcher(catalogue, build_index(catalogue, encoder), encoder, judge=judge)
    return TestClient(create_app(Runtime(Settings(**settings), searcher)))


def judge(likely: Mapping[Domain, float] = LIKELY, served: float = 9.0) -> Judge:
    return judge_of(WordEncoder(), likely, served=served)


def ask(client: TestClient, instruction: str = BIRDS, **fields: object) -> dict[str, Any]:
    response = client.post("/generate_call", json={"instruction": instruction, **fields})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_what_is_probably_served_by_nothing_gets_no_match_and_the_nearest_hits() -> None:
    with client_of(judge(served=-9.0)) as client:
        answer = ask(client)
        assert answer["status"] == "no_match"
        assert answer["call"] is None
        assert answer["hits"]
        assert answer["confidence"] is not None


@pytest.mark.parametrize(("threshold", "status"), [(0.0, "verified"), (0.4, "verified"), (0.6, "no_match")])
def test_the_threshold_is_a_probability_and_none_refuses_nothing(threshold: float, status: str) -> None:
    with client_of(judge(served=0.0), no_match_threshold=threshold) as client:
        assert ask(client)["status"] == status


def test_zero_refuses_nothing_that_has_a_hit() -> None:
    with client_of(judge(served=-60.0), no_match_threshold=0) as client:
        assert ask(client)["status"] == "verified"
        assert ask(client, retriever="bm25", instruction="xyzzy")["status"] == "no_match"


def test_confidence_is_the_judges_and_null_where_it_can_not_tell() -> None:
    with client_of(judge()) as client:
        assert ask(client)["confidence"] == 0.5
        assert ask(client, hub="huggingface")["confidence"] == 0.5
        for fields in ({"domain": "image-classification"}, {"retriever": "bm25"}, {"quality": "fast"}):
            assert ask(client, **fields)["confidence"] is None
    with client_of(judge({SPEECH: 0.0})) as client:
        assert ask(client)["confidence"] is None  # the answer's domain was not taught
    with client_of(None) as client:
        assert ask(client)["confidence"] is None


def test_alternatives_are_each_other_hubs_best_and_other_likely_domains() -> None:
    with client_of(judge()) as client:
        answer = ask(client)
        others = answer["alternatives"]
    assert answer["domain"] == "image-classification"
    assert {other["hub"] for other in others} == {"huggingface", "torchhub", "tfhub"}
    assert {"automatic-speech-recognition", "audio-classification"} <= {other["domain"] for other in others}
    assert len(others) <= 5
    assert len({other["call"] for other in others} | {answer["call"]}) == len(others) + 1


def test_within_a_hub_alternatives_are_of_that_hub_and_of_other_domains() -> None:
    with client_of(judge()) as client:
        answer = ask(client, hub="huggingface")
    assert {other["hub"] for other in answer["alternatives"]} == {"huggingface"}
    assert "automatic-speech-recognition" in {other["domain"] for other in answer["alternatives"]}


def test_fast_needs_no_encoder_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("something was encoded")

    with client_of(judge()) as client:
        monkeypatch.setattr(WordEncoder, "encode", never)
        answer = ask(client, quality="fast")
    assert answer["status"] == "verified"
    assert set(answer["hits"][0]["scores"]) == {"bm25", "task", "fused"}


def test_quality_is_a_setting_and_a_request_that_names_it_wins() -> None:
    with client_of(judge(), quality="fast") as client:
        assert "dense" not in ask(client)["hits"][0]["scores"]
        assert "domain" in ask(client, quality="balanced")["hits"][0]["scores"]
        best = ask(client, quality="best")["hits"][0]
        balanced = ask(client, quality="balanced")["hits"][0]
        assert best["score"] > balanced["score"]
        assert client.post("/generate_call", json={"instruction": "x", "quality": "good"}).status_code == 422
        found = client.post("/search", json={"instruction": BIRDS, "quality": "balanced"}).json()
        assert "dense" in found["hits"][0]["scores"]


def test_quality_may_come_along_with_a_chat_completion() -> None:
    with client_of(judge()) as client:
        body = {"model": "callsmith", "messages": [{"role": "user", "content": BIRDS}], "quality": "fast"}
        answer = client.post("/v1/chat/completions", json=body).json()
    assert "dense" not in answer["callsmith"]["hits"][0]["scores"]


@pytest.fixture
def own() -> Iterator[TestClient]:
    """The three hubs with a shop and a desk of one's own, and a judge that thinks nothing is served."""
    docs = Catalogue([*small_docs(), *shop_docs(), *desk_docs()])
    with client_of(judge(served=-9.0), docs) as client:
        yield client


@pytest.mark.parametrize("hub", [None, "shop"])
def test_an_instruction_close_to_an_api_of_ones_own_is_answered_whatever_the_judge_thinks(
    own: TestClient, hub: str | None
) -> None:
    answer = ask(own, "Cancel an order", hub=hub)
    assert answer["status"] == "verified"
    assert answer["hub"] == "shop"
    assert answer["domain"] == "web-api"
    assert answer["confidence"] is None


def test_an_instruction_that_nothing_of_ones_own_is_close_to_is_still_refused(own: TestClient) -> None:
    assert ask(own, "which sonata is the shortest")["status"] == "no_match"
    assert ask(own, "which sonata is the shortest", hub="shop")["status"] == "no_match"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(service.var, "load_encoder", NamedWordEncoder)
    service.var._say_unfit.cache_clear()
    return Settings(var=tmp_path / "var", catalogue=written(first_catalogue(), tmp_path / "catalogue"))


def put(path: Path, model: str = DEFAULT_MODEL) -> Path:
    path.write_bytes(replace(random_judge(WordEncoder()), model=model).to_bytes())
    return path


def test_the_judge_that_is_set_judges(settings: Settings, tmp_path: Path) -> None:
    path = put(tmp_path / JUDGE_FILE)
    searcher = var.open_searcher(settings.model_copy(update={"judge": path}))
    assert searcher.judge is not None
    assert (
        searcher.judge.version
        == var.judge_for(settings.model_copy(update={"judge": path}), searcher.encoder).version
    )  # type: ignore[union-attr]
    searcher.encoder.close()  # type: ignore[attr-defined]


def test_one_that_was_learnt_for_another_model_is_left_out_and_the_log_says_so_once(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            searcher = var.open_searcher(settings)  # the one that ships, and an encoder of 64 numbers
            assert searcher.judge is None
            searcher.encoder.close()  # type: ignore[attr-defined]
    said = [record for record in caplog.records if "another embedding model" in record.getMessage()]
    assert len(said) == 1


def test_a_damaged_judge_is_an_error_that_names_the_fix(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(SHIPPED.read_bytes()[:-9])
    with pytest.raises(EmbeddingModelError, match="callsmith finetune judge"):
        var.open_searcher(settings.model_copy(update={"judge": path}))


def test_the_setting_is_a_file_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSMITH_JUDGE", str(tmp_path / "nothing"))
    with pytest.raises(ConfigurationError, match="no such file; `callsmith finetune judge` makes one"):
        load_settings()
    monkeypatch.setenv("CALLSMITH_JUDGE", str(tmp_path))
    with pytest.raises(ConfigurationError, match="it is a folder; name the file in it"):
        load_settings()


def test_the_command_takes_a_quality_and_shows_how_sure_it_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    judged = settings.model_copy(update={"judge": put(tmp_path / JUDGE_FILE), "no_match_threshold": 0.0})
    for name, value in judged.environment().items():
        monkeypatch.setenv(name, value)
    runner = CliRunner()
    found = runner.invoke(app, ["call", BIRDS, "--json"], prog_name="callsmith")
    assert 0 <= json.loads(found.stdout)["confidence"] <= 1
    assert "% sure" in runner.invoke(app, ["call", BIRDS], prog_name="callsmith").stdout
    fast = runner.invoke(app, ["search", BIRDS, "--quality", "fast", "--json"], prog_name="callsmith")
    assert "dense" not in json.loads(fast.stdout)["hits"][0]["scores"]
    wrong = runner.invoke(app, ["search", BIRDS, "--quality", "good"], prog_name="callsmith")
    assert wrong.exit_code == 2
