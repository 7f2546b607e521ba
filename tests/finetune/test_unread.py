"""What is kept for judging is opened by nothing that makes data to learn from, or teaches."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import finetune
from api_docs.catalogue import Catalogue
from api_docs.errors import TrainingDataError
from api_docs.storage import write_catalogue
from finetune.instructions.bank import BANK
from finetune.instructions.instruction import HELD_OUT
from finetune.instructions.sources import read_sources
from tests.finetune.retriever.lessons import sixty_docs

ROOT = Path(finetune.__file__).parent
NAME_IT = {"instructions/instruction.py"}
"""It names the file to refuse it."""
OPENS_IT = "finetune.instructions.hold_out"
"""It draws the rows."""

WATCHED = """
import sys
opened = set()
sys.addaudithook(lambda event, args: opened.add(str(args[0])) if event == "open" else None)

import service.var
from service.cli import app
from tests.service.publishing_cases import NamedWordEncoder
from service.settings import Settings

encoder = NamedWordEncoder(Settings().embedding_model)
service.var.load_encoder = lambda _: encoder
out = sys.argv[1]
dataset = ["dataset", "--config", "toy-cpu", "--samples", "20", "--out", out + "/rows"]
retriever = ["retriever", "--out", out + "/matrix", "--folds", "2", "--epochs", "1"]
judge = ["judge", "--out", out + "/judge", "--folds", "2"]
for command in (dataset, retriever, judge):
    app(["finetune", *command], standalone_mode=False)
print(*sorted(path for path in opened if path.endswith(".jsonl")), sep="\\n")
"""


def modules() -> dict[str, ast.Module]:
    paths = sorted(ROOT.rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def strings(tree: ast.Module) -> list[str]:
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def named(tree: ast.Module) -> set[str]:
    """Whatever names stand in the code, imported, read or written."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                found.add(name)
    return found


def imported(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "who is imported is told by its whole name"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


def test_nothing_but_the_drawing_names_the_file_unless_to_refuse_it() -> None:
    stem = HELD_OUT.partition(".")[0]
    assert {
        name for name, tree in modules().items() if any(stem in text for text in strings(tree))
    } == NAME_IT
    assert {name for name, tree in modules().items() if "HELD_OUT" in named(tree)} == {
        *NAME_IT,
        "instructions/hold_out.py",
    }


def test_nothing_imports_the_drawing_or_the_evaluation() -> None:
    every = {name: imported(tree) for name, tree in modules().items()}
    assert [name for name, found in every.items() if OPENS_IT in found] == []
    assert [name for name, found in every.items() if any(one.startswith("evaluation") for one in found)] == []


def test_whoever_names_the_file_to_teach_with_is_refused() -> None:
    with pytest.raises(TrainingDataError, match="held out for measuring"):
        read_sources([BANK / HELD_OUT])


def test_making_a_dataset_and_teaching_retriever_and_judge_open_the_bank_and_not_that_file(
    tmp_path: Path,
) -> None:
    write_catalogue(Catalogue(sixty_docs()), tmp_path / "catalogue")
    settings = {"CALLSMITH_CATALOGUE": str(tmp_path / "catalogue"), "CALLSMITH_VAR": str(tmp_path / "var")}
    ran = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", WATCHED, str(tmp_path)],
        env={**os.environ, **settings},
        cwd=ROOT.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    opened = {Path(line).name for line in ran.stdout.splitlines() if Path(line).parent == BANK}
    assert opened == {path.name for path in BANK.glob("*.jsonl")} - {HELD_OUT}
    assert (BANK / HELD_OUT).is_file()
