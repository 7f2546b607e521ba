"""Callsmith as a real process: the port, workers, SIGTERM."""

# ruff: noqa: S603 - the commands are ours

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api_docs.catalogue import Catalogue
from api_docs.storage import write_catalogue
from tests.retriever.conftest import small_docs

pytestmark = pytest.mark.process

SECONDS = 120
"""Longer than anything here takes on a slow machine; nothing waits that long when all is well."""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables of a service over the small catalogue, its index built once."""
    folder = tmp_path_factory.mktemp("process")
    write_catalogue(Catalogue(small_docs()), folder / "catalogue")
    ours = {"CALLSMITH_CATALOGUE": str(folder / "catalogue"), "CALLSMITH_VAR": str(folder / "var")}
    others = {name: value for name, value in os.environ.items() if not name.startswith("CALLSMITH_")}
    variables = others | ours | {"OMP_NUM_THREADS": "1"}
    subprocess.run(command("index", "build"), env=variables, check=True, capture_output=True)
    return variables


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "service.cli", *arguments]


class Served:
    """A service in a process of its own, waited for by what it logs."""

    def __init__(self, environment: dict[str, str], port: int, *arguments: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.address = ("127.0.0.1", port)
        self.process = subprocess.Popen(
            command("serve", "--port", str(port), *arguments),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if '"serving"' in line:
                break

    def ask(self, client: httpx2.Client) -> dict[str, Any]:
        response = client.post("/generate_call", json={"instruction": "tell species of birds apart"})
        assert response.status_code == 200, response.text
        return dict(response.json())

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=SECONDS)
        return self.process.returncode


@pytest.fixture
def served(environment: dict[str, str], port: int) -> Iterator[Served]:
    one = Served(environment, port)
    yield one
    one.process.kill()
    one.process.communicate()


def upload(address: tuple[str, int], body: bytes) -> socket.socket:
    """A connection that has sent its head, and half of its body."""
    connection = socket.create_connection(address, timeout=SECONDS)
    head = "POST /search HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: "
    connection.sendall(f"{head}{len(body)}\r\n\r\n".encode() + body[:10])
    return connection


def rest_of(connection: socket.socket) -> bytes:
    parts = b""
    while part := connection.recv(65_536):
        parts += part
    return parts


def test_sigterm_lets_a_request_in_flight_finish_and_exits_with_0(served: Served) -> None:
    body = json.dumps({"instruction": "tell species of birds apart"}).encode()
    with upload(served.address, body) as connection:
        with httpx2.Client(base_url=served.url, timeout=SECONDS) as client:
            assert client.get("/readyz").status_code == 200  # the upload has been taken as well by now
        served.process.send_signal(signal.SIGTERM)
        while accepts(served.address):
            pass
        assert served.process.poll() is None
        connection.sendall(body[10:])
        answer = rest_of(connection)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"huggingface:google/vit-birds" in answer
    served.process.communicate(timeout=SECONDS)
    assert served.process.returncode == 0


def accepts(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=SECONDS).close()
    except OSError:
        return False
    return True


def test_ctrl_c_is_no_failure(served: Served) -> None:
    served.process.send_signal(signal.SIGINT)
    _, log = served.process.communicate(timeout=SECONDS)
    assert served.process.returncode == 0
    assert "Traceback" not in log


def test_several_workers_behave_as_one(environment: dict[str, str], port: int) -> None:
    several = Served(environment, port, "--workers", "2")
    answers = []
    try:
        for _ in range(12):  # every connection may land at another worker
            with httpx2.Client(base_url=several.url, timeout=SECONDS) as client:
                answers.append(several.ask(client))
    finally:
        status = several.stop()
    assert status == 0
    assert len({answer.pop("request_id") for answer in answers}) == 12
    for answer in answers:
        answer.pop("timing_ms")
    assert all(answer == answers[0] for answer in answers)


def test_a_key_asks_as_often_as_it_may_over_all_workers(
    environment: dict[str, str], port: int, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    added = subprocess.run(
        command("keys", "add", "team", "--per-minute", "5", "--file", str(keys)),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    run_folders = tmp_path / "temporary"
    run_folders.mkdir()
    ours = {"CALLSMITH_KEYS": str(keys), "TMPDIR": str(run_folders)}
    several = Served(environment | ours, port, "--workers", "2")
    headers = {"authorization": f"Bearer {added.stdout.strip()}"}
    try:
        with httpx2.Client(base_url=several.url, timeout=SECONDS) as client:
            while len(list(run_folders.glob("callsmith-*/worker-*"))) < 2:  # until both workers are there
                assert client.get("/healthz").status_code == 200
            assert client.get("/api_docs").status_code == 401
        began = time.monotonic()
        found = []
        for _ in range(40):  # every connection may land at another worker
            with httpx2.Client(base_url=several.url, timeout=SECONDS, headers=headers) as client:
                found.append(client.get("/api_docs").status_code)
        refilled = (time.monotonic() - began) / 12
    finally:
        status = several.stop()
    assert status == 0
    assert found.count(429) == 40 - found.count(200)
    assert 5 <= found.count(200) <= 5 + refilled
    assert list(run_folders.glob("callsmith-*")) == [], "what the workers shared is gone with them"


def test_workers_that_can_not_start_end_the_service_with_the_reason(
    environment: dict[str, str], port: int, tmp_path: Path
) -> None:
    shutil.copytree(environment["CALLSMITH_VAR"], tmp_path, dirs_exist_ok=True)
    next((tmp_path / "indexes").glob("*/manifest.json")).write_bytes(b"{")
    own = environment | {"CALLSMITH_VAR": str(tmp_path)}
    ended = subprocess.run(
        command("serve", "--port", str(port), "--workers", "2"),
        env=own,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 2
    assert "callsmith index build" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_in_use_is_refused_at_once_with_the_fix(environment: dict[str, str], port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        ended = subprocess.run(
            command("serve", "--port", str(port)),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    for part in (f"port {port}", "in use", "--port", "CALLSMITH_PORT"):
        assert part in ended.stderr


def test_python_m_is_the_command(environment: dict[str, str]) -> None:
    ended = subprocess.run(
        command("docs", "stats", "--json"), env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(ended.stdout)["docs"] == 7
