"""Keep what a teacher answered, by the content of the request, so that nothing is paid for twice.

An answer is a file, named for the SHA-256 of the request's JSON body and written whole: a run that was killed
goes on where it was, and the same request of another run costs nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from api_docs.files import write_file
from finetune.teacher.spending import Usage

Body = Mapping[str, Any]
"""The JSON body of a request, as it is sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a teacher wrote, why it ended (`stop`, `length`, …), and what it cost."""

    text: str
    finish_reason: str
    usage: Usage


class _Stored(BaseModel):
    """An answer's file; the request lies beside it for whoever reads it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: dict[str, Any]
    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int


class AnswerCache:
    """The answers in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, body: Body) -> Answer | None:
        """The answer to a request, None where it was not asked yet. A damaged file is asked for again."""
        try:
            stored = _Stored.model_validate_json(self._path(body).read_bytes())
        except (OSError, ValidationError):
            return None
        usage = Usage(stored.prompt_tokens, stored.completion_tokens)
        return Answer(stored.text, stored.finish_reason, usage)

    def put(self, body: Body, answer: Answer) -> None:
        """Keep an answer.

        Raises:
            StorageError: when the disk is full or read-only.
        """
        stored = _Stored(
            request=dict(body),
            text=answer.text,
            finish_reason=answer.finish_reason,
            prompt_tokens=answer.usage.prompt,
            completion_tokens=answer.usage.completion,
        )
        write_file(self._path(body), stored.model_dump_json(indent=1).encode() + b"\n")

    def _path(self, body: Body) -> Path:
        key = key_of(body)
        return self._folder / key[:2] / f"{key}.json"  # few files a folder


def key_of(body: Body) -> str:
    """Hex SHA-256 of a request's body; the order of its keys says nothing."""
    return hashlib.sha256(orjson.dumps(dict(body), option=orjson.OPT_SORT_KEYS)).hexdigest()
