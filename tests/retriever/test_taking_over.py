"""An index takes over what stays: only other texts are embedded, and the result is that of a full build."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from api_docs.catalogue import Catalogue
from api_docs.errors import BrokenIndex
from api_docs.models import ApiDoc
from retriever import task_voice, vectors
from retriever.dense import DenseIndex
from retriever.embedding import load_encoder
from retriever.index import Index, build_index, open_index, save_index
from retriever.searcher import Searcher
from retriever.text import embedding_text
from tests.retriever.conftest import WordEncoder, make_doc, small_docs


def changed(doc: ApiDoc, **fields: object) -> ApiDoc:
    return ApiDoc.model_validate(doc.model_dump(exclude={"content_hash"}) | fields)


def next_docs() -> list[ApiDoc]:
    """One doc says something else, one is gone, one is new, one has another licence, all in another order."""
    docs = small_docs()
    new = make_doc(
        "huggingface", "a/new", "translation", "English to German.", "pipeline('translation', 'a/new')"
    )
    other = changed(docs[0], description="Sorts photos of mushrooms.")
    return [new, changed(docs[2], license="mit"), *docs[3:], other]


def asked(encoder: WordEncoder) -> list[str]:
    return [text for batch in encoder.asked for text in batch]


@pytest.fixture
def before(catalogue: Catalogue) -> Index:
    return build_index(catalogue, WordEncoder())


def test_only_texts_that_changed_are_embedded(before: Index, encoder: WordEncoder) -> None:
    after = Catalogue(next_docs())
    index = build_index(after, encoder, previous=before)
    assert sorted(asked(encoder)) == sorted(embedding_text(after.docs[row]) for row in (0, -1))
    assert index.embedded == 2


def test_what_is_taken_over_is_what_a_full_build_makes(before: Index, encoder: WordEncoder) -> None:
    after = Catalogue(next_docs())
    taken, full = build_index(after, encoder, previous=before), build_index(after, WordEncoder())
    assert np.array_equal(taken.dense.vectors(), full.dense.vectors())
    assert (taken.version, taken.doc_ids) == (full.version, full.doc_ids)
    one, other = Searcher(after, taken, encoder), Searcher(after, full, encoder)
    for instruction in ("mushrooms", "species of birds", "English to German", "what is said"):
        assert one.search(instruction, k=50) == other.search(instruction, k=50)


def test_with_a_real_model_rows_are_kept_bit_by_bit_and_new_ones_are_as_near_as_no_ranking_shows() -> None:
    encoder = load_encoder()
    before, after = build_index(Catalogue(small_docs()), encoder), Catalogue(next_docs())
    taken, full = build_index(after, encoder, previous=before), build_index(after, encoder)
    row = {doc_id: place for place, doc_id in enumerate(before.doc_ids)}
    kept = [place for place, doc_id in enumerate(taken.doc_ids) if doc_id in row][:-1]
    old = before.dense.vectors()[[row[taken.doc_ids[place]] for place in kept]]
    assert np.array_equal(taken.dense.vectors()[kept], old)
    assert np.abs(taken.dense.vectors() - full.dense.vectors()).max() < 1e-5


def test_nothing_is_embedded_for_the_same_texts(
    before: Index, catalogue: Catalogue, encoder: WordEncoder
) -> None:
    index = build_index(Catalogue(reversed(small_docs())), encoder, previous=before)
    assert (asked(encoder), index.embedded) == ([], 0)
    assert np.array_equal(index.dense.vectors(), before.dense.vectors()[::-1])


def test_what_vectors_were_made_of_is_on_disk(
    tmp_path: Path, before: Index, catalogue: Catalogue, encoder: WordEncoder
) -> None:
    save_index(before, tmp_path / "index", catalogue.version, encoder.name)
    read = open_index(tmp_path / "index", catalogue, encoder)
    build_index(catalogue, encoder, previous=read)
    assert asked(encoder) == []


def test_vectors_of_another_model_or_length_are_not_taken(before: Index, catalogue: Catalogue) -> None:
    other, shorter = WordEncoder(), WordEncoder()
    other.name, shorter.dimensions = "another-model", 32
    for encoder in (other, shorter):
        assert build_index(catalogue, encoder, previous=before).embedded == len(catalogue)


def test_another_weight_of_tasks_makes_all_vectors_anew(
    before: Index, catalogue: Catalogue, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "TASK_WEIGHT", task_voice.TASK_WEIGHT / 2)
    assert build_index(catalogue, encoder, previous=before).embedded == len(catalogue)


def test_before_the_first_doc_there_is_nothing_to_take(catalogue: Catalogue, encoder: WordEncoder) -> None:
    empty = build_index(Catalogue([]), encoder)
    assert build_index(catalogue, encoder, previous=empty).embedded == len(catalogue)


def test_progress_counts_what_is_embedded(before: Index, encoder: WordEncoder) -> None:
    seen: list[tuple[int, int]] = []
    build_index(Catalogue(next_docs()), encoder, lambda *done: seen.append(done), before)
    assert seen == [(2, 2)]


def test_a_damaged_file_of_origins_is_named(
    tmp_path: Path, before: Index, catalogue: Catalogue, encoder: WordEncoder
) -> None:
    path = tmp_path / "origins.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(BrokenIndex, match=r"origins\.npz.*callsmith index build"):
        vectors.Origins.load(path)


def test_origins_of_other_docs_are_refused(
    tmp_path: Path, before: Index, catalogue: Catalogue, encoder: WordEncoder
) -> None:
    fewer = replace(before.origins, rows=before.origins.rows[:-1])
    save_index(replace(before, origins=fewer), tmp_path / "index", catalogue.version, encoder.name)
    with pytest.raises(BrokenIndex, match="don't fit together"):
        open_index(tmp_path / "index", catalogue, encoder)


def test_rows_are_given_in_the_order_asked_for() -> None:
    index = DenseIndex.build(np.eye(4, dtype=np.float32))
    assert np.array_equal(index.rows([2, 0]), np.eye(4, dtype=np.float32)[[2, 0]])
