"""What the judge learns from: instructions with their vectors, dealt to folds.

Instructions that say nearly the same stand in one fold. It opens the bank and the unserved instructions,
never what is held out for measuring.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from api_docs.errors import TrainingDataError
from api_docs.files import sha256_of
from finetune.instructions.sameness import close_pairs, sharing_runs
from finetune.instructions.sources import Sourced, read_sources
from finetune.judge.fitting import Flags, Numbers
from finetune.judge.teaching import States
from finetune.judge.unserved import UNSERVED, read_unserved
from retriever.embedding import Reading, ReadingEncoder, Vectors
from retriever.task_voice import places

Told = Callable[[str, int, int], None]
"""Called with (what is being done, how much of it is done, in all)."""

BRIEF: Final = Path(__file__).with_name("brief.jsonl")
"""Instructions in a few words, which the bank has hardly any of."""
NOTHING: Final = -1
"""In a column of domains: nothing serves it."""
ALIKE: Final = 0.8
"""Two instructions with a cosine above this are never parted: lower than what the bank calls the same."""
_READ_AT_ONCE: Final = 64
_FEWEST: Final = 20
"""Instructions of either kind, below which nothing worth having is learnt."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Instructions, one a row, served ones first.

    `vectors` have the shape (rows, dimensions), all else (rows,): `domains` are places in the table of tasks
    or `NOTHING`, `folds` the number of the fold that a row is judged in. `languages` are codes of ISO 639-1.
    `states` are those `after` so many layers of the embedding model: 18 KB for an instruction of 24 tokens.
    """

    texts: tuple[str, ...]
    languages: tuple[str, ...]
    domains: Numbers
    folds: Numbers
    vectors: Vectors
    states: States
    after: int
    sources: tuple[Sourced, ...]
    unserved_sha256: str

    @property
    def served(self) -> Flags:
        """Which rows some API serves."""
        found: Flags = self.domains != NOTHING
        return found

    def part(self, rows: Numbers) -> Lesson:
        """Some of its rows, in their folds, without what the model read of them."""
        numbers = rows.tolist()
        return replace(
            self,
            texts=tuple(self.texts[row] for row in numbers),
            languages=tuple(self.languages[row] for row in numbers),
            domains=self.domains[rows],
            folds=self.folds[rows],
            vectors=self.vectors[rows],
            states=States.of([self.states.values[:0]]),
        )


class Remembered:
    """An encoder that has read a lesson's instructions already, of which it knows the lesson's states."""

    def __init__(self, encoder: ReadingEncoder, lesson: Lesson) -> None:
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self._encoder = encoder
        self._lesson = lesson
        self._row_of = {text: row for row, text in enumerate(lesson.texts)}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, shape (len(texts), dimensions)."""
        if not all(text in self._row_of for text in texts):
            return self._encoder.encode(texts)
        return self._lesson.vectors[[self._row_of[text] for text in texts]]

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """One reading per text."""
        rows = [self._row_of[text] for text in texts]
        lesson = self._lesson
        return [Reading(lesson.vectors[row], self._states(lesson.states[row])) for row in rows]

    def _states(self, states: Vectors) -> Vectors:
        """In their place among those of all layers; the others are not remembered."""
        found = np.zeros((len(states), self._lesson.after + 1, states.shape[1]), dtype=np.float32)
        found[:, -1] = states
        return found


def prepare(  # noqa: PLR0913, PLR0917 - what is read, and how it is dealt
    instructions: Sequence[Path],
    encoder: ReadingEncoder,
    count: int,
    seed: int,
    told: Told,
    unserved: Path = UNSERVED,
) -> Lesson:
    """Read both kinds of instructions, have the model read them, and deal them to so many folds.

    Raises:
        TrainingDataError: when they can't be read, or are too few.
    """
    sources = read_sources(instructions)
    given = [one for source in sources for one in source.instructions]
    refused = read_unserved(unserved)
    if min(len(given), len(refused)) < _FEWEST:
        raise TrainingDataError(
            f"{len(given)} instructions that are served and {len(refused)} that aren't are too few; give at "
            f"least {_FEWEST} of each"
        )
    texts = (*(one.text for one in given), *(one.text for one in refused))
    domains = np.concatenate([places([one.domain for one in given]), np.full(len(refused), NOTHING)])
    vectors, states, after = _read(encoder, texts, told)
    return Lesson(
        texts=texts,
        languages=(*(one.language for one in given), *(one.language for one in refused)),
        domains=domains,
        folds=deal(texts, vectors, domains, count, seed),
        vectors=vectors,
        states=states,
        after=after,
        sources=tuple(sources),
        unserved_sha256=sha256_of(unserved),
    )


def deal(texts: Sequence[str], vectors: Vectors, domains: Numbers, count: int, seed: int) -> Numbers:
    """The fold of each row, evenly over domains, by hash; rows that say nearly the same go together."""
    group_of = groups(texts, vectors)

    def order(group: int) -> tuple[int, bytes]:
        digest = hashlib.sha256(f"{seed}\n{texts[group]}".encode()).digest()
        return int(domains[group]), digest

    fold_of = {group: place % count for place, group in enumerate(sorted(set(group_of), key=order))}
    return np.array([fold_of[group] for group in group_of], dtype=np.int64)


def groups(texts: Sequence[str], vectors: Vectors) -> list[int]:
    """For each row the first of its group: those that share a run of words, or whose vectors are close."""
    first = list(range(len(texts)))

    def root(row: int) -> int:
        while first[row] != row:
            first[row] = first[first[row]]
            row = first[row]
        return row

    for pair in (*sharing_runs(texts), *close_pairs(vectors, ALIKE)):
        one, other = sorted((root(pair.first), root(pair.second)))
        first[other] = one
    return [root(row) for row in range(len(texts))]


def by_hash(rows: Numbers, texts: Sequence[str], seed: int) -> Iterator[int]:
    """Rows in an order that nobody chose."""
    yield from sorted(
        rows.tolist(), key=lambda row: hashlib.sha256(f"{seed}\n{texts[row]}".encode()).digest()
    )


def leaves_after(layers: int) -> int:
    """After how many of a model's layers a branch leaves it: two thirds of them."""
    return min(round(layers * 2 / 3), layers - 1)


def _read(encoder: ReadingEncoder, texts: Sequence[str], told: Told) -> tuple[Vectors, States, int]:
    vectors: list[Vectors] = []
    states: list[NDArray[np.float16]] = []
    after = 0
    for start in range(0, len(texts), _READ_AT_ONCE):
        told("reading instructions", start, len(texts))
        for reading in encoder.read(texts[start : start + _READ_AT_ONCE]):
            after = leaves_after(reading.states.shape[1] - 1)
            vectors.append(reading.vector)
            states.append(reading.states[:, after].astype(np.float16))
    told("reading instructions", len(texts), len(texts))
    return np.stack(vectors), States.of(states), after
