"""`callsmith finetune bank`: what it prints, writes and exits with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import retriever.embedding
from api_docs.domains import Domain
from finetune.instructions import bank_check
from finetune.instructions.bank_report import FIGURES, PAGE
from finetune.instructions.instruction import HELD_OUT
from service.cli import app
from tests.finetune.instructions.banks import make_bank, row, write_rows
from tests.retriever.conftest import WordEncoder

SIZES = {Domain.TRANSLATION: 6, Domain.FILL_MASK: 4}


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Few rows, of which few are enough, and an instant encoder."""
    monkeypatch.setattr(retriever.embedding, "load_encoder", WordEncoder)
    monkeypatch.setattr(bank_check, "LEAST_ROWS", 10)
    monkeypatch.setattr(bank_check, "LEAST_OF_DOMAIN", 0)
    monkeypatch.setattr(bank_check, "MOST_CLOSE", 2.0)
    return make_bank(tmp_path / "bank", SIZES)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["finetune", "bank", *arguments], prog_name="callsmith")


def test_a_bank_without_faults_is_counted_and_accepted(bank: Path) -> None:
    checked = run("check", "--bank", str(bank))
    assert checked.exit_code == 0, checked.output
    assert checked.stdout.startswith("10 rows; faults: enough rows: 0, every domain: 0, ")


def test_every_row_at_fault_is_named_and_the_exit_says_so(bank: Path) -> None:
    write_rows(bank / "es.jsonl", [row("traduce con BERT mi carta", Domain.TRANSLATION, "es")])
    checked = run("check", "--bank", str(bank))
    assert checked.exit_code == 1
    assert "no names: es.jsonl, line 1 names 'BERT'; say what it should do instead" in checked.stdout
    found = json.loads(run("check", "--bank", str(bank), "--json").stdout)
    assert found["counts"]["no names"] == 1
    assert [fault["rule"] for fault in found["faults"]] == ["no names"]


def test_the_report_is_written_where_it_is_asked_for(bank: Path, tmp_path: Path) -> None:
    written = run("report", "--bank", str(bank), "--out", str(tmp_path / "out"), "--seed", "4")
    assert written.exit_code == 0, written.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [PAGE, FIGURES]
    assert "seed 4" in (tmp_path / "out" / PAGE).read_text(encoding="utf-8")
    assert json.loads(run("report", "--bank", str(bank), "--json").stdout)["rows"] == 10
    assert (bank / PAGE).is_file()
    write_rows(bank / "es.jsonl", [row("traduce con BERT mi carta", Domain.TRANSLATION, "es")])
    assert run("report", "--bank", str(bank)).exit_code == 1


def test_rows_are_held_out_once(bank: Path) -> None:
    assert run("hold-out", "--bank", str(bank), "--rows", "5").stdout == "moved 5 rows; 5 are set apart\n"
    assert (bank / HELD_OUT).is_file()
    again = json.loads(run("hold-out", "--bank", str(bank), "--rows", "5", "--json").stdout)
    assert again == {"moved": 0, "held": 5, "domains": {"fill-mask": 2, "translation": 3}}
    too_many = run("hold-out", "--bank", str(bank), "--rows", "50")
    assert too_many.exit_code == 2
    assert "50 rows are to be set apart" in too_many.stderr
