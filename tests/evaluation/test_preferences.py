"""The questions about preferences, and how answers to them are judged."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from api_docs.errors import EvaluationDataError
from api_docs.models import Hub
from evaluation.preferences import Honours, Kind, Question, read_questions, run
from evaluation.question_sets import Half, normalised, read_near_misses, read_served, read_unserved
from evaluation.results_page import write_page
from retriever.index import build_index
from retriever.searcher import Searcher
from retriever.wishes import Preference
from tests.retriever.conftest import WordEncoder, make_doc, small_docs
from tests.support import snapshot_catalogue


def test_as_many_of_each_kind_ship_as_were_written() -> None:
    counts = Counter(question.kind for question in read_questions())
    # Of sixty-one that prefer a figure one is about a way to translate, too.
    assert counts == {Kind.FIGURE: 61, Kind.HUB: 30, Kind.WAY: 15, Kind.TRAP: 30, Kind.SUBJECT: 10}


def test_every_preference_is_asked_for() -> None:
    asked = {one for question in read_questions() for one in question.preferences}
    assert asked >= set(Preference)
    assert len({question.domain for question in read_questions()}) >= 25


def test_every_subject_has_docs_and_not_those_of_half_a_domain() -> None:
    docs = snapshot_catalogue().docs
    for question in read_questions():
        if question.subject:
            of_domain = [doc for doc in docs if doc.domain is question.domain]
            found = [doc for doc in of_domain if Honours.is_of(question.subject, doc)]
            assert 0 < len(found) < len(of_domain) / 2


def test_no_two_are_the_same_nor_is_any_in_another_set() -> None:
    texts = [normalised(question.text) for question in read_questions()]
    others = {normalised(row.text) for row in (*read_served(), *read_unserved(), *read_near_misses())}
    assert len(set(texts)) == len(texts)
    assert not others & set(texts)


@pytest.mark.parametrize("text", ["{", '{"instruction": "x"}', '{"instruction": "x", "domain": "y"}'])
def test_questions_that_can_not_be_read_are_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(text)
    with pytest.raises(EvaluationDataError, match="instruction, domain and preferences"):
        read_questions(file)


def test_an_answer_honours_a_figure_in_the_best_quarter_of_its_domain() -> None:
    docs = [
        make_doc(
            "torchhub", f"m{n}", "translation", "", f"torch.hub.load('a/b', 'm{n}')", facts={"year": 2000 + n}
        )
        for n in range(9)
    ]
    honours = Honours(Catalogue(docs))
    assert [honours.all_of(["newest"], doc) for doc in docs] == [False] * 6 + [True] * 3
    assert not honours.all_of(["smallest"], docs[0])
    assert not honours.all_of(["newest"], None)


def test_an_answer_honours_a_hub_or_a_way_to_translate() -> None:
    docs = [
        make_doc(hub, f"x-{pair}", "translation", "", f"load('{pair}')", facts={"language": pair.split("-")})
        for hub, pair in ((Hub.TORCHHUB, "de-en"), (Hub.HUGGINGFACE, "en-de"), (Hub.HUGGINGFACE, "en-fr-de"))
    ]
    honours = Honours(Catalogue(docs))
    assert [honours.all_of(["torchhub"], doc) for doc in docs] == [True, False, False]
    assert all(honours.all_of(["tfhub"], doc) for doc in docs)  # it has nothing of that domain
    assert [honours.all_of(["torchhub", "de-en"], doc) for doc in docs] == [True, False, False]
    assert [honours.all_of(["de-en"], doc) for doc in docs] == [True, False, True]


def test_where_a_subject_is_asked_for_a_doc_of_it_answers_whatever_is_preferred() -> None:
    docs = [
        make_doc(Hub.TFHUB, name, "image-classification", "", f"load('{name}')") for name in ("Birds", "x")
    ]
    honours = Honours(Catalogue(docs))
    question = Question("which bird, in PyTorch", Domain.IMAGE_CLASSIFICATION, ("torchhub",), ("bird",))
    assert question.kind is Kind.SUBJECT
    assert [honours.answered(question, doc) for doc in (*docs, None)] == [True, False, False]


def test_figures_are_told_by_quality_half_and_kind(tmp_path: Path) -> None:
    catalogue, encoder = Catalogue(small_docs()), WordEncoder()
    searcher = Searcher(catalogue, build_index(catalogue, encoder), encoder)
    domain = small_docs()[0].domain
    questions = [
        Question("sort photos, in PyTorch", domain, ("torchhub",)),
        Question("tell small birds from large ones on photos", domain, ()),
    ]
    figures = run(searcher, questions)
    rows = [row for row in figures["rows"] if row["quality"] == "balanced"]
    assert sorted(row["kind"] for row in rows) == ["hub", "trap"]
    assert {row["half"] for row in rows} <= set(Half)
    for row in rows:
        assert row["questions"] == row["understood"] == 1
        assert (row["kind"] == "trap") == (row["unchanged"] == 1 and row["honoured"] is None)
    (tmp_path / "preferences.json").write_text(json.dumps(figures))
    page = write_page(tmp_path).read_text()
    assert "| quality | half | kind | questions | understood |" in page
    assert "sort photos" not in page
