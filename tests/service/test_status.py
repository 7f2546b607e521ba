"""`/status`, `/report` and `/calls`: how the service stands, how good it is, and a doc's own call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api_docs.models import ApiDoc
from api_docs.verification import verify
from evaluation.report.command import REPORT
from retriever.searcher import Searcher
from service import evaluated
from service.app import create_app
from service.runtime import Runtime
from service.settings import Settings
from tests.retriever.conftest import small_docs
from tests.service.test_http_bad_input import refused

PLOT = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


def test_the_status_counts_docs_by_hub_and_domain(client: TestClient) -> None:
    found = client.get("/status").json()
    assert {name: found[name] for name in ("status", "generator", "quality", "engine", "refresh")} == {
        "status": "ready",
        "generator": "grounded",
        "quality": "balanced",
        "engine": None,
        "refresh": None,
    }
    hubs = {one["hub"]: one for one in found["catalogue"]["hubs"]}
    docs = small_docs()
    assert set(hubs) == {doc.hub for doc in docs}
    for hub, one in hubs.items():
        of_hub = [doc for doc in docs if doc.hub == hub]
        assert one["docs"] == len(of_hub) == sum(one["domains"].values())
        assert one["dead"] == sum(not doc.alive for doc in of_hub)
    assert hubs["tfhub"]["domains"] == {"audio-classification": 2}


def test_status_says_what_readiness_says(client: TestClient) -> None:
    ready, status = client.get("/readyz").json(), client.get("/status").json()
    assert {name: status[name] for name in ready} == ready


def test_the_report_that_ships_is_found_where_it_is_made() -> None:
    assert evaluated.SHIPPED == REPORT
    shipped = evaluated.read_report(Settings())
    drawn = {path.stem for path in (REPORT / evaluated.PLOTS).glob("*.svg")}
    assert {plot.name for plot in shipped.plots} == drawn


@pytest.fixture
def reported(tmp_path: Path, searcher: Searcher) -> Iterator[TestClient]:
    """A service with a report of its own, which names two plots and has one of them."""
    report = evaluated.EvaluationReport(
        title="How good?",
        caption="Per cent",
        figures=(evaluated.Figure(what="right", value="1.0", beside="–"),),
        plots=tuple(evaluated.PlotInfo(name=name, caption=name, alt=name) for name in ("drawn", "gone")),
        parts=(),
    )
    (tmp_path / evaluated.SUMMARY).write_text(report.model_dump_json(), encoding="utf-8")
    (tmp_path / evaluated.PLOTS).mkdir()
    for name in ("drawn", "unnamed"):
        (tmp_path / evaluated.PLOTS / f"{name}.svg").write_bytes(PLOT)
    with TestClient(create_app(Runtime(Settings(report=tmp_path), searcher))) as client:
        yield client


def test_a_report_of_ones_own_is_shown(reported: TestClient) -> None:
    assert reported.get("/report").json()["title"] == "How good?"
    plot = reported.get("/report/plots/drawn")
    assert (plot.content, plot.headers["content-type"]) == (PLOT, "image/svg+xml")
    assert "sandbox" in plot.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["gone", "unnamed", "%2e%2e", "summary.json", "..%2Fsummary"])
def test_only_plots_that_the_report_names_are_shown(reported: TestClient, name: str) -> None:
    assert reported.get(f"/report/plots/{name}").status_code == 404


def test_a_report_that_is_missing_or_damaged_is_told(tmp_path: Path, searcher: Searcher) -> None:
    with TestClient(create_app(Runtime(Settings(report=tmp_path), searcher))) as client:
        refused(client.get("/report"), 404, "not_found", "`callsmith evaluate report` measures one")
        (tmp_path / evaluated.SUMMARY).write_text(json.dumps({"title": 1}), encoding="utf-8")
        refused(client.get("/report"), 404, "not_found", "writes it anew")


@pytest.mark.parametrize("doc", small_docs(), ids=lambda doc: doc.id)
def test_a_docs_call_is_verified_and_can_be_run(client: TestClient, searcher: Searcher, doc: ApiDoc) -> None:
    found = client.get(f"/calls/{doc.id}").json()
    assert found["verification"]["verified"] is True
    assert verify(found["call"], searcher.catalogue).verified
    compile(found["code"], "snippet", "exec")


def test_the_call_of_a_doc_that_never_was_is_told(client: TestClient) -> None:
    refused(client.get("/calls/tfhub:no/such"), 404, "not_found", "'tfhub:no/such'")
