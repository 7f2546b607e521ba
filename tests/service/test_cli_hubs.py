"""`callsmith hubs`: people's own APIs added, listed, removed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api_docs.upstreams.own import read_hubs
from service.cli import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["hubs", *arguments], prog_name="callsmith")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the settings say that hubs are listed."""
    monkeypatch.setenv("CALLSMITH_VAR", str(tmp_path / "var"))
    return tmp_path / "var" / "hubs.toml"


def test_a_hub_is_added_listed_and_removed(file: Path) -> None:
    added = run("add", "shop", "--openapi", "https://shop.example/openapi.json", "--token-env", "SHOP_TOKEN")
    assert added.exit_code == 0, added.output
    assert "`callsmith docs refresh --hub shop` takes it up" in added.stdout
    assert run("add", "desk", "--mcp", "https://desk.example/mcp", "--json").exit_code == 0
    listed = json.loads(run("list", "--json").stdout)
    assert listed == [
        {
            "name": "shop",
            "kind": "openapi",
            "url": "https://shop.example/openapi.json",
            "token_env": "SHOP_TOKEN",
            "docs": 0,
        },
        {"name": "desk", "kind": "mcp", "url": "https://desk.example/mcp", "docs": 0},
    ]
    shown = run("list").stdout
    assert "https://desk.example/mcp" in shown
    assert "SHOP_TOKEN" in shown
    assert json.loads(run("remove", "shop", "--json").stdout) == {"removed": "shop", "file": str(file)}
    assert "removed desk" in run("remove", "desk").stdout
    assert "no hub of your own" in run("list").stdout


def test_a_path_is_kept_absolute(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run("add", "lab", "--jsonl", "docs/apis")
    assert read_hubs(file)["lab"].path == str(tmp_path / "docs" / "apis")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "shop"], "one of --openapi, --mcp and --jsonl"),
        (["add", "shop", "--mcp", "https://a", "--jsonl", "b"], "one of --openapi"),
        (["add", "shop", "--mcp", "a/folder"], "has a 'url'"),
        (["add", "shop", "--openapi", "ftp://a/b"], "no address"),
        (["add", "shop", "--mcp", "https://a", "--token-env", "a b"], "--token-env"),
        (["add", "Shop", "--mcp", "https://a"], "can't be the name"),
        (["remove", "shop"], "no hub 'shop'"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(file: Path, arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert said in result.stderr.replace("\n", " ")
    assert not file.exists()
