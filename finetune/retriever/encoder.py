"""Teach a whole embedding model with sentence-transformers: its ranking loss, with negatives of three kinds.

Mined by words, mined by the present model, and within each batch; what might be an answer is a negative in
none of them. One fold is kept to choose the best checkpoint by, with APIs and instructions that were not
taught. A training that was killed goes on from its last checkpoint when the same command is run again.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from api_docs.errors import InvalidRequest, TrainingError
from api_docs.files import publish_folder, sha256_of, write_file
from finetune.retriever.card import Card, Method, data_of, now, refuse_what_is_not_ours, write_card
from finetune.retriever.figures import Cell, Exam, Marks, WordVoices, compared, unseen_ndcg, warnings_of
from finetune.retriever.lesson import Lesson, Ready, Told, prepare
from finetune.retriever.negatives import batch_labels, hardest, mine
from finetune.retriever.pairs import NONE, Fold, Numbers
from finetune.training.resume import newest_whole, remove_broken
from retriever.embedding import SentenceEncoder, every_core
from retriever.text import embedding_text
from service import var
from service.settings import Settings

if TYPE_CHECKING:
    from datasets import Dataset
    from sentence_transformers import SentenceTransformerTrainingArguments

    from finetune.retriever.ranking import RetrieverTrainer

_MINED_AT_ONCE: Final = 256
_STARTED: Final = "run.json"


@dataclass(frozen=True, slots=True)
class EncoderOptions:
    """How an encoder is taught.

    `positives` are docs that each question is taught with at most, the best by the present model, and
    `negatives` docs mined for it. `warmup` is a share of all steps. The best of `evaluations` checkpoints is
    kept.
    """

    epochs: int = 2
    learning_rate: float = 2e-5
    warmup: float = 0.1
    scale: float = 20.0
    batch: int = 32
    positives: int = 2
    negatives: int = 3
    evaluations: int = 4
    folds: int = 5
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Rows of questions, shape (pairs,), and for each its positive and its mined negatives.

    `docs` has the shape (pairs, 1 + negatives), the positive first.
    """

    questions: Numbers
    docs: Numbers


def pairs_of(lesson: Lesson, fold: Fold, voices: WordVoices, options: EncoderOptions) -> Pairs:
    """The pairs that a fold teaches; every one has as many negatives as the one with the fewest."""
    pool, rows, found = lesson.pool, [], []
    for start in range(0, len(fold.taught), _MINED_AT_ONCE):
        some = fold.taught[start : start + _MINED_AT_ONCE]
        asked = lesson.questions.at(some)
        by_vectors = (lesson.queries[some] @ lesson.vectors.T).astype(np.float32)
        positives = hardest(by_vectors, pool.right(asked) & ~fold.kept, options.positives)
        allowed = ~pool.never_negative(asked) & ~fold.kept
        negatives = mine(voices.by_docs(asked.texts), by_vectors, allowed, pool.call_of, options.negatives)
        question, place = np.nonzero(positives != NONE)
        rows.append(some[question])
        found.append(np.column_stack([positives[question, place], negatives[question]]))
    docs = np.concatenate(found)
    there = int((docs != NONE).sum(axis=1).min())
    return Pairs(np.concatenate(rows), docs[:, :there])


def dataset_of(lesson: Lesson, pairs: Pairs) -> Dataset:
    """The pairs as sentence-transformers reads them: texts by column, and what the loss is told of a row."""
    import pyarrow as pa  # noqa: PLC0415 - heavy
    from datasets import Dataset  # noqa: PLC0415
    from datasets.table import InMemoryTable  # noqa: PLC0415

    texts = [embedding_text(doc) for doc in lesson.pool.docs]
    names = ["positive", *(f"negative_{number}" for number in range(1, pairs.docs.shape[1]))]
    columns: dict[str, list[Any]] = {"anchor": [lesson.questions.texts[row] for row in pairs.questions]}
    columns |= {name: [texts[doc] for doc in docs] for name, docs in zip(names, pairs.docs.T, strict=True)}
    asked = lesson.questions.at(pairs.questions)
    columns["label"] = batch_labels(lesson.pool, asked, pairs.docs).tolist()
    # Named by us: to name it, datasets would pickle all of it. Nothing is cached under the name.
    return Dataset(InMemoryTable(pa.table(columns)), fingerprint="pairs")


def teach_encoder(
    settings: Settings, instructions: Sequence[Path], out: Path, options: EncoderOptions, told: Told
) -> Card:
    """Teach the embedding model that is set, and write what it becomes, with its card, as a folder.

    Raises:
        TrainingError: when the packages for training are missing.
        InvalidRequest: when `out` holds something else, or another training was not finished there.
        TrainingDataError: when the instructions can't be read, or are too few.
        CatalogueError, EmbeddingModelError, StorageError: when docs or instructions can't be embedded.
    """
    _require_packages()
    refuse_what_is_not_ours(out)
    ready = prepare(settings, instructions, options.folds, options.seed, told)
    work = out.parent / f".{out.name}.training"
    _start(work, ready, options)
    with every_core():
        encoder = var.doc_encoder(settings)
        trained, card = _trained(encoder, ready, options, work, told)
    return _written(out, trained, card, work)


