"""The key file: hashes only, read by nobody else, taken up without a restart."""

from __future__ import annotations

import hashlib
import json
import logging
import stat
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api_docs.errors import ConfigurationError, InvalidRequest
from service import keys as module
from service.keys import Keys, add_key, hash_of, read_keys, remove_key
from service.logs import SERVICE

TODAY = date(2026, 1, 2)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def test_a_key_is_found_by_what_was_shown_once(path: Path) -> None:
    presented = add_key(path, "ci", 5, TODAY)
    found = Keys.load(path).find(presented)
    assert found is not None
    assert (found.name, found.per_minute, found.created) == ("ci", 5, TODAY)


def test_the_file_holds_the_hash_and_never_the_key(path: Path) -> None:
    presented = add_key(path, "ci", 5, TODAY)
    content = path.read_text()
    assert presented not in content
    assert presented.removeprefix("cs_") not in content
    assert json.loads(content) == {
        "schema_version": 1,
        "keys": [
            {
                "name": "ci",
                "sha256": hashlib.sha256(presented.encode()).hexdigest(),
                "per_minute": 5,
                "created": "2026-01-02",
            }
        ],
    }


def test_keys_are_long_known_by_their_beginning_and_all_different(path: Path) -> None:
    made = {add_key(path, f"k{number}", 1, TODAY) for number in range(20)}
    assert len(made) == 20
    assert all(key.startswith("cs_") and len(key) == 3 + 43 for key in made)


@pytest.mark.parametrize("presented", ["", "cs_", "ci", "CS_X", "\x00", "é", "\udc80", "x" * 60_000])
def test_what_is_no_key_finds_nothing(path: Path, presented: str) -> None:
    key = add_key(path, "ci", 5, TODAY)
    keys = Keys.load(path)
    assert keys.find(presented) is None
    assert keys.find(key + " ") is None
    assert keys.find(hash_of(key)) is None


def test_every_key_is_compared_in_constant_time_whichever_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [add_key(path, f"k{number}", 1, TODAY) for number in range(3)]
    keys = Keys.load(path)
    compared = 0
    real = module.hmac.compare_digest

    def counted(one: str, other: str) -> bool:
        nonlocal compared
        compared += 1
        return real(one, other)

    monkeypatch.setattr(module.hmac, "compare_digest", counted)
    for presented in (*made, "unknown"):
        compared = 0
        keys.find(presented)
        assert compared == 3


