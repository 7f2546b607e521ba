"""The snapshot is whole or refused: descriptions composed, every call proved, nothing loaded twice."""

from __future__ import annotations

from typing import Any

import pytest

from api_docs.describe import describe
from api_docs.errors import BrokenCatalogue, InvalidDoc
from api_docs.models import ApiDoc
from api_docs.snapshot_build import described, prove


def doc(name: str, call: str, **more: Any) -> ApiDoc:
    return ApiDoc(
        id=f"huggingface:acme/{name}", hub="huggingface", domain="fill-mask", name=name, call=call, **more
    )


def test_a_described_doc_says_the_composed_text_and_its_hash_is_true() -> None:
    plain = doc("bert", "pipeline('fill-mask', model='acme/bert')", description="upstream's own words")
    told = described(plain)
    assert told.description == describe(plain)
    assert told.content_hash != plain.content_hash
    assert ApiDoc.model_validate(told.record()) == told


def test_docs_that_load_the_same_thing_are_refused_with_both_names() -> None:
    first = doc("bert", "pipeline('fill-mask', model='acme/bert')")
    second = doc("copy", 'pipeline("fill-mask", model="acme/bert")')
    with pytest.raises(BrokenCatalogue, match=r"acme/copy.*acme/bert"):
        prove([first, second], {})


def test_a_call_that_does_not_verify_against_its_own_doc_is_refused() -> None:
    with pytest.raises(InvalidDoc, match="does not verify"):
        prove([doc("bert", "pipeline('fill-mask', model='acme/bert', nonsense=lambda: 1)")], {})


def test_sound_docs_make_a_catalogue_with_aliases() -> None:
    catalogue = prove(
        [doc("bert", "pipeline('fill-mask', model='acme/bert')")],
        {"huggingface:old": "huggingface:acme/bert"},
    )
    assert catalogue.doc("huggingface:old").name == "bert"
