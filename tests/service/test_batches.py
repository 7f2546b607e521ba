"""Batches: order, bad lines, and a run that continues where another one stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api_docs.errors import InvalidRequest, StorageError
from retriever.searcher import Searcher
from service.batches import Done, Skipped, plan_batch, run_batch
from service.pipeline import generate_call
from service.runtime import Runtime
from service.schemas import GenerateRequest
from service.settings import Settings
from tests.service.conftest import Written

QUESTIONS = [
    f"{what} number {number}" for number in range(20) for what in ("which bird is this", "what is said")
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(question) + "\n" for question in QUESTIONS))
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def run(source: Path, target: Path, runtime: Runtime, concurrency: int = 4) -> tuple[Done, list[Skipped]]:
    told: list[Skipped] = []
    done = run_batch(plan_batch(source, target), runtime, concurrency, lambda *_: None, told.append)
    return done, told


def written(target: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in target.read_text().splitlines()]


def without_timing(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in answer.items() if name != "timing_ms"} for answer in answers]


@pytest.mark.parametrize("concurrency", [1, 4, 64])
def test_answers_stand_in_the_order_of_the_questions(
    source: Path, target: Path, runtime: Runtime, concurrency: int
) -> None:
    done, _ = run(source, target, runtime, concurrency)
    answers = written(target)
    assert [answer["instruction"] for answer in answers] == QUESTIONS
    assert [answer["line"] for answer in answers] == list(range(1, len(QUESTIONS) + 1))
    assert done.answered == len(QUESTIONS)
    alone = runtime.run(generate_call, GenerateRequest(instruction=QUESTIONS[0]), runtime, "line-1")
    expected = {"line": 1, "instruction": QUESTIONS[0], **alone.model_dump(mode="json")}
    assert without_timing(answers[:1]) == without_timing([expected])


def test_lines_may_be_strings_or_requests(tmp_path: Path, target: Path, runtime: Runtime) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('"which bird"\n\n{"instruction": "which bird", "hub": "torchhub", "k": 1}\n')
    run(source, target, runtime)
    plain, chosen = written(target)
    assert (plain["line"], chosen["line"]) == (1, 3)
    assert len(plain["hits"]) == 5
    assert [hit["hub"] for hit in chosen["hits"]] == ["torchhub"]


def test_bad_lines_are_told_by_number_and_reason_and_skipped(
    tmp_path: Path, target: Path, runtime: Runtime
) -> None:
    source = tmp_path / "in.jsonl"
    lines = [
        b'"which bird"',
        b"{",
        b"7",
        b'{"instruction": "a", "k": 99}',
        b'"\xff"',
        b'""',
        b'{"hub": "tfhub"}',
    ]
    lines += [b'{"instruction": "birds", "hub": "dockerhub"}', b'"which bird is this"']
    source.write_bytes(b"\n".join(lines))
    done, told = run(source, target, runtime)
    assert [answer["line"] for answer in written(target)] == [1, 9]
    assert [bad.line for bad in told] == [2, 3, 4, 5, 6, 7, 8]
    assert told == done.skipped
    for bad, said in zip(told, ["JSON", "7", "50", "JSON", "empty", "missing", "dockerhub"], strict=True):
        assert said in bad.reason


@pytest.mark.parametrize("whole", [0, 1, 7, 39, 40])
@pytest.mark.parametrize("rest", [b"", b'{"line": 8, "instr', b"\x00\x00"])
def test_an_unfinished_run_is_continued(
    source: Path, target: Path, runtime: Runtime, whole: int, rest: bytes
) -> None:
    run(source, target, runtime)
    complete = target.read_bytes().splitlines(keepends=True)
    target.write_bytes(b"".join(complete[:whole]) + rest)
    done, _ = run(source, target, runtime)
    assert (done.continued, done.answered) == (whole, len(QUESTIONS) - whole)
    assert target.read_bytes().splitlines(keepends=True)[:whole] == complete[:whole]
    assert without_timing(written(target)) == without_timing([json.loads(line) for line in complete])


def test_a_run_that_fails_half_way_keeps_what_it_wrote(
    source: Path, target: Path, runtime: Runtime, searcher: Searcher
) -> None:
    class Failing(Written):
        async def generate(self, prompt: Any, **options: Any) -> Any:
            if len(self.prompts) == 10:
                raise RuntimeError("power cut")
            return await super().generate(prompt, **options)

    broken = Runtime(Settings(), searcher, grounded=Failing("", "grounded", None))
    with pytest.raises(RuntimeError):
        run(source, target, broken, 1)
    assert 0 < len(written(target)) < len(QUESTIONS)
    done, _ = run(source, target, runtime)
    assert done.continued + done.answered == len(QUESTIONS)
    assert [answer["line"] for answer in written(target)] == list(range(1, len(QUESTIONS) + 1))


@pytest.mark.parametrize(
    "content",
    [
        b"something else\n",
        b'{"line": 1}\n',
        b'{"line": 1, "instruction": "another question"}\n',
        b'{"line": 99, "instruction": "which bird is this number 0"}\n',
        b'{"line": 1, "instruction": "which bird is this number 0"}\n' * 2,
        b"[]\n",
    ],
)
def test_a_file_that_holds_something_else_is_left_alone(source: Path, target: Path, content: bytes) -> None:
    target.write_bytes(content)
    with pytest.raises(InvalidRequest, match="can't be continued.*name another OUT"):
        plan_batch(source, target)
    assert target.read_bytes() == content


def test_in_and_out_must_be_two_files(source: Path) -> None:
    with pytest.raises(InvalidRequest, match="one file"):
        plan_batch(source, source)


def test_a_missing_in_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"no\.jsonl"):
        plan_batch(tmp_path / "no.jsonl", tmp_path / "out.jsonl")


def test_an_out_that_can_not_be_written_is_told_with_the_fix(
    source: Path, tmp_path: Path, runtime: Runtime
) -> None:
    with pytest.raises(StorageError, match="it continues"):
        run(source, tmp_path / "no folder" / "out.jsonl", runtime)


def test_an_empty_in_has_an_empty_out(tmp_path: Path, target: Path, runtime: Runtime) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b"")
    done, _ = run(source, target, runtime)
    assert done == Done(0)
    assert target.read_bytes() == b""
