"""Every filter: what it refuses and with which words, and what it lets through."""

from __future__ import annotations

import pytest

from api_docs.catalogue import Catalogue
from finetune.instructions.names import Names
from finetune.teacher.filters import Filter, Filters, Limits, Refusal
from retriever.index import build_index
from retriever.searcher import Searcher
from tests.retriever.conftest import WordEncoder, make_doc, small_docs

WISH = "Which sounds are in this recording, dogs or sirens?"


@pytest.fixture(scope="module")
def searcher() -> Searcher:
    docs = [
        *small_docs(),
        make_doc(
            "huggingface",
            "shop/tuner-violet",
            "audio-classification",
            "Hears whether an instrument is in tune.",
            "pipeline('audio-classification', model='shop/tuner-violet')",
        ),
    ]
    catalogue, encoder = Catalogue(docs), WordEncoder()
    return Searcher(catalogue, build_index(catalogue, encoder), encoder)


@pytest.fixture
def filters(searcher: Searcher) -> Filters:
    return Filters(Names(searcher.catalogue.docs), searcher, Limits(within=1))


def judge(
    filters: Filters, searcher: Searcher, *texts: str, doc: str = "tfhub:google/yamnet"
) -> list[Refusal | None]:
    return filters.judge(texts, searcher.catalogue.doc(doc))


@pytest.mark.parametrize(
    ("text", "refused", "reason"),
    [
        ("", Filter.LENGTH, "is empty"),
        ("sounds, please", Filter.LENGTH, "2 words; expected 3 to 90"),
        (f"{WISH} {'and sounds ' * 50}", Filter.LENGTH, "109 words; expected 3 to 90"),
        ("¿Qué sonidos hay en la grabación, son de perros o de sirenas?", Filter.LANGUAGE, "reads like 'es'"),
        ("这段录音里是什么声音", Filter.LENGTH, "1 words"),
        ("What sounds? 这段录音里有哪些声音呢我想知道", Filter.LANGUAGE, "reads like 'zh'"),
        ("I'm sorry, but I can't name the sounds in a recording", Filter.UNANSWERABLE, "a machine's words"),
        ("As an AI I name the sounds in recordings", Filter.UNANSWERABLE, "'As an AI'"),
        ("Name the sounds in [your recording] of dogs", Filter.UNANSWERABLE, "'[your recording]'"),
        ("Name the sounds in <file> of dogs", Filter.UNANSWERABLE, "'<file>'"),
        (
            "I need an API, please provide some model",
            Filter.UNANSWERABLE,
            "no more than that something is wanted",
        ),
        ("Which sounds does yamnet hear in a recording?", Filter.LEAK, "says 'yamnet'"),
        ("Use YOLOv8 on sounds in a recording", Filter.LEAK, "says 'YOLOv8'"),
        (
            "Sorts photos into a thousand everyday classes",
            Filter.UNANSWERABLE,
            "asks for image-classification, … rather than for audio-classification",
        ),
    ],
)
def test_a_filter_refuses_with_its_reason(
    text: str, refused: Filter, reason: str, filters: Filters, searcher: Searcher
) -> None:
    [found] = judge(filters, searcher, text)
    assert found is not None
    assert found.filter is refused
    assert reason in found.reason


def test_a_domain_counts_once_however_many_of_its_docs_come_first(searcher: Searcher) -> None:
    text = "Sorts photos of birds, species apart; and the sounds in recordings"
    hits = searcher.search(text, k=5)
    domains = [searcher.catalogue.doc(hit.doc_id).domain.value for hit in hits]
    assert domains[:3] == ["image-classification", "image-classification", "audio-classification"]
    two = Filters(Names([]), searcher, Limits(within=2))
    assert judge(two, searcher, text) == [None]


def test_the_docs_own_name_is_a_leak_for_its_own_instructions_only(
    filters: Filters, searcher: Searcher
) -> None:
    text = "a violet violin: hear whether an instrument is in tune in this recording of sounds"
    [found] = judge(filters, searcher, text, doc="huggingface:shop/tuner-violet")
    assert found == Refusal(Filter.LEAK, "says 'violet'")
    assert judge(filters, searcher, text) == [None]


def test_of_two_alike_the_first_is_kept_whatever_list_it_stands_in(
    filters: Filters, searcher: Searcher
) -> None:
    said = judge(filters, searcher, WISH, "Sirens or dogs: which sounds are in this recording?")
    assert said[0] is None
    assert said[1] == Refusal(Filter.DUPLICATE, f"has cosine 1.000 with {WISH!r}")
    run = "which sounds are in this recording dogs or"
    longer = "Which sounds are in this recording: dogs or whistles of kettles and trains, wind, a piano?"
    assert judge(filters, searcher, longer)[0] == Refusal(Filter.DUPLICATE, f"shares {run!r} with {WISH!r}")


def test_what_is_refused_is_not_remembered(filters: Filters, searcher: Searcher) -> None:
    leak = f"{WISH} yamnet"
    assert [one and one.filter for one in judge(filters, searcher, leak, WISH)] == [Filter.LEAK, None]


def test_instructions_in_other_words_are_kept(filters: Filters, searcher: Searcher) -> None:
    texts = [
        WISH,
        "My alarm barks at night; name the sounds it makes",
        "music or sirens in 521 clips, name them",
    ]
    assert judge(filters, searcher, *texts) == [None, None, None]


def test_the_same_order_gives_the_same_verdicts(searcher: Searcher) -> None:
    texts = [
        WISH,
        "name the sounds",
        WISH,
        "Sorts photos into classes",
        "dogs, sirens, music: name the sounds",
    ]
    doc = searcher.catalogue.doc("tfhub:google/yamnet")
    once = Filters(Names(searcher.catalogue.docs), searcher).judge(texts, doc)
    again = Filters(Names(searcher.catalogue.docs), searcher)
    assert [verdict for text in texts for verdict in again.judge([text], doc)] == once
