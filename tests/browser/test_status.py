"""Status: what the service says of itself, and how good its report says that it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import expect

from api_docs.refresh.merging import Outcome
from service.evaluated import SHIPPED
from service.refresh.report import Latest, LatestSource, Result, latest_file
from service.settings import Settings
from tests.browser.acting import is_drawn
from tests.browser.conftest import Open, serving
from tests.service.test_vllm_generator import Engine

HOUR = timedelta(hours=1)


def test_the_report_is_shown_with_its_figures_and_plots(url: str, open_page: Open) -> None:
    page = open_page(url, "#status")
    report = json.loads((SHIPPED / "summary.json").read_text(encoding="utf-8"))
    rows = page.locator(".figures tbody tr")
    expect(rows.locator("th")).to_have_text([figure["what"] for figure in report["figures"]])
    expect(rows.locator(".number")).to_have_text([figure["value"] for figure in report["figures"]])
    plots = page.locator("figure img")
    expect(plots).to_have_count(len(report["plots"]))
    for place, plot in enumerate(report["plots"]):
        expect(page.locator("figcaption").nth(place)).to_have_text(plot["caption"])
    assert sorted(image.get_attribute("alt") for image in plots.all()) == sorted(
        plot["alt"] for plot in report["plots"]
    )
    for image in plots.all():
        is_drawn(image)


def test_a_report_that_is_not_there_is_told(open_page: Open, tmp_path: Path) -> None:
    with serving(report=tmp_path / "nothing") as url:
        page = open_page(url, "#status")
        expect(page.get_by_text("No report is shown: there is no evaluation report")).to_be_visible()


def test_index_engine_and_last_refresh_are_told(open_page: Open, tmp_path: Path) -> None:
    settings = Settings(var=tmp_path / "var")
    now = datetime.now(UTC)
    latest = Latest(
        report="r",
        started=now - 3 * HOUR,
        result=Result.REFUSED,
        succeeded=now - 27 * HOUR,
        seconds=61.0,
        sources={"tfhub": LatestSource(outcome=Outcome.COLLECTED, collected=now)},
    )
    latest_file(settings).parent.mkdir(parents=True)
    latest_file(settings).write_text(latest.model_dump_json(), encoding="utf-8")
    with serving(engine=Engine().generator(), var=settings.var) as url:
        page = open_page(url, "#status")
        index = page.get_by_role("region", name="Index")
        expect(index).to_contain_text("7 docs")
        expect(index).to_contain_text("unknown")  # when this catalogue was written, nobody noted
        expect(page.get_by_role("region", name="Engine")).to_contain_text("not asked yet")
        refresh = page.get_by_role("region", name="Last refresh")
        for said in ("refused", "3 hours ago", "yesterday", "61 s", "TFHub collected"):
            expect(refresh).to_contain_text(said)
