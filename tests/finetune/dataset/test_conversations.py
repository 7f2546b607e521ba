from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from functools import cache

import pytest

from api_docs.catalogue import Catalogue, Entry
from api_docs.domains import Domain
from api_docs.response import parse_response
from api_docs.verification import verify
from finetune.dataset.completions import answer_without
from finetune.dataset.conversations import SEVERAL, Conversation, Conversations, Kind, Rank, Shelf
from finetune.dataset.exact import is_exact
from finetune.dataset.settings import Answer, DataSettings, Mixture, Sources
from finetune.dataset.splits import Draw, Split, split_apis
from finetune.dataset.unlike import unlike
from finetune.instructions.instruction import Instruction, Source
from retriever.compact import compact_record
from retriever.prompt import PromptStyle, build_prompt
from tests.finetune.dataset.cases import names, some_docs

MIXED = [Kind(name) for name in Mixture.model_fields]
ONLY = {kind: Mixture(**{name.value: float(name is kind) for name in MIXED}) for kind in MIXED}
DRAWN = Draw(0, 0.1, 0.2)
BANK = [
    Instruction("Which bird is on this photo?", Domain.IMAGE_CLASSIFICATION),
    Instruction("Turn my grandmother's letters into English.", Domain.TRANSLATION),
    Instruction("Read the menu aloud for blind guests", Domain.TEXT_TO_SPEECH),
    Instruction("我想知道这张照片里有什么", Domain.IMAGE_CLASSIFICATION, language="zh"),
    Instruction("In TensorFlow, find the faces", Domain.OBJECT_DETECTION, hub="tfhub"),
]


@cache
def splits() -> dict[str, Split]:
    return split_apis(some_docs(), DRAWN)


def shelf(split: Split) -> Shelf:
    entries = some_docs().entries
    own = [entry for entry in entries if splits()[entry.doc.id] is split]
    train = [entry for entry in entries if splits()[entry.doc.id] is Split.TRAIN]
    return Shelf(own, train if split is Split.TRAIN else entries)


def by_shared_words(instruction: str, k: int, domain: Domain | None, hub: str | None) -> Sequence[str]:
    """A retriever of a kind: the docs that share most words with the instruction."""
    said = set(instruction.lower().split())
    fitting = [
        entry.doc
        for entry in some_docs().entries
        if domain in (None, entry.doc.domain) and hub in (None, entry.doc.hub)
    ]
    ranked = sorted(fitting, key=lambda doc: (-len(said & set(doc.description.lower().split())), doc.id))
    return tuple(doc.id for doc in ranked[:k])


def conversations(
    kind: Kind | None = None,
    split: Split = Split.TRAIN,
    *,
    instructions: Sequence[Instruction] = BANK,
    rank: Rank | None = by_shared_words,
    **settings: object,
) -> Conversations:
    mixture = {} if kind is None else {"mixture": ONLY[kind]}
    wanted = DataSettings.model_validate({"mutated": 0.0, "mutated_in_tests": 0.0, **mixture, **settings})
    return Conversations(split, shelf(split), instructions, names(), wanted, DRAWN, rank)


def some(made_by: Conversations, count: int = 60) -> list[Conversation]:
    found = [made_by.conversation(number) for number in range(count)]
    made = [one for one in found if one is not None]
    assert len(made) > count * 0.8, made_by.left_out
    return made


def right_doc(one: Conversation) -> Entry:
    """The doc of the prompt that verifies the call: there has to be just one."""
    (verdict,) = [found for doc in one.prompt.docs if (found := verify(one.call, Catalogue([doc]))).verified]
    assert verdict.doc_id is not None
    return Catalogue(one.prompt.docs).entry(verdict.doc_id)


@pytest.mark.parametrize("kind", list(ONLY))
@pytest.mark.parametrize("answer", list(Answer))
def test_prompt_answer_and_call_belong_together(kind: Kind, answer: Answer) -> None:
    for one in some(conversations(kind, answer=answer), 30):
        assert one.kind is kind
        assert one.layout is kind
        docs, text = one.prompt.docs, one.prompt.instruction
        assert one.prompt.text == build_prompt(text, docs, PromptStyle.COMPACT, k_docs=len(docs)).text
        assert is_exact(one.completion, one.call)
        assert one.completion.count("\n") == {Answer.FULL: 3, Answer.SHORT: 1}[answer]
        assert "<<<api_call>>>: " in one.completion
        if kind is not Kind.WRONG:
            assert splits()[one.doc_id] is Split.TRAIN
        if docs and kind is not Kind.WRONG:
            right = right_doc(one)
            assert (right.doc.domain, right.doc.hub) == (one.domain, one.hub)


