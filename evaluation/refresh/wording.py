"""Instructions for a doc out of its own facts: what it is for, in which language, made how, of which size.

They begin with what a person would say first, and get longer: which of them leads to the doc is for whoever
asks to find out. Names that identify the doc come in only where that is allowed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from api_docs.lexicon.datasets import dataset_of
from api_docs.lexicon.languages import language_names
from api_docs.models import ApiDoc, Fact

_OPENINGS: Final = (
    "I need a model for",
    "We are looking for something for",
    "Which model can I use for",
    "Our team wants help with",
    "Find me a model for",
    "For a project of mine I want something for",
)
_MOST_LANGUAGES: Final = 2
"""Whoever wants one of many languages doesn't list them."""
_MOST: Final = 8
"""Instructions for one doc."""


def instructions(
    doc: ApiDoc, draw: random.Random, *, named: bool = False, statement: str = ""
) -> Iterator[str]:
    """Instructions for a doc, each longer than the one before; each ends with the statement.

    `named` lets them call the model by its name, from the second on.
    """
    opening, ending = draw.choice(_OPENINGS), f" {statement}" if statement else ""
    uses = _texts(doc, "uses") or (doc.functionality.lower() or doc.domain.replace("-", " "),)
    details = list(_details(doc))
    if named:
        details.insert(0, f"namely {doc.name}")
    wanted = uses[0]
    yield _sentence(f"{opening} {wanted}", opening, ending)
    if len(uses) > 1:
        wanted = " and ".join(uses[:3])
        yield _sentence(f"{opening} {wanted}", opening, ending)
    for count in range(1, min(len(details), _MOST) + 1):
        yield _sentence(f"{opening} {', '.join((wanted, *details[:count]))}", opening, ending)


def _details(doc: ApiDoc) -> Iterator[str]:
    """What else is known of the model, most telling first."""
    spoken = language_names(_texts(doc, "language"))
    if 0 < len(spoken) <= _MOST_LANGUAGES:
        yield f"in {' and '.join(spoken)}"
    for name in _texts(doc, "datasets")[:2]:
        yield f"trained on {_dataset(name)}"
    if architecture := _texts(doc, "architecture"):
        yield f"built as {architecture[0]}"
    if tags := _texts(doc, "tags"):
        yield f"something with {' and '.join(tags[:2])}"
    if isinstance(size := doc.facts.get("input_size"), int):
        yield f"for images of {size} × {size} pixels"
    if isinstance(count := doc.facts.get("parameters"), int | float) and count > 0:
        yield f"of {count / 1e6:.3g} million parameters"
    if publisher := _texts(doc, "publisher"):
        yield f"by {publisher[0]}"
    if isinstance(year := doc.facts.get("year"), int):
        yield f"from {year}"
    if isinstance(dimensions := doc.facts.get("dimensions"), int):
        yield f"giving vectors of {dimensions} numbers"
    for name in _texts(doc, "benchmarks")[:1]:
        yield f"judged on {_dataset(name)}"


def _dataset(name: str) -> str:
    """A data set as people call it, without whose it is."""
    known = dataset_of(name)
    return known.name if known is not None else name.rpartition("/")[2].replace("_", " ")


def _texts(doc: ApiDoc, fact: str) -> tuple[str, ...]:
    value: Fact | None = doc.facts.get(fact)
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (str(value),)


def _sentence(text: str, opening: str, ending: str) -> str:
    return f"{text}{'?' if opening.startswith('Which') else '.'}{ending}"
