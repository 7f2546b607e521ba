"""The light variant: a hidden rotation is found, and nothing is learnt from what is kept or may be right."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from typer.testing import CliRunner

import service.var
from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from api_docs.files import sha256_of
from api_docs.storage import write_catalogue
from finetune.instructions.instruction import Instruction, write_instructions
from finetune.retriever.card import CARD, PAGE
from finetune.retriever.figures import Cell, Figures, Label, Side, Voice
from finetune.retriever.matrix import MatrixOptions, choose_epochs, learn, learn_all, teach_matrix
from finetune.retriever.pairs import folds
from retriever.query_matrix import MATRIX_FILE, read_query_matrix
from service import var
from service.cli import app
from service.settings import Settings
from tests.finetune.retriever.lessons import (
    DIMENSIONS,
    asked_of_apis,
    asked_of_domains,
    planted,
    rotation,
    sixty_docs,
)
from tests.service.publishing_cases import NamedWordEncoder

QUICK = MatrixOptions(epochs=40, learning_rate=0.05, strength=0.0, scale=20.0, batch=64, folds=4)


def silent(*_: object) -> None:
    """Tells nobody how far it is."""


def last(matrices: Any) -> NDArray[np.float32]:
    *_, found = matrices
    return np.asarray(found)


def everything(lesson: Any) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    return np.arange(len(lesson.questions)), np.zeros(len(lesson.pool), dtype=np.bool_)


def test_it_begins_as_the_identity() -> None:
    lesson = planted(asked_of_domains())
    first = next(learn(lesson, *everything(lesson), QUICK))
    np.testing.assert_array_equal(first, np.eye(DIMENSIONS))


def test_a_hidden_rotation_is_found_also_for_apis_that_were_not_taught() -> None:
    lesson = planted(asked_of_apis(sixty_docs()))
    parts = folds(lesson.pool, lesson.questions, QUICK.folds, seed=0)
    chosen = choose_epochs(lesson, parts, QUICK, silent)
    unseen = Cell(Voice.DENSE, Side.UNSEEN, Label.API)
    before, after = Figures.of(chosen.before[unseen]), Figures.of(chosen.after[unseen])
    assert before.values["recall@1"] < 0.1
    assert after.values["recall@1"] > 0.7
    assert chosen.epochs > 0
    assert chosen.curve[chosen.epochs] == max(chosen.curve)
    values = last(learn(lesson, *everything(lesson), QUICK))
    # Turned back, and made a unit again, a vector points where the rotation leads.
    found, wanted = lesson.queries @ values, lesson.queries @ rotation()
    cosines = (found * wanted).sum(axis=1) / np.linalg.norm(found, axis=1) / np.linalg.norm(wanted, axis=1)
    assert cosines.mean() > 0.9


def test_a_domain_s_docs_need_not_all_be_found() -> None:
    lesson = planted(asked_of_domains(times=20))
    parts = folds(lesson.pool, lesson.questions, QUICK.folds, seed=0)
    chosen = choose_epochs(lesson, parts, QUICK, silent)
    unseen = Cell(Voice.DENSE, Side.UNSEEN, Label.DOMAIN)
    assert Figures.of(chosen.before[unseen]).values["domain@1"] < 0.5
    assert Figures.of(chosen.after[unseen]).values["domain@1"] > 0.7


def test_the_loss_of_a_step_is_the_softmax_of_those_that_are_right_among_those_that_compete() -> None:
    """The first step of plain gradient descent, worked out by finite differences."""
    lesson = planted(
        [
            *asked_of_apis(sixty_docs()[:3], times=1),
            Instruction("put it into French", Domain("translation"), hub="tfhub"),
            Instruction("put it into Welsh", Domain("translation")),
        ]
    )
    options = MatrixOptions(epochs=1, learning_rate=1e-3, strength=0.3, batch=100)

    def loss(values: NDArray[np.float64]) -> float:
        turned = lesson.queries @ values
        turned /= np.linalg.norm(turned, axis=1, keepdims=True)
        odds = np.exp(options.scale * turned @ lesson.vectors.T)
        pool, asked = lesson.pool, lesson.questions
        right = pool.right(asked)
        compete = right | ~pool.never_negative(asked)
        shares = (odds * right).sum(axis=1) / (odds * compete).sum(axis=1)
        return float(-np.log(shares).mean() + options.strength * ((values - np.eye(DIMENSIONS)) ** 2).sum())

    _, after = learn(lesson, *everything(lesson), options)
    # Adam's first step goes by the learning rate against the sign of the gradient.
    steps = after - np.eye(DIMENSIONS)
    random = np.random.default_rng(0)
    for place in random.choice(DIMENSIONS**2, 40, replace=False):
        shift = np.zeros(DIMENSIONS**2)
        shift[place] = 1e-6
        shift = shift.reshape(DIMENSIONS, DIMENSIONS)
        slope = (loss(np.eye(DIMENSIONS) + shift) - loss(np.eye(DIMENSIONS) - shift)) / 2e-6
        if abs(slope) > 1e-3:
            assert np.sign(steps.ravel()[place]) == -np.sign(slope)
            assert abs(steps.ravel()[place]) == pytest.approx(options.learning_rate, rel=1e-2)


def test_nothing_is_learnt_from_docs_that_are_kept() -> None:
    lesson = planted([*asked_of_apis(sixty_docs()), *asked_of_domains()])
    fold = folds(lesson.pool, lesson.questions, 4, seed=0)[0]
    options = replace(QUICK, epochs=2)
    other = lesson.vectors.copy()
    other[fold.kept] = np.random.default_rng(9).normal(size=other[fold.kept].shape)
    one = last(learn(lesson, fold.taught, fold.kept, options))
    same = last(learn(replace(lesson, vectors=other), fold.taught, fold.kept, options))
    np.testing.assert_array_equal(one, same)


def test_nothing_is_learnt_from_docs_that_might_be_right_on_another_hub() -> None:
    lesson = planted([Instruction(f"wish {n}", Domain("translation"), hub="tfhub") for n in range(9)])
    options = replace(QUICK, epochs=2)
    of_domain = lesson.pool.task_of == lesson.questions.tasks[0]
    elsewhere = of_domain & ~lesson.pool.right(lesson.questions)[0]
    assert elsewhere.any()
    other = lesson.vectors.copy()
    other[elsewhere] = np.random.default_rng(9).normal(size=other[elsewhere].shape)
    one = last(learn(lesson, *everything(lesson), options))
    same = last(learn(replace(lesson, vectors=other), *everything(lesson), options))
    np.testing.assert_array_equal(one, same)


def test_probes_take_no_part_in_what_is_learnt() -> None:
    lesson = planted([*asked_of_apis(sixty_docs()), *asked_of_domains()])
    probes = lesson.questions.at(np.arange(50))
    noise = np.random.default_rng(9).normal(size=(50, DIMENSIONS)).astype(np.float32)
    more = replace(
        lesson,
        questions=lesson.questions.and_probes(probes),
        queries=np.concatenate([lesson.queries, noise]),
    )
    options = replace(QUICK, epochs=2)
    np.testing.assert_array_equal(learn_all(more, 2, options), learn_all(lesson, 2, options))


def test_the_same_seed_learns_the_same_and_a_higher_price_stays_nearer_to_the_identity() -> None:
    lesson = planted(asked_of_apis(sixty_docs()))
    options = replace(QUICK, epochs=3, batch=32)
    one, same = (last(learn(lesson, *everything(lesson), options)) for _ in range(2))
    np.testing.assert_array_equal(one, same)
    dear = last(learn(lesson, *everything(lesson), replace(options, strength=50.0)))
    cheap, far = (float(np.linalg.norm(found - np.eye(DIMENSIONS))) for found in (dear, one))
    assert cheap < far / 2


MODEL = Settings().embedding_model


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> NamedWordEncoder:
    one = NamedWordEncoder(MODEL)
    monkeypatch.setattr(service.var, "load_encoder", lambda _: one)
    return one


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: NamedWordEncoder) -> Settings:
    write_catalogue(Catalogue(sixty_docs()), tmp_path / "catalogue")
    found = Settings(var=tmp_path / "var", catalogue=tmp_path / "catalogue")
    for name, value in found.environment().items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def instructions(tmp_path: Path) -> Path:
    path = tmp_path / "some" / "wishes.jsonl"
    asked = [*asked_of_apis(sixty_docs(), times=2), *asked_of_domains()]
    gone = Instruction("of a doc that is gone", Domain("translation"), doc_id="tfhub:gone")
    write_instructions(path, [*asked, gone])
    return path


def test_what_is_learnt_is_a_file_that_the_service_serves_with_and_a_card_that_says_from_what(
    settings: Settings, instructions: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options = MatrixOptions(epochs=2, folds=3)
    card = teach_matrix(settings, [instructions], out, options, silent)
    assert sorted(path.name for path in out.iterdir()) == sorted([CARD, PAGE, MATRIX_FILE])
    written = json.loads((out / CARD).read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(card.record()))
    assert written["files"] == {MATRIX_FILE: sha256_of(out / MATRIX_FILE)}
    assert written["instructions"] == [
        {"name": "wishes.jsonl", "sha256": sha256_of(instructions), "rows": 161}
    ]
    assert written["questions"] == {"of_an_api": 120, "of_a_domain": 40, "probes": 60, "unanswered": 1}
    assert written["catalogue"]["version"] == Catalogue(sixty_docs()).version
    assert written["how"]["folds"] == 3
    assert len(written["learnt"]["unseen_ndcg_by_epoch"]) == 3
    sides = {(one["side"], one["label"], one["voice"]) for one in written["figures"]}
    assert sides == {(side, label, voice) for side in Side for label in Label for voice in Voice}
    said = "".join((out / name).read_text(encoding="utf-8") for name in (CARD, PAGE))
    assert str(tmp_path) not in said
    matrix = read_query_matrix(out / MATRIX_FILE)
    assert matrix.model == MODEL
    served = settings.model_copy(update={"retriever_matrix": out / MATRIX_FILE})
    searcher = var.open_searcher(served)
    assert searcher.version == var.served_version(served) != var.served_version(settings)
    assert searcher.search("translation of poems", k=1)
    searcher.encoder.close()  # type: ignore[attr-defined]


def test_learning_again_gives_the_same_matrix(settings: Settings, instructions: Path, tmp_path: Path) -> None:
    options = MatrixOptions(epochs=1, folds=3)
    made = [teach_matrix(settings, [instructions], tmp_path / name, options, silent) for name in ("a", "b")]
    assert made[0].files == made[1].files
    assert made[0].figures == made[1].figures


def test_a_matrix_that_is_set_has_no_say_in_the_next_one(
    settings: Settings, instructions: Path, tmp_path: Path
) -> None:
    options = MatrixOptions(epochs=1, folds=3, learning_rate=0.05)
    first = teach_matrix(settings, [instructions], tmp_path / "a", options, silent)
    served = settings.model_copy(update={"retriever_matrix": tmp_path / "a" / MATRIX_FILE})
    again = teach_matrix(served, [instructions], tmp_path / "b", options, silent)
    assert first.files == again.files


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["finetune", "retriever", *arguments], prog_name="callsmith")


def test_the_command_says_what_it_is_worth_and_how_to_use_it(
    settings: Settings, instructions: Path, tmp_path: Path
) -> None:
    out = str(tmp_path / "out")
    given = ("--instructions", str(instructions), "--out", out, "--folds", "3", "--epochs", "1")
    found = run(*given)
    assert found.exit_code == 0, found.output
    assert "unseen api    hybrid" in found.stdout
    assert f"made {out}; use it: CALLSMITH_RETRIEVER_MATRIX=FOLDER/matrix.safetensors" in found.stdout
    again = run(*given, "--json")
    assert json.loads(again.stdout)["questions"]["unanswered"] == 1


def test_the_command_refuses_what_it_can_t_do(settings: Settings, instructions: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("Dear", encoding="utf-8")
    for arguments, reason in (
        (("--method", "magic", "--out", str(tmp_path / "o")), "expected one of encoder, matrix"),
        (("--out", str(tmp_path / "home")), "is there and holds nothing that was taught; name a new folder"),
        (("--instructions", str(tmp_path / "no.jsonl"), "--out", str(tmp_path / "o")), "No such file"),
        (("--instructions", str(tmp_path / "heldout.jsonl"), "--out", str(tmp_path / "o")), "is held out"),
        (("--folds", "500", "--instructions", str(instructions), "--out", str(tmp_path / "o")), "too few"),
    ):
        found = run(*arguments)
        assert found.exit_code == 2, found.output
        assert reason in found.stderr
    assert (tmp_path / "home" / "letter.txt").read_text(encoding="utf-8") == "Dear"


def test_torch_is_as_before_when_it_has_learnt(
    settings: Settings, instructions: Path, tmp_path: Path
) -> None:
    before = torch.get_num_threads(), torch.random.get_rng_state()
    teach_matrix(settings, [instructions], tmp_path / "out", MatrixOptions(epochs=1, folds=2), silent)
    assert torch.get_num_threads() == before[0]
    assert torch.equal(torch.random.get_rng_state(), before[1])
