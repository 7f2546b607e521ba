"""What a teacher is asked, and how its answers are read."""

from __future__ import annotations

import orjson
import pytest

from api_docs.catalogue import Catalogue
from api_docs.errors import TrainingDataError
from finetune.instructions.names import Names
from finetune.instructions.tongue import guess_language
from finetune.teacher.answers import key_of
from finetune.teacher.asking import body_of, read_answer
from finetune.teacher.examples import EXAMPLES, PER_HUB, Example, draw_examples, read_examples
from tests.retriever.conftest import small_docs
from tests.support import snapshot_catalogue

LIST = ["read my letters aloud", "what sound is that?", "Tell me, please"]


@pytest.mark.parametrize(
    "text",
    [
        "1. read my letters aloud\n2. what sound is that?\n3. Tell me, please",
        "1) read my letters aloud\n2) what sound is that?\n3) Tell me, please\n",
        "Yes!\n\n1. read my letters\n   aloud\n\n2. what sound is that?\n\n3. Tell me, please\n\nEnjoy!",
        '- "read my letters aloud"\n- “what sound is that?”\n- **Tell me, please**',
        "**1.** read my letters aloud\n**2.** what sound is that?\n**3.** Tell me, please",
        "1: Instruction: read my letters aloud\n2: Request 2: what sound is that?\n3: Tell me, please",
        '["read my letters aloud", "what sound is that?", "Tell me, please"]',
        'Here:\n```json\n["read my letters aloud",\n "what sound is that?",\n "Tell me, please"]\n```\nDone.',
        '{"instructions": [{"instruction": "read my letters aloud"}, {"text": "what sound is that?"},'
        ' {"id": 3, "request": "Tell me, please"}]}',
    ],
)
def test_lists_and_json_are_read_however_they_are_dressed(text: str) -> None:
    assert read_answer(text) == LIST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I'm sorry, but I can't help with that.",
        "[]",
        "{}",
        '[1, null, {"a": "b"}]',
        "An essay.\nOf two lines.",
    ],
)
def test_an_answer_without_a_list_has_no_instructions(text: str) -> None:
    assert read_answer(text) == []


def test_what_a_truncated_answer_broke_off_is_left_out() -> None:
    assert read_answer("1. read it\n2. sort it\n3. Cut off in the mi", truncated=True) == [
        "read it",
        "sort it",
    ]
    assert read_answer('["read it", "sort it", "Cut off in', truncated=True) == ["read it", "sort it"]
    assert read_answer("1. read it", truncated=True) == []


def test_quotes_and_marks_inside_an_instruction_stay() -> None:
    assert read_answer('1. say "hello" and "bye"\n2. 2 * 3 * 4 is what?') == [
        'say "hello" and "bye"',
        "2 * 3 * 4 is what?",
    ]


def test_there_are_six_examples_a_hub_that_verify_name_nothing_and_are_english() -> None:
    catalogue = snapshot_catalogue()
    found, names = read_examples(catalogue), Names(catalogue.docs)
    assert {hub: len(examples) for hub, examples in found.items()} == dict.fromkeys(catalogue.hubs, PER_HUB)
    every = [example for examples in found.values() for example in examples]
    assert {example.doc.hub for example in found["tfhub"]} == {"tfhub"}
    assert [each.instruction for each in every if names.found(each.instruction)] == []
    assert [each.instruction for each in every if names.own(each.instruction, each.doc)] == []
    assert {guess_language(each.instruction) for each in every} <= {"en", None}
    assert [each.doc.id for each in every if each.call != each.doc.call] == []


def test_examples_are_drawn_by_seed_and_doc_and_never_the_docs_own() -> None:
    catalogue = snapshot_catalogue()
    examples = read_examples(catalogue)
    docs = [doc for doc in catalogue.docs if doc.hub == "torchhub"]
    drawn = [draw_examples(doc, examples, 0) for doc in docs]
    assert drawn == [draw_examples(doc, examples, 0) for doc in docs]
    assert drawn != [draw_examples(doc, examples, 1) for doc in docs]
    assert all(len({each.doc.id for each in one}) == 3 for one in drawn)
    assert all(doc not in [each.doc for each in one] for doc, one in zip(docs, drawn, strict=True))
    assert {each.doc.id for one in drawn for each in one} == {each.doc.id for each in examples["torchhub"]}


def test_a_hub_with_too_few_examples_is_named() -> None:
    doc = small_docs()[0]
    with pytest.raises(TrainingDataError, match="the hub 'torchhub' has 0 examples .* into torchhub.jsonl"):
        draw_examples(doc, {}, 0)


def test_examples_whose_docs_are_gone_are_passed_over() -> None:
    found = read_examples(Catalogue(small_docs()), EXAMPLES)
    assert {hub: [each.doc.id for each in examples] for hub, examples in found.items()} == {
        "tfhub": ["tfhub:google/yamnet"]
    }


def test_a_broken_example_is_named_with_file_and_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("examples")
    (folder / "tfhub.jsonl").write_text('\n{"instruction": "x"}\n', encoding="utf-8")
    with pytest.raises(TrainingDataError, match=r"tfhub.jsonl', line 2: KeyError: 'doc_id'"):
        read_examples(Catalogue(small_docs()), folder)


def test_a_request_says_what_the_doc_does_and_shows_the_examples() -> None:
    docs = small_docs()
    examples = [Example(f"wish {number}", doc, doc.call) for number, doc in enumerate(docs[1:4])]
    body = body_of(docs[0], examples, model="teacher")
    question = body["messages"][1]["content"]
    assert docs[0].description in question
    assert docs[0].call in question
    assert all(example.instruction in question and example.call in question for example in examples)
    assert question.rindex("wish 2") < question.index("Now this one") < question.index(docs[0].description)
    assert orjson.dumps(body) == orjson.dumps(body_of(docs[0], examples, model="teacher"))


def test_requests_are_told_apart_by_their_content_alone() -> None:
    docs = small_docs()
    body = dict(body_of(docs[0], [], model="teacher"))
    assert key_of(body) == key_of(dict(reversed(body.items())))
    assert key_of(body) != key_of({**body, "temperature": 0.1})
    assert key_of(body) != key_of(body_of(docs[1], [], model="teacher"))
