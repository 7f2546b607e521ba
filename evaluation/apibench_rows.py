"""Read APIBench's rows and docs, and read and write responses in Gorilla's format. All are JSON Lines.

Knows the three shapes in which rows are published: with the instruction in `question` (the dev files), behind
`###Instruction:` in `code` (the evaluation files), or in a dict-like string in `code` (the TorchHub training
file). Knows nothing about grading or retrieval, and refuses a file with a broken line as a whole: a figure
over part of the rows would compare with nothing.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from api_docs.errors import EvaluationDataError, StorageError

_MARKED: Final = re.compile(r"\s*#+\s*Instruction\s*:")
_MARKED_END: Final = re.compile(r"#+\s*Output\s*:")
_DICT_LIKE: Final = re.compile(r"\s*\{\s*'Instruction'\s*:")
_DICT_LIKE_END: Final = re.compile(r",\s*'Output'\s*:")
_DICT_LIKE_INPUT: Final = re.compile(r",\s*'Input'\s*:")
_NO_INPUT: Final = "<noinput>"
_NEWLINE_RESIDUE: Final = r"\n"  # a backslash and an n: what one JSON escape too many leaves of a line end
_QUOTED_LENGTH: Final = 80  # characters of a value that an error repeats


@dataclass(frozen=True, slots=True)
class EvalRow:
    """One question and its published answer.

    `question_id` counts from 1: it is the row's line in the whole published file. `domain` is that of the
    row's own doc, `api_data`, in upstream's words; `api_call` is that doc's call.
    """

    question_id: int
    instruction: str
    api_call: str
    domain: str
    api_data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Response:
    """One line of a response file: the question's id and what was answered; the rest is for people."""

    question_id: int
    text: str
    answer_id: str = ""
    model_id: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


def read_eval_rows(path: Path) -> list[EvalRow]:
    """Read the rows of an evaluation or training file, in file order.

    Raises:
        EvaluationDataError: the file can't be read, is empty, or has a line that is no row.
    """
    rows: list[EvalRow] = []
    line_of: dict[int, int] = {}
    for line, record in _read_records(path):
        row = _eval_row(path, line, record)
        if row.question_id in line_of:
            _fail(path, line, f"question_id {row.question_id} stands in line {line_of[row.question_id]} too")
        line_of[row.question_id] = line
        rows.append(row)
    return rows


def read_docs(path: Path) -> list[dict[str, Any]]:
    """Read APIBench's API docs as they stand, in file order, which the published rule depends on.

    Raises:
        EvaluationDataError: the file can't be read, is empty, or has a line that is no object.
    """
    return [record for _, record in _read_records(path)]


def read_responses(path: Path) -> list[Response]:
    """Read a response file, in file order. A question may be answered more than once.

    Raises:
        EvaluationDataError: the file can't be read, is empty, or has a line that is no response.
    """
    return [_response(path, line, record) for line, record in _read_records(path)]


def write_responses(path: Path, responses: Iterable[Response]) -> None:
    """Write a response file in Gorilla's format; the file is there whole, or as it was before.

    Raises:
        StorageError: the file can't be written.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="ascii", newline="\n") as out:
            # Non-ASCII is escaped: a response may hold lone surrogates, which no encoding takes.
            out.writelines(json.dumps(asdict(response)) + "\n" for response in responses)
        os.replace(partial, path)
    except OSError as exc:
        raise StorageError(
            f"can't write responses to {str(path)!r}: {exc.strerror or exc}; name a folder with room that "
            "you may write to"
        ) from exc
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _read_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number (from 1) and object of each line that isn't blank."""
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise EvaluationDataError(
            f"can't read {str(path)!r}: {exc.strerror or exc}; expected a file of JSON Lines"
        ) from exc
    empty = True
    # Split at line feeds alone: str.splitlines would cut texts at the other separators that JSON allows.
    for line, encoded in enumerate(content.removeprefix(codecs.BOM_UTF8).split(b"\n"), start=1):
        if not encoded.strip():
            continue
        empty = False
        try:
            record = json.loads(encoded.decode())
        except (ValueError, RecursionError) as exc:
            raise EvaluationDataError(
                f"{path}, line {line}: not JSON ({exc}); expected one object a line"
            ) from exc
        if not isinstance(record, dict):
            _fail(path, line, f"expected an object, found {_shorten(record)}")
        yield line, record
    if empty:
        raise EvaluationDataError(f"{str(path)!r} is empty: expected one JSON object a line")


