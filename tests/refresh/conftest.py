"""Nights over a small world: `callsmith docs refresh` as people run it, beside a service that watches."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

import service.var
from api_docs.catalogue import Catalogue
from api_docs.sources.known import REPOSITORIES
from api_docs.storage import write_catalogue
from api_docs.upstreams import torchhub
from api_docs.upstreams.client import Client
from service import var
from service.app import create_app
from service.cli import app
from service.publishing import publish
from service.refresh import canaries, collecting
from service.refresh.report import RefreshReport, reports_folder
from service.runtime import Runtime, open_runtime
from service.settings import Settings
from service.watching import Watcher
from tests.api_docs.upstreams.conftest import Clock
from tests.refresh.three_hubs import GAPS, MIDAS, YOLO, ThreeHubs, served, small
from tests.retriever.conftest import make_doc
from tests.service.conftest import _no_settings_from_outside  # noqa: F401 - a fixture
from tests.service.publishing_cases import NamedWordEncoder

CANARIES = (
    {
        "hub": "huggingface",
        "instruction": "guess the masked word of a sentence",
        "docs": [f"huggingface:{GAPS}"],
    },
    {"hub": "tfhub", "instruction": "which animal makes this sound", "domain": "audio-classification"},
    {"hub": "torchhub", "instruction": "how far away things on a photo are", "domain": "depth-estimation"},
)


@dataclass(frozen=True)
class Night:
    """What became of one run of the command, and what the service then serves."""

    exit_code: int
    report: RefreshReport | None
    error: str
    before: str
    after: str

    @property
    def taken_up(self) -> bool:
        """Whether the service serves another version than before."""
        return self.before != self.after


class World:
    """The upstreams, a folder with what was published, and a service that serves it."""

    def __init__(self, hubs: ThreeHubs, settings: Settings, clock: Clock) -> None:
        self.hubs = hubs
        self.settings = settings
        self.clock = clock
        self.runtime: Runtime | None = None

    def open(self) -> Runtime:
        """The service; opened with what is published by now."""
        if self.runtime is None:
            self.runtime = open_runtime(self.settings)
        return self.runtime

    def night(self, *options: str) -> Night:
        """Run `callsmith docs refresh`, and let the service look."""
        runtime = self.open()
        before = runtime.served.version
        folder = reports_folder(self.settings)
        known = set(folder.glob("*.json"))
        said = CliRunner().invoke(app, ["docs", "refresh", "--json", *options], prog_name="callsmith")
        fresh = sorted(set(folder.glob("*.json")) - known)
        Watcher(runtime).look()
        return Night(
            exit_code=said.exit_code,
            report=RefreshReport.model_validate_json(fresh[-1].read_bytes()) if fresh else None,
            error=json.loads(said.stderr.splitlines()[-1])["error"]["message"] if not said.stdout else "",
            before=before,
            after=runtime.served.version,
        )

    def ask(self, instruction: str, **more: Any) -> dict[str, Any]:
        """What the service answers."""
        with TestClient(create_app(self.open())) as client:
            answer = client.post("/generate_call", json={"instruction": instruction, **more})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def catalogue(self) -> Catalogue:
        """What is published."""
        return var.read_catalogue(self.settings)


@pytest.fixture(autouse=True)
def encoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    one = NamedWordEncoder(Settings().embedding_model)
    monkeypatch.setattr(service.var, "load_encoder", lambda _: one)
    file = tmp_path / "canaries.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in CANARIES), encoding="utf-8")
    monkeypatch.setattr(canaries, "FILE", file)
    monkeypatch.setattr(torchhub, "REPOSITORIES", {name: REPOSITORIES[name] for name in (MIDAS, YOLO)})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Clients wait by it."""
    one = Clock()

    def patient(*place: Any, **more: Any) -> Client:
        return Client(*place, sleep=one.sleep, now=one.now, **more)

    monkeypatch.setattr(collecting, "Client", patient)
    return one


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """With one doc published; what the world has is refreshed in."""
    monkeypatch.setenv("CALLSMITH_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("CALLSMITH_EMBEDDING_BACKEND", "torch")
    found = Settings()
    call = "pipeline('fill-mask', model='zoo/gaps')"
    first = Catalogue([make_doc("huggingface", GAPS, "fill-mask", "Guesses masked words.", call)])
    write_catalogue(first, tmp_path / "first")
    publish(found, tmp_path / "first")
    shutil.rmtree(tmp_path / "first")
    return found


@pytest.fixture
def world(settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A small world that was refreshed once."""
    with served(small()) as hubs:
        for name, value in hubs.environment().items():
            monkeypatch.setenv(name, value)
        found = World(hubs, Settings(), clock)  # which knows the addresses
        night = found.night()
        assert night.exit_code == 0, night
        hubs.forget()
        yield found
        if found.runtime is not None:
            found.runtime.close()
