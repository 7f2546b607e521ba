"""`/metrics` with several workers: any of them tells of all, and the death of one takes nothing away."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.service.test_process import SECONDS, Served, environment, port  # noqa: F401 - fixtures

pytestmark = pytest.mark.process

TIMES = 24
Labels = frozenset[tuple[str, str]]


class Several(Served):
    """A service with two workers whose run folder lies in a folder of ours."""

    def __init__(self, environment: dict[str, str], port: int, folder: Path) -> None:  # noqa: F811
        ours = {"TMPDIR": str(folder), "CALLSMITH_LOG_LEVEL": "debug"}
        super().__init__(environment | ours, port, "--workers", "2")
        self._folder = folder

    def wait_for_a_worker(self) -> None:
        """Until one more than before takes requests; the log says so."""
        assert self.process.stderr is not None
        assert any("Application startup complete" in line for line in self.process.stderr)

    def workers(self, kind: str) -> set[int]:
        """Process ids of those that have files of this kind."""
        files = self._folder.glob(f"callsmith-*/metrics/{kind}_*.db")
        return {int(file.stem.rsplit("_", 1)[1]) for file in files}

    def request(self, method: str, path: str, **more: object) -> httpx2.Response | None:
        """On a connection of its own, which any worker may take; None where that worker ended meanwhile."""
        try:
            with httpx2.Client(base_url=self.url, timeout=SECONDS) as client:
                return client.request(method, path, **more)  # type: ignore[arg-type]
        except httpx2.TransportError:
            return None

    def measures(self) -> dict[tuple[str, Labels], float]:
        while (response := self.request("GET", "/metrics")) is None:
            pass
        assert response.status_code == 200
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(response.text)
            for sample in family.samples
        }

    def searches(self) -> float:
        labels = {("route", "/search"), ("method", "POST"), ("status", "200")}
        return self.measures().get(("callsmith_requests_total", frozenset(labels)), 0.0)


@pytest.fixture
def several(environment: dict[str, str], port: int, tmp_path: Path) -> Iterator[Several]:  # noqa: F811
    one = Several(environment, port, tmp_path)
    yield one
    assert one.stop() == 0
    assert list(tmp_path.glob("callsmith-*")) == [], "what the workers wrote is gone with them"


def test_sums_are_of_all_workers_and_outlive_them(several: Several) -> None:
    several.wait_for_a_worker()
    several.wait_for_a_worker()
    for _ in range(TIMES):
        response = several.request("POST", "/search", json={"instruction": "tell species of birds apart"})
        assert response is not None
        assert response.status_code == 200
    while several.searches() < TIMES:  # a request is counted when it has ended, just after its answer
        pass
    assert [several.searches() for _ in range(8)] == [TIMES] * 8, "whichever worker is asked"

    first, second = several.workers("gauge_livemax")
    os.kill(first, signal.SIGKILL)
    told = [several.searches() for _ in range(8)]
    several.wait_for_a_worker()
    told += [several.searches() for _ in range(8)]
    assert set(told) == {TIMES}, "no sum shrinks, and none is counted twice"
    assert len(several.workers("counter")) == 3, "what the dead one counted is kept"
    assert second in several.workers("gauge_livemax")
    assert first not in several.workers("gauge_livemax"), "what it was last is not"

    found = several.measures()
    versions = [labels for name, labels in found if name == "callsmith_index_info"]
    assert len(versions) == 1
    assert found["callsmith_index_docs", frozenset()] == 7
    assert found["callsmith_in_flight", frozenset()] == 0
    assert found["callsmith_stage_seconds_count", frozenset({("stage", "retrieve")})] == TIMES
    assert not any(name.startswith("callsmith_engine") for name, _ in found)