def test_kind_none_shows_no_doc_and_right_one() -> None:
    assert {len(one.prompt.docs) for one in some(conversations(Kind.NONE))} == {0}
    assert {len(one.prompt.docs) for one in some(conversations(Kind.RIGHT))} == {1}


def test_distractors_are_of_other_domains_and_the_right_doc_stands_anywhere() -> None:
    places = Counter()
    for one in some(conversations(Kind.DISTRACTORS), 150):
        assert len({doc.id for doc in one.prompt.docs}) == 3
        others = [doc for doc in one.prompt.docs if doc.id != one.doc_id]
        assert len(others) == 2
        assert one.domain not in {doc.domain for doc in others}
        places[one.prompt.doc_ids.index(one.doc_id)] += 1
    assert min(places[place] for place in range(3)) > 30


def test_docs_of_the_same_domain_lack_something_that_the_instruction_says_of_the_right_one() -> None:
    for one in some(conversations(Kind.SAME_DOMAIN, stated=0.0), 60):
        assert {doc.domain for doc in one.prompt.docs} == {one.domain}
        assert one.source is Source.DESCRIBED
        lines = [line.casefold() for line in one.prompt.text.split("\n") if line.startswith("{")]
        right = lines.pop(one.prompt.doc_ids.index(one.doc_id))
        said = one.prompt.instruction.casefold()
        words = [said[start:end] for start in range(len(said)) for end in range(start + 5, len(said) + 1)]
        shared = {word for word in words if word in right}
        for other in lines:
            assert any(word not in other for word in shared), (said, other)


def test_a_wrong_doc_is_answered_with_none_and_nothing_in_that_verifies() -> None:
    whole = some_docs()
    for answer in Answer:
        for one in some(conversations(Kind.WRONG, answer=answer)):
            assert one.completion == answer_without(answer)
            assert (one.doc_id, one.call, one.hub) == ("", "", "")
            assert 1 <= len(one.prompt.docs) <= 3
            assert all(unlike(one.domain, doc.domain) for doc in one.prompt.docs)
            parsed = parse_response(one.completion)
            assert parsed.call is None
            assert parsed.declines
            assert not verify(parsed.call or one.completion, whole, one.prompt.doc_ids).verified


def test_retrieved_docs_stand_as_they_rank_and_the_best_of_the_domain_is_right() -> None:
    allowed = shelf(Split.TRAIN)
    absent = 0
    for one in some(conversations(Kind.RETRIEVED, stated=0.0), 60):
        ranked = [
            doc_id
            for doc_id in by_shared_words(one.prompt.instruction, 50, None, None)
            if doc_id in allowed.own
        ]
        if one.prompt.doc_ids != tuple(ranked[:3]):
            # The instruction asks for a hub.
            assert len({doc.hub for doc in one.prompt.docs}) == 1
        if one.source is Source.BANK:
            assert one.doc_id == next(doc.id for doc in one.prompt.docs if doc.domain is one.domain)
            absent += 1
        assert one.doc_id in one.prompt.doc_ids
    assert absent


def test_of_retrieved_docs_that_say_the_same_the_first_is_right() -> None:
    made = conversations(Kind.RETRIEVED, stated=0.0, sources=Sources(bank=0, teacher=0, described=1))
    for one in some(made, 80):
        place = one.prompt.doc_ids.index(one.doc_id)
        right, *earlier = (
            compact_record(doc) | {"api_call": ""}
            for doc in (one.prompt.docs[place], *one.prompt.docs[:place])
        )
        assert right not in earlier


