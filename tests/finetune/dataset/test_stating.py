from __future__ import annotations

import pytest

from api_docs.catalogue import Catalogue, Entry, entry_of
from api_docs.response import parse_response
from api_docs.verification import verify
from finetune.dataset.mutations import mutate
from finetune.dataset.stating import TOPICS, Topic, follow, state
from retriever.prompt import Prompt, PromptStyle
from service.generators.arguments import carry
from service.generators.grounded import GroundedGenerator
from service.generators.slots import slots_of
from tests.finetune.dataset.cases import names, seeded, some_docs
from tests.retriever.conftest import make_doc
from tests.support import snapshot_catalogue

PLAIN = "Do what this API is for."
ENTRIES = some_docs().entries


def changed(entry: Entry, seed: object) -> Entry:
    found = mutate(entry, names(), seeded(seed))
    assert found is not None
    return found.entry


def test_the_call_that_follows_is_the_one_that_grounded_writes() -> None:
    stated = 0
    for number, entry in enumerate(ENTRIES):
        for one in (entry, changed(entry, number)):
            found = state(PLAIN, one, seeded(number))
            if found is None:
                continue
            stated += 1
            prompt = Prompt(PromptStyle.COMPACT, found.text, (one.doc,))
            written = parse_response(GroundedGenerator().write(prompt).text).call
            assert written == found.call.render(), (one.doc.id, found)
            verdict = verify(written, Catalogue([one.doc]))
            assert verdict.verified, verdict.message
    assert stated > len(ENTRIES)


def test_what_is_stated_stands_in_the_call_and_did_not_before() -> None:
    for number, entry in enumerate(ENTRIES):
        found = state(PLAIN, entry, seeded(number))
        if found is not None:
            assert found.text.startswith(PLAIN)
            before, now = entry.call, found.call
            assert now != before
            given = dict(now.keywords)
            assert found.argument in given or now.positional != before.positional
            assert follow(PLAIN, entry) == before


def every_sentence() -> list[tuple[Topic, str]]:
    return [(topic, sentence) for topic in TOPICS for sentence in topic.sentences]


@pytest.mark.parametrize(("topic", "sentence"), every_sentence())
def test_every_sentence_of_the_table_is_understood_for_some_api(topic: Topic, sentence: str) -> None:
    text = f"{PLAIN} {sentence.format(n=topic.numbers[0])}"
    for entry in (*ENTRIES, *snapshot_catalogue().entries):
        if topic.arguments.isdisjoint(slots_of(entry)):
            continue
        if any(change.argument in topic.arguments for change in carry(text, entry)[1]):
            return
    pytest.fail(f"no API of the snapshot takes {text!r}")


def test_an_argument_that_nobody_has_is_stated_by_its_name() -> None:
    entry = entry_of(
        make_doc(
            "torchhub",
            "acme/nets:net",
            "image-classification",
            "Tells birds apart.",
            "torch.hub.load('acme/nets', 'net')",
            arguments=[{"name": "beam_width", "type": "int", "default": "4"}],
        )
    )
    calls = {found.call.render() for seed in range(40) if (found := state(PLAIN, entry, seeded(seed)))}
    by_name = {call for call in calls if "beam_width" in call}
    assert len(by_name) > 5
    assert all(call.startswith("torch.hub.load('acme/nets', 'net', ") for call in calls)


def test_an_api_without_arguments_has_nothing_stated() -> None:
    doc = make_doc("acme", "x", "translation", "Translates.", "acme.load('x')")
    assert state(PLAIN, entry_of(doc), seeded(1)) is None
