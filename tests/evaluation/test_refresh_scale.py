"""Cost and scale of refreshes are measured on docs that are like real ones, and told as they were."""

from __future__ import annotations

from pathlib import Path

import httpx2
import numpy as np
import pytest

from api_docs.upstreams.client import Client
from api_docs.verification import check_doc
from evaluation.refresh import job, stand_ins
from evaluation.refresh.jobs import Ran, environment, publish_first
from evaluation.refresh.stand_ins import (
    DIMENSIONS,
    HashingEncoder,
    changed,
    folder_upstreams,
    write_docs,
)
from evaluation.refresh.windows import Watched, Window
from evaluation.scale import mixed_docs
from service import var
from service.settings import Settings
from tests.service.conftest import _no_settings_from_outside  # noqa: F401 - a fixture
from tests.support import snapshot_catalogue


def test_hashed_texts_are_unit_vectors_equal_for_equal_texts_only() -> None:
    one, other, again = HashingEncoder().encode(["birds", "fish", "birds"])
    assert one.shape == (DIMENSIONS,)
    np.testing.assert_allclose(np.linalg.norm([one, other], axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(one, again)
    assert abs(float(one @ other)) < 0.3
    assert HashingEncoder().encode([]).shape == (0, DIMENSIONS)


def test_docs_come_back_from_their_folder_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot_catalogue()
    docs = mixed_docs(60)
    monkeypatch.setattr(stand_ins, "MAX_FILE_BYTES", 20_000)
    write_docs(docs, tmp_path)
    write_docs(docs, tmp_path)
    assert all(path.stat().st_size <= 20_000 for path in tmp_path.rglob("*.jsonl"))
    assert len(list(tmp_path.rglob("*.jsonl"))) > 3
    with Client(tmp_path / "cache") as client:
        found = [
            doc
            for upstream in folder_upstreams(tmp_path)
            if upstream.hub != "cache"
            for doc in upstream.collect(client, tmp_path).result.docs
        ]
    assert sorted(found, key=lambda doc: doc.id) == sorted(docs, key=lambda doc: doc.id)


def test_a_share_of_the_docs_changes_and_each_edition_changes_others() -> None:
    snapshot_catalogue()
    docs = mixed_docs(200)
    first, count = changed(docs, 0.05, 1)
    second, _ = changed(first, 0.05, 2)
    assert count == 10
    assert sum(one.content_hash != other.content_hash for one, other in zip(docs, first, strict=True)) == 10
    assert sum(one.content_hash != other.content_hash for one, other in zip(docs, second, strict=True)) == 20
    for doc in second:
        check_doc(doc)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    found = Settings(var=tmp_path / "var", embedding_model=HashingEncoder.name)
    for name, value in found.environment().items():
        monkeypatch.setenv(name, value)
    return found


def test_a_job_embeds_exactly_what_changed(settings: Settings, tmp_path: Path) -> None:
    snapshot_catalogue()
    docs = mixed_docs(120)
    publish_first(settings, docs[::40], HashingEncoder())
    write_docs(docs, tmp_path / "docs")
    whole = job.main(tmp_path / "docs")
    docs, count = changed(docs, 0.05, 1)
    write_docs(docs, tmp_path / "docs")
    small = job.main(tmp_path / "docs")
    assert (whole["result"], whole["embedded"], whole["docs"]) == ("published", 117, 120)
    assert (small["result"], small["embedded"], count) == ("published", 6, 6)
    assert small["canaries_asked"] > 0
    assert small["peak_mib"] > 50
    assert {"read", "collect", "merge", "embed", "canaries", "publish"} <= small["timing"].keys()
    assert var.served_version(settings) == var.index_folder(settings, var.read_catalogue(settings)).name


def test_the_peak_is_read_in_mebibytes(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nVmHWM:\t  204800 kB\nVmRSS:\t  1024 kB\n", encoding="utf-8")
    assert job.peak_mib(status) == 200


def test_a_process_gets_these_settings_and_no_others(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLSMITH_HOST", "0.0.0.0")  # noqa: S104 - never listened on
    found = environment(settings)
    assert found["CALLSMITH_VAR"] == str(settings.var)
    assert "CALLSMITH_HOST" not in found


def test_a_run_is_told_without_its_version() -> None:
    ran = Ran(10, 1, 1, 5, 2.5, 2.0, 300, "0123456789ab", {"read": 0.5})
    assert "version" not in ran.figures()
    assert ran.figures()["peak_mib"] == 300


def test_windows_are_told_by_their_slowest_request() -> None:
    one, other = Window([0.010, 0.030], 0, {"a"}), Window([0.020], 1, {"b"})
    joined = Window.joined([one, other])
    assert joined.figures() == {
        "requests": 3,
        "failed": 1,
        "median_ms": 20.0,
        "p99_ms": 20.0,
        "slowest_ms": 30.0,
    }
    assert joined.versions == {"a", "b"}
    assert Window().figures()["median_ms"] is None


async def test_what_callers_see_goes_into_the_window_that_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.refresh.windows.PAUSE", 0)
    answers = iter([200, 503, None])

    def answer(request: httpx2.Request) -> httpx2.Response:
        status = next(answers)
        if status is None:
            raise httpx2.ConnectError("gone")
        return httpx2.Response(status, json={"index_version": "v1"})

    watched = Watched("http://service", ["one", "two"])
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        for number in range(2):
            await watched.ask(client, number)
        first = watched.next_window()
        await watched.ask(client, 2)
    assert (len(first.seconds), first.failed, first.versions) == (2, 1, {"v1"})
    second = watched.next_window()
    assert (len(second.seconds), second.failed) == (0, 1)
