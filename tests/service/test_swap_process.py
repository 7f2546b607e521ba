"""A published catalogue reaches every worker of a real service, and no caller notices."""

# ruff: noqa: S603 - the commands are ours

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.service.publishing_cases import NEW, ROOSTERS, first_catalogue, second_catalogue, written
from tests.service.test_process import SECONDS, Served, command

pytestmark = pytest.mark.process

WORKERS = 2
CALLERS = 2


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Variables of a service that serves the first catalogue, published."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("CALLSMITH_")}
    ours = {"CALLSMITH_VAR": str(tmp_path / "var"), "CALLSMITH_WATCH_SECONDS": "0.2"}
    variables = others | ours | {"OMP_NUM_THREADS": "1"}
    publish(written(first_catalogue(), tmp_path / "first"), variables)
    return variables


@pytest.fixture
def served(environment: dict[str, str]) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    one = Served(environment, port, "--workers", str(WORKERS))
    # Whatever goes wrong, nothing here waits for ever: the log of a service that is told to stop ends.
    deadline = threading.Timer(5 * SECONDS, one.process.terminate)
    deadline.start()
    yield one
    deadline.cancel()
    one.stop()


def publish(folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    ended = subprocess.run(
        command("docs", "publish", str(folder), "--json"),
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(json.loads(ended.stdout))


def workers_that_took_up(served: Served, version: str) -> set[int]:
    """Read the log until every worker has said that it serves this version."""
    found: set[int] = set()
    assert served.process.stderr is not None
    for line in served.process.stderr:
        if '"serving another version"' in line and version in line:
            found.add(json.loads(line)["pid"])
        if len(found) == WORKERS:
            break
    return found


class Caller(threading.Thread):
    """Asks and asks, each time on a connection of its own, so that every worker is asked."""

    def __init__(self, url: str, ended: threading.Event) -> None:
        super().__init__()
        self.answers: list[tuple[int, str, bool]] = []
        self._url, self._ended = url, ended

    def run(self) -> None:
        while not self._ended.is_set():
            with httpx2.Client(base_url=self._url, timeout=SECONDS) as client:
                self.answers.append(ask(client))


def ask(client: httpx2.Client) -> tuple[int, str, bool]:
    response = client.post("/generate_call", json={"instruction": ROOSTERS})
    answer = response.json()
    return response.status_code, answer.get("index_version"), answer.get("doc_id") == NEW


def test_every_worker_takes_up_what_is_published_and_no_request_fails(
    served: Served, environment: dict[str, str], tmp_path: Path
) -> None:
    ended = threading.Event()
    callers = [Caller(served.url, ended) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        found = publish(written(second_catalogue(), tmp_path / "second"), environment)
        assert len(workers_that_took_up(served, found["index_version"])) == WORKERS
    finally:
        ended.set()
        for caller in callers:
            caller.join()
    answers = [answer for caller in callers for answer in caller.answers]
    old = answers[0][1]
    assert old != found["index_version"]
    assert set(answers) <= {(200, old, False), (200, found["index_version"], True)}
    for _ in range(12):
        with httpx2.Client(base_url=served.url, timeout=SECONDS) as client:
            assert ask(client) == (200, found["index_version"], True)
