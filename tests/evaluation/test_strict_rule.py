"""The strict rule on a benchmark small enough to grade by eye."""

from __future__ import annotations

import pytest

from api_docs.catalogue import Catalogue
from api_docs.models import ApiDoc
from evaluation.apibench_rows import EvalRow
from evaluation.strict_rule import StrictRule


def doc(name: str, label: str, call: str) -> ApiDoc:
    return ApiDoc.model_validate(
        {
            "id": f"tfhub:{name}",
            "hub": "tfhub",
            "domain": "image-classification",
            "source_domain": label,
            "name": name,
            "call": call,
            "facts": {"api_call": call},
        }
    )


BIRDS = "hub.load('https://tfhub.dev/x/birds/1')"
FOOD = "hub.load('https://tfhub.dev/x/food/1')"
VECTOR = "hub.KerasLayer('https://tfhub.dev/x/vector/1')"


@pytest.fixture
def rule() -> StrictRule:
    docs = [doc("birds", "Image classification", BIRDS), doc("food", "Image classification", FOOD)]
    twins = [doc("vector", "Image feature vector", VECTOR), doc("vector#2", "Image segmentation", VECTOR)]
    return StrictRule(Catalogue([*docs, *twins]))


def row(call: str, domain: str) -> EvalRow:
    return EvalRow(1, "an instruction", call, domain, {})


def response(call: str) -> str:
    return f"<<<domain>>>: x\n<<<api_call>>>: {call}\n<<<api_provider>>>: TensorFlow Hub"


@pytest.mark.parametrize(
    ("call", "exists", "exact", "domain"),
    [
        (BIRDS, True, True, True),
        ('model = hub.load( "https://tfhub.dev/x/birds/1" )', True, True, True),
        (FOOD, True, False, True),
        (VECTOR, True, False, False),
        ("hub.load('https://tfhub.dev/x/birds/2')", False, False, False),
        ("hub.load('https://tfhub.dev/x/birds/1', colour=3)", False, False, False),
        ("hub.lod('https://tfhub.dev/x/birds/1')", False, False, False),
        ("no call at all", False, False, False),
    ],
)
def test_a_response_is_graded_by_what_its_call_identifies(
    rule: StrictRule, call: str, exists: bool, exact: bool, domain: bool
) -> None:
    grade = rule.grade(response(call), row(BIRDS, "Image classification"))
    assert (grade.exists, grade.exact, grade.domain) == (exists, exact, domain)
    assert grade.reason


@pytest.mark.parametrize("domain", ["Image feature vector", "Image segmentation"])
def test_any_doc_with_the_call_may_lend_its_domain(rule: StrictRule, domain: str) -> None:
    assert rule.grade(response(VECTOR), row(BIRDS, domain)).domain


def test_a_label_with_further_arguments_still_means_its_doc(rule: StrictRule) -> None:
    label = "hub.KerasLayer('https://tfhub.dev/x/vector/1', trainable=True)"
    assert rule.grade(response(VECTOR), row(label, "Image segmentation")).exact


def test_a_label_that_is_in_no_doc_makes_nothing_exact(rule: StrictRule) -> None:
    grade = rule.grade(response(BIRDS), row("hub.load('https://tfhub.dev/gone/1')", "Image classification"))
    assert (grade.exists, grade.exact, grade.domain) == (True, False, True)
    assert "in no doc" in grade.reason


def test_a_flaw_of_the_published_rule_is_mended(rule: StrictRule) -> None:
    # The published rule lets the last subtree stand in for a function that isn't there.
    assert not rule.grade(
        response("print('https://tfhub.dev/x/birds/1')"), row(BIRDS, "Image classification")
    ).exists
