"""Which docs have what is preferred of a model, and how they are ordered by it."""

from __future__ import annotations

import copy
from functools import cache

import numpy as np
import pytest

from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from api_docs.models import ApiDoc
from evaluation.question_sets import read_served
from retriever.hits import Quality, RetrieverName
from retriever.index import build_index
from retriever.preferences import HUB_WINDOW, SUBJECT_WINDOW, UNKNOWN, WINDOW, Preferring
from retriever.searcher import Searcher
from retriever.task_voice import places
from retriever.wishes import Preference, Wish, read
from tests.retriever.conftest import WordEncoder, make_doc, small_docs
from tests.retriever.judges import judge_of
from tests.support import snapshot_catalogue

# ---- facts ---------------------------------------------------------------------------------------

DOMAIN = "image-classification"


def model(name: str, hub: str = "huggingface", domain: str = DOMAIN, **more: object) -> ApiDoc:
    return make_doc(hub, name, domain, "Tells photos apart.", f"pipeline('{domain}', model='{name}')", **more)


def preferring(docs: list[ApiDoc], calls: list[int] | None = None) -> Preferring:
    call_of = np.array(calls if calls is not None else range(len(docs)))
    return Preferring(docs, call_of, places([doc.domain for doc in docs]))


def standings(docs: list[ApiDoc], preference: Preference) -> list[float | None]:
    found = preferring(docs).standing(preference).tolist()
    return [None if np.isnan(one) else one for one in found]


def test_a_standing_is_the_share_of_the_domains_others_that_a_doc_is_better_than() -> None:
    sizes = (5, 1, 3, 3, None)
    docs = [model(f"m{n}", facts={"parameters": size} if size else {}) for n, size in enumerate(sizes)]
    docs.append(model("other", domain="translation", facts={"parameters": 2}))
    assert standings(docs, Preference.SMALLEST) == [0.0, 1.0, 0.5, 0.5, None, None]
    assert standings(docs, Preference.LARGEST) == [1.0, 0.0, 0.5, 0.5, None, None]


@pytest.mark.parametrize(
    ("preference", "fact"),
    [
        (Preference.SMALLEST, "parameters"),
        (Preference.NEWEST, "year"),
        (Preference.MOST_POPULAR, "downloads"),
    ],
)
def test_standings_of_the_snapshot_are_those_of_brute_force(preference: Preference, fact: str) -> None:
    docs = [doc for doc in snapshot_catalogue().docs if fact in doc.facts]
    found = standings(docs, preference)
    sign = -1 if preference is Preference.SMALLEST else 1
    for doc, standing in list(zip(docs, found, strict=True))[::40]:
        others = [
            sign * other.facts[fact] for other in docs if other.domain == doc.domain and other is not doc
        ]  # type: ignore[operator]
        own = sign * doc.facts[fact]  # type: ignore[operator]
        shares = [(own > other) + (own == other) / 2 for other in others]
        assert standing == (pytest.approx(sum(shares) / len(shares)) if shares else None)


def test_a_size_in_megabytes_stands_in_for_parameters_and_likes_for_downloads() -> None:
    docs = [model("a", facts={"parameters": 1_000_000}), model("b", facts={"size_mb": 400.0, "likes": 3})]
    assert standings([*docs, model("c", facts={"likes": 9})], Preference.SMALLEST) == [1.0, 0.0, None]
    assert standings([*docs, model("c", facts={"likes": 9})], Preference.MOST_POPULAR) == [None, 0.0, 1.0]


def test_figures_are_compared_on_one_data_set_and_metric_only() -> None:
    def measured(name: str, dataset: str, metric: str, value: float) -> ApiDoc:
        return model(name, performance={dataset: {metric: value}})

    same = [measured(f"a{value}", "IMDB", "accuracy", value) for value in (90.0, 70.0, 80.0)]
    errors = [measured(f"e{value}", "LibriSpeech", "Test WER", value) for value in (3.0, 1.0, 2.0)]
    alone = [measured("b", "SST-2", "accuracy", 99.0), measured("c", "IMDB", "gen_len", 99.0)]
    found = standings([*same, *errors, *alone], Preference.MOST_ACCURATE)
    assert found == [1.0, 0.0, 0.5, 0.0, 1.0, 0.5, None, None]


def test_docs_of_one_call_share_what_is_known() -> None:
    docs = [model("a"), model("b", facts={"year": 2020}), model("c", facts={"year": 2010})]
    assert preferring(docs, [0, 0, 1]).standing(Preference.NEWEST).tolist()[0] == pytest.approx(0.75)


# ---- order ---------------------------------------------------------------------------------------


