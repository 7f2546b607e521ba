"""Teaching a whole encoder: what competes, what is kept, and that a kill costs nothing but time."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from api_docs.catalogue import Catalogue
from api_docs.errors import InvalidRequest, TrainingError
from api_docs.files import sha256_of
from api_docs.storage import write_catalogue
from finetune.instructions.instruction import write_instructions
from finetune.retriever.card import CARD
from finetune.retriever.encoder import EncoderOptions, dataset_of, pairs_of, teach_encoder
from finetune.retriever.figures import WordVoices
from finetune.retriever.lesson import probes_of
from finetune.retriever.pairs import NONE, Pool, folds
from retriever.embedding import load_encoder, model_identity
from retriever.text import embedding_text
from service import var
from service.settings import Settings
from tests.finetune.retriever.lessons import asked_of_apis, asked_of_domains, planted, sixty_docs
from tests.finetune.retriever.tiny_encoder import write_tiny_encoder

OPTIONS = EncoderOptions(epochs=2, batch=16, negatives=2, evaluations=2, folds=3, learning_rate=1e-3)
INSTRUCTIONS = [*asked_of_apis(sixty_docs(), times=1), *asked_of_domains(times=5)]

needs_training_packages = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("accelerate", "datasets")),
    reason="needs the extra finetune",
)


def test_where_all_docs_compete_the_loss_is_sentence_transformers_own() -> None:
    from finetune.retriever.ranking import MaskedRankingLoss, MultipleNegativesRankingLoss  # noqa: PLC0415

    embeddings = list(torch.randn(3, 5, 8, generator=torch.Generator().manual_seed(0)))
    # Call and task of each question, then of its positive and its negative: all are different.
    labels = torch.tensor([[row, row, row, row, 10 + row, 10 + row] for row in range(5)])
    model: Any = torch.nn.Identity()
    own = MaskedRankingLoss(model, scale=7.0).compute_loss_from_embeddings(embeddings, labels)
    theirs = MultipleNegativesRankingLoss(model, scale=7.0).compute_loss_from_embeddings(embeddings, labels)
    assert float(own) == pytest.approx(float(theirs), abs=1e-6)


def test_docs_that_might_be_right_do_not_compete() -> None:
    from finetune.retriever.ranking import MaskedRankingLoss  # noqa: PLC0415

    queries, positives, negatives = torch.randn(3, 3, 8, generator=torch.Generator().manual_seed(1))
    labels = torch.tensor(
        [
            [1, 5, 1, 5, 2, 5],  # asks for call 1; its negative has call 2
            [NONE, 5, 3, 5, 4, 6],  # asks for domain 5
            [1, 5, 1, 5, 7, 7],  # asks for call 1 in other words
        ]
    )
    # Docs in the order of the loss: three positives, three negatives. Their calls are 1, 3, 1, 2, 4, 7 and
    # their tasks 5, 5, 5, 5, 6, 7.
    compete = [[0, 1, 3, 4, 5], [1, 4, 5], [1, 2, 3, 4, 5]]
    docs = torch.nn.functional.normalize(torch.cat([positives, negatives]), dim=1)
    scores = 20 * torch.nn.functional.normalize(queries, dim=1) @ docs.T
    expected = [
        -(scores[row, row] - torch.logsumexp(scores[row, some], 0)) for row, some in enumerate(compete)
    ]
    model: Any = torch.nn.Identity()
    found = MaskedRankingLoss(model).compute_loss_from_embeddings([queries, positives, negatives], labels)
    assert float(found) == pytest.approx(float(torch.stack(expected).mean()), abs=1e-5)


def test_pairs_hold_what_is_right_and_hard_negatives_and_nothing_that_is_kept() -> None:
    lesson = planted(INSTRUCTIONS)
    fold = folds(lesson.pool, lesson.questions, 3, seed=0)[0]
    pairs = pairs_of(lesson, fold, WordVoices(lesson.pool), OPTIONS)
    asked = lesson.questions.at(pairs.questions)
    assert set(pairs.questions.tolist()) == set(fold.taught.tolist())
    assert not fold.kept[pairs.docs].any()
    right, never = lesson.pool.right(asked), lesson.pool.never_negative(asked)
    rows = np.arange(len(asked))
    assert right[rows, pairs.docs[:, 0]].all()
    assert pairs.docs.shape == (len(asked), 1 + OPTIONS.negatives)
    for place in range(1, 1 + OPTIONS.negatives):
        assert not never[rows, pairs.docs[:, place]].any()
    # A question of a domain has the two docs that the present model ranks best.
    domain = next(row for row in fold.taught.tolist() if lesson.questions.calls[row] == NONE)
    scores = lesson.vectors @ lesson.queries[domain]
    scores[~lesson.pool.right(lesson.questions.at(np.array([domain])))[0] | fold.kept] = -np.inf
    assert pairs.docs[pairs.questions == domain, 0].tolist() == np.argsort(-scores)[:2].tolist()


@needs_training_packages
def test_the_trainer_s_rows_are_the_pairs_texts() -> None:
    lesson = planted(INSTRUCTIONS)
    fold = folds(lesson.pool, lesson.questions, 3, seed=0)[0]
    pairs = pairs_of(lesson, fold, WordVoices(lesson.pool), OPTIONS)
    rows = dataset_of(lesson, pairs)
    assert rows.column_names == ["anchor", "positive", "negative_1", "negative_2", "label"]
    texts = [embedding_text(doc) for doc in lesson.pool.docs]
    assert rows[7]["anchor"] == lesson.questions.texts[pairs.questions[7]]
    assert [rows[7][name] for name in rows.column_names[1:4]] == [texts[doc] for doc in pairs.docs[7]]
    assert rows[7]["label"][:2] == [
        lesson.questions.calls[pairs.questions[7]],
        lesson.questions.tasks[pairs.questions[7]],
    ]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that knows all words of docs and instructions."""
    pool = Pool.of(Catalogue(sixty_docs()))
    asked = [one.text for one in (*INSTRUCTIONS, *probes_of(pool, 0))]
    texts = [*(embedding_text(doc) for doc in pool.docs), *asked]
    return write_tiny_encoder(tmp_path_factory.mktemp("encoder") / "tiny", texts)


