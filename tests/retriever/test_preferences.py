"""What instructions prefer of a model: which words say it, and which docs have it."""

from __future__ import annotations

import copy
from functools import cache

import numpy as np
import pytest

from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from api_docs.models import ApiDoc
from evaluation.question_sets import read_near_misses, read_served, read_unserved
from retriever.hits import Quality, RetrieverName
from retriever.index import build_index
from retriever.preferences import HUB_WINDOW, UNKNOWN, WINDOW, Preference, Preferring, Wish, read
from retriever.searcher import Searcher
from retriever.task_voice import places
from tests.retriever.conftest import WordEncoder, make_doc, small_docs
from tests.retriever.judges import judge_of
from tests.support import snapshot_catalogue

# ---- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("instruction", "told"),
    [
        ("tell cats from dogs with the smallest model you have", ["smallest"]),
        ("a light-weight network for pictures of tools", ["smallest"]),
        ("The model must be really small: transcribe calls", ["smallest"]),
        ("name the bird; it should run on my old phone", ["smallest"]),
        ("count people on a Raspberry Pi 4", ["smallest"]),
        ("speech to text under 50 million parameters", ["smallest"]),
        ("on-device speech recognition", ["smallest"]),
        ("Find the ball on live video in real time", ["fastest"]),
        ("a small, fast classifier for flowers", ["smallest", "fastest"]),
        ("the fastest one you have", ["fastest"]),
        ("classify scans as accurately as possible", ["most_accurate"]),
        ("state-of-the-art semantic segmentation", ["most_accurate"]),
        ("draw it with the most popular model", ["most_popular"]),
        ("use the newest model to find faces", ["newest"]),
        ("continue this text with the largest model available", ["largest"]),
        ("depth of a room, in PyTorch", ["torchhub"]),
        ("object detection from TF Hub", ["tfhub"]),
        ("a Keras layer that embeds text", ["tfhub"]),
        ("summarise it with Hugging Face transformers", ["huggingface"]),
        (
            "the tiniest PyTorch model that translates from German into English",
            ["smallest", "torchhub", "de-en"],
        ),
        ("to English from Polish", ["pl-en"]),
    ],
)
def test_what_is_said_of_the_model_is_a_preference(instruction: str, told: list[str]) -> None:
    assert list(read(instruction).told) == told


@pytest.mark.parametrize(
    "instruction",
    [
        "tell small dogs from large ones",
        "a tiny crack in a weld",
        "find fast cars with a model of any size",
        "small object detection model",
        "traffic light detection model",
        "read the large print aloud",
        "sort photos of fashion models",
        "is the model train old or new",
        "is this the latest model of the phone",
        "which car is the newest model",
        "a large language model that writes poems",
        "I don't need a small model, any will do",
        "it needn't be the fastest model",
        "rather than a tiny model take what works",
        'say "we have the smallest model" aloud',
        "classify reviews of our mobile app",
        "people with phones who run on a beach",
        "a man with a torch in a cave",
        "is a question about PyTorch or about cooking",
        "posts from PyTorch forums",
        "the history of TensorFlow models",
        "find transformers on a photo of a power station",
        "a smaller or larger model",
        "PyTorch weights in TensorFlow",
        "German and English reviews",
        "find scratches on pictures of wood in real time",
        "name the plant with high accuracy",
        "translate it into Italian",
        "x" * 700 + " with the smallest model",
    ],
)
def test_words_that_mean_something_else_or_nothing_clear_are_none(instruction: str) -> None:
    assert read(instruction).told == ()


def test_hardly_any_question_that_was_written_for_something_else_has_a_preference() -> None:
    others = [row.text for row in (*read_served(), *read_unserved(), *read_near_misses())]
    assert sum(bool(read(text).told) for text in others) <= 10


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


def order(docs: list[ApiDoc], scores: list[float], wish: Wish) -> list[str]:
    """Names by score and what a wish adds to it."""
    plain = np.array(scores, dtype=np.float32)
    lift = preferring(docs).lift(wish, np.arange(len(docs)), plain, int(plain.argmax()), 1.0)
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