def test_only_the_owner_may_read_the_file_whoever_could_before(path: Path) -> None:
    add_key(path, "a", 1, TODAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    add_key(path, "b", 1, TODAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]


def test_a_file_that_others_may_read_is_warned_of(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    add_key(path, "a", 1, TODAY)
    path.chmod(0o644)
    with caplog.at_level(logging.WARNING, SERVICE):
        Keys.load(path)
    assert f"chmod 600 {path}" in caplog.text


def test_a_file_without_keys_lets_nobody_in_and_says_so(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    presented = add_key(path, "a", 1, TODAY)
    remove_key(path, "a")
    with caplog.at_level(logging.WARNING, SERVICE):
        assert Keys.load(path).find(presented) is None
    assert "callsmith keys add" in caplog.text


def test_keys_that_are_added_and_removed_are_taken_up_within_a_second(path: Path) -> None:
    first = add_key(path, "first", 1, TODAY)
    clock = Clock()
    keys = Keys.load(path, clock)
    second = add_key(path, "second", 1, TODAY)
    remove_key(path, "first")
    clock.now = 0.9
    assert keys.find(first)
    assert not keys.find(second)
    clock.now = 1.0
    assert not keys.find(first)
    assert keys.find(second)


def test_the_file_is_looked_at_once_a_second_at_most(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_key(path, "a", 1, TODAY)
    clock = Clock()
    keys = Keys.load(path, clock)
    looks = 0
    real = Path.stat

    def counted(self: Path, **options: Any) -> Any:
        nonlocal looks
        looks += 1
        return real(self, **options)

    monkeypatch.setattr(Path, "stat", counted)
    for tenth in range(1, 31):
        clock.now = tenth / 10
        keys.find("x")
    assert looks == 3


@pytest.mark.parametrize("broken", ["", "{", '{"schema_version": 1, "keys": [{}]}', None])
def test_a_file_that_breaks_keeps_the_last_good_keys_and_is_told_once(
    path: Path, caplog: pytest.LogCaptureFixture, broken: str | None
) -> None:
    presented = add_key(path, "a", 1, TODAY)
    good = path.read_text()
    clock = Clock()
    keys = Keys.load(path, clock)
    if broken is None:
        path.unlink()
    else:
        path.write_text(broken)
    with caplog.at_level(logging.WARNING, SERVICE):
        for clock.now in (1.0, 2.0, 3.0):
            assert keys.find(presented)
    assert len(caplog.messages) == 1
    assert "stay as they were" in caplog.messages[0]
    path.write_text(good)
    other = add_key(path, "b", 1, TODAY)
    clock.now = 4.0
    assert keys.find(other)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no key file"),
        ("[]", "no key file"),
        ('{"schema_version": 2, "keys": []}', "schema_version"),
        ('{"keys": [], "users": []}', "users"),
        (
            '{"keys": [{"name": "a b", "sha256": "", "per_minute": 1, "created": "2026-01-01"}]}',
            "keys.0.name",
        ),
        (
            '{"keys": [{"name": "a", "sha256": "cs_hush", "per_minute": 1, "created": "2026-01-01"}]}',
            "sha256",
        ),
    ],
)
def test_a_broken_file_is_refused_with_the_place_and_without_its_content(
    path: Path, content: str, said: str
) -> None:
    path.write_text(content)
    with pytest.raises(ConfigurationError, match="callsmith keys add") as caught:
        Keys.load(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "cs_hush" not in str(caught.value)


@pytest.mark.parametrize("what", ["name", "sha256"])
def test_an_entry_that_stands_there_twice_is_refused(path: Path, what: str) -> None:
    add_key(path, "a", 1, TODAY)
    add_key(path, "b", 1, TODAY)
    content = json.loads(path.read_text())
    content["keys"][1][what] = content["keys"][0][what]
    path.write_text(json.dumps(content))
    with pytest.raises(ConfigurationError, match=f"{what} .*twice"):
        read_keys(path)


def test_a_missing_file_is_told_with_the_command_that_makes_it(path: Path) -> None:
    with pytest.raises(ConfigurationError, match=rf"no key file '{path}'.*keys add NAME --file {path}"):
        Keys.load(path)


def test_a_file_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't read the key file.*Is a directory"):
        Keys.load(tmp_path)


def test_a_place_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="can't write the key file.*--file or CALLSMITH_KEYS"):
        add_key(tmp_path / "file" / "keys.json", "a", 1, TODAY)


def test_a_full_disk_is_told_and_keeps_the_keys(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    presented = add_key(path, "a", 1, TODAY)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ConfigurationError, match="No space left"):
        add_key(path, "b", 1, TODAY)
    assert Keys.load(path).find(presented)


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", "x" * 65, "a\n", "é", "../a"])
def test_a_name_that_could_not_stand_in_a_log_is_refused(path: Path, name: str) -> None:
    with pytest.raises(InvalidRequest, match="name is .*letters, digits"):
        add_key(path, name, 1, TODAY)
    assert not path.exists()


@pytest.mark.parametrize("per_minute", [0, -1, 1_000_001])
def test_a_limit_out_of_range_is_refused(path: Path, per_minute: int) -> None:
    with pytest.raises(InvalidRequest, match=f"per_minute is {per_minute}; expected 1 to 1,000,000"):
        add_key(path, "a", per_minute, TODAY)


def test_a_name_is_given_once(path: Path) -> None:
    add_key(path, "a", 1, TODAY)
    with pytest.raises(InvalidRequest, match="callsmith keys remove a"):
        add_key(path, "a", 1, TODAY)
    assert len(read_keys(path)) == 1


def test_a_key_that_is_not_there_can_not_be_removed(path: Path) -> None:
    add_key(path, "a", 1, TODAY)
    with pytest.raises(InvalidRequest, match="no key named 'b'; the file has a"):
        remove_key(path, "b")


def test_keys_that_are_added_at_the_same_time_are_all_there(path: Path) -> None:
    start = threading.Barrier(8)

    def add(number: int) -> None:
        start.wait()
        add_key(path, f"k{number}", 1, TODAY)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key.name for key in read_keys(path)} == {f"k{number}" for number in range(8)}
