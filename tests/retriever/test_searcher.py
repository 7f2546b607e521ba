"""Ranking: against brute force, filters, merging, threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from retriever.batching import BatchingEncoder
from retriever.bm25 import Bm25Backend, Bm25s, tokenize
from retriever.fusion import FIRM, MILD, Leaning, fuse
from retriever.hits import Exploration, Quality, RetrieverName
from retriever.index import build_index
from retriever.judge import Judge
from retriever.searcher import Searcher
from retriever.task_voice import TASK_WEIGHT, TaskVoice, centroids, places
from retriever.text import embedding_text, keyword_text
from tests.retriever.conftest import WordEncoder, make_doc
from tests.retriever.judges import judge_of

INSTRUCTIONS = [
    "write down what people say in my recordings",
    "which bird is on this photo",
    "what do I hear: a siren or a dog?",
    "sort my holiday photos",
    "xyzzy",
]
RANKING = [RetrieverName.HYBRID, RetrieverName.BM25, RetrieverName.DENSE]


@pytest.fixture
def searcher(catalogue: Catalogue, encoder: WordEncoder) -> Searcher:
    return Searcher(catalogue, build_index(catalogue, encoder), encoder)


def brute_force(catalogue: Catalogue, instruction: str, retriever: RetrieverName) -> list[str]:
    """Doc ids in order, one per call, from plain matrix products and full sorts."""
    encoder = WordEncoder()
    docs = catalogue.docs
    vectors = encoder.encode([embedding_text(doc) for doc in docs])
    vectors = vectors + TASK_WEIGHT * centroids(encoder)[places([doc.domain for doc in docs])]
    dense = vectors @ encoder.encode([instruction])[0]
    words = tokenize(instruction)
    bm25 = Bm25s.build(tokenize(keyword_text(doc)) for doc in docs).scores(words)
    task = TaskVoice(places([doc.domain for doc in docs])).scores(words)
    identities = [entry.identity for entry in catalogue.entries]
    call_of = np.array([identities.index(identity) for identity in identities])
    scores = {
        RetrieverName.HYBRID: fuse(dense, bm25, task, call_of),
        RetrieverName.BM25: bm25,
        RetrieverName.DENSE: dense,
    }[retriever]
    rows = [row for row in range(len(docs)) if retriever is not RetrieverName.BM25 or bm25[row] > 0]
    rows.sort(key=lambda row: (not docs[row].alive, -scores[row], row))
    seen: set[int] = set()
    return [docs[row].id for row in rows if not (call_of[row] in seen or seen.add(int(call_of[row])))]


@pytest.mark.parametrize("retriever", RANKING)
@pytest.mark.parametrize("instruction", INSTRUCTIONS)
def test_every_retriever_ranks_like_brute_force(
    searcher: Searcher, catalogue: Catalogue, retriever: RetrieverName, instruction: str
) -> None:
    hits = searcher.search(instruction, k=50, retriever=retriever)
    assert [hit.doc_id for hit in hits] == brute_force(catalogue, instruction, retriever)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


@pytest.mark.parametrize("retriever", RANKING)
@pytest.mark.parametrize("instruction", INSTRUCTIONS)
def test_the_best_of_each_hub_is_its_first_among_all(
    searcher: Searcher, catalogue: Catalogue, retriever: RetrieverName, instruction: str
) -> None:
    every = searcher.search(instruction, k=50, retriever=retriever)
    firsts = {catalogue.doc(hit.doc_id).hub: hit for hit in reversed(every)}
    explored = searcher.explore(instruction, k=2, retriever=retriever)
    best = explored.of_hubs
    assert list(explored.hits) == every[:2]
    found = {catalogue.doc(hit.doc_id).hub: (hit.doc_id, hit.rank, hit.score, hit.scores) for hit in best}
    assert found == {hub: (hit.doc_id, hit.rank, hit.score, hit.scores) for hub, hit in firsts.items()}
    assert [hit.rank for hit in best] == sorted(hit.rank for hit in best)


@pytest.mark.parametrize("retriever", RANKING)
@pytest.mark.parametrize("instruction", INSTRUCTIONS)
def test_the_best_of_each_domain_is_its_first_among_all(
    searcher: Searcher, catalogue: Catalogue, retriever: RetrieverName, instruction: str
) -> None:
    every = searcher.search(instruction, k=50, retriever=retriever)
    firsts = {catalogue.doc(hit.doc_id).domain: hit.doc_id for hit in reversed(every)}
    best = searcher.explore(instruction, k=2, retriever=retriever).of_domains
    assert {catalogue.doc(hit.doc_id).domain: hit.doc_id for hit in best} == firsts
    assert [hit.rank for hit in best] == sorted(hit.rank for hit in best)


def test_exploring_nothing_finds_nothing(searcher: Searcher) -> None:
    assert searcher.explore("birds", retriever=RetrieverName.NONE) == Exploration()
    assert searcher.explore("birds", domain=Domain.TRANSLATION) == Exploration()
    assert searcher.explore("xyzzy", retriever=RetrieverName.BM25) == Exploration()


SPEECH, SOUNDS, PICTURES = (
    Domain.AUTOMATIC_SPEECH_RECOGNITION,
    Domain.AUDIO_CLASSIFICATION,
    Domain.IMAGE_CLASSIFICATION,
)


def judged(catalogue: Catalogue, judge: Judge) -> Searcher:
    encoder = WordEncoder()
    return Searcher(catalogue, build_index(catalogue, encoder), encoder, judge=judge)


@pytest.mark.parametrize(("quality", "weights"), [(Quality.BALANCED, MILD.among(3)), (Quality.BEST, FIRM)])
def test_what_is_likely_is_heard_with_the_weights_of_the_quality(
    catalogue: Catalogue, encoder: WordEncoder, quality: Quality, weights: object
) -> None:
    judge = judge_of(encoder, {SPEECH: 1.0, SOUNDS: 0.0, PICTURES: -1.0})
    likely = dict(zip((SPEECH, SOUNDS, PICTURES), np.exp([1, 0, -1]) / np.exp([1, 0, -1]).sum(), strict=True))
    for hit in judged(catalogue, judge).search(INSTRUCTIONS[2], k=50, quality=quality):
        domain = catalogue.doc(hit.doc_id).domain
        assert hit.scores["domain"] == pytest.approx(likely[domain])
    every = judged(catalogue, judge).search(INSTRUCTIONS[2], k=50, quality=quality)
    plain = judged(catalogue, judge)._by_all_voices(
        INSTRUCTIONS[2], np.arange(len(catalogue)), firmly=quality is Quality.BEST
    )
    rows = np.array([likely[doc.domain] for doc in catalogue.docs], dtype=np.float32)
    given = (plain.scores[name] for name in ("dense", "bm25", "task"))
    calls = judged(catalogue, judge)._call_of
    expected = fuse(*given, calls, Leaning(rows, weights))  # type: ignore[arg-type]
    by_id = {doc.id: score for doc, score in zip(catalogue.docs, expected.tolist(), strict=True)}
    assert [hit.score for hit in every] == pytest.approx([by_id[hit.doc_id] for hit in every])


def test_domains_are_told_likeliest_first(catalogue: Catalogue, encoder: WordEncoder) -> None:
    judge = judge_of(encoder, {SPEECH: 9.0, SOUNDS: 0.0, PICTURES: 8.0})
    found = judged(catalogue, judge).explore("name the sounds of sirens and dogs", k=1).of_domains
    assert [catalogue.doc(hit.doc_id).domain for hit in found] == [SPEECH, PICTURES, SOUNDS]


def test_docs_of_domains_that_nobody_taught_are_neither_helped_nor_hindered(
    catalogue: Catalogue, encoder: WordEncoder
) -> None:
    searcher = judged(catalogue, judge_of(encoder, {SPEECH: 1.0, PICTURES: 0.0}))
    hits = {hit.doc_id: hit.scores["domain"] for hit in searcher.search("dogs", k=50)}
    assert hits["tfhub:google/yamnet"] == max(hits.values())
    explored = searcher.explore("name the sounds in a recording: dogs, sirens, music", k=1)
    assert explored.hits[0].doc_id == "tfhub:google/yamnet"
    assert explored.judgement is not None
    assert explored.judgement.right is None


def test_an_instruction_close_to_a_doc_that_nobody_taught_is_served_whatever_else_is_thought(
    catalogue: Catalogue, encoder: WordEncoder
) -> None:
    searcher = judged(catalogue, judge_of(encoder, {SPEECH: 1.0, PICTURES: 0.0}, served=-9.0))
    near = searcher.explore("names the sounds in a recording: dogs, sirens, music").judgement
    far = searcher.explore("which bird is on this photo").judgement
    assert near is not None
    assert far is not None
    assert near.served > 0.9
    assert far.served < 0.1


def test_a_judge_of_another_model_says_nothing(catalogue: Catalogue, encoder: WordEncoder) -> None:
    plain = Searcher(catalogue, build_index(catalogue, encoder), encoder)
    other = replace(judge_of(encoder, {SPEECH: 9.0}), model="another")
    assert judged(catalogue, other).explore(INSTRUCTIONS[0]) == plain.explore(INSTRUCTIONS[0])
    assert plain.explore(INSTRUCTIONS[0]).judgement is None


@pytest.mark.parametrize("retriever", [RetrieverName.BM25, RetrieverName.DENSE])
def test_a_single_voice_is_not_judged(
    catalogue: Catalogue, encoder: WordEncoder, retriever: RetrieverName
) -> None:
    searcher = judged(catalogue, judge_of(encoder, {SPEECH: 9.0}))
    assert searcher.explore(INSTRUCTIONS[0], retriever=retriever).judgement is None


def test_fast_encodes_nothing_and_ranks_by_words_and_tasks(
    catalogue: Catalogue, encoder: WordEncoder
) -> None:
    index, judge = build_index(catalogue, encoder), judge_of(encoder, {SPEECH: 9.0})
    searcher = Searcher(catalogue, index, encoder, judge=judge)
    encoder.asked.clear()
    explored = searcher.explore(INSTRUCTIONS[0], k=50, quality=Quality.FAST)
    assert encoder.asked == []
    assert explored.judgement is None
    words = tokenize(INSTRUCTIONS[0])
    bm25 = Bm25s.build(tokenize(keyword_text(doc)) for doc in catalogue.docs).scores(words)
    task = TaskVoice(places([doc.domain for doc in catalogue.docs])).scores(words)
    for hit in explored.hits:
        row = [doc.id for doc in catalogue.docs].index(hit.doc_id)
        assert hit.scores["bm25"] == pytest.approx(float(bm25[row]))
        assert hit.scores["task"] == pytest.approx(float(task[row]))
        assert bm25[row] > 0 or task[row] > 0
    assert catalogue.doc(explored.hits[0].doc_id).domain == SPEECH
    assert searcher.search("xyzzy", quality=Quality.FAST) == []


@pytest.mark.parametrize("retriever", RANKING)
def test_fewer_hits_are_the_first_of_more(searcher: Searcher, retriever: RetrieverName) -> None:
    for instruction in INSTRUCTIONS:
        every = searcher.search(instruction, k=50, retriever=retriever)
        assert searcher.search(instruction, k=2, retriever=retriever) == every[:2]


def test_hits_carry_the_score_of_each_retriever(searcher: Searcher) -> None:
    hit = searcher.search("write down what is said", k=1)[0]
    assert hit.scores.keys() == {"bm25", "dense", "task", "fused"}
    assert hit.score == hit.scores["fused"]


def test_equal_calls_are_one_hit(searcher: Searcher) -> None:
    hits = searcher.search("name the sounds of sirens and dogs", k=50)
    yamnet = [hit for hit in hits if "yamnet" in hit.doc_id]
    assert len(yamnet) == 1
    assert {yamnet[0].doc_id, *yamnet[0].merged} == {"tfhub:google/yamnet", "tfhub:google/yamnet-layer"}


def test_filters_leave_only_their_hub_and_domain(searcher: Searcher, catalogue: Catalogue) -> None:
    for hit in searcher.search("write down what is said", k=50, hub="huggingface"):
        assert catalogue.doc(hit.doc_id).hub == "huggingface"
    found = searcher.search("birds", k=50, hub="torchhub", domain=Domain.IMAGE_CLASSIFICATION)
    assert [hit.doc_id for hit in found] == ["torchhub:pytorch/vision:resnet50"]
    assert searcher.search("birds", hub="tfhub", domain=Domain.TRANSLATION) == []


def test_dead_docs_come_last(searcher: Searcher) -> None:
    hits = searcher.search("two hundred species of birds apart on photos", k=50)
    assert hits[-1].doc_id == "huggingface:dead/birds"


def test_retriever_none_returns_nothing(searcher: Searcher) -> None:
    assert searcher.search("birds", retriever=RetrieverName.NONE) == []


def test_rank_bm25_can_be_selected(catalogue: Catalogue, encoder: WordEncoder) -> None:
    index = build_index(catalogue, encoder)
    published = Searcher(catalogue, index, encoder, Bm25Backend.RANK_BM25)
    hits = published.search("bird species", retriever=RetrieverName.BM25)
    assert hits[0].doc_id == "huggingface:google/vit-birds"


def test_an_empty_catalogue_answers_with_no_hits(encoder: WordEncoder) -> None:
    empty = Catalogue([])
    assert Searcher(empty, build_index(empty, encoder), encoder).search("anything") == []


def test_many_threads_get_the_answers_of_one(catalogue: Catalogue, encoder: WordEncoder) -> None:
    batching = BatchingEncoder(encoder)
    searcher = Searcher(catalogue, build_index(catalogue, encoder), batching)
    asked = INSTRUCTIONS * 20
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(searcher.search, asked))
    batching.close()
    assert together == list(map(_alone(catalogue).search, asked))


def _alone(catalogue: Catalogue) -> Searcher:
    encoder = WordEncoder()
    return Searcher(catalogue, build_index(catalogue, encoder), encoder)


def test_a_name_is_split_at_its_seams() -> None:
    doc = make_doc(
        "torchhub",
        "a/b:wide_resnet50_2",
        "image-classification",
        "",
        "torch.hub.load('a/b', 'wide_resnet50_2')",
    )
    assert "wide resnet50 2 wide resnet 50 2" in keyword_text(doc)


def test_call_templates_stay_out_of_the_texts(catalogue: Catalogue) -> None:
    for doc in catalogue.docs:
        assert "torch.hub.load" not in embedding_text(doc)
        assert "pipeline(" not in embedding_text(doc)
