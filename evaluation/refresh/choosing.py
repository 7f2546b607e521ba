"""Choose what changes and how it is asked for: before the change, the doc that changes has to be the answer.

Docs are drawn from each hub in turn, as long as it has some to which the kind of change applies. An
instruction is made of the doc's own facts, never says what changes, and is taken only if it leads to the doc.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from api_docs.call import parse_call
from api_docs.catalogue import Catalogue, Entry, entry_of
from api_docs.errors import CallsmithError
from api_docs.models import Hub
from api_docs.verification import check_call, check_doc, verify
from evaluation.refresh.changes import MAKERS, Change, Kind, says
from evaluation.refresh.wording import instructions

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, how much of it is done, in all)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an instruction: its status, the call and whose it is, and the version that answered."""

    status: str
    call: str | None
    doc_id: str | None
    index_version: str


Ask = Callable[[str], Answer]


@dataclass(frozen=True, slots=True)
class Case:
    """One change, and the instruction that asks for what it changes."""

    change: Change
    instruction: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The cases of one kind, and for how many docs no instruction led to them."""

    cases: tuple[Case, ...]
    passed_over: int


def choose(  # noqa: PLR0913, PLR0917 - what is drawn from, how much of it, and by whom it is judged
    kind: Kind, catalogue: Catalogue, ask: Ask, count: int, draw: random.Random, progress: Progress
) -> Chosen:
    """That many changes of a kind, or as many as there are, from all hubs alike where it applies to them."""
    cases: list[Case] = []
    taken: set[str] = set()
    passed_over = 0
    hubs = [_changes(kind, catalogue, hub, draw) for hub in Hub]
    while hubs and len(cases) < count:
        changes = hubs.pop(0)
        for change in changes:
            ids = {*change.docs, *(doc.id for doc in change.docs.values())}
            if not taken.isdisjoint(ids):
                continue
            if (instruction := _leading_to(change, ask, draw)) is None:
                passed_over += 1
                continue
            taken |= ids
            cases.append(Case(change, instruction))
            progress(f"choosing: {kind}", len(cases), count)
            hubs.append(changes)  # it is its turn again once each other hub had its own
            break
    return Chosen(tuple(cases), passed_over)


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


def _leading_to(change: Change, ask: Ask, draw: random.Random) -> str | None:
    argument = change.argument
    given = instructions(
        change.asked,
        draw,
        named=argument is not None,
        statement=argument.statement if argument is not None else "",
    )
    for instruction in given:
        if says(instruction, change) is None and leads_to(ask(instruction), change):
            return instruction
    return None
