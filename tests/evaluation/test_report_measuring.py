"""The whole report, from made data to its pages, with an encoder that counts words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest

from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from api_docs.errors import EvaluationDataError
from evaluation.report import measuring
from evaluation.report.measuring import OnBenchmarks, Section, keep, service_figures
from evaluation.report.pages import write_pages
from finetune.retriever.card import CARD
from retriever.index import build_index
from retriever.judge import JUDGE_FILE
from retriever.query_matrix import QueryMatrix
from retriever.searcher import Searcher
from service.runtime import Runtime
from service.settings import Settings
from tests.evaluation.test_report_benchmarks import data
from tests.retriever.conftest import WordEncoder, small_docs
from tests.retriever.judges import judge_of


def runtime(tmp_path: Path, matrix: Path | None = None) -> Runtime:
    catalogue, encoder = Catalogue(small_docs()), WordEncoder()
    settings = Settings(var=tmp_path / "var", retriever_matrix=matrix)
    return Runtime(settings, Searcher(catalogue, build_index(catalogue, encoder), encoder))


def quiet(_: str) -> None:
    """Tell nobody."""


def test_made_data_becomes_a_page(tmp_path: Path) -> None:
    running = runtime(tmp_path)
    bench = OnBenchmarks(data(tmp_path / "data"), running, WordEncoder(), quiet)
    answered, ranked = bench.answers(), bench.rankings()
    out = tmp_path / "out"
    keep(out, Section.APIBENCH, answered)
    keep(out, Section.RETRIEVAL, ranked)
    keep(out, Section.SERVICE, service_figures(running, quiet))
    html, markdown, *_ = write_pages(out)
    assert html.is_file()
    systems = {(one["hub"], one["system"]): one for one in answered["systems"]}
    assert systems["tfhub", "copy of the right doc"]["exact"] == 4 / 5
    assert systems["tfhub", "default"]["exists"] == 1
    assert {one["pool"] for one in ranked["rankings"]} == {"torchhub", "tfhub", "huggingface", "all hubs"}
    assert "Dummy: copy of the right doc" in markdown.read_text(encoding="utf-8")


def judged(tmp_path: Path, card: bytes) -> Runtime:
    """A service with a judge, whose file has this card beside it."""
    catalogue, encoder = Catalogue(small_docs()), WordEncoder()
    (tmp_path / CARD).write_bytes(card)
    judge = judge_of(encoder, {Domain.IMAGE_CLASSIFICATION: 1.0, Domain.AUDIO_CLASSIFICATION: 0.0})
    (tmp_path / JUDGE_FILE).write_bytes(judge.to_bytes())
    settings = Settings(var=tmp_path / "var", judge=tmp_path / JUDGE_FILE)
    return Runtime(settings, Searcher(catalogue, build_index(catalogue, encoder), encoder, judge=judge))


def test_of_languages_that_the_judge_was_taught_its_card_is_told(tmp_path: Path) -> None:
    of_spanish = {"served": 50.0, "first": 0.26, "shown": 0.56}
    card = orjson.dumps({"figures": {"en": of_spanish, "es": of_spanish}})
    found = service_figures(judged(tmp_path, card), quiet)["language"]
    assert set(found) == {"en", "es"}
    assert found["en"]["first"]["n"] > 100  # the questions, not the card
    assert (found["es"]["first"]["n"], found["es"]["first"]["value"]) == (50, 0.26)
    assert found["es"]["among"]["value"] == 0.56


def test_a_judges_card_that_says_nothing_is_an_error_that_names_the_fix(tmp_path: Path) -> None:
    with pytest.raises(EvaluationDataError, match=r"card.*KeyError.*callsmith finetune judge"):
        service_figures(judged(tmp_path, b"{}"), quiet)


def test_docs_are_embedded_once_and_taken_from_the_disk_afterwards(tmp_path: Path) -> None:
    folder, running = data(tmp_path / "data"), runtime(tmp_path)
    first, second = WordEncoder(), WordEncoder()
    OnBenchmarks(folder, running, first, quiet)
    OnBenchmarks(folder, running, second, quiet)
    assert first.asked
    assert not second.asked


def test_with_a_matrix_rankings_are_told_with_it_and_without(tmp_path: Path) -> None:
    path = tmp_path / "matrix.safetensors"
    path.write_bytes(QueryMatrix.of(np.eye(64, dtype=np.float32), WordEncoder.name).to_bytes())
    bench = OnBenchmarks(data(tmp_path / "data"), runtime(tmp_path, path), WordEncoder(), quiet)
    found = bench.rankings()
    trained = [one for one in found["rankings"] if one["trained"]]
    plain = [one for one in found["rankings"] if not one["trained"]]
    assert found["matrix"]
    assert len(trained) == 8  # two rankings of three hubs and of all together
    assert all({"seen", "unseen"} <= one.keys() for one in found["rankings"])
    # The unit matrix turns nothing.
    hybrid = {one["pool"]: one["mrr"] for one in plain if one["system"] == "hybrid"}
    assert {one["pool"]: one["mrr"] for one in trained if one["system"].startswith("hybrid")} == hybrid


def test_every_part_has_a_command_that_measures_it_again() -> None:
    assert measuring.command_of(Section.SERVICE) == "callsmith evaluate report --only service"
    assert measuring.command_of(Section.HELD_OUT) == "callsmith evaluate report --heldout"


@pytest.mark.parametrize("section", list(Section))
def test_a_part_is_kept_with_what_it_was_measured_on(tmp_path: Path, section: Section) -> None:
    part = keep(tmp_path, section, {"x": 1})["parts"][section.value]
    assert {"measured", "command", "machine", "versions", "x"} == part.keys()
