"""The page of results says what the files beside it say."""

from __future__ import annotations

from pathlib import Path

import orjson

from evaluation.results_page import write_page

RESULTS = Path(__file__).parent.parent.parent / "evaluation" / "results"


def test_the_committed_page_is_made_of_the_committed_files(tmp_path: Path) -> None:
    for path in RESULTS.rglob("*.json"):
        target = tmp_path / path.relative_to(RESULTS)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    assert write_page(tmp_path).read_bytes() == (RESULTS / "README.md").read_bytes()


def test_a_run_is_a_row_and_what_was_not_measured_is_a_dash(tmp_path: Path) -> None:
    run = {
        "hub": "tfhub",
        "n": 2,
        "exists": 0.5,
        "retriever": None,
        "responses": "x_gorilla_RT_bm25_dev.jsonl",
    }
    (tmp_path / "apibench").mkdir()
    (tmp_path / "apibench" / "one.json").write_bytes(orjson.dumps(run))
    page = write_page(tmp_path).read_text(encoding="utf-8")
    assert "| tfhub | gorilla_RT_bm25 | 2 | – | – | 0.500 |" in page


def test_what_was_measured_with_the_engine_is_told_without_its_rounds(tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    random = {"command": "x", "cost": {"tokens_per_second": 5, "each_round": [1, 2]}, "versions": {"a": "1"}}
    faults = {"callers": 8, "rows": [{"fault": "killed", "5xx": 0}, {"fault": "hung", "5xx": 1}]}
    for name, result in (("random", random), ("faults", faults)):
        (tmp_path / "engine" / f"{name}.json").write_bytes(orjson.dumps(result))
    page = write_page(tmp_path).read_text(encoding="utf-8")
    assert (
        "### random\n\n| figure | value |\n| --- | --- |\n| command | x |\n| cost: tokens per second | 5 |\n"
        in page
    )
    assert "| fault | 5xx |\n| --- | --- |\n| killed | 0 |\n| hung | 1 |\n" in page
    assert "each round" not in page
    assert "### prefix" not in page


def test_cases_with_the_same_figures_are_a_table(tmp_path: Path) -> None:
    (tmp_path / "refresh").mkdir()
    cost = {"ratio": 0.07, "styles": {"a": {"hit_rate": 0.5}, "b": {"hit_rate": 0.25}}, "each": [{"x": 1}]}
    (tmp_path / "refresh" / "cost.json").write_bytes(orjson.dumps(cost))
    page = write_page(tmp_path).read_text(encoding="utf-8")
    assert "### cost\n\n| figure | value |\n| --- | --- |\n| ratio | 0.070 |\n" in page
    assert "\n| styles | hit rate |\n| --- | --- |\n| a | 0.500 |\n| b | 0.250 |\n" in page


def test_the_readmes_table_is_that_of_the_files() -> None:
    readme = (RESULTS.parent.parent / "README.md").read_text(encoding="utf-8")
    runs = [orjson.loads(path.read_bytes()) for path in (RESULTS / "apibench").glob("*.json")]
    names = {"torchhub": "TorchHub", "tfhub": "TFHub", "huggingface": "Hugging Face"}
    for hub, name in names.items():
        of = {run["retriever"]: run for run in runs if run["hub"] == hub and run["retriever"]}
        best, words = of["hybrid"], of["bm25"]
        expected = (
            f"| {name} | **{100 * best['official_accuracy']:.1f}** | {100 * best['exists']:.0f} "
            f"| **{100 * best['domain_averaged']:.1f}** | **{100 * best['recall@5']:.1f}** "
            f"| {100 * words['domain_averaged']:.1f} | {100 * words['recall@5']:.1f} |"
        )
        assert expected in readme
