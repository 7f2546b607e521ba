"""What a refresh remembers: kept, and done without where it was lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_docs.errors import StorageError
from api_docs.refresh.state import HubState, RefreshState, read_state, write_state


def test_what_is_remembered_is_read_back(tmp_path: Path) -> None:
    state = RefreshState(hubs={"mine": HubState(records={"mine:x": "7"}, absent={"mine:y": 2})})
    write_state(tmp_path / "state.json", state)
    assert read_state(tmp_path / "state.json") == (state, "")


def test_before_the_first_refresh_nothing_is_remembered(tmp_path: Path) -> None:
    assert read_state(tmp_path / "state.json") == (RefreshState(), "")
    assert RefreshState().of("mine") == HubState()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"hubs": {"mine": {"absent": {"mine:x": 0}}}}'])
def test_what_is_damaged_is_forgotten_and_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text, encoding="utf-8")
    state, lost = read_state(path)
    assert state == RefreshState()
    assert str(path) in lost
    assert "anew" in lost


def test_a_folder_in_its_place_is_told_and_not_fatal_until_written(tmp_path: Path) -> None:
    (tmp_path / "state.json").mkdir()
    assert "Is a directory" in read_state(tmp_path / "state.json")[1]
    with pytest.raises(StorageError):
        write_state(tmp_path / "state.json", RefreshState())
