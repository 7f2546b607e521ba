"""Instructions for a doc out of its own facts: what it is for, in which language, made how, of which size.

They begin with what a person would say first, and get longer. Each says which facts it tells, so that it can
be seen whether these are true of this doc alone; which of them leads to the doc is for whoever asks to find
out.
Names that identify the doc come in only where that is allowed.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from api_docs.lexicon.datasets import dataset_of
from api_docs.lexicon.languages import language_names
from api_docs.models import ApiDoc, Fact

Told = tuple[str, str]
"""A fact as an instruction tells it: its name, and what is said of it."""

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
_MOST_USES: Final = 3
_NAME: Final = "name"


@dataclass(frozen=True, slots=True)
class Wording:
    """An instruction, and the facts that it tells."""

    text: str
    told: frozenset[Told]


class Facts:
    """What instructions may tell, of many docs: whose it is."""

    def __init__(self, docs: Iterable[ApiDoc]) -> None:
        self._docs: dict[Told, set[str]] = defaultdict(set)
        for doc in docs:
            for told in _all_told(doc):
                self._docs[told].add(doc.id)

    def only_of(self, doc: ApiDoc, told: frozenset[Told]) -> bool:
        """Whether no other doc is told of by all of that."""
        return set.intersection(*(self._docs[one] for one in told)) <= {doc.id}


def wordings(
    doc: ApiDoc, draw: random.Random, *, named: bool = False, statement: str = ""
) -> Iterator[Wording]:
    """Instructions for a doc, each longer than the one before; each ends with the statement.

    `named` lets them call the model by its name, from the second or third on.
    """
    opening, ending = draw.choice(_OPENINGS), f" {statement}" if statement else ""
    end = "?" if opening.startswith("Which") else "."
    uses = _uses(doc)
    details = list(_details(doc))
    if named:
        details.insert(0, (f"namely {doc.name}", (_NAME, doc.name)))

    def wording(wanted: int, also: int) -> Wording:
        *first, last = uses[:wanted]
        phrases = [f"{', '.join(first)} and {last}" if first else last, *(said for said, _ in details[:also])]
        told = [("uses", use) for use in uses[:wanted]] + [one for _, one in details[:also]]
        return Wording(f"{opening} {', '.join(phrases)}{end}{ending}", frozenset(told))

    yield wording(1, 0)
    if len(uses) > 1:
        yield wording(_MOST_USES, 0)
    for also in range(1, len(details) + 1):
        yield wording(_MOST_USES, also)


def _all_told(doc: ApiDoc) -> Iterator[Told]:
    """Every fact that any wording for the doc tells, and what is as true of it though none does."""
    yield _NAME, doc.name
    for use in _texts(doc, "uses") or _uses(doc):
        yield "uses", use
    for name in ("datasets", "benchmarks"):
        for dataset in _texts(doc, name):
            yield name, _dataset(dataset)
    yield from (told for _, told in _details(doc))


def _uses(doc: ApiDoc) -> tuple[str, ...]:
    return _texts(doc, "uses") or (doc.functionality.lower() or doc.domain.replace("-", " "),)


def _details(doc: ApiDoc) -> Iterator[tuple[str, Told]]:
    """What else is known of the model, most telling first: as a phrase, and as a fact."""
    spoken = language_names(_texts(doc, "language"))
    if 0 < len(spoken) <= _MOST_LANGUAGES:
        said = " and ".join(spoken)
        yield f"in {said}", ("language", said)
    for name in _texts(doc, "datasets")[:2]:
        yield f"trained on {_dataset(name)}", ("datasets", _dataset(name))
    for said in _texts(doc, "architecture")[:1]:
        yield f"built as {said}", ("architecture", said)
    if tags := _texts(doc, "tags")[:2]:
        said = " and ".join(tags)
        yield f"something with {said}", ("tags", said)
    if isinstance(size := doc.facts.get("input_size"), int):
        yield f"for images of {size} × {size} pixels", ("input_size", str(size))
    if isinstance(count := doc.facts.get("parameters"), int | float) and count > 0:
        said = f"{count / 1e6:.3g} million parameters"
        yield f"of {said}", ("parameters", said)
    for said in _texts(doc, "publisher")[:1]:
        yield f"by {said}", ("publisher", said)
    if isinstance(year := doc.facts.get("year"), int):
        yield f"from {year}", ("year", str(year))
    if isinstance(dimensions := doc.facts.get("dimensions"), int):
        yield f"giving vectors of {dimensions} numbers", ("dimensions", str(dimensions))
    for name in _texts(doc, "benchmarks")[:1]:
        yield f"judged on {_dataset(name)}", ("benchmarks", _dataset(name))


def _dataset(name: str) -> str:
    """A data set as people call it, without whose it is."""
    known = dataset_of(name)
    return known.name if known is not None else name.rpartition("/")[2].replace("_", " ")


def _texts(doc: ApiDoc, fact: str) -> tuple[str, ...]:
    value: Fact | None = doc.facts.get(fact)
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (str(value),)
