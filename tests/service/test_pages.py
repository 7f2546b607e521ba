"""The generated pages say what the code says."""

from __future__ import annotations

import json
from pathlib import Path

from service import pages
from service.settings import Settings, variable


def test_the_pages_in_the_repository_are_up_to_date() -> None:
    assert pages.stale() == [], "run `make pages`"


def test_a_page_that_differs_is_stale(tmp_path: Path) -> None:
    assert pages.stale(tmp_path) == list(pages.PAGES)
    pages.write(tmp_path)
    assert pages.stale(tmp_path) == []
    (tmp_path / "settings.md").write_text("old")
    assert pages.stale(tmp_path) == ["settings.md"]


def test_every_setting_is_in_the_table() -> None:
    page = pages.settings_page()
    for name, field in Settings.model_fields.items():
        assert f"| `{variable(name)}` |" in page
        assert field.description in page


def test_every_command_is_described() -> None:
    page = pages.cli_page()
    for command in (
        "call",
        "search",
        "batch",
        "serve",
        "index build",
        "index info",
        "docs import",
        "docs diff",
    ):
        assert f"## `callsmith {command}`" in page


def test_the_schema_is_json() -> None:
    assert json.loads(pages.openapi_page())["info"]["title"] == "Callsmith"


def test_only_its_two_options_are_taken() -> None:
    assert pages.main(["--check"]) == 0
    assert pages.main([]) == pages.main(["--sing"]) == 2
