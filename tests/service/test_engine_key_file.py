"""The engine's key from a file, as Docker and Kubernetes hand out secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_docs.errors import ConfigurationError
from service.settings import Settings, load_settings

URL = "http://engine:8001/v1"


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "engine_key"
    monkeypatch.setenv("CALLSMITH_ENGINE_URL", URL)
    monkeypatch.setenv("CALLSMITH_ENGINE_KEY_FILE", str(file))
    return file


def key_of(settings: Settings) -> str | None:
    return None if settings.engine_key is None else settings.engine_key.get_secret_value()


def test_the_key_is_what_the_file_holds_without_its_line_end(key_file: Path) -> None:
    key_file.write_text("sk-hush\n", encoding="utf-8")
    assert key_of(load_settings()) == "sk-hush"


def test_a_key_that_is_set_wins(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key_file.write_text("sk-file", encoding="utf-8")
    monkeypatch.setenv("CALLSMITH_ENGINE_KEY", "sk-set")
    assert key_of(load_settings()) == "sk-set"


def test_an_empty_file_is_no_key(key_file: Path) -> None:
    key_file.write_text("\n", encoding="utf-8")
    assert load_settings().engine_key is None


def test_workers_have_the_key_of_their_parent(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key_file.write_text("sk-hush", encoding="utf-8")
    settings = load_settings()
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings


def test_a_missing_file_is_refused_by_its_name(key_file: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"CALLSMITH_ENGINE_KEY_FILE is '.*engine_key', which can't be read"
    ):
        load_settings()


def test_a_file_that_is_no_text_is_refused_and_not_shown(key_file: Path) -> None:
    key_file.write_bytes(b"\xff\xfehush")
    with pytest.raises(ConfigurationError, match="it is no text") as caught:
        load_settings()
    assert "hush" not in str(caught.value)
