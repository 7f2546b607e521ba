"""Read files of one JSON object a line. Knows nothing about what the objects are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import orjson

from api_docs.errors import EvaluationDataError

_R = TypeVar("_R")


def read_rows(
    path: Path, row_of: Callable[[dict[str, Any]], _R], fields: str, *, missing: str = "restore the file"
) -> list[_R]:
    """Every line as `row_of` makes it, in the order of the file; blank lines are passed over.

    `row_of` may raise `KeyError`, `TypeError`, `ValueError` or `AttributeError`. `fields` says what an
    object has, `missing` what to do where there is no file.

    Raises:
        EvaluationDataError: naming the file, the line, the reason and the fix.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as exc:
        raise EvaluationDataError(f"can't read {str(path)!r}: {exc.strerror}; {missing}") from exc
    rows = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                rows.append(row_of(orjson.loads(line)))
            except (KeyError, TypeError, ValueError, AttributeError) as exc:
                reason = f"{type(exc).__name__}: {exc}"
                raise EvaluationDataError(
                    f"{str(path)!r}, line {number}: {reason}; expected the fields {fields}"
                ) from exc
    return rows
