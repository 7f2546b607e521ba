"""The page says what the figures say, runs nothing, asks nobody, and is the same bytes each time."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import pytest
from typer.testing import CliRunner

from api_docs.errors import EvaluationDataError
from evaluation.cli import app
from evaluation.report import measuring
from evaluation.report.benchmark_sections import LABELS
from evaluation.report.command import REPORT, report
from evaluation.report.content import Code, Heading, Plot, Table, percent, prose
from evaluation.report.html import page as html_page
from evaluation.report.markdown import page as markdown_page
from evaluation.report.measuring import FIGURES, Section, keep, read_figures
from evaluation.report.pages import write_pages
from service.settings import Settings

EVIL = "<script>alert('x')</script> | **bold** `tick` [link](http://evil.example) & more"


def share(value: float, n: int = 40) -> dict[str, Any]:
    return {"n": n, "value": value, "interval": [max(value - 0.05, 0), min(value + 0.05, 1)]}


def system(hub: str, kind: str, name: str, domain: float, **more: Any) -> dict[str, Any]:
    rates = {
        "exists": 1.0,
        "exact": 0.321,
        "domain": domain,
        "domain_averaged": 0.4,
        "official_accuracy": 0.5,
    }
    return {"hub": hub, "kind": kind, "system": name, "n": 75, **rates, **more}


def apibench() -> dict[str, Any]:
    intervals = {
        name: [0.1, 0.9] for name in ("exists", "exact", "domain", "domain_averaged", "official_accuracy")
    }
    names = ("exists", "exact", "domain", "domain_averaged", "official_accuracy")
    systems, labels = [], []
    for hub in ("torchhub", "tfhub"):
        ours = {"intervals": intervals, "right_by_domain": {"a": 3}, "confusions": [_pair("a", EVIL)]}
        systems += [
            system(hub, "dummy", "constant answer", 0.234, calls=dict.fromkeys(names, f"load('{EVIL}')")),
            system(hub, "dummy", "copy of the best BM25 hit", 0.345),
            system(hub, "gorilla", "RT_oracle", 0.956),
            system(hub, "callsmith", "default", 0.8765, **ours),
        ]
        counts = dict.fromkeys(LABELS, 7)
        labels.append(
            {"hub": hub, **counts, "ceiling": {"labels": 1.0, "whole_text": 0.5, "description": 0.4}}
        )
    return {"systems": systems, "labels": labels}


def _pair(wanted: str, got: str) -> dict[str, Any]:
    return {"wanted": wanted, "answered": got, "n": 2}


def retrieval(matrix: str | None = None) -> dict[str, Any]:
    names = ("recall@1", "recall@3", "recall@5", "recall@10", "ndcg@10", "mrr")
    measures = {"n": 75, **dict.fromkeys(names, 0.4321), "intervals": {name: [0.4, 0.5] for name in names}}
    one = {"pool": "torchhub", "system": "hybrid", **measures, "recall@5_by_fold": [0.1, None, 0.3]}
    if matrix:
        one |= {"seen": measures, "unseen": {**measures, "n": 5, "recall@5": None, "intervals": {}}}
    return {"rankings": [one, {**one, "pool": "all hubs"}], "matrix": matrix}


def service(confidence: bool = False) -> dict[str, Any]:
    bins = [{"from": 0.9, "n": 4, "confidence": 0.95, "right": 0.75}]
    calibrated = {"n": 4, "expected_calibration_error": 0.2, "bins": bins} if confidence else None
    refused = {
        "unserved_refused": share(0.66),
        "served_answered": share(0.97),
        "near_misses_refused": share(0.2),
        "refused_by_kind": {EVIL: share(0.5)},
    }
    way = {
        "way": "default",
        "first": share(0.6543),
        "among": share(0.8),
        "answered": share(1.0),
        "median_ms": 12.34,
        "p95_ms": 56.78,
        "no_match": refused,
        "calibration": calibrated,
    }
    failure = {"instruction": EVIL, "wanted": "a", "answered": None, "call": f"x('{EVIL}')", "reason": EVIL}
    return {
        "catalogue": "abc",
        "docs": 3517,
        "ways": [way, {**way, "way": "quality best", "median_ms": 99.0}],
        "language": {"en": {"first": share(0.65), "among": share(0.8), "answered": share(1.0)}},
        "domain": [{"domain": "a", "n": 4, "right": 3}, {"domain": EVIL, "n": 2, "right": 0}],
        "confusions": [_pair("a", EVIL)],
        "depth": [{"k": k, **share(0.6 + k / 100)} for k in range(1, 21)],
        "near_misses_of_both_halves": share(0.3, 50),
        "failures": [failure],
    }


def held_out() -> dict[str, Any]:
    way = {
        "way": "default",
        "first": share(0.8512),
        "among": share(0.95),
        "answered": share(1.0),
        "calibration": None,
    }
    return {"catalogue": "abc", "rows": 300, "ways": [way]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for section, figures in (
        (Section.APIBENCH, apibench()),
        (Section.RETRIEVAL, retrieval("0123")),
        (Section.SERVICE, service(confidence=True)),
        (Section.HELD_OUT, held_out()),
    ):
        keep(tmp_path, section, figures)
    return tmp_path


class Seen(HTMLParser):
    """Tags, attributes and cells of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def seen(path: Path) -> Seen:
    found = Seen()
    found.feed(path.read_text(encoding="utf-8"))
    return found


