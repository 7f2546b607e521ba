"""The gallery: instructions of people who know no model names, with the answers as they are, good and bad.

The questions were written before any answer was seen. `judgement` and `note` are a person's, made on the
answer that `judged` names; where the answer has changed since, the page says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from api_docs.files import write_file
from service.pipeline import generate_call
from service.runtime import Runtime
from service.schemas import GenerateRequest, GeneratorChoice

QUESTIONS = Path(__file__).with_name("gallery.jsonl")
NO_CALL = "no_match"
"""What the page says where nothing was called."""
_MARKS = {"good": "✅", "fair": "🟡", "bad": "❌"}
_HEAD = """# Gallery

Ten instructions per hub, in the words of people who don't know model names, and what `grounded` answers on
the shipped snapshot with default settings. Written before any answer was seen; judged by hand afterwards.
✅ a sensible answer · 🟡 the right task, but another model would serve better · ❌ not what was asked for.

This page is generated: `callsmith evaluate gallery`.
"""


def read_questions() -> list[dict[str, Any]]:
    """The gallery's questions with their judgements."""
    return [orjson.loads(line) for line in QUESTIONS.read_bytes().splitlines()]


def answers(runtime: Runtime) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Every question with the call that answers it."""
    for question in read_questions():
        request = GenerateRequest(
            instruction=question["instruction"], hub=question["hub"], generator=GeneratorChoice.GROUNDED
        )
        yield question, runtime.run(generate_call, request, runtime).call


def write_page(runtime: Runtime, path: Path) -> None:
    """Write the page as Markdown; raises `StorageError`."""
    lines, hub = [_HEAD], ""
    for question, call in answers(runtime):
        if question["hub"] != hub:
            hub = question["hub"]
            lines += [f"\n## {hub}\n", "| | instruction | answer |", "|---|---|---|"]
        told = f"`{call or NO_CALL}`{_note(question, call)}"
        lines.append(f"| {_mark(question, call)} | {question['instruction']} | {told} |")
    write_file(path, ("\n".join(lines) + "\n").encode())


def _mark(question: dict[str, Any], call: str | None) -> str:
    return _MARKS.get(question.get("judgement", ""), "") if question.get("judged") == call else "(new)"


def _note(question: dict[str, Any], call: str | None) -> str:
    note = question.get("note")
    return f"<br>{note}" if note and question.get("judged") == call else ""
