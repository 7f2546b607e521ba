"""What retrieval reads of an API doc, composed here and nowhere else.

From the fields that people's instructions speak of: task, functionality, description, name, data
sets. Call templates and boilerplate stay out. Knows nothing about scores.
"""

from __future__ import annotations

import re

from api_docs.domains import Domain
from api_docs.models import ApiDoc
from api_docs.tasks import TASKS

COMPOSITION = 2
"""Raise it when the composed texts change: indexes built before are then rebuilt."""

_DESCRIPTION_LIMIT = 800  # characters; the default encoder reads 256 word pieces
_DATASETS_LIMIT = 100
# Values of `functionality` that name a library or an action instead of what the model does.
_EMPTY_FUNCTIONALITY = frozenset({"transformers", "diffusers", "asteroid", "loading", ""})
_UNKNOWN = frozenset({"", "n/a", "none", "null", "not specified", "unknown"})
_SEAM = re.compile(r"(?<=[a-z])(?=\d)|(?<=[a-z])(?=[A-Z])")


def keyword_text(doc: ApiDoc) -> str:
    """What BM25 reads of a doc: its own facts."""
    datasets = ", ".join(name for name in doc.performance if name.lower() not in _UNKNOWN)
    parts = (
        f"{TASKS[doc.domain].title}.",
        "" if doc.functionality.lower() in _EMPTY_FUNCTIONALITY else f"{doc.functionality}.",
        doc.description[:_DESCRIPTION_LIMIT],
        split_name(identifying_name(doc)),
        datasets[:_DATASETS_LIMIT],
    )
    return " ".join(part for part in parts if part)


def embedding_text(doc: ApiDoc) -> str:
    """What the encoder reads of a doc: its facts, then how people speak of its task.

    Of what is asked over HTTP or as a tool, one sentence and its name: it is none of the tasks, and what else
    a documentation says (scopes, limits, status codes) is alike everywhere and drowns what an operation does.
    `evaluation/own_apis.py` has the questions that this was chosen on.
    """
    if doc.domain is Domain.WEB_API:
        said = doc.functionality or doc.description[:_DESCRIPTION_LIMIT]
        return f"{said.rstrip('.')}. {split_name(identifying_name(doc))}"
    task = TASKS[doc.domain]
    # Our own descriptions say what goes in and out; twice would only make encoding slower.
    ends = "" if task.gives in doc.description else f" {task.takes} in, {task.gives} out."
    return f"{keyword_text(doc)} {', '.join(task.words)}.{ends}"


def identifying_name(doc: ApiDoc) -> str:
    """The part of the id that tells this API from its neighbours: entrypoint, handle or model id."""
    name = doc.id.partition(":")[2].partition("#")[0]
    return name.rpartition(":")[2]


def split_name(name: str) -> str:
    """The words of a name, whole and at their seams: `resnet50` becomes `resnet50 resnet 50`."""
    words = re.sub(r"[^A-Za-z0-9]+", " ", name).strip()
    parts = _SEAM.sub(" ", words)
    return words if parts == words else f"{words} {parts}"