def test_where_the_retriever_misses_the_doc_the_best_of_its_domain_is_right() -> None:
    asked = Instruction("Tell me the words", Domain.TRANSLATION, doc_id="x", source=Source.TEACHER)
    of_domain = shelf(Split.TRAIN).of_domain(Domain.TRANSLATION)
    other = next(iter(shelf(Split.TRAIN).of_domain(Domain.TEXT_TO_SPEECH)))
    first, second, third = of_domain[:3]

    def rank(*_: object) -> Sequence[str]:
        return (other.doc.id, second.doc.id, third.doc.id, first.doc.id)

    made = conversations(
        Kind.RETRIEVED,
        instructions=[Instruction(asked.text, asked.domain, doc_id=first.doc.id, source=Source.TEACHER)],
        rank=rank,
        sources=Sources(bank=0, teacher=1, described=0),
    )
    for one in some(made, 10):
        assert one.prompt.doc_ids == (other.doc.id, second.doc.id, third.doc.id)
        assert one.doc_id == second.doc.id


def test_without_a_retriever_there_is_nothing_retrieved() -> None:
    made = conversations(Kind.RETRIEVED, rank=None)
    assert [made.conversation(number) for number in range(5)] == [None] * 5
    assert set(made.left_out) == {"no docs for layout retrieved"}


@pytest.mark.parametrize("layout", [Kind.RIGHT, Kind.DISTRACTORS, Kind.RETRIEVED, Kind.SAME_DOMAIN])
def test_changed_docs_say_nothing_of_their_old_names_and_the_call_is_the_changed_one(layout: Kind) -> None:
    whole = some_docs()
    for one in some(conversations(layout, mutated=1.0), 40):
        assert (one.kind, one.layout) == (Kind.MUTATED, layout)
        right_doc(one)
        assert not verify(one.call, whole).verified
        original = whole.entry(one.doc_id)
        assert not verify(original.call.render(), Catalogue(one.prompt.docs)).verified
        for doc in one.prompt.docs:
            assert not verify(doc.call, whole).verified, "every doc that is shown is changed"


def test_the_share_of_changed_docs_is_that_of_the_settings() -> None:
    made = some(conversations(Kind.RIGHT, mutated=0.8), 200)
    assert 0.7 < sum(one.kind is Kind.MUTATED for one in made) / len(made) < 0.9
    tests = some(conversations(Kind.RIGHT, Split.TEST, mutated=0.8, mutated_in_tests=0.0), 40)
    assert {one.kind for one in tests} == {Kind.RIGHT}


def test_a_share_of_the_instructions_states_an_argument_and_the_call_carries_it() -> None:
    made = some(conversations(Kind.RIGHT, stated=1.0, languages=["en"]), 150)
    stated = [one for one in made if one.stated]
    assert len(stated) > 50
    for one in stated:
        call, template = one.call, right_doc(one).call.render()
        assert call != template
    assert not [one for one in some(conversations(Kind.RIGHT, stated=0.0)) if one.stated]


def test_nothing_is_stated_in_english_behind_another_language() -> None:
    made = conversations(
        Kind.RIGHT, instructions=[BANK[3]], stated=1.0, sources=Sources(bank=1, teacher=0, described=0)
    )
    assert {one.prompt.instruction for one in some(made, 20)} == {BANK[3].text}


@pytest.mark.parametrize("topic", [0.0, 1.0])
def test_peoples_instructions_lose_words_in_rows_to_learn_from_alone(topic: float) -> None:
    whole = {one.text: one.text.split() for one in BANK}
    only_people = {"sources": Sources(bank=1, teacher=0, described=0), "topic": topic, "stated": 0.0}
    for split in Split:
        made_by = conversations(split=split, word_dropout=0.5, **only_people)
        found = [made_by.conversation(number, 0.0) for number in range(80)]
        texts = [one.prompt.instruction for one in found if one is not None and one.source is Source.BANK]
        if split is not Split.TRAIN:
            assert set(texts) <= set(whole)
            continue
        shortened = [text.split() for text in texts if text not in whole]
        assert 0.3 < len(shortened) / len(texts) < 1
        for words in shortened:
            assert len(words) >= 3
            assert any(_in_order(words, said) for said in whole.values())


def _in_order(words: list[str], said: list[str]) -> bool:
    """Whether the words occur among others in the same order."""
    left = iter(said)
    return all(word in left for word in words)


