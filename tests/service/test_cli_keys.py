"""`callsmith keys`: what people and programs are shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from service.keys import Keys, read_keys


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments], prog_name="callsmith")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The key file that the settings name."""
    monkeypatch.setenv("CALLSMITH_KEYS", str(tmp_path / "keys.json"))
    return tmp_path / "keys.json"


def test_a_key_is_printed_alone_so_that_it_can_be_piped(path: Path) -> None:
    result = run("add", "ci")
    assert result.exit_code == 0, result.output
    key = result.stdout.strip()
    assert result.stdout == f"{key}\n"
    assert "not shown again" in result.stderr
    found = Keys.load(path).find(key)
    assert found is not None
    assert (found.name, found.per_minute) == ("ci", 60)


def test_programs_get_the_key_as_json(path: Path) -> None:
    said = json.loads(run("add", "ci", "--per-minute", "5", "--json").stdout)
    assert (said["name"], said["per_minute"], said["file"]) == ("ci", 5, str(path))
    assert Keys.load(path).find(said["key"])


def test_lists_show_everything_but_the_key_and_its_hash(path: Path) -> None:
    key = run("add", "ci").stdout.strip()
    run("add", "team", "--per-minute", "600")
    shown, listed = run("list").stdout, json.loads(run("list", "--json").stdout)
    assert [entry["name"] for entry in listed] == ["ci", "team"]
    assert set(listed[0]) == {"name", "per_minute", "created"}
    assert "team" in shown
    assert "600 a minute" in shown
    for secret in (key, read_keys(path)[0].sha256):
        assert secret not in shown + json.dumps(listed)


def test_a_key_is_removed(path: Path) -> None:
    run("add", "ci")
    run("add", "team")
    assert run("remove", "ci").stdout == "removed ci\n"
    assert json.loads(run("remove", "team", "--json").stdout)["removed"] == "team"
    assert read_keys(path) == ()


def test_another_file_can_be_named(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    assert run("add", "ci", "--file", str(other)).exit_code == 0
    assert not path.exists()
    assert run("list", "--file", str(other)).stdout.startswith("ci ")


@pytest.mark.parametrize("arguments", [["add", "ci"], ["list"], ["remove", "ci"]])
def test_no_file_is_told_with_what_names_one(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "--file or CALLSMITH_KEYS" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["remove", "nobody"], "no key named 'nobody'"),
        (["add", "ci"], "already"),
        (["add", "a b"], "letters, digits"),
        (["add", "b", "--per-minute", "0"], "1 to 1,000,000"),
    ],
)
def test_a_mistake_is_one_line_with_the_fix(path: Path, arguments: list[str], said: str) -> None:
    run("add", "ci")
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
