"""The encoder that counts words, and a catalogue and instructions that it can tell apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import service.var
from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from api_docs.storage import write_catalogue
from finetune.instructions.instruction import Instruction, write_instructions
from finetune.judge import teaching
from service.settings import Settings
from tests.finetune.retriever.lessons import DOMAINS, THINGS, sixty_docs
from tests.retriever.conftest import WordEncoder
from tests.service.publishing_cases import NamedWordEncoder

WISHES = [f"{thing}, {THINGS[place - 4]} and {THINGS[place - 9]}" for place, thing in enumerate(THINGS)]
"""Three things each, no two of which are the same in any two wishes."""
ASKED = ("classify photos of {}", "translate texts on {} to Dutch", "summarise pages about {}", "hear {}")
REFUSED = ("pay the bill for {}", "who invented {}", "cancel my order of {}")


@pytest.fixture(autouse=True)
def short_lessons(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taught in a second, in this process."""
    if request.module.__name__.endswith("test_teaching"):
        return
    monkeypatch.setattr(teaching, "FEWEST_STEPS", 120)
    monkeypatch.setattr(teaching, "LAYERS_RATE", teaching.RATE)  # they begin with nothing
    monkeypatch.setattr(teaching, "usable_cores", lambda: 1)


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings for a catalogue of sixty docs, in the environment, too."""
    monkeypatch.setattr(service.var, "load_encoder", NamedWordEncoder)
    write_catalogue(Catalogue(sixty_docs()), tmp_path / "catalogue")
    found = Settings(var=tmp_path / "var", catalogue=tmp_path / "catalogue")
    for name, value in found.environment().items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """Instructions of four domains, in words of their own."""
    rows = [
        Instruction(frame.format(wish), Domain(domain))
        for domain, frame in zip(DOMAINS, ASKED, strict=True)
        for wish in WISHES
    ]
    write_instructions(tmp_path / "served.jsonl", rows)
    return tmp_path / "served.jsonl"


@pytest.fixture
def unserved(tmp_path: Path) -> Path:
    """Instructions with the same things that nothing serves."""
    rows = [
        {"instruction": frame.format(wish), "kind": "service", "language": "en"}
        for frame in REFUSED
        for wish in WISHES
    ]
    path = tmp_path / "unserved.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path