def order(docs: list[ApiDoc], scores: list[float], wish: Wish, about: list[float] | None = None) -> list[str]:
    """Names by score and what a wish adds to it; all are as much about the subject unless that is told."""
    plain = np.array(scores, dtype=np.float32)
    likeness = np.array(about or [0.0] * len(docs), dtype=np.float32)
    lift = preferring(docs).lift(wish, np.arange(len(docs)), plain, int(plain.argmax()), likeness)
    assert (lift >= 0).all()
    return [docs[row].name for row in np.argsort(-(plain + lift), kind="stable")]


SMALL = Wish((Preference.SMALLEST,))


def test_among_docs_near_the_best_what_serves_comes_first_then_the_unknown_then_what_contradicts() -> None:
    docs = [model("big", facts={"parameters": 9}), model("unknown"), model("small", facts={"parameters": 1})]
    assert order(docs, [1.0, 0.95, 0.91], SMALL) == ["small", "unknown", "big"]
    assert UNKNOWN == 0.5


def test_nothing_far_and_nothing_of_another_domain_is_brought() -> None:
    docs = [
        model("big", facts={"parameters": 9}),
        model("far", facts={"parameters": 1}),
        model("other", domain="translation", facts={"parameters": 1}),
        model("other-big", domain="translation", facts={"parameters": 2}),
    ]
    assert order(docs, [1.0, 1.0 - WINDOW - 0.01, 0.99, 0.98], SMALL)[0] == "big"


@pytest.mark.parametrize("wish", [SMALL, Wish((Preference.TORCHHUB,))])
def test_a_preference_brings_nothing_that_is_less_about_the_subject(wish: Wish) -> None:
    docs = [
        model("flowers", facts={"parameters": 9}),
        model("things", hub="torchhub", facts={"parameters": 1}),
        model("plants", hub="torchhub", facts={"parameters": 5}),
    ]
    near, far = 0.5 - SUBJECT_WINDOW + 0.01, 0.5 - SUBJECT_WINDOW - 0.01
    assert order(docs, [1.0, 0.97, 0.95], wish, [0.5, far, near])[0] == "plants"
    assert order(docs, [1.0, 0.97, 0.95], wish, [0.5, near, near])[0] == "things"
    assert order(docs, [1.0, 0.97, 0.95], wish, [0.5, far, far])[0] == "flowers"


def test_a_hub_comes_first_and_figures_choose_within_it() -> None:
    docs = [
        model("hf", facts={"parameters": 1}),
        model("th-big", hub="torchhub", facts={"parameters": 9}),
        model("th-small", hub="torchhub", facts={"parameters": 5}),
        model("th-far", hub="torchhub", facts={"parameters": 2}),
    ]
    scores = [1.0, 0.9, 0.85, 1.0 - HUB_WINDOW - 0.01]
    assert order(docs, scores, Wish((Preference.TORCHHUB,)))[:2] == ["th-big", "th-small"]
    assert order(docs, scores, Wish((Preference.SMALLEST, Preference.TORCHHUB)))[0] == "th-small"
    assert order(docs, scores, Wish((Preference.TFHUB,)))[0] == "hf"


def test_a_preference_brings_nothing_that_speaks_other_languages() -> None:
    docs = [
        model("german", facts={"parameters": 9, "language": ["de"]}),
        model("english", facts={"parameters": 1, "language": ["en"]}),
        model("many", facts={"parameters": 5, "language": ["en", "de-at", "fr"]}),
    ]
    german = Wish((Preference.SMALLEST,), frozenset({"de"}))
    assert order(docs, [1.0, 0.99, 0.98], german)[0] == "many"
    assert order(docs[1:], [0.99, 1.0], SMALL)[0] == "english"


def test_translations_that_go_the_right_way_come_first() -> None:
    docs = [model(name, facts={"language": name.split("-")}) for name in ("en-de", "de-en", "en-de-fr")]
    wish = Wish((), frozenset({"de", "en"}), ("de", "en"))
    assert order(docs, [1.0, 0.95, 0.94], wish) == ["de-en", "en-de-fr", "en-de"]


def test_what_is_preferred_is_found_first_and_dead_docs_stay_last() -> None:
    docs = [
        model("big", facts={"parameters": 9}),
        model("dead", facts={"parameters": 1}, alive=False),
        model("tiny", facts={"parameters": 2}),
    ]
    found = [hit.doc_id for hit in over(docs).search("tell photos apart with a small model")]
    assert found == ["huggingface:tiny", "huggingface:big", "huggingface:dead"]
    found = [hit.doc_id for hit in over(docs).search("tell photos apart with the largest model")]
    assert found == ["huggingface:big", "huggingface:tiny", "huggingface:dead"]


