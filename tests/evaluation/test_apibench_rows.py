"""Rows in their three published shapes, responses in Gorilla's format, and files that are neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_docs.errors import CallsmithError, EvaluationDataError, StorageError
from evaluation.apibench_rows import (
    EvalRow,
    Response,
    read_docs,
    read_eval_rows,
    read_responses,
    write_responses,
)

API_DATA = {"domain": "Text embedding", "api_call": "hub.load('https://tfhub.dev/acme/encoder/4')"}


def lines(path: Path, *records: object) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def row(**fields: Any) -> dict[str, Any]:
    return {
        "code": "###Instruction: Embed this.\n###Output: <<<domain>>>: Text embedding",
        "api_call": API_DATA["api_call"],
        "provider": "Acme",
        "api_data": API_DATA,
    } | fields


def instruction(tmp_path: Path, **fields: Any) -> str:
    (read,) = read_eval_rows(lines(tmp_path / "rows.jsonl", row(**fields)))
    return read.instruction


def test_a_published_row_has_its_line_as_id_and_its_instruction_inside_code(tmp_path: Path) -> None:
    path = lines(tmp_path / "eval.json", row(), row(code="###Instruction: Say it.\n###Output: x"))
    assert read_eval_rows(path) == [
        EvalRow(1, "Embed this.", API_DATA["api_call"], "Text embedding", API_DATA),
        EvalRow(2, "Say it.", API_DATA["api_call"], "Text embedding", API_DATA),
    ]


def test_a_dev_row_brings_its_id_and_question(tmp_path: Path) -> None:
    path = lines(tmp_path / "dev.jsonl", row(question_id=17, question=" Which one?\\n"))
    assert read_eval_rows(path) == [
        EvalRow(17, "Which one?", API_DATA["api_call"], "Text embedding", API_DATA)
    ]


def test_a_question_that_was_never_asked_is_taken_from_code(tmp_path: Path) -> None:
    assert instruction(tmp_path, question_id=5, question=None) == "Embed this."


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("### Instruction: With spaces.\n### Output: x", "With spaces."),
        ("###Instruction: No output at all.", "No output at all."),
        ("###Instruction:\nOn the next line.\n\n###Output:x", "On the next line."),
        ("###Instruction: Translate.\n###Input: Hello\n###Output: x", "Translate.\n###Input: Hello"),
        ("{'Instruction': I need depth., 'Output': {'domain': 'D', 'code': ''}}", "I need depth."),
        ("{'Instruction': \"I'm a guide.\", 'Output': {}}", "I'm a guide."),
        ("{'Instruction': \"A\" or \"B\", 'Output': {}}", '"A" or "B"'),
        ("{'Instruction': Say it., 'Input': 'Nice day', 'Output': {}}", "Say it.\n###Input: Nice day"),
        ("{'Instruction': Say it., 'Input': '<noinput>', 'Output': {}}", "Say it."),
    ],
)
def test_instructions_inside_code_are_read_in_every_published_spelling(
    tmp_path: Path, code: str, expected: str
) -> None:
    assert instruction(tmp_path, code=code) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (' Say \\"hola\\u00a1\\"\\nplease\\n', 'Say "hola¡"\nplease'),
        ('Say "hi" twice\\n \\n', 'Say "hi" twice'),
        ("What is C:\\new\\table for?", "What is C:\\new\\table for?"),
        ("数える 🤗\\n", "数える 🤗"),
    ],
)
def test_escape_residue_is_undone_where_the_question_ends_in_it(
    tmp_path: Path, question: str, expected: str
) -> None:
    assert instruction(tmp_path, question=question) == expected


def test_blank_lines_are_no_rows_but_count_as_lines_and_line_separators_are_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    question = "one\u2028line"
    path.write_bytes(
        b"\xef\xbb\xbf\n" + json.dumps(row(question=question), ensure_ascii=False).encode() + b"\r\n\n"
    )
    assert [(read.question_id, read.instruction) for read in read_eval_rows(path)] == [(2, question)]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"api_data": "hub.load()"}, "expected an object `api_data`"),
        ({"api_data": {"api_call": "f()"}}, "expected text in `api_data.domain`, found None"),
        ({"api_call": None}, "expected the call as text in `api_call`, found None"),
        ({"question": 3}, "expected text or null in `question`, found 3"),
        ({"question_id": 0}, "expected a whole number from 1 on in `question_id`, found 0"),
        ({"question_id": True}, "expected a whole number from 1 on in `question_id`, found True"),
        ({"question_id": "7"}, "expected a whole number from 1 on in `question_id`, found '7'"),
        ({"code": "x = 1" * 99}, "no instruction: expected it in `question`, or in `code`"),
        ({"code": "###Instruction: \n###Output: x"}, "no instruction"),
        ({"code": None, "question": "  "}, "no instruction"),
    ],
)
def test_a_broken_row_is_refused_with_file_line_and_reason(
    tmp_path: Path, fields: dict[str, Any], reason: str
) -> None:
    path = lines(tmp_path / "rows.jsonl", row(), row(**fields))
    with pytest.raises(EvaluationDataError) as refused:
        read_eval_rows(path)
    assert str(refused.value).startswith(f"{path}, line 2: {reason}")
    assert len(str(refused.value)) < len(str(path)) + 250


@pytest.mark.parametrize("line", [b"{", b"nope", b"\xff\xfe", b"[" * 100_000])
def test_a_line_that_is_not_json_is_refused_with_file_and_line(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(json.dumps(row()).encode() + b"\n" + line)
    with pytest.raises(
        EvaluationDataError, match=r"rows.jsonl, line 2: not JSON \(.+\); expected one object"
    ):
        read_eval_rows(path)


def test_a_line_that_is_no_object_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationDataError, match=r"line 1: expected an object, found \[1\]"):
        read_responses(lines(tmp_path / "r.jsonl", [1]))


def test_a_question_id_that_stands_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    path = lines(tmp_path / "rows.jsonl", row(question_id=2), row(question_id=1), row(question_id=2))
    with pytest.raises(EvaluationDataError, match="line 3: question_id 2 stands in line 1 too"):
        read_eval_rows(path)


@pytest.mark.parametrize("read", [read_eval_rows, read_docs, read_responses])
def test_empty_missing_and_unreadable_files_are_refused(tmp_path: Path, read: Any) -> None:
    (tmp_path / "empty.jsonl").write_text("\n \n")
    with pytest.raises(EvaluationDataError, match=r"empty\.jsonl' is empty: expected one JSON object a line"):
        read(tmp_path / "empty.jsonl")
    with pytest.raises(EvaluationDataError, match=r"can't read .*none\.jsonl'"):
        read(tmp_path / "none.jsonl")
    with pytest.raises(CallsmithError, match="can't read"):
        read(tmp_path)


def test_docs_are_read_as_they_stand_in_file_order(tmp_path: Path) -> None:
    docs = [API_DATA, {"domain": "Other", "api_arguments": None}]
    assert read_docs(lines(tmp_path / "api.jsonl", *docs)) == docs


def test_responses_come_in_file_order_and_need_only_id_and_text(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "responses.jsonl",
        {"question_id": 9, "text": "b", "answer_id": "a1", "model_id": "m", "metadata": {"k": 1}},
        {"question_id": 2, "text": ""},
        {"question_id": 2, "text": "again", "metadata": None},
    )
    assert read_responses(path) == [
        Response(9, "b", "a1", "m", {"k": 1}),
        Response(2, ""),
        Response(2, "again"),
    ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"question_id": 1}, "expected the response in `text`, found None"),
        ({"question_id": 1, "text": None}, "expected the response in `text`, found None"),
        ({"text": "x"}, "expected a whole number from 1 on in `question_id`, found None"),
    ],
)
def test_a_broken_response_is_refused(tmp_path: Path, record: dict[str, Any], reason: str) -> None:
    path = lines(tmp_path / "responses.jsonl", record)
    with pytest.raises(EvaluationDataError) as refused:
        read_responses(path)
    assert str(refused.value) == f"{path}, line 1: {reason}"


def test_written_responses_have_gorillas_fields(tmp_path: Path) -> None:
    path = tmp_path / "made" / "responses.jsonl"
    write_responses(path, [Response(3, "text", model_id="grounded")])
    assert json.loads(path.read_text()) == {
        "question_id": 3,
        "text": "text",
        "answer_id": "",
        "model_id": "grounded",
        "metadata": {},
    }


@given(
    responses=st.lists(
        st.builds(
            Response,
            question_id=st.integers(min_value=1),
            text=st.text(st.characters(exclude_categories=())),
            answer_id=st.text(),
            model_id=st.text(),
            metadata=st.dictionaries(st.text(), st.integers() | st.text()),
        ),
        min_size=1,
    )
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, responses: list[Response]
) -> None:
    path = tmp_path_factory.mktemp("responses") / "responses.jsonl"
    write_responses(path, responses)
    assert read_responses(path) == responses


def test_a_write_that_dies_half_way_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "responses.jsonl"
    write_responses(path, [Response(1, "old")])

    def dying() -> Any:
        yield Response(1, "new")
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        write_responses(path, dying())
    assert read_responses(path) == [Response(1, "old")]
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"can't write responses to '.*responses\.jsonl'"):
        write_responses(tmp_path / "file" / "responses.jsonl", [Response(1, "x")])
