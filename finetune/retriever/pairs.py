"""Which docs answer which instruction, and which of both are kept apart to judge by.

Everything is numbered: questions are rows of `Questions`, docs are rows of a `Pool`, and what they are to
each other is a table of both, shape (questions, docs). Knows nothing about vectors, files or training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from api_docs.catalogue import Catalogue, Identity
from api_docs.errors import NotFound, TrainingDataError
from api_docs.models import ApiDoc
from finetune.dataset.splits import groups, words_of
from finetune.instructions.instruction import Instruction
from retriever.task_voice import places

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

NONE: Final = -1
"""In a column of numbers: nobody says."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The living docs of a catalogue, which alone may answer.

    `rows` are their rows in the catalogue, and so in its index. `call_of` numbers calls, `task_of` is the
    place of the domain in `retriever.task_voice`, `hub_of` that of the hub in the catalogue, and `group_of`
    numbers the APIs that are taught or kept together. All have the shape (docs,).
    """

    catalogue: Catalogue
    docs: tuple[ApiDoc, ...]
    rows: Numbers
    call_of: Numbers
    task_of: Numbers
    hub_of: Numbers
    group_of: Numbers

    @classmethod
    def of(cls, catalogue: Catalogue) -> Pool:
        """The pool of a catalogue."""
        rows = [row for row, doc in enumerate(catalogue.docs) if doc.alive]
        docs = tuple(catalogue.docs[row] for row in rows)
        calls: dict[Identity, int] = {}
        call_of = [calls.setdefault(catalogue.entries[row].identity, len(calls)) for row in rows]
        group = {doc_id: number for number, ids in enumerate(groups(catalogue)) for doc_id in ids}
        return cls(
            catalogue,
            docs,
            np.array(rows, dtype=np.int64),
            np.array(call_of, dtype=np.int64),
            places([doc.domain for doc in docs]),
            np.array([catalogue.hubs.index(doc.hub) for doc in docs], dtype=np.int64),
            np.array([group[doc.id] for doc in docs], dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self.docs)

    def right(self, asked: Questions) -> Flags:
        """Which docs answer: those with the question's call, else those of its domain, and hub if it has one.

        Shape (questions, docs).
        """
        by_domain = asked.tasks[:, None] == self.task_of[None, :]
        by_domain &= (asked.hubs[:, None] == NONE) | (asked.hubs[:, None] == self.hub_of[None, :])
        by_call = asked.calls[:, None] == self.call_of[None, :]
        found: Flags = np.where(asked.exact[:, None], by_call, by_domain)
        return found

    def never_negative(self, asked: Questions) -> Flags:
        """Which docs must not be taught to be wrong, shape (questions, docs).

        Those with an equal call, and where only the domain is known all docs of it, on every hub.
        """
        by_domain = asked.tasks[:, None] == self.task_of[None, :]
        by_call = asked.calls[:, None] == self.call_of[None, :]
        found: Flags = np.where(asked.exact[:, None], by_call, by_domain)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """Instructions with what is known of their answers, one a row.

    `calls` are numbers of `Pool.call_of`, `tasks` and `hubs` those of its `task_of` and `hub_of`, `groups`
    those of its `group_of`; `NONE` where nobody says. `probes` are only ever judged by, and never taught. All
    have the shape (questions,).
    """

    texts: tuple[str, ...]
    calls: Numbers
    tasks: Numbers
    hubs: Numbers
    groups: Numbers
    probes: Flags

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def exact(self) -> Flags:
        """Whether the very API is known, and not only its domain."""
        found: Flags = self.calls != NONE
        return found

    def at(self, rows: Numbers) -> Questions:
        """Some of them."""
        texts = tuple(self.texts[row] for row in rows.tolist())
        calls, tasks, hubs, groups = (column[rows] for column in self._columns)
        return Questions(texts, calls, tasks, hubs, groups, self.probes[rows])

    def and_probes(self, others: Questions) -> Questions:
        """These, and behind them others, which are only judged by."""
        both = zip(self._columns, others._columns, strict=True)
        calls, tasks, hubs, groups = (np.concatenate(columns) for columns in both)
        probes = np.concatenate([self.probes, np.ones(len(others), dtype=np.bool_)])
        return Questions((*self.texts, *others.texts), calls, tasks, hubs, groups, probes)

    @property
    def _columns(self) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        return self.calls, self.tasks, self.hubs, self.groups


@dataclass(frozen=True, slots=True)
class Labelled:
    """Questions, and how many instructions no living doc answers."""

    questions: Questions
    unanswered: int


def label(instructions: Iterable[Instruction], pool: Pool) -> Labelled:
    """Number what instructions say of their answers.

    An instruction written for one doc is answered by that doc's call, any other by its domain. Left out are
    those that no living doc answers: the doc is gone, or the domain, or the hub has none of it.

    Raises:
        TrainingDataError: when none is left.
    """
    place_of = {doc.id: place for place, doc in enumerate(pool.docs)}
    given = list(instructions)
    rows: list[tuple[str, int, int, int, int]] = []
    for one in given:
        task, hub = int(places([one.domain])[0]), _hub(one, pool)
        if one.doc_id is not None:
            place = _place(one.doc_id, pool, place_of)
            if place is None:
                continue
            call, group = int(pool.call_of[place]), int(pool.group_of[place])
            rows.append((one.text, call, int(pool.task_of[place]), hub, group))
        elif ((pool.task_of == task) & ((hub == NONE) | (pool.hub_of == hub))).any():
            rows.append((one.text, NONE, task, hub, NONE))
    if not rows:
        raise TrainingDataError(
            f"none of {len(given)} instructions has an answer in catalogue {pool.catalogue.version!r}; name "
            "instructions that were written for it, or set CALLSMITH_CATALOGUE to theirs"
        )
    texts, *numbers = zip(*rows, strict=True)
    calls, tasks, hubs, groups = (np.array(column, dtype=np.int64) for column in numbers)
    questions = Questions(texts, calls, tasks, hubs, groups, np.zeros(len(rows), dtype=np.bool_))
    return Labelled(questions, len(given) - len(rows))


def _hub(instruction: Instruction, pool: Pool) -> int:
    """The number of the hub that is asked for; one that the catalogue lacks has a number that no doc has."""
    if instruction.hub is None:
        return NONE
    hubs = pool.catalogue.hubs
    return hubs.index(instruction.hub) if instruction.hub in hubs else len(hubs)


def _place(doc_id: str, pool: Pool, place_of: dict[str, int]) -> int | None:
    """The row of a doc, or of the first living one with an equal call; None where there is none."""
    try:
        same = pool.catalogue.same_call(doc_id)
    except NotFound:
        return None
    found = [place_of[entry.doc.id] for entry in same if entry.doc.id in place_of]
    return found[0] if found else None


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """One way to keep instructions and APIs apart.

    Taught are the questions `taught`, with the docs that are not `kept` (shape (docs,)), as positives and as
    negatives. Judged is by the questions `asked`, of which none is taught, not even in other spelling.
    """

    taught: Numbers
    asked: Numbers
    kept: Flags


def folds(pool: Pool, questions: Questions, count: int, seed: int) -> list[Fold]:
    """Deal APIs, and instructions, to so many folds, both by hash and evenly over the domains.

    An API is kept with all that loads the same or bears its name, an instruction with all of the same words.
    A probe is asked where its API is kept, and once where it is not, unless its words are taught there.

    Raises:
        TrainingDataError: when there is too little to teach or to ask in some fold.
    """
    of_doc = _dealt(pool.group_of.tolist(), pool.task_of.tolist(), count, seed)
    words = [words_of(text) or text for text in questions.texts]
    given = np.flatnonzero(~questions.probes)
    of_question = np.full(len(questions), NONE, dtype=np.int64)
    of_question[given] = _dealt([words[row] for row in given], questions.tasks[given].tolist(), count, seed)
    by_domain = np.flatnonzero(~questions.exact)
    answers = pool.right(questions.at(by_domain))
    found = []
    fold_of_group = dict(zip(pool.group_of.tolist(), of_doc.tolist(), strict=True))
    of_probe = np.array([fold_of_group.get(group, NONE) for group in questions.groups.tolist()])
    for number in range(count):
        kept = of_doc == number
        kept_groups = np.unique(pool.group_of[kept])
        taught = ~np.isin(of_question, (number, NONE)) & ~np.isin(questions.groups, kept_groups)
        # A question of the domain alone teaches only where docs of it are left to be right.
        taught[by_domain] &= (answers & ~kept[None, :]).any(axis=1)
        asked = of_question == number
        said = {words[row] for row in np.flatnonzero(taught).tolist()}
        probed = questions.probes & ((of_probe == number) | (of_probe == (number + 1) % count))
        probed &= np.array([text not in said for text in words])
        if not taught.any() or not asked.any() or kept.all() or not kept.any():
            raise TrainingDataError(
                f"{len(given)} instructions and {len(pool)} docs are too few for {count} folds; give "
                "more, or ask for fewer folds with --folds"
            )
        found.append(Fold(np.flatnonzero(taught), np.flatnonzero(asked | probed), kept))
    return found


def _dealt(keys: Sequence[int] | Sequence[str], tasks: Sequence[int], count: int, seed: int) -> Numbers:
    """The fold of each key: keys are sorted by task and hash, and dealt round. Equal keys go together."""
    # The first one's task counts.
    task_of: dict[int | str, int] = dict(zip(reversed(keys), reversed(tasks), strict=True))

    def order(key: int | str) -> tuple[int, bytes]:
        return task_of[key], hashlib.sha256(f"{seed}\n{key}".encode()).digest()

    fold_of = {key: place % count for place, key in enumerate(sorted(task_of, key=order))}
    return np.array([fold_of[key] for key in keys], dtype=np.int64)
