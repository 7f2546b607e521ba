"""Learn a small matrix that turns instructions' vectors, while the encoder and all docs' vectors stay.

A question's vector q becomes q · M, made a unit again. All docs that are taught compete in one softmax, so
that every negative there is counts and none has to be mined; docs that might be right don't compete. A
question's answers share the probability: where only a domain is known, it is enough that one of its docs is
found. M begins as the identity and is drawn back to it, and the number of epochs is chosen on folds, by APIs
that were not taught.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from api_docs.files import publish_folder, sha256_of
from finetune.retriever.card import Card, Method, data_of, now, refuse_what_is_not_ours, write_card
from finetune.retriever.figures import (
    Cell,
    Exam,
    Marks,
    Voice,
    WordVoices,
    compared,
    together,
    unseen_ndcg,
    warnings_of,
)
from finetune.retriever.lesson import Lesson, Told, prepare
from finetune.retriever.pairs import Flags, Fold, Numbers
from retriever.embedding import Vectors, every_core
from retriever.query_matrix import MATRIX_FILE, QueryMatrix
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class MatrixOptions:
    """How a matrix is learnt.

    `scale` multiplies scores before the softmax, as in sentence-transformers' ranking loss. Lower ones make a
    domain of many docs look likelier than its best doc is, and what is learnt then is to shun such domains.
    `strength` is the price of being away from the identity: it is multiplied by the squares of the
    differences, summed.
    """

    epochs: int = 12  # at most; folds choose
    learning_rate: float = 5e-4
    strength: float = 0.02
    scale: float = 50.0
    batch: int = 512
    folds: int = 3
    seed: int = 0


def learn(lesson: Lesson, taught: Numbers, kept: Flags, options: MatrixOptions) -> Iterator[Vectors]:
    """The matrix before the first epoch, which is the identity, and after each one.

    `taught` are rows of questions; docs that are `kept`, shape (docs,), take no part.
    """
    import torch  # noqa: PLC0415 - heavy

    docs = np.flatnonzero(~kept)
    queries = torch.from_numpy(lesson.queries[taught])
    vectors = torch.from_numpy(lesson.vectors[docs])
    identity = torch.eye(lesson.queries.shape[1])
    matrix = identity.clone().requires_grad_()
    optimiser = torch.optim.Adam([matrix], lr=options.learning_rate)
    generator = torch.Generator().manual_seed(options.seed)
    yield identity.numpy()
    for _ in range(options.epochs):
        for rows in torch.randperm(len(taught), generator=generator).split(options.batch):  # type: ignore[no-untyped-call]
            asked = lesson.questions.at(taught[rows.numpy()])
            right = torch.from_numpy(lesson.pool.right(asked)[:, docs])
            open_to = right | ~torch.from_numpy(lesson.pool.never_negative(asked)[:, docs])
            turned = torch.nn.functional.normalize(queries[rows] @ matrix, dim=1)
            scores = options.scale * turned @ vectors.T
            nowhere = torch.tensor(float("-inf"))
            of_all = torch.logsumexp(torch.where(open_to, scores, nowhere), dim=1)
            of_right = torch.logsumexp(torch.where(right, scores, nowhere), dim=1)
            loss = (of_all - of_right).mean() + options.strength * (matrix - identity).square().sum()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        yield matrix.detach().numpy().copy()


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """How many epochs to learn, and what that was worth on the folds.

    `curve` has what epochs were chosen by, from none on: nDCG@10 of all voices on APIs that were not taught.
    """

    epochs: int
    curve: list[float]
    before: dict[Cell, Marks]
    after: dict[Cell, Marks]


def choose_epochs(lesson: Lesson, parts: Sequence[Fold], options: MatrixOptions, told: Told) -> Chosen:
    """Learn on each fold, and find the epoch that is best for APIs that it was not taught."""
    voices = WordVoices(lesson.pool)
    curves, exams, learnt = [], [], []
    for number, fold in enumerate(parts):
        told("learning on folds", number, len(parts))
        exam = Exam(lesson.pool, lesson.questions, fold, voices)
        matrices = list(learn(lesson, fold.taught, fold.kept, options))
        curves.append([unseen_ndcg(_marked(exam, lesson, one, (Voice.HYBRID,))) for one in matrices])
        exams.append(exam)
        learnt.append(matrices)
    told("learning on folds", len(parts), len(parts))
    curve = np.mean(curves, axis=0)
    best = int(curve.argmax())
    before = together(_marked(exam, lesson, of_fold[0]) for exam, of_fold in zip(exams, learnt, strict=True))
    after = together(
        _marked(exam, lesson, of_fold[best]) for exam, of_fold in zip(exams, learnt, strict=True)
    )
    return Chosen(best, [round(float(value), 4) for value in curve], before, after)


def _marked(
    exam: Exam, lesson: Lesson, values: Vectors, voices: tuple[Voice, ...] = tuple(Voice)
) -> dict[Cell, Marks]:
    turned = QueryMatrix.of(values, "").turn(lesson.queries[exam.rows])
    return exam.marks(turned, lesson.vectors, voices)


def teach_matrix(
    settings: Settings, instructions: Sequence[Path], out: Path, options: MatrixOptions, told: Told
) -> Card:
    """Learn a matrix for the embedding model that is set, and write it with its card as a folder.

    Raises:
        InvalidRequest: when `out` holds something else.
        TrainingDataError: when the instructions can't be read, or are too few.
        CatalogueError, EmbeddingModelError, StorageError: when docs or instructions can't be embedded.
    """
    refuse_what_is_not_ours(out)
    ready = prepare(settings, instructions, options.folds, options.seed, told)
    with every_core():
        chosen = choose_epochs(ready.lesson, ready.parts, options, told)
        values = learn_all(ready.lesson, chosen.epochs, options)
    matrix = QueryMatrix.of(values, ready.model)
    figures = compared(chosen.before, chosen.after)
    warnings = warnings_of(figures)
    if chosen.epochs == 0:
        warnings.append("no epoch did APIs that were not taught any good: the matrix is the identity")
    card = Card(
        method=Method.MATRIX,
        model=ready.model,
        **data_of(ready),
        how=asdict(options),
        learnt={
            "epochs_chosen": chosen.epochs,
            "unseen_ndcg_by_epoch": chosen.curve,
            "distance_from_the_identity": round(float(np.linalg.norm(values - np.eye(len(values)))), 4),
        },
        figures=figures,
        warnings=warnings,
        created=now(),
    )
    return _written(out, matrix, card)


def learn_all(lesson: Lesson, epochs: int, options: MatrixOptions) -> Vectors:
    """The matrix after so many epochs of everything but the probes."""
    everything = np.flatnonzero(~lesson.questions.probes), np.zeros(len(lesson.pool), dtype=np.bool_)
    *_, values = islice(learn(lesson, *everything, options), epochs + 1)
    return values


def _written(out: Path, matrix: QueryMatrix, card: Card) -> Card:
    """Publish the folder; gives the card with the file's checksum in it."""
    found: list[Card] = []

    def fill(work: Path) -> None:
        (work / MATRIX_FILE).write_bytes(matrix.to_bytes())
        found.append(card.with_files({MATRIX_FILE: sha256_of(work / MATRIX_FILE)}))
        write_card(work, found[0])

    publish_folder(out, fill)
    return found[0]
