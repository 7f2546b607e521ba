"""Every stage of teaching a generator and a retriever, by the commands that users type, as small as they go.

The teacher is a stand-in that answers, for the API it is shown, with instructions that people wrote for APIs
of its task: what a good teacher would write, as varied, without a model.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from typer.testing import CliRunner

from api_docs.catalogue import Catalogue
from api_docs.storage import write_catalogue
from api_docs.tasks import TASKS
from finetune.instructions.bank import read_bank
from finetune.teacher.examples import read_examples
from service.cli import app
from tests.finetune.teacher.server import FakeTeacher, Say, teaching
from tests.support import snapshot_catalogue

EACH = 40
"""Docs of each hub beside those that the examples show."""


@dataclass(frozen=True)
class Stages:
    """What each stage left."""

    instructions: Path
    dataset: Path
    model: Path
    retriever: Path
    shown: dict[str, dict[str, Any]]  # what each command said to programs


def small_catalogue(folder: Path) -> Path:
    """Some docs of each hub, and those that the examples for a teacher need."""
    catalogue = snapshot_catalogue()
    wanted = {one.doc.id: one.doc for hub in read_examples(catalogue).values() for one in hub}
    taken: dict[str, int] = defaultdict(int)
    for doc in sorted(catalogue.docs, key=lambda doc: doc.content_hash):
        if taken[doc.hub] < EACH and doc.id not in wanted:
            taken[doc.hub] += 1
            wanted[doc.id] = doc
    write_catalogue(Catalogue(list(wanted.values())), folder)
    return folder


@contextmanager
def teacher_who_knows_people() -> Iterator[FakeTeacher]:
    known: dict[str, list[str]] = defaultdict(list)
    for one in read_bank():
        if one.language == "en":
            known[TASKS[one.domain].title.lower()].append(one.text)

    def answer(body: dict[str, Any]) -> Say:
        shown = body["messages"][1]["content"].rpartition("Now this one:")[2]
        task = re.search(r"\(([^:]+):", shown)
        wishes = known[task.group(1)] if task is not None else []
        begin = len(shown) % max(1, len(wishes))
        turned = [*wishes[begin:], *wishes[:begin]][:10]
        return Say("\n".join(f"{number}. {wish}" for number, wish in enumerate(turned, 1)) or "I can't.")

    with teaching(FakeTeacher(answer=answer)) as teacher:
        yield teacher


def teach(folder: Path, *, apis: int = 40) -> Stages:
    """Instructions, dataset, both trainings; the catalogue is the service's, by its settings."""
    instructions, dataset, trained = folder / "instructions", folder / "dataset", folder / "trained"
    with teacher_who_knows_people() as teacher:
        asked = ("--teacher", teacher.url, "--model", "stand-in", "--limit", str(apis), "--yes")
        shown = {"instructions": run("instructions", *asked, "--out", str(instructions))}
    config = ("--config", "toy-cpu")
    made = ("--instructions", str(instructions), "--out", str(dataset))
    shown["dataset"] = run("dataset", *config, *made)
    shown["train"] = run("train", *config, "--data", str(dataset), "--out", str(trained))
    matrix = folder / "matrix"
    few = ("--folds", "2", "--epochs", "1")
    shown["retriever"] = run("retriever", "--instructions", str(instructions), *few, "--out", str(matrix))
    return Stages(instructions, dataset, trained / "model", matrix, shown)


def run(*command: str) -> dict[str, Any]:
    """What a command of `callsmith finetune` says to programs; the test fails where it fails."""
    done = CliRunner().invoke(app, ["finetune", *command, "--json"], prog_name="callsmith")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]
