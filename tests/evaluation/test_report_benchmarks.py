"""Dummies, labels, ceilings, folds and rankings on docs and rows that can be counted by eye."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from api_docs.catalogue import Catalogue
from api_docs.errors import EvaluationDataError
from api_docs.models import Hub
from evaluation.apibench import Benchmark, grade, metrics
from evaluation.metrics import (
    averaged_interval,
    averaged_over,
    bootstrap_interval,
    rank_values,
    retrieval_measures,
)
from evaluation.report.benchmarks import published_responses, read_benchmarks
from evaluation.report.dummies import (
    PublishedBm25,
    best_constants,
    copies_of_the_best_hit,
    copies_of_the_label,
    copies_of_the_right_doc,
)
from evaluation.report.folds import fold_of, folds_by_api, in_folds
from evaluation.report.labels import label_figures
from evaluation.report.rankings import as_published, exam_of, ranking_figures


def raw(handle: str, domain: str, about: str) -> dict[str, object]:
    return {
        "domain": domain,
        "framework": "TensorFlow Hub",
        "functionality": "",
        "api_name": handle,
        "api_call": f"hub.load('https://tfhub.dev/{handle}/1')",
        "api_arguments": {},
        "python_environment_requirements": [],
        "example_code": "",
        "performance": {},
        "description": about,
    }


BIRDS = raw("x/birds", "Image classification", "tells birds apart")
FOOD = raw("x/food", "Image classification", "names dishes on plates")
TWIN_A = raw("x/twin-a", "Image segmentation", "cuts out people")
TWIN_B = raw("x/twin-b", "Image segmentation", "cuts out people")
TWIN_C = raw("x/twin-c", "Image segmentation", "cuts out people")
DOCS = [BIRDS, FOOD, TWIN_A, TWIN_B, TWIN_C]
GONE = raw("x/gone", "Image classification", "was there once")
OF_TORCH = {
    **BIRDS,
    "domain": "Classification",
    "functionality": "Image Classification",
    "api_call": "torch.hub.load('x/birds', 'birds', pretrained=True)",
}
OF_HF = {
    **FOOD,
    "domain": "Computer Vision Image Classification",
    "api_call": "AutoModel.from_pretrained('x/food')",
}

ROWS = [
    ("which birds are these", BIRDS),
    ("birds in my garden", BIRDS),
    ("names of dishes", FOOD),
    ("cut people out", TWIN_A),
    ("something that is gone", GONE),
]


def lines(objects: Sequence[object]) -> bytes:
    return b"".join(orjson.dumps(one) + b"\n" for one in objects)


def data(tmp_path: Path) -> Path:
    """A folder as `CALLSMITH_DATA` names it; the other hubs have a doc and a row each."""
    api, dev = tmp_path / "apibench" / "api", tmp_path / "apibench" / "dev"
    api.mkdir(parents=True)
    dev.mkdir()
    for stem, docs, rows in (
        ("tensorflowhub", DOCS, ROWS),
        ("torchhub", [OF_TORCH], [("which birds are these", OF_TORCH)]),
        ("huggingface", [OF_HF], [("names of dishes", OF_HF)]),
    ):
        (api / f"{stem}_api.jsonl").write_bytes(lines(docs))
        labelled = [
            {
                "question_id": number,
                "question": text,
                "code": f"###Instruction: {text}\n###Output: x",
                "api_call": doc["api_call"],
                "api_data": doc,
            }
            for number, (text, doc) in enumerate(rows, 1)
        ]
        (dev / f"{stem}_eval_dev.jsonl").write_bytes(lines(labelled))
    return tmp_path


@pytest.fixture
def benchmark(tmp_path: Path) -> Benchmark:
    return next(one for one in read_benchmarks(data(tmp_path)) if one.hub is Hub.TFHUB)


def test_the_best_constant_is_the_best_for_each_measure(benchmark: Benchmark) -> None:
    best = best_constants(benchmark)
    assert best["exists"].value == 1
    assert (best["exact"].value, best["exact"].call) == (2 / 5, BIRDS["api_call"])  # two rows of five ask it
    assert best["domain"].value == 4 / 5
    assert best["domain_averaged"].value == 1 / 2  # one of two domains, whichever constant
    assert best["official_accuracy"].value == 4 / 5


def test_no_constant_beats_the_best_one(benchmark: Benchmark) -> None:
    best = best_constants(benchmark)
    for doc in DOCS:
        answers = [
            type(answer)(answer.row, f"<<<api_call>>>: {doc['api_call']}\n<<<api_provider>>>: x")
            for answer in copies_of_the_right_doc(benchmark)
        ]
        figures = metrics(benchmark, grade(benchmark, answers), answers)
        for name, one in best.items():
            assert figures[name] <= one.value + 1e-12


def test_a_copy_of_the_right_doc_misses_only_what_is_in_no_doc(benchmark: Benchmark) -> None:
    answers = copies_of_the_right_doc(benchmark)
    figures = metrics(benchmark, grade(benchmark, answers), answers)
    assert (figures["exists"], figures["exact"], figures["domain"]) == (4 / 5, 4 / 5, 4 / 5)


def test_a_label_that_had_to_be_mended_is_refused_as_written_and_right_as_its_doc_has_it(
    tmp_path: Path,
) -> None:
    folder = data(tmp_path)
    broken = {**BIRDS, "api_call": "AutoModel.from_pretrained(x/birds)"}
    (folder / "apibench" / "api" / "huggingface_api.jsonl").write_bytes(lines([broken]))
    row = {"question": "birds", "api_call": broken["api_call"], "api_data": broken, "code": ""}
    (folder / "apibench" / "dev" / "huggingface_eval_dev.jsonl").write_bytes(lines([row]))
    benchmark = next(one for one in read_benchmarks(folder) if one.hub is Hub.HUGGINGFACE)
    assert [row.exists for row in grade(benchmark, copies_of_the_label(benchmark))] == [False]
    assert [row.exact for row in grade(benchmark, copies_of_the_right_doc(benchmark))] == [True]
    figures = label_figures(benchmark)
    assert (figures["rows_refused_as_written"], figures["rows_outside_the_docs"]) == (1, 0)


def test_the_copied_hit_is_the_one_that_shares_words(benchmark: Benchmark) -> None:
    graded = grade(benchmark, copies_of_the_best_hit(benchmark))
    assert [row.exact for row in graded[:3]] == [True, True, True]  # 'birds' and 'dishes' are in one doc each
    assert not graded[-1].exact


def test_the_published_bm25_splits_at_blanks_and_keeps_the_order_of_equals() -> None:
    index = PublishedBm25([{"a": "one"}, {"a": "two words"}, {"a": "one"}])
    assert index.ranked("nothing", 3) == [0, 1, 2]


def test_labels_and_duplicates_leave_a_known_ceiling(benchmark: Benchmark) -> None:
    figures = label_figures(benchmark)
    assert figures["docs"] == figures["calls"] == 5
    assert figures["docs_that_share_a_description"] == 3
    assert figures["rows_outside_the_docs"] == 1
    assert figures["rows_whose_description_other_calls_have"] == 1
    assert figures["ceiling"]["labels"] == 4 / 5
    # Three rows are certain, one is guessed among three calls, one can't be answered.
    assert figures["ceiling"]["description"] == pytest.approx((3 + 1 / 3) / 5)


def test_a_label_that_is_no_call_is_counted(benchmark: Benchmark) -> None:
    row = benchmark.rows[0]
    broken = type(row)(9, "x", "mlagents-load --repo-id=x", row.domain, row.api_data)
    more = Benchmark(
        benchmark.hub,
        benchmark.catalogue,
        benchmark.raw_docs,
        [*benchmark.rows, broken],
        benchmark.quarantined,
    )
    figures = label_figures(more)
    assert (figures["rows_unparseable"], figures["rows_outside_the_docs"]) == (1, 2)


@pytest.mark.parametrize("rank", [None, 1, 2, 3, 4, 5, 6, 10, 11, 50])
def test_a_rows_values_are_what_ir_measures_says(rank: int | None) -> None:
    ranked = [f"other {place}" for place in range(1, 60)]
    if rank is not None:
        ranked[rank - 1] = "right"
    assert rank_values(rank) == pytest.approx(retrieval_measures({"q": "right"}, {"q": ranked}))


def test_the_interval_of_an_average_over_domains_stays_within_it() -> None:
    groups, verdicts = ["a"] * 40 + ["b"], [True] * 30 + [False] * 10 + [True]
    low, high = averaged_interval(groups, verdicts)
    assert 0 <= low < averaged_over(groups, verdicts) < high <= 1
    # Within one domain it is the plain interval; a domain with one row never varies.
    assert averaged_interval(["a"] * 40, verdicts[:40]) == pytest.approx(
        bootstrap_interval(verdicts[:40]), abs=0.03
    )
    assert averaged_interval(["a", "b"], [True, False]) == (0.5, 0.5)
    assert all(math.isnan(end) for end in averaged_interval([], []))


def test_rankings_are_measured_and_told_apart_by_fold_and_by_what_was_taught(benchmark: Benchmark) -> None:
    exam = exam_of("tfhub", benchmark.catalogue, benchmark)
    order = [entry.identity for entry in benchmark.catalogue.entries]
    taught = Catalogue([entry.doc for entry in benchmark.catalogue.entries[:1]])
    figures = ranking_figures(exam, "as they stand", lambda _: order, taught)
    assert figures["recall@1"] == 2 / 5  # birds come first and are asked for twice
    assert figures["recall@5"] == 4 / 5
    assert figures["mrr"] == pytest.approx((1 + 1 + 1 / 2 + 1 / 3) / 5)
    assert figures["intervals"]["recall@1"] == bootstrap_interval([1, 1, 0, 0, 0])
    assert (figures["seen"]["n"], figures["unseen"]["n"]) == (2, 3)
    assert (figures["seen"]["recall@1"], figures["unseen"]["recall@1"]) == (1, 0)
    assert {value for value in figures["recall@5_by_fold"] if value is not None} == {1}


def test_the_published_ranking_merges_equal_calls(benchmark: Benchmark) -> None:
    twice = Benchmark(
        benchmark.hub,
        benchmark.catalogue,
        [*benchmark.raw_docs, BIRDS],
        benchmark.rows,
        benchmark.quarantined,
    )
    assert len(as_published([twice])("which birds are these")) == 5


def test_versions_of_a_model_share_a_fold_and_more_docs_move_nobody(benchmark: Benchmark) -> None:
    docs = [entry.doc for entry in benchmark.catalogue.entries]
    second = docs[0].model_copy(
        update={"id": "tfhub:x/birds/2", "call": "hub.load('https://tfhub.dev/x/birds/2')"}
    )
    few, more = folds_by_api(Catalogue(docs)), folds_by_api(Catalogue([*docs, second]))
    assert {identity: more[identity] for identity in few} == few
    both = Catalogue([docs[0], second])
    assert len(set(folds_by_api(both, count=97).values())) == 1


def test_folds_are_numbers_below_their_count_and_all_are_used() -> None:
    assert {fold_of(f"api {number}", 5) for number in range(200)} == set(range(5))
    assert in_folds([0, 0, 1, None], [1.0, 0.0, 1.0, 1.0], 3) == [0.5, 1.0, None]


def test_responses_are_found_by_their_names(tmp_path: Path) -> None:
    folder = data(tmp_path)
    path = folder / "apibench" / "dev" / "torchhub_gorilla_RT_oracle_dev.jsonl"
    path.write_bytes(b"")
    assert published_responses(folder, Hub.TORCHHUB) == {"RT_oracle": path}
    assert published_responses(folder, Hub.TFHUB) == {}


def test_a_folder_without_the_data_is_refused_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(EvaluationDataError, match="--data or CALLSMITH_DATA"):
        read_benchmarks(tmp_path)