# ---- in the searcher -----------------------------------------------------------------------------


def over(docs: list[ApiDoc]) -> Searcher:
    catalogue, encoder = Catalogue(docs), WordEncoder()
    return Searcher(catalogue, build_index(catalogue, encoder), encoder)


@cache
def of_snapshot() -> tuple[Searcher, Searcher]:
    """A searcher over the snapshot, and one that hears no preferences."""
    searcher = over(list(snapshot_catalogue().docs))
    deaf = copy.copy(searcher)
    deaf.wish_of = lambda _: Wish()
    return searcher, deaf


@pytest.mark.parametrize("quality", Quality)
def test_without_a_preference_everything_is_ranked_as_before(quality: Quality) -> None:
    heard, deaf = of_snapshot()
    for row in read_served()[::4]:
        if not read(row.text).told:
            assert heard.explore(row.text, quality=quality) == deaf.explore(row.text, quality=quality)


@pytest.mark.parametrize("quality", Quality)
def test_a_preference_keeps_the_domain_and_says_what_it_added(quality: Quality) -> None:
    heard, deaf = of_snapshot()
    for text in (
        "photos of tools, with the smallest model you have",
        "find cars with a fast model in PyTorch",
    ):
        found, plain = heard.explore(text, quality=quality), deaf.explore(text, quality=quality)
        docs = [heard.catalogue.doc(one.hits[0].doc_id) for one in (found, plain)]
        assert docs[0].domain == docs[1].domain
        assert found.preferences == read(text).told
        assert plain.preferences == ()
        best = found.hits[0]
        assert best.score == pytest.approx(best.scores["fused"] + best.scores["preference"], abs=1e-5)
        assert found == heard.explore(text, quality=quality)
        assert [hit.doc_id for hit in heard.search(text, quality=quality)] == [h.doc_id for h in found.hits]


def test_what_is_for_the_subject_stays_before_what_only_shares_the_words_of_a_preference() -> None:
    call = "pipeline('image-classification', model='{}')"
    docs = [
        make_doc("huggingface", name, DOMAIN, text, call.format(name), facts={"parameters": size})
        for name, text, size in (
            ("plants", "Names flowers, herbs, trees.", 9),
            ("things", "Names things, small model, tiny model, with flowers among others.", 1),
        )
    ]
    found = over(docs).explore("names flowers, herbs; small model")
    assert found.preferences == ("smallest",)
    best, other = found.hits
    assert best.doc_id == "huggingface:plants"
    assert best.scores["fused"] - other.scores["fused"] < WINDOW
    assert best.scores["dense"] - other.scores["dense"] < SUBJECT_WINDOW


def test_only_an_instruction_that_prefers_something_is_encoded_without_it_too() -> None:
    docs, encoder = [model("a"), model("b")], WordEncoder()
    catalogue = Catalogue(docs)
    searcher = Searcher(catalogue, build_index(catalogue, encoder), encoder)
    encoder.asked.clear()
    searcher.search("photos of tools")
    searcher.search("translate German into English")
    assert encoder.asked == [["photos of tools"], ["translate German into English"]]
    encoder.asked.clear()
    searcher.search("photos of tools, in PyTorch")
    assert encoder.asked == [["photos of tools, in PyTorch"], ["photos of tools , in"]]


def test_the_judgement_is_that_of_the_ranking_without_preferences() -> None:
    docs = [model("old", facts={"year": 2015}), model("new", facts={"year": 2020}), *small_docs()]
    catalogue, encoder = Catalogue(docs), WordEncoder()
    judge = judge_of(encoder, {Domain.AUTOMATIC_SPEECH_RECOGNITION: 0.0, Domain.IMAGE_CLASSIFICATION: 1.0})
    heard = Searcher(catalogue, build_index(catalogue, encoder), encoder, judge=judge)
    deaf = copy.copy(heard)
    deaf.wish_of = lambda _: Wish()
    text = "Tells photos apart, the newest model"
    found, plain = heard.explore(text), deaf.explore(text)
    assert found.hits[0].doc_id != plain.hits[0].doc_id
    assert found.judgement is not None
    assert plain.judgement is not None
    assert (found.judgement.served, found.judgement.right) == (plain.judgement.served, plain.judgement.right)


@pytest.mark.parametrize("retriever", [RetrieverName.BM25, RetrieverName.DENSE])
def test_one_voice_alone_hears_no_preference(retriever: RetrieverName) -> None:
    heard, deaf = of_snapshot()
    text = "photos of tools, with the smallest model you have"
    assert heard.explore(text, retriever=retriever) == deaf.explore(text, retriever=retriever)
