"""Whether a model wrote exactly the call that was asked for.

Stricter than a verification: not any call that the catalogue allows, but this one, with these arguments.
"""

from __future__ import annotations

import ast
from functools import lru_cache

from api_docs.response import parse_response


def is_exact(text: str, call: str) -> bool:
    """Whether a model's output says the call `call`, however it is spaced, quoted, its keywords ordered.

    An empty `call` is what no API of the prompt's answers: then the output is exact when it declines.
    """
    parsed = parse_response(text)
    if not call:
        return parsed.declines
    said = parsed.call
    return said is not None and (found := _normal(said)) is not None and found == _expected(call)


@lru_cache(maxsize=4096)
def _expected(call: str) -> str:
    """The call asked for in its normal form.

    Raises:
        ValueError: when it does not parse: rows to learn from are checked when they are made.
    """
    if (normal := _normal(call)) is None:
        raise ValueError(f"the call of a row does not parse: {call!r}")
    return normal


def _normal(call: str) -> str | None:
    """A text that two calls share if and only if they call the same with the same values."""
    try:
        tree = ast.parse(call.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            node.keywords.sort(key=lambda keyword: keyword.arg or "")
    return ast.dump(tree)