def _trained(
    encoder: SentenceEncoder, ready: Ready, options: EncoderOptions, work: Path, told: Told
) -> tuple[SentenceEncoder, Card]:
    from finetune.retriever.ranking import marks_of  # noqa: PLC0415 - heavy

    fold, pool = ready.parts[0], ready.lesson.pool
    voices = WordVoices(pool)
    exam = Exam(pool, ready.lesson.questions, fold, voices)
    told("mining negatives", 0, 0)
    pairs = pairs_of(ready.lesson, fold, voices, options)
    told("marking the untrained model", 0, 0)
    before = marks_of(encoder.model, exam, pool)
    trainer = _trainer(encoder, dataset_of(ready.lesson, pairs), exam, ready, options, work, told)
    checkpoint = newest_whole(work)
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    told("marking the trained model", 0, 0)
    after = marks_of(encoder.model, exam, pool)
    return encoder, _card(ready, options, pairs, trainer, before, after)


def _trainer(  # noqa: PLR0913, PLR0917 - what a training is made of
    encoder: SentenceEncoder,
    rows: Dataset,
    exam: Exam,
    ready: Ready,
    options: EncoderOptions,
    work: Path,
    told: Told,
) -> RetrieverTrainer:
    from transformers import PrinterCallback  # noqa: PLC0415 - heavy

    from finetune.retriever.ranking import (  # noqa: PLC0415
        FoldEvaluator,
        MaskedRankingLoss,
        RetrieverTrainer,
        StepsTold,
    )

    trainer = RetrieverTrainer(
        model=encoder.model,
        args=_arguments(len(rows), options, work),
        train_dataset=rows,
        loss=MaskedRankingLoss(encoder.model, scale=options.scale),
        evaluator=FoldEvaluator(exam, ready.lesson.pool),
        callbacks=[StepsTold(told)],
    )
    trainer.remove_callback(PrinterCallback)  # standard output is for results
    return trainer


def _arguments(pairs: int, options: EncoderOptions, work: Path) -> SentenceTransformerTrainingArguments:
    import torch  # noqa: PLC0415 - heavy
    from sentence_transformers import SentenceTransformerTrainingArguments  # noqa: PLC0415
    from sentence_transformers.sentence_transformer.training_args import BatchSamplers  # noqa: PLC0415

    steps = options.epochs * -(-pairs // options.batch)
    # The last step is evaluated, too: a few more steps make it come out even.
    every = -(-steps // options.evaluations)
    return SentenceTransformerTrainingArguments(
        output_dir=str(work),
        max_steps=every * options.evaluations,
        per_device_train_batch_size=options.batch,
        learning_rate=options.learning_rate,
        warmup_steps=options.warmup,
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        seed=options.seed,
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="eval_unseen_ndcg",
        greater_is_better=True,
        logging_steps=every,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=torch.cuda.is_available(),
    )


def _card(  # noqa: PLR0913, PLR0917 - what a card says
    ready: Ready,
    options: EncoderOptions,
    pairs: Pairs,
    trainer: RetrieverTrainer,
    before: dict[Cell, Marks],
    after: dict[Cell, Marks],
) -> Card:
    log = trainer.state.log_history
    figures = compared(before, after)
    warnings = warnings_of(figures)
    if unseen_ndcg(after) <= unseen_ndcg(before):
        warnings.append("no checkpoint did APIs that were not taught any good: the untrained model is better")
    return Card(
        method=Method.ENCODER,
        model=ready.model,
        **data_of(ready),
        how=asdict(options),
        learnt={
            "pairs": len(pairs.questions),
            "steps": trainer.state.max_steps,
            "best_step": trainer.state.best_global_step,
            "losses": [round(one["loss"], 4) for one in log if "loss" in one],
            "unseen_ndcg": [round(one["eval_unseen_ndcg"], 4) for one in log if "eval_unseen_ndcg" in one],
            "unseen_ndcg_untrained": round(unseen_ndcg(before), 4),
        },
        figures=figures,
        warnings=warnings,
        created=now(),
    )


def _start(work: Path, ready: Ready, options: EncoderOptions) -> None:
    """Begin a training, or make sure that the one which was begun here is the same.

    Raises:
        InvalidRequest: when it is another one.
        StorageError: when the disk is full or read-only.
    """
    said = {
        "model": ready.model,
        "catalogue": ready.lesson.pool.catalogue.version,
        "instructions": [source.sha256 for source in ready.sources],
        "options": asdict(options),
    }
    try:
        begun = orjson.loads((work / _STARTED).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        write_file(work / _STARTED, orjson.dumps(said, option=orjson.OPT_INDENT_2))
        return
    if begun != said:
        different = ", ".join(name for name in said if begun.get(name) != said[name])
        raise InvalidRequest(
            f"another training was begun in {str(work)!r} and is not finished (different: {different}); run "
            "its command again, remove that folder, or name another one with --out",
            "out",
        )
    remove_broken(work)


def _written(out: Path, encoder: SentenceEncoder, card: Card, work: Path) -> Card:
    """Publish the folder, and clear away what it was made in; gives the card with checksums."""
    found: list[Card] = []

    def fill(folder: Path) -> None:
        encoder.model.save_pretrained(str(folder), create_model_card=False)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        found.append(card.with_files({str(path.relative_to(folder)): sha256_of(path) for path in files}))
        write_card(folder, found[0])

    publish_folder(out, fill)
    shutil.rmtree(work, ignore_errors=True)
    return found[0]


def _require_packages() -> None:
    """Raises `TrainingError`."""
    from sentence_transformers.util import is_training_available  # noqa: PLC0415 - heavy

    if not is_training_available():
        raise TrainingError(
            "teaching an encoder needs the packages accelerate and datasets; install them with "
            "`pip install 'callsmith[finetune]'`, or choose --method matrix, which needs neither"
        )
