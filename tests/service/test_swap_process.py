"""A published catalogue reaches every worker of a real service, and no caller notices."""

# ruff: noqa: S603 - the commands are ours

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from retriever.index import index_version
from service.publishing import publish
from service.settings import Settings
from tests.service.publishing_cases import NEW, ROOSTERS, first_catalogue, second_catalogue, written
from tests.service.test_process import SECONDS, Served, command

pytestmark = pytest.mark.process

WORKERS = 2
CALLERS = 2
PATIENCE = 5 * SECONDS
"""Two workers and a publication load torch side by side here, on machines that may have two busy cores."""

OLD, LATER = (
    index_version(catalogue.version, Settings.model_fields["embedding_model"].default)
    for catalogue in (first_catalogue(), second_catalogue())
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Variables of a service that serves the first catalogue, published."""
    publish(Settings(var=tmp_path / "var"), written(first_catalogue(), tmp_path / "first"))
    others = {name: value for name, value in os.environ.items() if not name.startswith("CALLSMITH_")}
    ours = {"CALLSMITH_VAR": str(tmp_path / "var"), "CALLSMITH_WATCH_SECONDS": "0.2"}
    return others | ours | {"OMP_NUM_THREADS": "1"}


class Watched(Served):
    """A service whose log is read all the time: a full pipe would hold its workers up."""

    def __init__(self, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        super().__init__(environment, port, "--workers", str(WORKERS))
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as log:
            for line in log:
                self._lines.put(line)

    def workers_that_said(self, message: str, version: str) -> set[int]:
        """Wait until every worker has said this of this version."""
        found: set[int] = set()
        while len(found) < WORKERS:
            line = self._lines.get(timeout=PATIENCE)
            if f'"{message}"' in line and version in line:
                found.add(json.loads(line)["pid"])
        return found

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=PATIENCE)
        self._reader.join()
        return status


@pytest.fixture
def served(environment: dict[str, str]) -> Iterator[Watched]:
    one = Watched(environment)
    yield one
    assert one.stop() == 0


class Caller(threading.Thread):
    """Asks and asks, each time on a connection of its own, so that every worker is asked."""

    def __init__(self, served: Served) -> None:
        super().__init__()
        self.answers: list[tuple[int, str, bool]] = []
        self.has_asked, self.ended = threading.Event(), threading.Event()
        self._served = served

    def run(self) -> None:
        while not self.ended.is_set():
            self.answers.append(ask(self._served))
            self.has_asked.set()


def ask(served: Served) -> tuple[int, str, bool]:
    """Status, version, and whether the new doc answers."""
    with httpx2.Client(base_url=served.url, timeout=SECONDS) as client:
        response = client.post("/generate_call", json={"instruction": ROOSTERS})
    answer = response.json()
    return response.status_code, answer.get("index_version"), answer.get("doc_id") == NEW


def publish_by_command(folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    arguments = command("docs", "publish", str(folder), "--json")
    ended = subprocess.run(arguments, env=environment, check=True, capture_output=True, text=True)
    return dict(json.loads(ended.stdout))


def test_every_worker_takes_up_what_is_published_and_no_request_fails(
    served: Watched, environment: dict[str, str], tmp_path: Path
) -> None:
    workers = served.workers_that_said("watching for other versions", OLD)
    callers = [Caller(served) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        assert all(caller.has_asked.wait(PATIENCE) for caller in callers)
        found = publish_by_command(written(second_catalogue(), tmp_path / "second"), environment)
        assert (found["index_version"], found["changed"]) == (LATER, True)
        assert served.workers_that_said("serving another version", LATER) == workers
    finally:
        for caller in callers:
            caller.ended.set()
            caller.join()
    answers = [answer for caller in callers for answer in caller.answers]
    assert set(answers) <= {(200, OLD, False), (200, LATER, True)}
    assert (200, OLD, False) in answers
    assert {ask(served) for _ in range(12)} == {(200, LATER, True)}