def test_composed_instructions_lose_no_words_for_they_are_always_other_ones() -> None:
    composed = {"sources": Sources(bank=0, teacher=0, described=1)}
    plain, dropping = (conversations(word_dropout=share, **composed) for share in (0.0, 0.5))
    assert some(plain) == some(dropping)


def test_an_instruction_that_names_a_hub_gets_a_doc_of_that_hub() -> None:
    made = conversations(Kind.RIGHT, instructions=[BANK[4]], sources=Sources(bank=1, teacher=0, described=0))
    assert {(one.hub, one.domain) for one in some(made, 20)} == {("tfhub", Domain.OBJECT_DETECTION)}


def test_a_conversation_follows_from_its_number_alone() -> None:
    numbers = list(range(40))
    one, other = conversations(mutated=0.5), conversations(mutated=0.5)
    first = {number: one.conversation(number) for number in numbers}
    random.Random(3).shuffle(numbers)  # noqa: S311
    for number in numbers:
        again, before = other.conversation(number), first[number]
        assert (again is None) is (before is None)
        if again is not None and before is not None:
            assert json.dumps(again.row()) == json.dumps(before.row())
    assert len({found.prompt.text for found in first.values() if found is not None}) > 35


def test_prompts_with_several_docs_set_in_over_the_curriculum_behind_the_first_rows() -> None:
    made = conversations(echo=0.1, topic=0.1, curriculum=0.5)

    def several(place: float) -> int:
        found = [made.conversation(number, place) for number in range(150)]
        return sum(one is not None and one.layout in SEVERAL for one in found)

    begin, middle, end = several(0.2), several(0.45), several(0.7)
    assert begin == 0
    assert 0 < middle < end


def test_rows_begin_with_echoes_and_topics_and_then_with_docs_in_brief() -> None:
    made = conversations(Kind.RIGHT, echo=0.1, topic=0.1, brief=0.3, answer=Answer.SHORT)

    def at(place: float) -> list[Conversation]:
        return [found for number in range(20) if (found := made.conversation(number, place)) is not None]

    begin = at(0.1)
    assert {one.kind for one in begin} == {Kind.ECHO, Kind.TOPIC}
    for topic in (one for one in begin if one.kind is Kind.TOPIC):
        assert topic.prompt.docs == ()
        assert topic.completion == f"<<<domain>>>: {topic.domain}"
        assert not topic.doc_id
        assert not topic.call
    for echo in (one for one in begin if one.kind is Kind.ECHO):
        (doc,) = echo.prompt.docs
        assert echo.completion == f"<<<domain>>>: {doc.domain}\n<<<api_call>>>: {doc.call}"
        assert echo.prompt.text.count(doc.call) == 1
        assert not echo.doc_id
    for brief in at(0.3):
        assert brief.kind is Kind.RIGHT
        (shown,) = (json.loads(line) for line in brief.prompt.text.splitlines() if line.startswith("{"))
        assert set(shown) == {"domain", "api_call"}
    assert any("about" in whole.prompt.text for whole in at(0.6))


def test_only_rows_to_learn_from_begin_with_echoes_and_topics() -> None:
    for split in (Split.VALIDATION, Split.TEST):
        made = conversations(Kind.RIGHT, split, echo=0.5, topic=0.5)
        assert {one.kind for one in some(made, 10)} == {Kind.RIGHT}


def test_what_is_shown_to_a_test_beside_its_own_docs_is_no_rival() -> None:
    own = shelf(Split.TEST).own
    for kind in SEVERAL:
        for one in some(conversations(kind, Split.TEST), 40):
            assert one.doc_id in own
            rivals = [doc for doc in one.prompt.docs if doc.domain is one.domain and doc.id not in own]
            assert rivals == []


def test_an_instruction_for_a_doc_or_domain_that_the_split_lacks_is_left_out() -> None:
    foreign = [
        Instruction("For nobody", Domain.TRANSLATION, doc_id="huggingface:no/such", source=Source.TEACHER),
        Instruction("For no domain here", Domain.GRAPH_ML),
    ]
    made = conversations(Kind.RIGHT, instructions=foreign)
    assert {one.source for one in some(made)} == {Source.DESCRIBED}
