from __future__ import annotations

import pytest

from api_docs.models import ApiDoc
from finetune.dataset.described import compose
from retriever.prompt import compact_json, doc_json
from service.instruction import clean_instruction
from tests.finetune.dataset.cases import seeded, some_docs
from tests.retriever.conftest import make_doc

DOCS = some_docs().docs


@pytest.mark.parametrize("specific", [False, True])
def test_what_an_instruction_is_said_to_repeat_stands_in_it_and_in_the_doc(specific: bool) -> None:
    for doc in DOCS:
        made = compose(doc, seeded(doc.id), specific=specific)
        facts = f"{doc_json(doc)} {doc.functionality} {doc.facts}".casefold()
        for phrase in made.told:
            assert phrase.casefold() in made.text.casefold(), (doc.id, made)
            assert phrase.casefold() in facts or phrase in doc.description, (doc.id, phrase)


def test_a_specific_instruction_repeats_something_that_a_short_prompt_shows_of_most_docs() -> None:
    shown = 0
    for doc in DOCS:
        said = compact_json(doc).casefold()
        shown += any(phrase.casefold() in said for phrase in compose(doc, seeded(doc.id), specific=True).told)
    assert shown / len(DOCS) > 0.85


def test_an_instruction_is_one_that_the_service_takes_as_it_is() -> None:
    for doc in DOCS:
        made = compose(doc, seeded(doc.id))
        assert clean_instruction(made.text) == made.text
        assert "{" not in made.text
        assert len(made.text) < 400


def test_there_are_many_wordings_for_every_doc() -> None:
    for doc in DOCS[::40]:
        assert len({compose(doc, seeded(number)).text for number in range(300)}) > 150, doc.id


def test_the_same_draw_composes_the_same_instruction() -> None:
    for doc in DOCS[::40]:
        assert compose(doc, seeded(1)) == compose(doc, seeded(1))


def test_an_instruction_that_names_a_hub_names_that_of_the_doc() -> None:
    said = {"torchhub": "pytorch", "tfhub": ("tensorflow", "tf hub"), "huggingface": "hugging face"}
    for doc in DOCS[::4]:
        for number in range(30):
            made = compose(doc, seeded(number))
            if made.hub is not None:
                assert made.hub == doc.hub
                words = said[doc.hub]
                assert any(
                    word in made.text.lower() for word in ([words] if isinstance(words, str) else words)
                )


def test_a_doc_without_facts_is_asked_for_in_the_words_of_its_task() -> None:
    doc = make_doc("acme", "x", "translation", "", "acme.load('x')")
    texts = {compose(doc, seeded(number), specific=True).text for number in range(50)}
    assert len(texts) > 30
    assert {compose(doc, seeded(number), specific=True).told for number in range(50)} == {()}


def test_what_begins_with_a_language_keeps_its_capital() -> None:
    doc = ApiDoc.model_validate(
        make_doc(
            "acme",
            "x",
            "translation",
            "",
            "acme.load('x')",
            facts={"uses": ["German to English", "Reading mail"]},
        ).model_dump(exclude={"content_hash"})
    )
    texts = [compose(doc, seeded(number), specific=True).text for number in range(80)]
    mixed = [text for text in texts if text != text.lower()]
    assert not [text for text in mixed if "german" in text]
    assert any(" reading mail" in text for text in mixed)
