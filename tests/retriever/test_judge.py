"""What was learnt of instructions: its arithmetic against plain sums, and its file."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from api_docs.domains import Domain
from api_docs.errors import EmbeddingModelError
from retriever.branch_graph import BranchGraph
from retriever.embedding import DEFAULT_MODEL
from retriever.judge import JUDGE_FILE, SHIPPED, Heard, Judge, read_judge
from retriever.signs import AnswerSign, Sign, answer_signs, asked_signs
from retriever.task_voice import DOMAINS, places, scores_by_domain
from retriever.wording import LENGTH, WORDS, wording
from tests.retriever.conftest import WordEncoder
from tests.retriever.judges import judge_of, random_judge

BIRDS = Domain.IMAGE_CLASSIFICATION
SPEECH = Domain.AUTOMATIC_SPEECH_RECOGNITION


BRANCH = random_judge(WordEncoder()).branch


def hear(judge: Judge, text: str = "which bird is this") -> Heard:
    return judge.hear(WordEncoder().read([text])[0], scores_by_domain(text.split()))


def lean(judge: Judge, text: str = "which bird is this") -> dict[Domain, float]:
    return dict(zip(DOMAINS, hear(judge, text).leaning.tolist(), strict=True))


def test_probabilities_add_up_over_the_domains_that_were_taught(encoder: WordEncoder) -> None:
    found = lean(judge_of(encoder, {BIRDS: 2.0, SPEECH: 0.0}))
    assert found[BIRDS] == pytest.approx(math.exp(2) / (math.exp(2) + 1), abs=1e-6)
    assert found[BIRDS] + found[SPEECH] == pytest.approx(1)
    assert sum(found.values()) == pytest.approx(1)


def test_what_is_heard_is_the_branch_s_outputs_of_the_states_where_it_leaves(encoder: WordEncoder) -> None:
    judge = random_judge(encoder)
    earlier = replace(judge, branch=replace(judge.branch, after=0))
    reading, task = encoder.read(["which bird"])[0], scores_by_domain(["bird"])
    shares = task / task.max() if task.max() else task
    features = np.concatenate([1.5 * reading.vector, 0.2 * shares]).astype(np.float32)
    for one, states in ((judge, reading.states[:, 1]), (earlier, reading.states[:, 0])):
        outputs = BranchGraph(judge.branch).outputs(states, features)
        heard = one.hear(reading, task)
        assert heard.served == pytest.approx(float(outputs[-1]), abs=1e-4)
        expected = np.exp(outputs[:-1]) / np.exp(outputs[:-1]).sum()
        np.testing.assert_allclose(heard.leaning, expected, atol=1e-5)
        assert (heard.vector is reading.vector, heard.task is task) == (True, True)


def test_a_judge_that_was_opened_hears_what_it_would_have_heard(encoder: WordEncoder) -> None:
    judge, opened = random_judge(encoder), random_judge(encoder)
    opened.open()
    np.testing.assert_array_equal(hear(opened).leaning, hear(judge).leaning)


def test_being_served_is_a_sum_over_landmarks_made_a_probability(encoder: WordEncoder) -> None:
    judge = random_judge(encoder)
    vector, asked, said = encoder.encode(["birds"])[0], np.arange(len(Sign)), wording("birds?")
    row = np.concatenate([4 * vector, (asked - judge.centre) / judge.spread, 1.5 * said])
    score = sum(
        float(weight) * math.exp(-0.01 * float(((row - landmark) ** 2).sum()))
        for weight, landmark in zip(judge.served.weights, judge.served.landmarks, strict=True)
    )
    found = judge.is_served(vector, asked.astype(np.float32), said)
    assert found == pytest.approx(1 / (1 + math.exp(-(2.0 * score - 0.5))), abs=1e-5)


def test_being_right_weighs_every_sign_and_being_served(encoder: WordEncoder) -> None:
    judge = random_judge(encoder)
    asked, answer = np.arange(len(Sign)), np.arange(len(AnswerSign)) / 10
    row = [1.0, *asked, *answer, math.log(0.8 / 0.2)]
    expected = 1 / (1 + math.exp(-float(np.dot(judge.sure, row))))
    found = judge.is_right(asked.astype(np.float32), answer.astype(np.float32), 0.8)
    assert found == pytest.approx(expected, abs=1e-5)
    assert 0 <= judge.is_right(asked.astype(np.float32), answer.astype(np.float32), 1.0) <= 1


def test_being_near_is_told_by_likeness_alone(encoder: WordEncoder) -> None:
    judge = judge_of(encoder, {BIRDS: 0.0})
    assert judge.is_near(0.9, 0.0) > 0.99
    assert judge.is_near(0.1, 0.0) < 0.01


def test_a_judge_comes_back_from_its_file(tmp_path: Path, encoder: WordEncoder) -> None:
    judge = random_judge(encoder)
    path = tmp_path / JUDGE_FILE
    path.write_bytes(judge.to_bytes())
    found = read_judge(path)
    assert found.to_bytes() == judge.to_bytes()
    assert found.version == hashlib.sha256(judge.to_bytes()).hexdigest()[:12]
    assert lean(found) == lean(judge)
    asked, said = np.ones(len(Sign), dtype=np.float32), wording("x")
    vector = encoder.encode(["birds"])[0]
    assert found.is_served(vector, asked, said) == judge.is_served(vector, asked, said)


def test_it_fits_the_model_that_it_was_learnt_for_alone(encoder: WordEncoder) -> None:
    judge = judge_of(encoder, {BIRDS: 0.0})
    assert judge.fits(encoder)
    assert not replace(judge, model="another").fits(encoder)
    layers = replace(judge.branch.layers, asked=judge.branch.layers.asked[:, 1:])
    assert not replace(judge, branch=replace(judge.branch, layers=layers)).fits(encoder)


def test_an_encoder_that_does_not_tell_what_it_reads_is_not_judged_with(encoder: WordEncoder) -> None:
    class Mute:
        name, dimensions, encode = encoder.name, encoder.dimensions, encoder.encode

    assert not judge_of(encoder, {BIRDS: 0.0}).fits(Mute())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"near": np.ones(2, dtype=np.float32)}, "don't fit together: near"),
        ({"known": np.ones(2, dtype=np.bool_)}, "don't fit together: known"),
        (
            {"branch": replace(BRANCH, layers=replace(BRANCH.layers, told=BRANCH.layers.told[1:]))},
            "branch don't fit together: told",
        ),
        ({"branch": replace(BRANCH, out=BRANCH.out[1:])}, "branch don't fit together: out"),
        ({"branch": replace(BRANCH, direct=BRANCH.direct[1:])}, "don't fit together: branch"),
        ({"branch": replace(BRANCH, after=-1)}, "after -1 layers: impossible"),
        ({"sure": np.ones(2, dtype=np.float32)}, "don't fit together: sure"),
        ({"spread": np.full(len(Sign), np.nan, dtype=np.float32)}, "not finite"),
    ],
)
def test_a_file_that_holds_no_judge_is_an_error_that_names_the_fix(
    tmp_path: Path, encoder: WordEncoder, change: dict[str, Any], reason: str
) -> None:
    path = tmp_path / JUDGE_FILE
    path.write_bytes(replace(random_judge(encoder), **change).to_bytes())
    with pytest.raises(EmbeddingModelError, match=rf"{reason}.*callsmith finetune judge"):
        read_judge(path)


def test_a_file_of_another_kind_is_told(tmp_path: Path) -> None:
    path = tmp_path / JUDGE_FILE
    with pytest.raises(EmbeddingModelError, match="can't read the judge .*No such file"):
        read_judge(path)
    path.write_bytes(save({"near": np.ones(3)}))
    with pytest.raises(EmbeddingModelError, match="KeyError"):
        read_judge(path)


def test_the_one_that_ships_is_for_the_default_model_small_and_what_its_card_says() -> None:
    judge, card = read_judge(SHIPPED), json.loads((SHIPPED.parent / "card.json").read_text())
    assert judge.model == card["model"] == DEFAULT_MODEL
    assert SHIPPED.stat().st_size < 10 * 10**6
    assert card["files"] == {JUDGE_FILE: hashlib.sha256(SHIPPED.read_bytes()).hexdigest()}
    assert judge.known.sum() == 54


def test_signs_before_anything_is_chosen_are_what_they_are_called() -> None:
    dense = np.array([0.1, 0.9, 0.5, 0.3], dtype=np.float32)
    leaning = np.array([0.7, 0.2, 0.1, 0], dtype=np.float32)
    found = asked_signs(dense, dense * 10, dense * 5, leaning, words=6, served=-1.5)
    entropy = -sum(p * math.log(p) for p in (0.7, 0.2, 0.1))
    expected = [0.9, 0.45, math.log(10), math.log(5.5), 0.7, 0.5, entropy, math.log(7), -1.5]
    assert found.tolist() == pytest.approx(expected, abs=1e-5)
    assert len(found) == len(Sign)


def test_ten_rows_are_the_best_ten_of_many() -> None:
    dense = np.arange(40, dtype=np.float32)
    found = asked_signs(dense, dense, dense[:3], np.array([1, 0], dtype=np.float32), words=1, served=0.0)
    assert found[list(Sign).index(Sign.DENSE_OF_TEN)] == pytest.approx(34.5)


def test_signs_of_an_answer_are_what_they_are_called() -> None:
    task_of, scores = np.array([0, 1, 0]), np.array([0.9, 0.6, 0.8], dtype=np.float32)
    leaning = np.array([0.7, 0.3], dtype=np.float32)
    assert answer_signs(0, scores, task_of, leaning).tolist() == pytest.approx([0.7, 0.3, 1])
    assert answer_signs(1, scores, task_of, leaning).tolist() == pytest.approx([0.3, -0.3, 0])
    alone = answer_signs(0, scores[:1], task_of[:1], leaning)
    assert alone.tolist() == pytest.approx([0.7, 0.9, 1])
    assert len(alone) == len(AnswerSign)


def test_wording_has_a_place_for_each_word_and_ten_signs() -> None:
    found = wording("What did I do? Tell me 42 things!")
    said = {word for word, there in zip(WORDS, found[: len(WORDS)], strict=True) if there}
    assert said == {"what", "did", "i", "do", "tell", "me"}
    signs = found[len(WORDS) :].tolist()
    assert signs[:5] == [0, 1, 1, 0, 1]
    assert signs[5:] == pytest.approx([10 / 33, 6 / 33, 2 / 3, 1, 2 / 5])
    assert len(found) == LENGTH
    assert not wording("").any()


def test_every_domain_has_its_place() -> None:
    assert places(list(DOMAINS)).tolist() == list(range(len(DOMAINS)))
