"""What Hugging Face's own pages know of tasks and libraries: facts of the npm package `@huggingface/tasks`.

`known/hf_tasks.json` holds its version, the names of its tasks, and by library the calls that load a model.
`make hf-tasks` writes it anew: `known/hf_tasks.mjs` prints what the package says, and this module, as a
program, keeps the facts of that.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

from api_docs.domains import huggingface_domain
from api_docs.errors import InvalidDoc, SourceError
from api_docs.files import write_file
from api_docs.sources.hf_calls import PLACEHOLDER, calls_with

TABLE: Final = Path(__file__).parent / "known" / "hf_tasks.json"

_SHELL: Final = re.compile(r"^\s*[!%$]?\s*(?:uv\s+)?pip3? install.*$", re.MULTILINE)
"""Lines for a shell among Python's."""

_UNFILLED: Final = re.compile(r"\{|XX")
"""What a reader of the page is to fill in: such a call loads nothing as it stands."""


@dataclass(frozen=True, slots=True)
class TasksTable:
    """The facts: of which version, the tasks in its order, and calls with a placeholder's id by library."""

    version: str
    tasks: tuple[str, ...]
    calls: Mapping[str, tuple[str, ...]]


@cache
def tasks_table() -> TasksTable:
    """The table that Callsmith carries."""
    raw = orjson.loads(TABLE.read_bytes())
    calls = {str(library): tuple(found) for library, found in raw["calls"].items()}
    return TasksTable(str(raw["version"]), tuple(raw["tasks"]), calls)


def known_snippets() -> dict[str, str]:
    """Library → code that loads a model of it, with a placeholder id: as `read_snippets` gives it."""
    return {library: "\n".join(calls) for library, calls in tasks_table().calls.items()}


def known_tasks() -> tuple[str, ...]:
    """The tasks that have a domain of ours, in the package's order."""
    return tuple(task for task in tasks_table().tasks if _has_domain(task))


def facts_of(export: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of an export: `package`, `version`, `tasks`, and `snippets` by library reduced to calls.

    Of each snippet the first call that is given the model's id, if it leaves nothing to be filled in;
    libraries without any are left out.

    Raises:
        SourceError: when it is not what `hf_tasks.mjs` prints.
    """
    try:
        tasks = [str(task) for task in export["tasks"]]
        snippets = {str(library): list(map(str, texts)) for library, texts in export["snippets"].items()}
        head = {"package": str(export["package"]), "version": str(export["version"])}
    except (AttributeError, KeyError, TypeError) as exc:
        raise SourceError(
            f"the export has no {exc}; expected package, version, tasks and snippets, as known/hf_tasks.mjs "
            "prints them. Run `make hf-tasks`"
        ) from exc
    calls = {}
    for library, texts in sorted(snippets.items()):
        found = [next(calls_with(_SHELL.sub("", text), PLACEHOLDER), "") for text in texts]
        if kept := list(dict.fromkeys(call for call in found if call and not _UNFILLED.search(call))):
            calls[library] = kept
    if not tasks or not calls:
        raise SourceError(
            f"the export of {head['package']} {head['version']} holds {len(tasks)} tasks and {len(calls)} "
            "libraries with a call; expected dozens of each. Mend known/hf_tasks.mjs for this version"
        )
    return {**head, "tasks": tasks, "calls": calls}


def _has_domain(task: str) -> bool:
    try:
        huggingface_domain(task)
    except InvalidDoc:
        return False
    return True


if __name__ == "__main__":
    facts = facts_of(orjson.loads(sys.stdin.buffer.read()))
    write_file(TABLE, orjson.dumps(facts, option=orjson.OPT_INDENT_2) + b"\n")
    TABLE.chmod(0o644)
    sys.stdout.write(
        f"{TABLE.name}: {facts['package']} {facts['version']}, {len(facts['calls'])} libraries\n"
    )
