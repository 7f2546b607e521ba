"""Figures of answers that were made by hand, and answers that a small service gives."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import orjson
import pytest
from pydantic import BaseModel

from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from evaluation.question_sets import Half
from evaluation.report.answers import (
    EXAMPLES,
    accuracy,
    by_depth,
    by_domain,
    by_language,
    calibration,
    confusions,
    domain_pairs,
    failures,
    latency,
    no_match,
    of_folds,
    share,
)
from evaluation.report.asking import (
    Asked,
    Part,
    Question,
    ask,
    bank_questions,
    first_domains,
    question_sets,
)
from evaluation.report.measuring import held_out_figures
from evaluation.report.ways import asked_ways, quality_values, ways
from retriever.index import build_index
from retriever.searcher import Searcher
from service.runtime import Runtime
from service.schemas import GenerateRequest
from service.settings import Settings
from tests.retriever.conftest import WordEncoder, small_docs

BIRDS = Domain.IMAGE_CLASSIFICATION
SPEECH = Domain.AUTOMATIC_SPEECH_RECOGNITION


def asked(text: str, wanted: Domain | None, got: Domain | None, **more: object) -> Asked:
    part = Part.UNSERVED if wanted is None else Part.SERVED
    plain = Asked(
        Question(text, part, wanted, kind="attack" if wanted is None else ""),
        "verified" if got else "no_match",
        got.value if got else None,
        (),
        None,
        10.0,
        "load()" if got else None,
        None,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


RIGHT = asked("birds", BIRDS, BIRDS, milliseconds=30.0)
WRONG = asked("speech", SPEECH, BIRDS, alternatives=(SPEECH.value,), hits=(BIRDS.value, SPEECH.value))
REFUSED = asked("more birds", BIRDS, None, hits=(SPEECH.value,))
IN_VAIN = asked("a poem, please", None, SPEECH)
LEFT_ALONE = asked("book a flight", None, None)


def test_the_first_answer_and_all_that_are_shown_are_counted() -> None:
    figures = accuracy([RIGHT, WRONG, REFUSED])
    assert figures["first"]["value"] == pytest.approx(1 / 3)
    assert figures["among"]["value"] == pytest.approx(2 / 3)
    assert figures["answered"]["value"] == pytest.approx(2 / 3)


def test_no_questions_have_no_share() -> None:
    assert share([]) == {"n": 0, "value": None, "interval": None}


def test_latency_is_that_of_the_middle_and_of_the_slow() -> None:
    assert latency([RIGHT, WRONG, WRONG]) == {"median_ms": 10.0, "p95_ms": 28.0}


def test_domains_languages_and_confusions_are_counted() -> None:
    every = [RIGHT, WRONG, REFUSED]
    assert by_domain(every) == [
        {"domain": "automatic-speech-recognition", "n": 1, "right": 0},
        {"domain": "image-classification", "n": 2, "right": 1},
    ]
    assert confusions(domain_pairs(every)) == [
        {"wanted": "automatic-speech-recognition", "answered": "image-classification", "n": 1},
        {"wanted": "image-classification", "answered": "(no answer)", "n": 1},
    ]
    spanish = replace(RIGHT, question=replace(RIGHT.question, language="es"))
    found = by_language([spanish, WRONG])
    assert [(name, one["first"]["value"]) for name, one in found.items()] == [("en", 0), ("es", 1)]


def test_a_right_domain_may_come_later() -> None:
    found = by_depth(["a", "b"], [["a", "c"], ["c", "b"]], 3)
    assert [(one["k"], one["value"]) for one in found] == [(1, 0.5), (2, 1), (3, 1)]


def test_refusals_are_told_by_what_was_asked_and_near_misses_apart() -> None:
    near = replace(LEFT_ALONE, question=replace(LEFT_ALONE.question, part=Part.NEAR_MISS))
    found = no_match([RIGHT, WRONG, REFUSED, IN_VAIN, LEFT_ALONE, near])
    assert found["unserved_refused"]["value"] == 1 / 2
    assert found["served_answered"]["value"] == pytest.approx(2 / 3)
    assert (found["near_misses_refused"]["n"], found["near_misses_refused"]["value"]) == (1, 1)
    assert found["refused_by_kind"]["attack"]["n"] == 2


def test_calibration_is_absent_while_no_response_has_confidence() -> None:
    assert calibration([RIGHT, WRONG]) is None


def test_calibration_errors_are_weighed_by_their_bins() -> None:
    judged = [replace(RIGHT, confidence=0.95)] * 3 + [replace(WRONG, confidence=0.25)]
    found = calibration(judged)
    assert found is not None
    assert [one["n"] for one in found["bins"]] == [1, 3]
    assert found["expected_calibration_error"] == pytest.approx((1 * 0.25 + 3 * 0.05) / 4)


def test_full_confidence_is_in_the_last_bin_and_a_refusal_is_judged_by_its_nearest_hit() -> None:
    found = calibration([replace(REFUSED, confidence=1.0, hits=(BIRDS.value,))])
    assert found is not None
    assert found["bins"] == [{"from": 0.9, "n": 1, "confidence": 1.0, "right": 1.0}]


def test_failures_say_why() -> None:
    found = {
        one["instruction"]: one["reason"] for one in failures([RIGHT, WRONG, REFUSED, IN_VAIN, LEFT_ALONE])
    }
    assert found == {
        "speech": "another domain; the right domain first comes at rank 2 and among the alternatives",
        "more birds": "refused (no_match) although it is served; "
        "the right domain is not among the 1 retrieved",
        "a poem, please": "nothing serves it, and it was answered all the same",
    }


@pytest.mark.parametrize(
    ("wrong", "in_vain", "expected"), [(50, 50, (10, 10)), (50, 3, (17, 3)), (4, 50, (4, 16))]
)
def test_twenty_failures_are_shown_where_there_are_so_many(
    wrong: int, in_vain: int, expected: tuple[int, int]
) -> None:
    many = [asked(f"speech {number}", SPEECH, BIRDS) for number in range(wrong)]
    many += [asked(f"poem {number}", None, BIRDS) for number in range(in_vain)]
    shown = failures(many)
    assert len(shown) == EXAMPLES
    assert (
        sum(one["wanted"] is not None for one in shown),
        sum(one["wanted"] is None for one in shown),
    ) == expected
    assert failures(many[::-1]) == shown  # whatever the order


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    catalogue, encoder = Catalogue(small_docs()), WordEncoder()
    return Runtime(Settings(), Searcher(catalogue, build_index(catalogue, encoder), encoder))


def test_what_the_service_answers_is_written_down(runtime: Runtime) -> None:
    doc = runtime.served.catalogue.docs[0]
    question = Question(doc.description or doc.name, Part.SERVED, doc.domain)
    (found,) = ask(runtime, [question])
    assert found.status == "verified"
    assert found.call
    assert found.hits[0] == found.domain
    (domains,) = first_domains(runtime, [question])
    assert domains[: len(found.hits)] == found.hits


def test_held_out_rows_are_measured_and_not_repeated(runtime: Runtime, tmp_path: Path) -> None:
    doc = runtime.served.catalogue.docs[0]
    path = tmp_path / "made.jsonl"
    row = {"instruction": "words of nobody else", "domain": doc.domain.value, "hub": None, "voice": "tester"}
    path.write_bytes(orjson.dumps(row) + b"\n")
    figures = held_out_figures(runtime, path)
    assert figures["rows"] == 1
    assert figures["ways"][0]["first"]["n"] == 1
    assert "words of nobody else" not in orjson.dumps(figures).decode()


def test_figures_of_folds_are_shares_with_intervals_and_say_nothing_of_being_answered() -> None:
    found = of_folds(200, 0.255, 0.5)
    assert (found["first"]["n"], found["first"]["value"]) == (200, 0.255)
    low, high = found["first"]["interval"]
    assert low < 0.255 < high
    assert found["among"]["value"] == 0.5
    assert found["answered"]["value"] is None


def test_every_question_has_its_half_and_the_bank_its_languages() -> None:
    every = question_sets()
    assert {one.half for one in every} == set(Half)
    assert sum(one.part is Part.NEAR_MISS for one in every) == 50
    bank = bank_questions()
    assert {one.language for one in bank} == {"zh", "es"}
    assert all(one.domain is not None for one in bank)


class Speed(StrEnum):
    FAST = "fast"
    BEST = "best"


def test_each_quality_is_a_way_to_ask_where_requests_have_that_field() -> None:
    class WithQuality(BaseModel):
        quality: Speed | None = None

    assert quality_values(WithQuality) == ["fast", "best"]
    assert list(asked_ways(WithQuality)) == ["default", "quality fast", "quality best"]


def test_a_field_that_requests_lack_is_not_there() -> None:
    class Plain(BaseModel):
        instruction: str

    assert quality_values(Plain) == []
    assert list(ways(Plain)) == ["default", "retriever bm25", "retriever dense"]
    for fields in ways().values():
        GenerateRequest(instruction="x", **fields)