@pytest.fixture
def settings(tmp_path: Path, base: Path) -> Settings:
    write_catalogue(Catalogue(sixty_docs()), tmp_path / "catalogue")
    return Settings(
        var=tmp_path / "var",
        catalogue=tmp_path / "catalogue",
        embedding_model=str(base),
        embedding_backend="torch",
    )


@pytest.fixture
def instructions(tmp_path: Path) -> Path:
    write_instructions(tmp_path / "wishes.jsonl", INSTRUCTIONS)
    return tmp_path / "wishes.jsonl"


def silent(*_: object) -> None:
    """Tells nobody how far it is."""


class Killed(Exception):
    """Stands for whatever ends a process."""


class KillAt:
    """Ends a training behind a step."""

    def __init__(self, step: int) -> None:
        self._step = step

    def __call__(self, title: str, done: int, _: int) -> None:
        if title == "training steps" and done == self._step:
            raise Killed


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


@needs_training_packages
def test_a_taught_encoder_is_a_folder_that_the_service_serves_with(
    settings: Settings, instructions: Path, base: Path, tmp_path: Path
) -> None:
    out = tmp_path / "taught"
    card = teach_encoder(settings, [instructions], out, OPTIONS, silent)
    written = json.loads((out / CARD).read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(card.record()))
    assert written["model"] == model_identity(str(base))
    assert written["files"]["model.safetensors"] == sha256_of(out / "model.safetensors")
    learnt = written["learnt"]
    assert len(learnt["unseen_ndcg"]) == OPTIONS.evaluations
    every = learnt["steps"] // OPTIONS.evaluations
    assert learnt["best_step"] == every * (1 + int(np.argmax(learnt["unseen_ndcg"])))
    assert len(learnt["losses"]) == OPTIONS.evaluations
    before, after = weights(base), weights(out)
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert {path.name for path in tmp_path.iterdir() if path.name.startswith(".taught")} == set()
    served = settings.model_copy(update={"embedding_model": str(out)})
    searcher = var.open_searcher(served)
    assert searcher.encoder.name == model_identity(str(out)) != model_identity(str(base))
    assert searcher.version == var.served_version(served) != var.served_version(settings)
    assert searcher.search("translation of poems", k=1)
    searcher.encoder.close()  # type: ignore[attr-defined]


@needs_training_packages
def test_what_is_saved_is_the_best_checkpoint_and_its_figures_are_those_of_the_card(
    settings: Settings, instructions: Path, tmp_path: Path
) -> None:
    out = tmp_path / "taught"
    card = teach_encoder(settings, [instructions], out, OPTIONS, silent)
    unseen = [
        one.after.values["ndcg@10"]
        for one in card.figures
        if (one.cell.side, one.cell.voice) == ("unseen", "hybrid")
    ]
    assert np.mean(unseen) == pytest.approx(max(card.learnt["unseen_ndcg"]), abs=2e-4)
    encoder = load_encoder(str(out))
    assert encoder.encode(["translation of poems"]).shape == (1, 32)


@needs_training_packages
def test_a_training_that_was_killed_ends_with_the_same_weights_and_losses(
    settings: Settings, instructions: Path, tmp_path: Path
) -> None:
    whole = teach_encoder(settings, [instructions], tmp_path / "whole", OPTIONS, silent)
    every = whole.learnt["steps"] // OPTIONS.evaluations
    for step in (every + 1, whole.learnt["steps"]):
        out = tmp_path / f"killed at {step}"
        with pytest.raises(Killed):
            teach_encoder(settings, [instructions], out, OPTIONS, KillAt(step))
        assert not out.exists()
        again = teach_encoder(settings, [instructions], out, OPTIONS, silent)
        assert again.learnt["losses"] == pytest.approx(whole.learnt["losses"], abs=1e-4)
        assert again.learnt["best_step"] == whole.learnt["best_step"]
        for name, tensor in weights(tmp_path / "whole").items():
            torch.testing.assert_close(weights(out)[name], tensor, atol=1e-5, rtol=0)


@needs_training_packages
def test_another_training_does_not_go_on_where_one_was_killed(
    settings: Settings, instructions: Path, tmp_path: Path
) -> None:
    out = tmp_path / "taught"
    with pytest.raises(Killed):
        teach_encoder(settings, [instructions], out, OPTIONS, KillAt(2))
    with pytest.raises(InvalidRequest, match=r"not finished \(different: options\); run its command again"):
        teach_encoder(settings, [instructions], out, replace(OPTIONS, epochs=1), silent)


def test_without_the_packages_the_error_says_how_to_get_them(
    settings: Settings, instructions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sentence_transformers.util.is_training_available", lambda: False)
    with pytest.raises(TrainingError, match=r"pip install 'callsmith\[finetune\]'.*--method matrix"):
        teach_encoder(settings, [instructions], tmp_path / "out", OPTIONS, silent)
