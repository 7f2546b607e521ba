"""What a teacher is asked for one API doc, and how its answer is read.

Knows the words of the request and the shapes of answers. Knows nothing about connections or filters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from api_docs.models import ApiDoc
from api_docs.tasks import TASKS
from finetune.teacher.answers import Body
from finetune.teacher.examples import Example

WANTED: Final = 10
"""Instructions that are asked for at a time."""

_SYSTEM: Final = """\
You write down what people ask of software, in their own words. You are shown one machine-learning API: what \
it does, and the call that loads it. You invent requests that this API answers, as different people would \
type them who have never heard of it and don't know its name.

- Every request stands alone and says what the person wants to get done, or what troubles them.
- Never write the name of a model, of a family of models, of a data set, or of whoever made them; nothing of \
the call either.
- Ask for nothing that the API can't do, and for what it does better than others of its kind where it does.
- Change who speaks (a baker, a nurse, a tired student, an engineer, somebody who learns the language), the \
subject, the length (4 to 60 words) and the form: questions, orders, complaints, half sentences.
- No two requests begin alike.
- Leave no places to fill in, and explain nothing.
- Write in English.

Answer with a numbered list and nothing else, one request a line."""

_ITEM = re.compile(r"^\s*(?:[*_]{0,2}\(?\d{1,3}\s*[.):\]-]\**|[-*•–])\s+(?P<text>\S.*)$")
_LABEL = re.compile(r"^\**(?:instruction|request|user|query)\s*\d*\**\s*:\s*\**\s*", re.IGNORECASE)
_QUOTES: Final = (('"', '"'), ("'", "'"), ("“", "”"), ("«", "»"), ("「", "」"), ("**", "**"), ("*", "*"))
_KEYS: Final = ("instruction", "request", "text", "query")
"""Names under which teachers put an instruction where they answer with objects."""


def body_of(
    doc: ApiDoc,
    examples: Sequence[Example],
    *,
    model: str,
    temperature: float = 0.9,
    max_tokens: int = 1_200,
) -> Body:
    """The JSON body of the request for a doc: the same doc and examples give the same bytes."""
    return {
        "model": model,
        "messages": [
            {"role": "system", "content": _SYSTEM},
            {"role": "user", "content": _question(doc, examples)},
        ],
        "temperature": temperature,
        "max_tokens": max_tokens,
    }


def read_answer(text: str, *, truncated: bool = False) -> list[str]:
    """The instructions in a teacher's answer: of a JSON array, or of a list with numbers or bullets.

    Empty where there is neither, as in a refusal. The last one of a truncated answer is left out, unless it
    is certain to be whole.
    """
    found = list(_of_json(text))
    if not found:
        found = list(_of_list(text))
        found = found[:-1] if truncated else found
    return [clean for item in found if (clean := _clean(item))]


def _question(doc: ApiDoc, examples: Sequence[Example]) -> str:
    shown = "\n\n".join(f"{_told(example.doc)}\nA request: {example.instruction}" for example in examples)
    return (
        f"Three APIs, each with a request that somebody wrote for it:\n\n{shown}\n\n"
        f"Now this one:\n\n{_told(doc)}\n\n"
        f"Write {WANTED} requests for it."
    )


def _told(doc: ApiDoc) -> str:
    task = TASKS[doc.domain]
    return (
        f"API: {doc.functionality or task.title} ({task.title.lower()}: {task.takes} in, {task.gives} out)\n"
        f"What it does: {doc.description}\n"
        f"Call: {doc.call}"
    )


def _of_json(text: str) -> Iterator[str]:
    """The items of the first JSON array in a text, as far as they are whole; nothing where there is none."""
    begin = text.find("[")
    if begin < 0 or _ITEM.match(text):
        return
    decoder, place = json.JSONDecoder(), begin + 1
    while True:
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1
        try:
            item, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError:  # the array's end, or that of a truncated answer
            return
        if said := _said(item):
            yield said


def _said(item: Any) -> str:
    if isinstance(item, dict):
        item = next((item[key] for key in _KEYS if key in item), "")
    return item if isinstance(item, str) else ""


def _of_list(text: str) -> Iterator[str]:
    """The items of a list; lines that follow an item at once belong to it."""
    parts: list[str] = []
    for line in text.splitlines():
        if found := _ITEM.match(line):
            if parts:
                yield " ".join(parts)
            parts = [found["text"]]
        elif not line.strip():
            if parts:
                yield " ".join(parts)
            parts = []
        elif parts:
            parts.append(line.strip())
    if parts:
        yield " ".join(parts)


def _clean(item: str) -> str:
    """An item without the marks that teachers put around it."""
    text = _LABEL.sub("", " ".join(item.split()))
    for opening, closing in _QUOTES:
        inner = text[len(opening) : -len(closing)]
        if (
            text.startswith(opening)
            and text.endswith(closing)
            and opening not in inner
            and closing not in inner
        ):
            text = inner.strip()
    return text
