"""What an entrypoint is apart from its name, so that one that was renamed is known again.

Read by `ast`; nothing is imported or executed.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator

from api_docs.sources.hubconf import parse_quietly


def bodies(hubconf: str) -> dict[str, str]:
    """Entrypoint → 16 hex digits of its definition without name and docstring.

    Definitions that say the same under several names tell nothing and are left out, as is a text that is no
    Python.
    """
    try:
        tree = parse_quietly(hubconf)
        found = dict(_definitions(tree))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    times = Counter(found.values())
    return {name: digest for name, digest in found.items() if times[digest] == 1}


def _definitions(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=name, args=arguments, body=body):
                said = body[1:] if ast.get_docstring(statement, clean=False) is not None else body
                yield name, _digest(arguments, *said)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value):
                yield name, _digest(value)


def _digest(*nodes: ast.AST) -> str:
    text = "\n".join(ast.unparse(node) for node in nodes)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
