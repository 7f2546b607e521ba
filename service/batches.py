"""Many instructions from one JSONL file into another: order kept, bad lines skipped, continued if unfinished.

OUT is written line by line in the order of IN, so what is there says how far an earlier run came. A
last line that was cut off is removed and answered again.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from api_docs.errors import InvalidInput, InvalidRequest, StorageError
from service.pipeline import generate_call
from service.runtime import Runtime
from service.schemas import GenerateRequest
from service.validation import parse_request

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line of IN that is no request, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: the lines of IN, and how much of OUT stands.

    `keep` are the bytes of OUT that are whole, `last` the number of the last line of IN that they answer.
    """

    source: Path
    target: Path
    lines: tuple[bytes, ...]
    keep: int = 0
    last: int = 0
    continued: int = 0


@dataclass(slots=True)
class Done:
    """What a run did."""

    continued: int
    answered: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def plan_batch(source: Path, target: Path) -> Plan:
    """Read IN, and see how far OUT is.

    Raises:
        InvalidRequest: when IN can't be read, or OUT holds something else than answers to it.
    """
    try:
        lines = _lines(source.read_bytes())
        if target.exists() and target.samefile(source):
            raise InvalidRequest(f"IN and OUT are one file, {str(source)!r}; name another one for OUT")
        written = target.read_bytes() if target.exists() else b""
    except OSError as exc:
        raise InvalidRequest(f"can't read {exc.filename!r}: {exc.strerror}; check the path") from exc
    keep = written.rfind(b"\n") + 1
    last = continued = 0
    for continued, text in enumerate(_lines(written[:keep]), start=1):
        last = _answered_line(text, continued, last, lines, target)
    return Plan(source, target, lines, keep, last, continued)


def run_batch(
    plan: Plan,
    runtime: Runtime,
    concurrency: int,
    progress: Progress,
    report_bad_line: Callable[[Skipped], None],
) -> Done:
    """Answer what OUT lacks, `concurrency` instructions at once.

    Raises:
        StorageError: when OUT can't be written. What is written stays, and the next run continues.
    """
    done = Done(plan.continued)
    try:
        with (
            _continued(plan) as out,
            ThreadPoolExecutor(concurrency) as pool,
            closing(_in_order(plan, runtime, concurrency, pool)) as answers,
        ):
            for number, answer in answers:
                if isinstance(answer, Skipped):
                    done.skipped.append(answer)
                    report_bad_line(answer)
                else:
                    out.write(answer)
                    out.flush()
                    done.answered += 1
                progress(number, len(plan.lines))
    except OSError as exc:
        raise StorageError(
            f"can't write {str(plan.target)!r}: {exc.strerror}; free some space or name another file, "
            "then run the same command again: it continues"
        ) from exc
    return done


def _in_order(
    plan: Plan, runtime: Runtime, concurrency: int, pool: ThreadPoolExecutor
) -> Generator[tuple[int, bytes | Skipped]]:
    """Answers in the order of their lines; a window of them is in work."""
    window: deque[tuple[int, Future[bytes | Skipped]]] = deque()
    try:
        for number, line in enumerate(plan.lines, start=1):
            if number <= plan.last or not line.strip():
                continue
            window.append((number, pool.submit(_answer, number, line, runtime)))
            if len(window) >= 2 * concurrency:
                first, future = window.popleft()
                yield first, future.result()
        while window:
            first, future = window.popleft()
            yield first, future.result()
    finally:
        # An interrupted run must not answer what nobody will write.
        for _, future in window:
            future.cancel()


def _answer(number: int, line: bytes, runtime: Runtime) -> bytes | Skipped:
    try:
        request = _request(line)
        response = runtime.run(generate_call, request, runtime, f"line-{number}")
    except InvalidInput as exc:
        return Skipped(number, str(exc))
    head = {"line": number, "instruction": request.instruction}
    return orjson.dumps(head | response.model_dump(mode="json"), option=orjson.OPT_APPEND_NEWLINE)


def _request(line: bytes) -> GenerateRequest:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as exc:
        raise InvalidRequest(f"not JSON: {exc}") from exc
    return parse_request(GenerateRequest, {"instruction": found} if isinstance(found, str) else found)


def _answered_line(text: bytes, place: int, before: int, lines: tuple[bytes, ...], target: Path) -> int:
    """The line of IN that this line of OUT answers, if it does."""
    try:
        found = orjson.loads(text)
        number, instruction = int(found["line"]), found["instruction"]
        if before < number <= len(lines) and _request(lines[number - 1]).instruction == instruction:
            return number
        why = f"it does not answer line {number} of IN"
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, InvalidInput):
        why = "it is no answer of `callsmith batch`"
    raise InvalidRequest(
        f"{str(target)!r} can't be continued: of its line {place}, {why}; name another OUT, or remove it"
    )


def _lines(content: bytes) -> tuple[bytes, ...]:
    lines = content.split(b"\n")
    return tuple(lines if lines[-1] else lines[:-1])


def _continued(plan: Plan) -> BinaryIO:
    """OUT, opened behind what is whole of it."""
    file = os.fdopen(os.open(plan.target, os.O_RDWR | os.O_CREAT, 0o644), "r+b")
    file.truncate(plan.keep)
    file.seek(plan.keep)
    return file
