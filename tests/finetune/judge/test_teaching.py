"""A branch that is taught tells apart what only the order of words tells apart."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import finetune.judge.teaching as module
from finetune.judge.beginning import drawn
from finetune.judge.teaching import Lessons, States, teach_branches
from retriever.branch import Branch
from retriever.branch_graph import BranchGraph

DIMENSIONS, CLASSES = 16, 2
DRAW = np.random.default_rng(2)
WORDS = DRAW.normal(size=(20, DIMENSIONS)).astype(np.float32)
PLACES = DRAW.normal(size=(8, DIMENSIONS)).astype(np.float32)


def silent(_done: int, _steps: int) -> None:
    """Nobody listens."""


def states_of(words: list[int]) -> np.ndarray:
    """As a model has them: words with their places."""
    return (WORDS[words] + PLACES[: len(words)]).astype(np.float16)


def orders(count: int, seed: int) -> Lessons:
    """Of the words 0 and 1 either the first comes first or the second: the same words, two domains.

    Rows without them are not served.
    """
    draw = np.random.default_rng(seed)
    states, domains = [], []
    for place in range(count):
        words = draw.integers(2, 20, size=draw.integers(4, 8)).tolist()
        kind = place % 3
        if kind < CLASSES:
            at = sorted(draw.choice(len(words), size=2, replace=False).tolist())
            words[at[0]], words[at[1]] = (0, 1) if kind == 0 else (1, 0)
        states.append(states_of(words))
        domains.append(kind if kind < CLASSES else -1)
    of = np.array(domains)
    return Lessons(
        after=1,
        layers=drawn(2, DIMENSIONS, seed=4),
        states=States.of(states),
        features=np.zeros((count, 3), dtype=np.float32),
        domains=of,
        served=of >= 0,
        count=CLASSES,
    )


def outputs(branch: Branch, lessons: Lessons) -> np.ndarray:
    rows, graph = range(len(lessons.states)), BranchGraph(branch)
    return np.array([graph.outputs(lessons.states[row], lessons.features[row]) for row in rows])


def teach(lessons: Lessons, rows: np.ndarray, seed: int = 0) -> Branch:
    return teach_branches(lessons, [rows], seed, silent)[0]


@pytest.fixture(scope="module")
def branch() -> Branch:
    lessons = orders(600, seed=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LAYERS_RATE", module.RATE)  # they begin with nothing
        return teach(lessons, np.arange(600))


def test_it_tells_domains_by_the_order_of_words_and_whether_anything_serves_it(branch: Branch) -> None:
    new = orders(300, seed=1)
    found = outputs(branch, new)
    assert (found[:, :CLASSES].argmax(axis=1) == new.domains)[new.served].mean() > 0.9
    assert ((found[:, CLASSES] > 0) == new.served).mean() > 0.95


def test_the_branch_that_is_kept_says_what_the_module_said_that_was_taught() -> None:
    lessons = orders(9, seed=3)
    growing = module._growing(lessons).eval()
    with torch.no_grad():
        for parameter in growing.parameters():
            parameter.copy_(torch.randn(parameter.shape) * 0.2)
        fed = module._fed(lessons, np.arange(9), 0.0)
        expected = growing(*fed).numpy()
    np.testing.assert_allclose(outputs(module._branch_of(growing, lessons), lessons), expected, atol=2e-2)


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEWEST_STEPS", 5)


@pytest.mark.usefixtures("few_steps")
def test_the_same_seed_gives_the_same_branch_another_another() -> None:
    lessons = orders(30, seed=0)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    one, same, other = (teach(lessons, np.arange(30), seed) for seed in (0, 0, 1))
    assert (one.out == same.out).all()
    assert (one.out != other.out).any()
    # Nobody else's dice are thrown, nobody else's cores are taken.
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


@pytest.mark.usefixtures("few_steps")
def test_rows_that_are_left_out_teach_nothing() -> None:
    lessons, rows = orders(30, seed=0), np.arange(20)
    others = orders(10, seed=9).states
    changed = States.of([*(lessons.states[row] for row in range(20)), *(others[row] for row in range(10))])
    one, other = teach(lessons, rows), teach(replace(lessons, states=changed), rows)
    assert (one.out == other.out).all()


@pytest.mark.usefixtures("few_steps")
def test_progress_counts_steps_up_to_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "usable_cores", lambda: 1)
    heard: list[tuple[int, int]] = []
    parts = [np.arange(100), np.arange(60)]
    teach_branches(orders(100, seed=0), parts, 0, lambda done, steps: heard.append((done, steps)))
    assert heard == [(step, 15) for step in range(1, 16)]  # 5 epochs of two batches, 5 of one


def test_side_by_side_on_cores_of_their_own_they_learn_what_they_learn_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Processes of their own know nothing of what was patched here: it is as it ships."""
    monkeypatch.setattr(module, "usable_cores", lambda: 2)
    lessons, heard = orders(40, seed=0), []
    parts = [np.arange(20), np.arange(20, 40)]
    together = teach_branches(lessons, parts, 0, lambda done, steps: heard.append((done, steps)))
    alone = [teach(lessons, rows) for rows in parts]
    assert [(one.out == other.out).all() for one, other in zip(together, alone, strict=True)] == [True, True]
    assert heard[-1] == (600, 600)


def test_a_process_whose_parent_is_gone_does_not_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Parent:
        alive = True

        def is_alive(self) -> bool:
            return self.alive

    monkeypatch.setattr(module.multiprocessing, "parent_process", Parent)
    lessons, done = orders(30, seed=0), multiprocessing.Value("q", 0)
    np.save(tmp_path / "states.npy", lessons.states.values)
    module._begin(tmp_path / "states.npy", lessons, done)
    _, step = module._here
    step()
    assert done.value == 1
    Parent.alive = False
    with pytest.raises(SystemExit, match="nobody waits"):
        step()
