"""`callsmith docs refresh`, `rollback` and `history`, as people and programs read them."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import service.var
from api_docs.errors import SourceError
from service import publishing, refreshing
from service.cli import app
from service.publishing import publish
from service.refresh import canaries
from service.settings import Settings
from tests.service.publishing_cases import NamedWordEncoder
from tests.service.refresh_cases import (
    HF,
    Fixed,
    changed,
    first_docs,
    first_folder,
    handle,
    models,
    sources,
    write_canaries,
)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    one = NamedWordEncoder(Settings().embedding_model)
    monkeypatch.setattr(service.var, "load_encoder", lambda _: one)
    monkeypatch.setattr(canaries, "FILE", write_canaries(tmp_path / "canaries.jsonl"))
    monkeypatch.setenv("CALLSMITH_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("CALLSMITH_EMBEDDING_BACKEND", "torch")
    found = Settings()
    publish(found, first_folder(tmp_path / "first"))
    return found


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[Fixed]:
    """The sources that the command finds; a test may change them."""
    found = sources([*first_docs()[:-2], handle(2), first_docs()[-1]])
    monkeypatch.setattr(refreshing, "default_upstreams", lambda *_: found)
    return found


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["docs", *arguments], prog_name="callsmith")


def test_a_refresh_says_what_it_did(settings: Settings, given: list[Fixed]) -> None:
    said = run("refresh")
    assert said.exit_code == 0, said.output
    assert said.stdout.startswith("published: 12 docs, version ")
    assert "huggingface: collected, 10 docs" in said.stdout
    assert "0 added, 1 changed, 0 renamed, 0 removed; 0 embedded" in said.stdout
    assert "canaries: recall@5 of 11 questions is 100.0 %, was 100.0 %" in said.stdout
    page = Path(said.stdout.splitlines()[-1].removeprefix("report: "))
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "collecting huggingface: 10 of 10" in said.stderr
    assert run("refresh").stdout.startswith("no change: 12 docs")


def test_programs_get_the_whole_report(settings: Settings, given: list[Fixed]) -> None:
    found = json.loads(run("refresh", "--json").stdout)
    assert (found["result"], found["docs"]["tfhub"]) == ("published", 1)
    assert found["changes"]["changed"][0]["fields"][0]["field"] == "call"


def test_a_gate_that_fails_is_exit_status_3(settings: Settings, given: list[Fixed]) -> None:
    spoilt = [changed(doc, description="x", name="x", id=doc.id.replace("a/", "z")) for doc in models()]
    given[0].docs = spoilt
    given[0].more["aliases"] = {old.id: new.id for old, new in zip(models(), spoilt, strict=True)}
    said = run("refresh")
    assert said.exit_code == 3
    assert said.stdout.startswith("not published, a gate failed: 12 docs")
    assert "canaries: recall@5" in said.stdout


def test_the_help_tells_the_exit_statuses() -> None:
    said = " ".join(run("refresh", "--help").stdout.split())
    assert "3 not published, because a gate failed" in said


def test_a_source_that_failed_is_shown_and_no_failure(settings: Settings, given: list[Fixed]) -> None:
    given[0].error = SourceError("the hub is \x1b[31maway")
    said = run("refresh")
    assert said.exit_code == 0
    assert "huggingface: failed, 10 docs: the hub is \\x1b[31maway" in said.stdout


def test_where_every_source_fails_the_status_is_1(settings: Settings, given: list[Fixed]) -> None:
    for one in given:
        one.error = SourceError("away")
    said = run("refresh")
    assert said.exit_code == 1
    assert said.stdout.startswith("failed: no source could be read: away; away; away")


def test_hubs_may_be_named_and_shrinking_accepted(settings: Settings, given: list[Fixed]) -> None:
    given[0].docs = models()[:5]
    assert "huggingface: shrunk, 10 docs" in run("refresh", "--hub", HF).stdout
    assert [one.asked for one in given] == [1, 0, 0]
    said = run("refresh", "--hub", HF, "--accept-shrink", HF)
    assert said.exit_code == 0, said.output
    assert "huggingface: collected, 5 docs" in said.stdout
    assert "accepted: huggingface" in run("history").stdout


def test_a_second_refresh_refuses_in_one_line(settings: Settings, given: list[Fixed]) -> None:
    with (settings.var / publishing.LOCK).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said = run("refresh", "--json")
    assert said.exit_code == 1
    assert json.loads(said.stderr)["error"]["code"] == "already_publishing"


def test_going_back_and_on_again(settings: Settings, given: list[Fixed]) -> None:
    later = json.loads(run("refresh", "--json").stdout)
    back = run("rollback")
    assert back.stdout.startswith(f"rolled back: 12 docs, version {later['before']}")
    assert "--after-rollback" in back.stderr
    assert run("rollback", later["before"]).stdout.startswith("already served")
    held = run("refresh")
    assert held.exit_code == 3
    assert "rollback: somebody went back" in held.stdout
    assert run("refresh", "--after-rollback").exit_code == 0
    found = json.loads(run("history", "--json").stdout)
    assert [one["by"] for one in found] == ["refresh", "rollback", "refresh", "publish"]
    assert [one["kept"] for one in found] == [True] * 4
    assert found[0]["after_rollback"]
    table = run("history", "--limit", "1").stdout
    assert later["after"] in table
    assert "after a rollback" in table
    assert len(table.splitlines()) == 2


def test_a_version_that_is_not_there_is_refused(settings: Settings) -> None:
    said = run("rollback", "0123456789ab")
    assert (said.exit_code, said.stdout) == (2, "")
    assert "callsmith docs history" in said.stderr
    assert json.loads(run("rollback", "--json").stderr)["error"]["code"] == "not_found"


def test_before_anything_is_published_the_history_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CALLSMITH_VAR", str(tmp_path / "fresh"))
    assert run("history").stdout.startswith("nothing was published yet")
    assert json.loads(run("history", "--json").stdout) == []
