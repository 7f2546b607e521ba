"""Choose what changes and how it is asked for: before the change, the doc that changes has to be the answer.

Docs are drawn from each hub in turn, as long as it has some to which the kind of change applies. Instructions
are made of the doc's own facts. One is taken only if it says nothing of what changes, tells what is true of
no other doc, and leads to this one clearly; of several the one that leads most clearly, for whoever wants
this very model says what sets it apart from its next of kin. Some docs that no instruction leads to but
narrowly are taken besides, to be counted apart: whatever changes of a doc's text changes its score a little.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from api_docs.call import parse_call
from api_docs.catalogue import Catalogue, Entry, entry_of
from api_docs.errors import CallsmithError
from api_docs.models import Hub
from api_docs.verification import check_call, check_doc, verify
from evaluation.refresh.changes import MAKERS, Change, Kind, says
from evaluation.refresh.wording import Facts, wordings
from retriever.fusion import VOTE_TEMPERATURE

CLEARLY: Final = VOTE_TEMPERATURE
"""The lead from which on a doc is the answer clearly: what fusion itself takes for a difference of scores."""
NARROW: Final = 5
"""For so many changes that are asked for clearly, one that is asked for narrowly."""

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, how much of it is done, in all)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an instruction: its status, the call and whose it is, and the version that answered.

    `lead` is by how much the doc's score is above that of the next best one.
    """

    status: str
    call: str | None
    doc_id: str | None
    index_version: str
    lead: float = 0.0


Ask = Callable[[str], Answer]


@dataclass(frozen=True, slots=True)
class Case:
    """One change, and the instruction that asks for what it changes."""

    change: Change
    instruction: str
    lead: float = 0.0


@dataclass(frozen=True, slots=True)
class Chosen:
    """The cases of one kind, those with a narrow lead, and how many docs no instruction led to."""

    cases: tuple[Case, ...]
    narrow: tuple[Case, ...]
    passed_over: int


def choose(  # noqa: PLR0913, PLR0917 - what is drawn from, how much of it, and by whom it is judged
    kind: Kind, catalogue: Catalogue, ask: Ask, count: int, draw: random.Random, progress: Progress
) -> Chosen:
    """That many changes of a kind, or as many as there are, from all hubs alike where it applies to them."""
    cases: list[Case] = []
    narrow: list[Case] = []
    taken: set[str] = set()
    passed_over = 0
    facts = Facts(catalogue.docs)
    hubs = [_changes(kind, catalogue, hub, draw) for hub in Hub]
    while hubs and len(cases) < count:
        changes = hubs.pop(0)
        for change in changes:
            ids = {*change.docs, *(doc.id for doc in change.docs.values())}
            if not taken.isdisjoint(ids):
                continue
            case = _asked_for(change, facts, ask, draw)
            if case is None or (case.lead < CLEARLY and len(narrow) >= count // NARROW):
                passed_over += 1
                continue
            taken |= ids
            if case.lead < CLEARLY:
                narrow.append(case)
                continue
            cases.append(case)
            progress(f"choosing: {kind}", len(cases), count)
            hubs.append(changes)  # it is its turn again once each other hub had its own
            break
    return Chosen(tuple(cases), tuple(narrow), passed_over)


def leads_to(answer: Answer, change: Change) -> bool:
    """Whether an answer is the doc that is asked for, and carries the argument that changes."""
    if answer.call is None or answer.doc_id != change.asked.id:
        return False
    return change.argument is None or change.argument.name in dict(parse_call(answer.call).keywords)


def _changes(kind: Kind, catalogue: Catalogue, hub: Hub, draw: random.Random) -> Iterator[Change]:
    """The changes of a hub's docs, in an order that is drawn."""
    entries = [entry for entry in catalogue.entries if entry.doc.hub == hub and entry.doc.alive]
    draw.shuffle(entries)
    for entry in entries:
        change = MAKERS[kind](entry, catalogue, draw)
        if change is not None and _holds_together(change, entry, catalogue):
            yield change


def _holds_together(change: Change, entry: Entry, catalogue: Catalogue) -> bool:
    """Whether what the docs become verifies, is new, and is not what they are called now."""
    if change.before is None:
        return True
    renamed = {doc.id for old, doc in change.docs.items() if doc.id != old}
    try:
        for doc in change.docs.values():
            check_doc(doc)
    except CallsmithError:
        return False
    after = entry_of(change.after)
    new = change.argument is not None or not verify(after.call.render(), catalogue).verified
    old = change.argument is not None or check_call(entry.call, after) is not None
    return new and old and not any(doc_id in catalogue for doc_id in renamed)


def _asked_for(change: Change, facts: Facts, ask: Ask, draw: random.Random) -> Case | None:
    """The change with the instruction that leads to its doc most clearly, None where none does."""
    argument = change.argument
    given = wordings(
        change.asked,
        draw,
        named=argument is not None,
        statement=argument.statement if argument is not None else "",
    )
    best: Case | None = None
    for one in given:
        if says(one.text, change) is not None or not facts.only_of(change.asked, one.told):
            continue
        answer = ask(one.text)
        if leads_to(answer, change) and (best is None or answer.lead > best.lead):
            best = Case(change, one.text, answer.lead)
    return best
