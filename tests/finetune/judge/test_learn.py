"""A judge that is learnt tells domains, and what nothing serves; its card says what that is worth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import finetune.judge.learn as module
from api_docs.catalogue import Catalogue
from api_docs.files import sha256_of
from finetune.judge.beginning import drawn
from finetune.judge.card import figures_of
from finetune.judge.command import teach_judge
from finetune.judge.learn import OnFolds, learn
from finetune.judge.lesson import NOTHING, Lesson, prepare
from finetune.judge.teaching import States
from finetune.retriever.card import CARD, PAGE
from retriever.index import build_index
from retriever.judge import JUDGE_FILE, read_judge
from retriever.searcher import Searcher
from retriever.task_voice import DOMAINS as EVERY
from service import var
from service.cli import app
from service.settings import Settings
from tests.finetune.judge.test_lesson import silent
from tests.finetune.retriever.lessons import DOMAINS, sixty_docs
from tests.retriever.conftest import WordEncoder

LAYERS = drawn(2, WordEncoder.dimensions, seed=0)


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(sixty_docs())


@pytest.fixture
def lesson(served: Path, unserved: Path, encoder: WordEncoder) -> Lesson:
    return prepare([served], encoder, 3, 0, silent, unserved=unserved)


def test_what_was_not_taught_is_told_too(lesson: Lesson, catalogue: Catalogue, encoder: WordEncoder) -> None:
    learnt = learn(lesson, catalogue, build_index(catalogue, encoder), encoder, LAYERS, 0, silent)
    found = learnt.on_folds
    served = lesson.served
    assert (found.leaning.argmax(axis=1) == lesson.domains)[served].mean() > 0.9
    assert found.served[served].mean() > found.served[~served].mean() + 0.3
    assert found.right[found.domains == lesson.domains].mean() > found.right.mean()
    assert set(np.array(EVERY)[learnt.judge.known]) == set(DOMAINS)


def test_a_searcher_judges_with_it(lesson: Lesson, catalogue: Catalogue, encoder: WordEncoder) -> None:
    index = build_index(catalogue, encoder)
    judge = learn(lesson, catalogue, index, encoder, LAYERS, 0, silent).judge
    searcher = Searcher(catalogue, index, encoder, judge=judge)
    yes = searcher.explore("translate texts on mountains to Dutch").judgement
    no = searcher.explore("cancel my order of mountains").judgement
    assert yes is not None
    assert no is not None
    assert yes.right is not None
    assert yes.served > 0.5 > no.served


def test_of_many_served_instructions_some_are_searched_for(
    lesson: Lesson, catalogue: Catalogue, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEARCHED", 25)
    learnt = learn(lesson, catalogue, build_index(catalogue, encoder), encoder, LAYERS, 0, silent)
    judged = learnt.judged
    assert judged.served.sum() == 25
    refused = {text for text, served in zip(lesson.texts, lesson.served, strict=True) if not served}
    assert refused < set(judged.texts) < set(lesson.texts)
    folds = dict(zip(lesson.texts, lesson.folds.tolist(), strict=True))
    assert [folds[text] for text in judged.texts] == judged.folds.tolist()
    assert {len(part) for part in (learnt.on_folds.domains, learnt.on_folds.served, judged.vectors)} == {
        len(judged.texts)
    }


def test_learning_again_gives_the_same_judge(
    lesson: Lesson, catalogue: Catalogue, encoder: WordEncoder
) -> None:
    index = build_index(catalogue, encoder)
    files = {learn(lesson, catalogue, index, encoder, LAYERS, 0, silent).judge.to_bytes() for _ in range(2)}
    assert len(files) == 1


def test_figures_are_counted_over_the_rows_that_they_are_of() -> None:
    count = 8
    lesson = Lesson(
        texts=tuple("abcdefgh"),
        languages=("en",) * 6 + ("es",) * 2,
        domains=np.array([0, 1, 2, 3, NOTHING, NOTHING, 0, NOTHING]),
        folds=np.zeros(count, dtype=np.int64),
        vectors=np.zeros((count, 2), dtype=np.float32),
        states=States.of([np.zeros((0, 2))] * count),
        after=1,
        sources=(),
        unserved_sha256="",
    )
    leaning = np.zeros((count, len(EVERY)))
    leaning[[0, 1, 2, 3, 6], [0, 1, 2, 9, 0]] = 1
    found = OnFolds(
        leaning=leaning,
        domains=np.array([0, 1, 9, 9, 5, 5, 0, 5]),
        shown=np.array([True, True, True, False, False, False, True, False]),
        served=np.array([0.9, 0.9, 0.9, 0.9, 0.1, 0.95, 0.9, 0.2]),
        right=np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
    )
    figures = figures_of(lesson, found, np.array(lesson.languages) == "en")
    assert (figures["served"], figures["unserved"]) == (4, 2)
    assert figures["likeliest_is_right"] == figures["shown"] == 0.75
    assert figures["first"] == figures["refused"] == figures["refused_at_a_half"] == 0.5
    assert figures["calibration_error"] == figures["calibration_error_of_served"] == 0
    assert figures["answered_at_a_half"] == 1


def test_what_is_learnt_is_a_file_that_the_service_serves_with_and_a_card_that_says_from_what(
    settings: Settings, served: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    card = teach_judge(settings, [served], out, folds=3, seed=0, told=silent)
    assert sorted(path.name for path in out.iterdir()) == sorted([CARD, PAGE, JUDGE_FILE])
    written = json.loads((out / CARD).read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(card.record()))
    assert written["files"] == {JUDGE_FILE: sha256_of(out / JUDGE_FILE)}
    assert written["instructions"][0] == {"name": "served.jsonl", "sha256": sha256_of(served), "rows": 60}
    assert written["instructions"][1]["name"] == "unserved"
    assert written["catalogue"] == Catalogue(sixty_docs()).version
    said = "".join((out / name).read_text(encoding="utf-8") for name in (CARD, PAGE))
    assert str(tmp_path) not in said
    with_it = settings.model_copy(update={"judge": out / JUDGE_FILE})
    searcher = var.open_searcher(with_it)
    assert searcher.judge is not None
    assert searcher.judge.version == read_judge(out / JUDGE_FILE).version
    searcher.encoder.close()  # type: ignore[attr-defined]


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["finetune", "judge", *arguments], prog_name="callsmith")


def test_the_command_says_what_it_is_worth_and_how_to_use_it(
    settings: Settings, served: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    given = ("--instructions", str(served), "--out", str(out), "--folds", "3")
    found = run(*given)
    assert found.exit_code == 0, found.output
    assert "en: served 60, unserved" in found.stdout
    assert f"use it: CALLSMITH_JUDGE={out / JUDGE_FILE}" in found.stdout.replace("\n", "")
    assert json.loads(run(*given, "--json").stdout)["how"]["folds"] == 3


def test_the_command_refuses_what_it_can_t_do(settings: Settings, served: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("Dear", encoding="utf-8")
    for arguments, reason in (
        (("--out", str(tmp_path / "home")), "holds nothing that was taught"),
        (("--instructions", str(tmp_path / "no.jsonl"), "--out", str(tmp_path / "o")), "No such file"),
        (("--instructions", str(tmp_path / "heldout.jsonl"), "--out", str(tmp_path / "o")), "is held out"),
    ):
        found = run(*arguments)
        assert found.exit_code == 2, found.output
        assert reason in found.stderr