def _eval_row(path: Path, line: int, record: Mapping[str, Any]) -> EvalRow:
    api_data = record.get("api_data")
    if not isinstance(api_data, dict):
        _fail(path, line, f"expected an object `api_data` (the row's API doc), found {_shorten(api_data)}")
    api_call = record.get("api_call", api_data.get("api_call"))
    if not isinstance(api_call, str) or not api_call.strip():
        _fail(path, line, f"expected the call as text in `api_call`, found {_shorten(api_call)}")
    domain = api_data.get("domain")
    if not isinstance(domain, str):
        _fail(path, line, f"expected text in `api_data.domain`, found {_shorten(domain)}")
    return EvalRow(
        question_id=_question_id(path, line, record.get("question_id", line)),
        instruction=_instruction(path, line, record),
        api_call=api_call,
        domain=domain,
        api_data=api_data,
    )


def _response(path: Path, line: int, record: Mapping[str, Any]) -> Response:
    text = record.get("text")
    if not isinstance(text, str):
        _fail(path, line, f"expected the response in `text`, found {_shorten(text)}")
    metadata = record.get("metadata")
    return Response(
        question_id=_question_id(path, line, record.get("question_id")),
        text=text,
        answer_id=str(record.get("answer_id") or ""),
        model_id=str(record.get("model_id") or ""),
        metadata=metadata if isinstance(metadata, dict) else {},
    )


def _question_id(path: Path, line: int, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        _fail(path, line, f"expected a whole number from 1 on in `question_id`, found {_shorten(value)}")
    return value


def _instruction(path: Path, line: int, record: Mapping[str, Any]) -> str:
    """From `question`; where that is missing or null (it was never asked), from `code`."""
    question = record.get("question")
    if question is not None and not isinstance(question, str):
        _fail(path, line, f"expected text or null in `question`, found {_shorten(question)}")
    code = record.get("code")
    instruction = _clean(question or "") or _instruction_in(code if isinstance(code, str) else "")
    if not instruction:
        _fail(
            path,
            line,
            "no instruction: expected it in `question`, or in `code` behind '###Instruction:' or "
            f"\"{{'Instruction':\"; found the code {_shorten(code)}",
        )
    return instruction


def _instruction_in(code: str) -> str:
    """The instruction inside `code`, or "" where it holds none. An input follows as `###Input: …`."""
    if marked := _MARKED.match(code):
        return _clean(_MARKED_END.split(code[marked.end() :], maxsplit=1)[0])
    if dict_like := _DICT_LIKE.match(code):
        asked = _DICT_LIKE_END.split(code[dict_like.end() :], maxsplit=1)[0]
        instruction, *given = [_unquote(part) for part in _DICT_LIKE_INPUT.split(asked, maxsplit=1)]
        return _clean("\n###Input: ".join([instruction, *(text for text in given if text != _NO_INPUT)]))
    return ""


def _clean(text: str) -> str:
    """Without surrounding space; JSON escapes undone where the text ends in the residue of one.

    Only there, since a backslash elsewhere may be what the person wrote.
    """
    text = text.strip()
    if not text.endswith(_NEWLINE_RESIDUE):
        return text
    try:
        return str(json.loads(f'"{text}"', strict=False)).strip()
    except ValueError:  # what stands before the residue was never escaped
        while text.endswith(_NEWLINE_RESIDUE):
            text = text.removesuffix(_NEWLINE_RESIDUE).rstrip()
        return text


def _unquote(text: str) -> str:
    text = text.strip()
    quote = text[:1]
    if quote not in ("'", '"') or len(text) < 2 or text.find(quote, 1) != len(text) - 1:
        return text  # also where the quotes are no pair, as in `"A" or "B"`
    return text[1:-1].strip()


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _QUOTED_LENGTH else f"{text[:_QUOTED_LENGTH]}…"


def _fail(path: Path, line: int, reason: str) -> NoReturn:
    raise EvaluationDataError(f"{path}, line {line}: {reason}")
