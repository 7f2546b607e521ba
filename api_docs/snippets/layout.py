"""Lay out lines of code: break a statement that is too long at the arguments of its first call."""

from __future__ import annotations

import ast

WIDTH = 100
"""Columns that a line may take."""


def wrapped(line: str) -> list[str]:
    """The line, or the same statement over several lines.

    The arguments go onto one line of their own where they fit, else onto one line each. What is no
    statement by itself (the head of a block, a part of a longer statement) stays as it is.
    """
    call = _first_call(line) if len(line) > WIDTH else None
    if call is None:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    # offsets of `ast` count bytes
    source = line.strip().encode()
    arguments = sorted(
        [*call.args, *(keyword.value for keyword in call.keywords)], key=lambda n: n.col_offset
    )
    starts = sorted([*(n.col_offset for n in call.args), *(k.col_offset for k in call.keywords)])
    ends = [node.end_col_offset or 0 for node in arguments]
    texts = [source[start:end].decode() for start, end in zip(starts, ends, strict=True)]
    head, tail = source[: starts[0]].decode(), source[ends[-1] :].decode().lstrip(", ")
    joined = f"{indent}    {', '.join(texts)}"
    body = [joined] if len(joined) <= WIDTH else [f"{indent}    {text}," for text in texts]
    return [indent + head, *body, indent + tail]


def _first_call(line: str) -> ast.Call | None:
    """The innermost call that a statement begins with: `f(…)` of `x = f(…).g(…)`."""
    try:
        statements = ast.parse(line.strip()).body
    except SyntaxError:
        return None
    value: ast.expr | None = getattr(statements[0], "value", None) if len(statements) == 1 else None
    found = None
    while value is not None:
        if isinstance(value, ast.Call):
            found = value if value.args or value.keywords else found
            value = value.func
        else:
            value = (
                getattr(value, "value", None) if isinstance(value, ast.Attribute | ast.Subscript) else None
            )
    return found