def test_the_page_runs_nothing_and_asks_nobody(folder: Path) -> None:
    html, _, *_ = write_pages(folder)
    found = seen(html)
    assert "script" not in found.tags
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    for name, value in found.attributes:
        if name in {"src", "href"}:
            assert value.startswith(("data:image/svg+xml;base64,", "#"))
    assert "url(" not in html.read_text(encoding="utf-8")


def test_texts_of_others_are_text_in_both_pages(folder: Path) -> None:
    html, markdown, *_ = write_pages(folder)
    assert "<script" not in html.read_text(encoding="utf-8")
    assert "&lt;script&gt;" in html.read_text(encoding="utf-8")
    said = markdown.read_text(encoding="utf-8")
    outside_code = re.sub(r"(`+).*?\1", "", said)
    assert "<script" not in outside_code
    assert not re.search(r"(?<!\\)\]\(http", outside_code)
    assert "**bold**" not in outside_code.replace("\\*\\*bold\\*\\*", "")


def test_every_row_of_a_markdown_table_has_the_cells_of_its_head(folder: Path) -> None:
    _, markdown, *_ = write_pages(folder)
    width = 0
    for line in markdown.read_text(encoding="utf-8").splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        if cells and width:
            assert cells == width, line
        width = cells


def test_the_page_says_the_figures_of_the_file(folder: Path) -> None:
    html, markdown, *_ = write_pages(folder)
    figures = read_figures(folder)["parts"]
    expected = [
        percent(figures["apibench"]["systems"][3]["domain"], [0.1, 0.9]),
        percent(figures["apibench"]["systems"][0]["domain"]),
        percent(figures["retrieval"]["rankings"][0]["mrr"], [0.4, 0.5]),
        percent(
            figures["service"]["ways"][0]["first"]["value"],
            figures["service"]["ways"][0]["first"]["interval"],
        ),
        percent(
            figures["heldout"]["ways"][0]["first"]["value"],
            figures["heldout"]["ways"][0]["first"]["interval"],
        ),
        "99.0",
    ]
    for path in (html, markdown):
        said = re.sub(r"</?small>", "", path.read_text(encoding="utf-8"))
        assert [figure for figure in expected if figure not in said] == []


def test_every_table_and_plot_carries_its_command_and_date(folder: Path) -> None:
    html, *_ = write_pages(folder)
    said = html.read_text(encoding="utf-8")
    figures = read_figures(folder)["parts"]
    for part in figures.values():
        assert part["command"] in said
        assert part["measured"] in said
    blocks = re.split(r"(?=<table>|<figure>)", said.partition('id="apibench"')[2])
    assert all('class="source"' in block for block in blocks[1:-1])


def test_the_same_figures_give_the_same_bytes(folder: Path) -> None:
    first = {path: path.read_bytes() for path in write_pages(folder)}
    assert {path: path.read_bytes() for path in write_pages(folder)} == first


