"""Parts of sentence-transformers' training that know which docs must not be taught to be wrong.

Importing this takes seconds and needs the extra `finetune`; `finetune.retriever.encoder` does it to train.
"""

# ruff: noqa: ARG002 - the trainer hands everything to everyone

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
from sentence_transformers.base.evaluation import BaseEvaluator
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from finetune.retriever.figures import Exam, Marks, Voice, unseen_ndcg
from finetune.retriever.lesson import Told
from finetune.retriever.negatives import in_batch_forbidden
from finetune.retriever.pairs import Pool
from finetune.training.resume import checkpoint_of, mark_whole
from retriever.embedding import SentenceEncoder
from retriever.vectors import doc_vectors

UNSEEN_NDCG = "unseen_ndcg"
"""What the best checkpoint is chosen by."""


class MaskedRankingLoss(MultipleNegativesRankingLoss):
    """sentence-transformers' ranking loss, in which docs that might be right don't compete.

    `labels` is what `finetune.retriever.negatives.batch_labels` gives for the rows of the batch.
    """

    def compute_loss_from_embeddings(
        self, embeddings: list[torch.Tensor], labels: torch.Tensor
    ) -> torch.Tensor:
        """Cross-entropy of each question's own positive among all docs of the batch that may compete."""
        queries, docs = embeddings[0], torch.cat(embeddings[1:])
        scores = self.similarity_fct(queries, docs) * self.scale
        scores = scores.masked_fill(in_batch_forbidden(labels), float("-inf"))
        return torch.nn.functional.cross_entropy(scores, torch.arange(len(queries), device=scores.device))


class FoldEvaluator(BaseEvaluator):
    """Asks a fold's questions of the model as it is."""

    def __init__(self, exam: Exam, pool: Pool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.primary_metric = UNSEEN_NDCG
        self._exam = exam
        self._pool = pool

    def __call__(
        self,
        model: Any,
        output_path: str | None = None,
        epoch: float = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """The one figure that checkpoints are compared by."""
        return {UNSEEN_NDCG: unseen_ndcg(marks_of(model, self._exam, self._pool, (Voice.HYBRID,)))}


def marks_of(
    model: SentenceTransformer, exam: Exam, pool: Pool, voices: tuple[Voice, ...] = tuple(Voice)
) -> dict[Any, Marks]:
    """What an exam's questions get from a model, which embeds docs as an index of it would."""
    encoder = SentenceEncoder("in training", model)
    vectors = doc_vectors(pool.docs, encoder).vectors
    return exam.marks(encoder.encode(exam.texts), vectors, voices)


class RetrieverTrainer(SentenceTransformerTrainer):
    """Saves checkpoints that are whole or known not to be, and writes no card: ours says what matters."""

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """No card of sentence-transformers, which would ask a hub about the model."""

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        self.model.save_pretrained(output_dir or self._folder, create_model_card=False)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        mark_whole(checkpoint_of(Path(self._folder), self.state.global_step))

    @property
    def _folder(self) -> str:
        folder = self.args.output_dir
        assert folder is not None  # noqa: S101 - the arguments are made with one
        return folder


class StepsTold(TrainerCallback):
    """Shows how far a training is."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Tell the step."""
        self._told("training steps", state.global_step, state.max_steps)
