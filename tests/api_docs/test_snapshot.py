"""The catalogue that ships with Callsmith."""

from __future__ import annotations

from collections import Counter

from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue
from api_docs.verification import check_doc


def test_the_snapshot_is_large_and_varied_enough() -> None:
    docs = load_catalogue(SNAPSHOT_FOLDER).docs
    hubs = Counter(doc.hub for doc in docs)
    assert hubs["torchhub"] >= 300
    assert hubs["tfhub"] >= 1_100
    assert hubs["huggingface"] >= 1_500
    tasks = Counter(doc.domain for doc in docs if doc.hub == "huggingface")
    assert len(tasks) >= 35
    assert max(tasks.values()) <= hubs["huggingface"] / 3


def test_every_call_of_the_snapshot_verifies_and_loads_what_no_other_does() -> None:
    docs = load_catalogue(SNAPSHOT_FOLDER).docs
    assert len({check_doc(doc).identity for doc in docs}) == len(docs)


def test_every_doc_says_what_it_is_for() -> None:
    for doc in load_catalogue(SNAPSHOT_FOLDER).docs:
        assert len(doc.description.split()) >= 12, doc.id
        assert doc.last_checked is not None