def test_a_plot_that_is_no_more_is_removed(folder: Path) -> None:
    old = folder / "plots" / "old.svg"
    old.parent.mkdir()
    old.write_bytes(b"<svg/>")
    write_pages(folder)
    assert not old.exists()


def test_plots_have_titles_and_follow_the_readers_colours(folder: Path) -> None:
    drawn = [path for path in write_pages(folder) if path.suffix == ".svg"]
    assert len(drawn) >= 8
    for path in drawn:
        svg = path.read_text(encoding="utf-8")
        root = ET.fromstring(svg)  # noqa: S314 - our own file
        assert root.find("{http://www.w3.org/2000/svg}title") is not None
        assert "prefers-color-scheme:dark" in svg
        assert "var(--ink)" in svg
        assert "<!DOCTYPE" not in svg
        assert "<script" not in svg
        outside = set(re.findall(r"https?://[^\"'<> ]+", svg)) - {"http://evil.example)"}
        assert outside <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_without_confidence_the_page_says_so(tmp_path: Path) -> None:
    keep(tmp_path, Section.SERVICE, service())
    _, markdown, *_ = write_pages(tmp_path)
    assert "Absent: `confidence` is null in every response" in markdown.read_text(encoding="utf-8")


def test_without_a_matrix_nothing_was_taught(tmp_path: Path) -> None:
    keep(tmp_path, Section.RETRIEVAL, retrieval())
    _, markdown, *_ = write_pages(tmp_path)
    assert "No query matrix is configured" in markdown.read_text(encoding="utf-8")


def test_a_part_is_measured_anew_beside_the_others(folder: Path) -> None:
    before = read_figures(folder)["parts"]
    keep(folder, Section.SERVICE, {**service(), "docs": 1})
    after = read_figures(folder)["parts"]
    assert after["service"]["docs"] == 1
    assert after["apibench"] == before["apibench"]
    assert list(after) == [section.value for section in Section]


def test_pages_are_written_from_the_file_alone(folder: Path) -> None:
    result = CliRunner().invoke(app, ["report", "--page-only", "--out", str(folder)])
    assert result.exit_code == 0, result.output
    assert (folder / "index.html").is_file()


def test_what_cannot_be_shown_is_refused_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(EvaluationDataError, match="callsmith evaluate report"):
        write_pages(tmp_path)
    (tmp_path / FIGURES).write_bytes(b"{")
    with pytest.raises(EvaluationDataError, match="measure anew"):
        write_pages(tmp_path)
    (tmp_path / FIGURES).write_bytes(orjson.dumps({"schema": 99}))
    with pytest.raises(EvaluationDataError, match="schema 1"):
        write_pages(tmp_path)


def test_a_report_that_needs_data_says_where_from(tmp_path: Path) -> None:
    with pytest.raises(EvaluationDataError, match="--data or CALLSMITH_DATA"):
        report(Settings(), None, tmp_path, [], lambda _: None)


def test_held_out_rows_are_no_part_of_what_is_usually_measured() -> None:
    assert Section.HELD_OUT not in measuring.MEASURED


def test_backticks_are_code_in_our_words_and_nothing_in_texts_of_others() -> None:
    assert prose("say `x` now").parts == ("say ", Code("x"), " now")
    table = Table("t", ("a",), (("say `x` <now>",),))
    assert "say `x` &lt;now&gt;" in html_page("p", [table])
    assert "say \\`x\\` &lt;now&gt;" in markdown_page("p", [table])


def test_blocks_are_told_apart() -> None:
    plot = Plot("dots", "A caption", 'says "so"', b"<svg/>")
    said = html_page("A & B", [Heading("One", "one"), plot])
    assert "<title>A &amp; B</title>" in said
    assert '<a href="#one">One</a>' in said
    assert 'alt="says &quot;so&quot;"' in said
    assert '![says "so"](plots/dots.svg)' in markdown_page("x", [plot])


@pytest.mark.skipif(not (REPORT / FIGURES).exists(), reason="no report is committed")
def test_the_committed_pages_are_made_of_the_committed_figures(tmp_path: Path) -> None:
    (tmp_path / FIGURES).write_bytes((REPORT / FIGURES).read_bytes())
    for path in write_pages(tmp_path):
        assert path.read_bytes() == (REPORT / path.relative_to(tmp_path)).read_bytes(), path.name
