"""Put a snippet together: requirements, imports, the call exactly as it was verified, its use.

Which use fits a call is the recipes' knowledge; this module only chooses the recipe and lays out text.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from api_docs.call import Call, parse_value
from api_docs.catalogue import Entry
from api_docs.snippets import (
    auto_classes,
    diffusion,
    generic,
    libraries,
    pipelines,
    services,
    tfhub,
    torchhub,
)
from api_docs.snippets.imports import imports_of, merged, requirements
from api_docs.snippets.layout import WIDTH, wrapped
from api_docs.snippets.parts import Recipe, Subject, Use
from api_docs.snippets.pinning import pinned

_RECIPES: dict[str, Recipe] = {
    "torch.hub.load": torchhub.use,
    "hub.load": tfhub.use,
    "hub.KerasLayer": tfhub.use,
    "pipeline": pipelines.use,
    "from_pretrained": auto_classes.use,
    "diffusers.from_pretrained": diffusion.use,
    "requests.request": services.request,
    **libraries.RECIPES,
}
"""Loader name → recipe; loaders of the table that are missing here would be a bug that a test finds."""


def render_code(call: Call, entry: Entry, *, pin_revision: bool = False) -> str:
    """A Python snippet that imports, loads with this call, makes an input and prints a result.

    `pin_revision` loads the revision that the doc recorded, where the loader can; a comment says where
    it can't.

    Raises:
        UnparseableCall: when the call's values are no Python.
    """
    notes: tuple[str, ...] = ()
    if pin_revision:
        fixed = pinned(call, entry)
        if fixed is None:
            notes = ("The revision is not pinned: none is recorded, or this loader takes none.",)
        call = fixed or call
    subject = Subject(call, entry)
    known = services.tool if services.is_tool(subject) else generic.use
    use = _RECIPES.get(entry.loader.name, known)(subject)
    return _layout(subject, use, notes)


def _layout(subject: Subject, use: Use, notes: Sequence[str]) -> str:
    expression = parse_value(subject.call.render())
    needed = imports_of(expression, subject.entry.loader.library, dict(use.names))
    statements = [*needed.statements, *use.before.imports, *use.after.imports]
    imports = merged(statements)
    wanted = requirements(imports, subject.entry.doc.environment, (*needed.bounds, *use.requirements))
    unknown = [name for name in needed.unknown if name not in use.defines]
    blocks = [
        _pip_lines(wanted) + imports,
        [*use.before.lines],
        [f"# {note}" for note in (*notes, *use.notes)]
        + _unknown_lines(unknown, subject.call.callee)
        + [f"{use.target} = {ast.unparse(expression)}"],
        [*use.after.lines],
    ]
    laid_out = ([row for line in block for row in wrapped(line)] for block in blocks if block)
    return "\n\n".join("\n".join(block) for block in laid_out) + "\n"


def _pip_lines(wanted: Sequence[str]) -> list[str]:
    lines: list[str] = []
    for requirement in wanted:
        word = f"'{requirement}'" if any(mark in requirement for mark in "<>[ ") else requirement
        if lines and len(lines[-1]) + len(word) < WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(f"# pip install {word}")
    return lines


def _unknown_lines(unknown: Sequence[str], callee: str) -> list[str]:
    """Comments, and placeholders for values, where the documentation leaves a name open."""
    root = callee.partition(".")[0]
    lines = []
    for name in unknown:
        if name == root:
            lines.append(f"# The documentation does not say where {name} is imported from: import it first.")
        else:
            lines.append(f"{name} = None  # the documentation leaves this value open: set it")
    return lines
