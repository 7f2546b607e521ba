"""What answers what, and what is kept apart: nothing that is judged by is ever taught."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from api_docs.errors import TrainingDataError
from finetune.instructions.instruction import Instruction
from finetune.retriever import pairs
from finetune.retriever.pairs import NONE, Pool, folds, label
from tests.finetune.retriever.lessons import asked_of_apis, asked_of_domains, doc, sixty_docs
from tests.retriever.conftest import make_doc, small_docs


def ids(pool: Pool, flags: np.ndarray) -> set[str]:
    return {pool.docs[place].id for place in np.flatnonzero(flags)}


def numbered(pool: Pool, *instructions: Instruction) -> pairs.Questions:
    return label(instructions, pool).questions


SOUNDS = {"tfhub:google/yamnet", "tfhub:google/yamnet-layer"}


def test_an_instruction_for_a_doc_is_answered_by_every_doc_with_its_call() -> None:
    pool = Pool.of(Catalogue(small_docs()))
    one = Instruction("what barks", Domain("audio-classification"), doc_id="tfhub:google/yamnet-layer")
    questions = numbered(pool, one)
    assert ids(pool, pool.right(questions)[0]) == SOUNDS
    assert ids(pool, pool.never_negative(questions)[0]) == SOUNDS
    assert questions.exact.tolist() == [True]


def test_an_instruction_for_a_domain_is_answered_by_its_living_docs_and_no_doc_of_it_is_wrong() -> None:
    pool = Pool.of(Catalogue(small_docs()))
    domain = Domain("image-classification")
    anywhere = numbered(pool, Instruction("sort photos", domain))
    torch = numbered(pool, Instruction("sort them", domain, hub="torchhub"))
    everything = {"torchhub:pytorch/vision:resnet50", "huggingface:google/vit-birds"}
    assert ids(pool, pool.right(anywhere)[0]) == everything
    assert ids(pool, pool.right(torch)[0]) == {"torchhub:pytorch/vision:resnet50"}
    assert ids(pool, pool.never_negative(torch)[0]) == everything
    assert torch.groups.tolist() == [NONE]


def test_instructions_that_no_living_doc_answers_are_left_out_and_counted() -> None:
    pool = Pool.of(Catalogue(small_docs()))
    photos = Domain("image-classification")
    found = label(
        [
            Instruction("a", photos),
            Instruction("b", photos, doc_id="huggingface:dead/birds"),
            Instruction("c", photos, doc_id="huggingface:never/was"),
            Instruction("d", photos, hub="tfhub"),
            Instruction("e", photos, hub="a-hub-of-somebody"),
            Instruction("f", Domain("translation")),
        ],
        pool,
    )
    assert (found.questions.texts, found.unanswered) == (("a",), 5)
    with pytest.raises(TrainingDataError, match="none of 1 instructions has an answer.*CALLSMITH_CATALOGUE"):
        label([Instruction("f", Domain("translation"))], pool)


def test_an_alias_leads_to_the_doc_that_it_became() -> None:
    pool = Pool.of(Catalogue(small_docs(), {"tfhub:old/yamnet": "tfhub:google/yamnet"}))
    one = Instruction("what barks", Domain("audio-classification"), doc_id="tfhub:old/yamnet")
    assert ids(pool, pool.right(numbered(pool, one))[0]) == SOUNDS


@pytest.fixture
def pool() -> Pool:
    """Sixty docs, and two more versions of one of them."""
    versions = [
        make_doc(
            "tfhub",
            f"maker/image-birds-tf-v{version}",
            "image-classification",
            "Works on birds.",
            f"hub.load('https://tfhub.dev/maker/image-birds-tf/{version}')",
        )
        for version in (2, 3)
    ]
    return Pool.of(Catalogue([*sixty_docs(), *versions]))


def test_folds_never_teach_what_they_ask(pool: Pool) -> None:
    instructions = [*asked_of_apis(pool.docs), *asked_of_domains()]
    respelt = [
        Instruction(f"{one.text.upper()}!", one.domain, doc_id=one.doc_id, source=one.source)
        for one in instructions
    ]
    questions = label([*instructions, *respelt], pool).questions
    parts = folds(pool, questions, 5, seed=0)
    for fold in parts:
        taught, asked = questions.at(fold.taught), questions.at(fold.asked)
        words = ({text.casefold().rstrip("!") for text in some.texts} for some in (taught, asked))
        assert not set.intersection(*words)
        kept_calls = set(pool.call_of[fold.kept].tolist())
        assert not kept_calls & set(taught.calls.tolist())
        # Whatever is taught has something to be right with.
        assert (pool.right(taught) & ~fold.kept).any(axis=1).all()


def test_every_api_and_every_instruction_is_kept_in_just_one_fold(pool: Pool) -> None:
    questions = label([*asked_of_apis(pool.docs), *asked_of_domains()], pool).questions
    parts = folds(pool, questions, 4, seed=0)
    np.testing.assert_array_equal(sum(fold.kept.astype(int) for fold in parts), np.ones(len(pool)))
    asked = Counter(np.concatenate([fold.asked for fold in parts]).tolist())
    assert asked == Counter(range(len(questions)))


def test_the_versions_of_a_model_are_kept_together(pool: Pool) -> None:
    questions = label(asked_of_apis(pool.docs), pool).questions
    birds = [place for place, one in enumerate(pool.docs) if "image-birds-tf" in one.id]
    assert len(birds) == 3
    for fold in folds(pool, questions, 5, seed=0):
        assert len(set(fold.kept[birds].tolist())) == 1


def test_folds_are_even_over_domains(pool: Pool) -> None:
    questions = label([*asked_of_apis(pool.docs), *asked_of_domains()], pool).questions
    for fold in folds(pool, questions, 5, seed=0):
        per_domain = Counter(pool.task_of[fold.kept].tolist())
        assert set(per_domain) == set(pool.task_of.tolist())
        assert max(per_domain.values()) - min(per_domain.values()) <= 3


def test_the_same_seed_gives_the_same_folds_and_another_others(pool: Pool) -> None:
    questions = label(asked_of_domains(), pool).questions
    one, same, other = (folds(pool, questions, 3, seed) for seed in (0, 0, 1))
    for fold, again in zip(one, same, strict=True):
        np.testing.assert_array_equal(fold.kept, again.kept)
        np.testing.assert_array_equal(fold.asked, again.asked)
    assert any((fold.kept != another.kept).any() for fold, another in zip(one, other, strict=True))


def test_too_little_for_so_many_folds_is_an_error_that_says_so() -> None:
    pool = Pool.of(Catalogue([doc("translation", "poems"), doc("translation", "laws")]))
    questions = label([Instruction("put it into French", Domain("translation"))], pool).questions
    with pytest.raises(TrainingDataError, match="1 instructions and 2 docs are too few for 3 folds"):
        folds(pool, questions, 3, seed=0)


def test_probes_are_never_taught_and_asked_on_both_sides(pool: Pool) -> None:
    given = label([*asked_of_apis(pool.docs), *asked_of_domains()], pool).questions
    said = asked_of_apis(pool.docs[:1], times=1)[0].text
    wishes = [Instruction(f"probe {one.name}", one.domain, doc_id=one.id) for one in pool.docs]
    probes = label(
        [*wishes, Instruction(f"{said}?!", pool.docs[0].domain, doc_id=pool.docs[0].id)], pool
    ).questions
    questions = given.and_probes(probes)
    assert questions.texts == (*given.texts, *probes.texts)
    assert questions.probes.tolist() == [False] * len(given) + [True] * len(probes)
    unseen: Counter[int] = Counter()
    for fold, without in zip(folds(pool, questions, 4, 0), folds(pool, given, 4, 0), strict=True):
        np.testing.assert_array_equal(fold.taught, without.taught)
        np.testing.assert_array_equal(fold.asked[fold.asked < len(given)], without.asked)
        probed = fold.asked[questions.probes[fold.asked]]
        kept = np.isin(questions.groups[probed], pool.group_of[fold.kept])
        assert kept.any()
        assert not kept.all()
        unseen.update(probed[kept].tolist())
        words = {text.casefold().rstrip("?!") for text in questions.at(probed).texts}
        assert not words & {text.casefold() for text in questions.at(fold.taught).texts}
    # Each is asked once where its API is not taught.
    assert {probe: unseen[probe] for probe in range(len(given), len(questions) - 1)} == dict.fromkeys(
        range(len(given), len(questions) - 1), 1
    )
