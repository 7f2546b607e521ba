"""Settings: read from variables, checked at start, refused with the fix."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from api_docs.errors import ConfigurationError
from service.settings import Settings, load_settings


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    return str(caught.value)


def test_without_variables_the_defaults_hold() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert settings.max_body == 64 * 1024
    assert settings.engine_url is None


def test_variables_are_read_and_flags_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSMITH_PORT", "9001")
    monkeypatch.setenv("CALLSMITH_WORKERS", "3")
    settings = load_settings(port=9002, host=None)
    assert (settings.port, settings.workers, settings.host) == (9002, 3, "127.0.0.1")


def test_an_empty_variable_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSMITH_ENGINE_URL", "")
    assert load_settings().engine_url is None


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"CALLSMITH_PORT": "0"}, "CALLSMITH_PORT is '0'"),
        ({"CALLSMITH_PORT": "99999"}, "65535"),
        ({"CALLSMITH_PORT": "http"}, "CALLSMITH_PORT is 'http'"),
        ({"CALLSMITH_WORKERS": "0"}, "CALLSMITH_WORKERS"),
        ({"CALLSMITH_HOST": "http://localhost"}, "without scheme"),
        ({"CALLSMITH_HOST": "a b"}, "CALLSMITH_HOST"),
        ({"CALLSMITH_HOST": "::zz"}, "CALLSMITH_HOST"),
        ({"CALLSMITH_VAR": "/"}, "a folder of its own"),
        ({"CALLSMITH_VAR": "~"}, "a folder of its own"),
        ({"CALLSMITH_CATALOGUE": "/no/such/folder"}, "callsmith docs import"),
        ({"CALLSMITH_ENGINE_URL": "localhost:8001"}, "http://host:port/v1"),
        ({"CALLSMITH_ENGINE_URL": "ftp://x/v1"}, "http://host:port/v1"),
        ({"CALLSMITH_ENGINE_URL": "http://x/v1?key=1"}, "without ?"),
        ({"CALLSMITH_ENGINE_URL": "http://x:99999/v1"}, "CALLSMITH_ENGINE_URL"),
        ({"CALLSMITH_ENGINE_KEY": "k"}, "CALLSMITH_ENGINE_URL is not"),
        ({"CALLSMITH_ENGINE_MODEL": "m"}, "CALLSMITH_ENGINE_URL is not"),
        ({"CALLSMITH_ENGINE_TIMEOUT": "nan"}, "CALLSMITH_ENGINE_TIMEOUT"),
        ({"CALLSMITH_PROMPT_STYLE": "poem"}, "'compact' or 'chat'"),
        ({"CALLSMITH_ON_UNVERIFIED": "accept"}, "'refuse' or 'repair'"),
        ({"CALLSMITH_LOG_LEVEL": "loud"}, "'debug'"),
        ({"CALLSMITH_MAX_BODY": "10"}, "CALLSMITH_MAX_BODY"),
    ],
)
def test_an_unsafe_value_is_refused_with_its_name(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    assert said in refusal(monkeypatch, **variables)


def test_every_wrong_variable_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(monkeypatch, CALLSMITH_PORT="x", CALLSMITH_WORKERS="y")
    assert "CALLSMITH_PORT" in said
    assert "CALLSMITH_WORKERS" in said


def test_a_wrong_flag_is_named_as_a_flag() -> None:
    with pytest.raises(ConfigurationError, match="--workers is 0"):
        load_settings(workers=0)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.10", "::1", "[::1]", "localhost", "LocalHost", "localhost."]
)
def test_this_machine_may_ask_without_keys(host: str) -> None:
    load_settings(host=host).check_access()


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "10.0.0.1", "192.168.1.2", "203.0.113.7", "callsmith.example", "localhost.example"],  # noqa: S104
)
def test_others_may_ask_only_with_keys_or_on_purpose(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str
) -> None:
    monkeypatch.setenv("CALLSMITH_HOST", host)
    settings = load_settings()  # the other commands don't listen, so they don't mind
    with pytest.raises(ConfigurationError, match=re.escape(f"host {host!r}")) as caught:
        settings.check_access()
    for fix in ("callsmith keys add", "CALLSMITH_KEYS", "127.0.0.1", "CALLSMITH_ALLOW_ANONYMOUS=true"):
        assert fix in str(caught.value)
    load_settings(keys=tmp_path / "keys.json").check_access()
    monkeypatch.setenv("CALLSMITH_ALLOW_ANONYMOUS", "true")
    load_settings().check_access()


def test_the_path_of_the_keys_holds_in_every_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSMITH_KEYS", "keys.json")
    assert load_settings().keys == Path.cwd() / "keys.json"


def test_the_folder_that_workers_share_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSMITH_RUN_FOLDER", "/somewhere")
    load_settings()


def test_more_workers_and_an_engine_hold_more_requests() -> None:
    assert load_settings().requests_held == 96
    engine = load_settings(workers=4, engine_url="http://127.0.0.1:8001/v1", engine_concurrency=256)
    assert engine.requests_held == 4 * 96 + 256
    assert load_settings(workers=4, max_in_flight=10).requests_held == 10


def test_a_misspelt_variable_is_refused_with_a_suggestion(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "did you mean CALLSMITH_WORKERS" in refusal(monkeypatch, CALLSMITH_WORKRES="2")


def test_the_folder_of_other_peoples_data_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSMITH_DATA", "/somewhere")
    load_settings()


def test_a_file_in_place_of_var_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    assert "a file in that place" in refusal(monkeypatch, CALLSMITH_VAR=str(tmp_path / "var"))


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSMITH_ENGINE_URL", "http://127.0.0.1:8001/v1")
    monkeypatch.setenv("CALLSMITH_ENGINE_KEY", "hush")
    assert "hush" not in repr(load_settings())
    said = refusal(monkeypatch, CALLSMITH_ENGINE_URL="http://user:hush@x/v1")
    assert "CALLSMITH_ENGINE_KEY" in said
    assert "hush" not in said


def test_workers_read_what_their_parent_was_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = load_settings(
        port=9002, workers=2, var=tmp_path, engine_url="http://h/v1", engine_key="k", bm25="rank-bm25"
    )
    for name, value in told.environment().items():
        monkeypatch.setenv(name, value)
    assert load_settings() == told
    assert Settings().environment() == told.environment()
