"""Publishing: all of the new catalogue or all of the old, whatever happens on the way."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import service.var
from api_docs import files
from api_docs.catalogue import Catalogue
from api_docs.errors import (
    AlreadyPublishing,
    BrokenCatalogue,
    CallsmithError,
    InvalidDoc,
    StorageError,
)
from api_docs.models import ApiDoc
from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue, write_catalogue
from retriever.batching import BatchingEncoder
from retriever.index import index_version
from service import publishing, var
from service.cli import app
from service.publishing import publish
from service.settings import Settings
from tests.retriever.conftest import make_doc, small_docs
from tests.service.publishing_cases import (
    NEW,
    ROOSTERS,
    NamedWordEncoder,
    first_catalogue,
    second_catalogue,
    written,
)

OLD, LATER = first_catalogue().version, second_catalogue().version


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var")


@pytest.fixture(autouse=True)
def encoder(monkeypatch: pytest.MonkeyPatch) -> NamedWordEncoder:
    one = NamedWordEncoder(Settings().embedding_model)
    monkeypatch.setattr(service.var, "load_encoder", lambda _: one)
    return one


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return written(first_catalogue(), tmp_path / "first")


@pytest.fixture
def second(tmp_path: Path) -> Path:
    return written(second_catalogue(), tmp_path / "second")


def hidden(settings: Settings) -> list[Path]:
    """What a publication left behind half-written."""
    return [path for path in settings.var.rglob(".*") if path.name != publishing.LOCK]


def serves(settings: Settings, version: str) -> None:
    """Make sure that a service started now would answer with this version."""
    searcher = var.open_searcher(settings)
    try:
        assert searcher.catalogue.version == version
        assert searcher.version == index_version(version, settings.embedding_model)
        assert searcher.search("tell species of birds apart", k=1)[0].doc_id == "huggingface:google/vit-birds"
        assert (searcher.search(ROOSTERS, k=1)[0].doc_id == NEW) == (version == LATER)
    finally:
        assert isinstance(searcher.encoder, BatchingEncoder)
        searcher.encoder.close()


def test_before_anything_is_published_the_snapshot_is_served(settings: Settings) -> None:
    assert var.catalogue_folder(settings) == SNAPSHOT_FOLDER
    assert var.read_current(settings) is None


def test_a_published_catalogue_is_served_with_its_index(settings: Settings, first: Path) -> None:
    found = publish(settings, first)
    assert (found.version, found.docs, found.changed, found.index_built, found.served) == (
        OLD,
        7,
        True,
        True,
        True,
    )
    assert found.folder == settings.var / "catalogues" / OLD
    assert (settings.var / "indexes" / found.index_version / "manifest.json").exists()
    serves(settings, OLD)


def test_the_copy_is_the_catalogue_byte_for_byte(settings: Settings, first: Path) -> None:
    copy = publish(settings, first).folder
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == {
        path.name: path.read_bytes() for path in first.iterdir()
    }
    shutil.rmtree(first)
    serves(settings, OLD)


def test_a_catalogue_that_is_set_wins_and_whoever_publishes_is_told(
    settings: Settings, first: Path, second: Path
) -> None:
    own = settings.model_copy(update={"catalogue": first})
    found = publish(own, second)
    assert not found.served
    assert var.read_catalogue(own).version == OLD
    assert var.read_catalogue(settings).version == LATER


def test_what_is_published_already_stays_as_it_is(
    settings: Settings, first: Path, encoder: NamedWordEncoder
) -> None:
    before = publish(settings, first)
    encoder.asked.clear()
    stamps = {path: path.stat().st_mtime_ns for path in settings.var.rglob("*")}
    again = publish(settings, first)
    assert not again.changed
    assert not again.index_built
    assert again.published == before.published
    assert encoder.asked == []
    assert {path: path.stat().st_mtime_ns for path in settings.var.rglob("*")} == stamps


def test_an_older_catalogue_can_be_published_again(settings: Settings, first: Path, second: Path) -> None:
    publish(settings, first)
    publish(settings, second)
    serves(settings, LATER)
    back = publish(settings, settings.var / "catalogues" / OLD)
    assert back.changed
    assert not back.index_built
    serves(settings, OLD)


def test_without_a_folder_the_snapshot_is_published(
    settings: Settings, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SNAPSHOT_FOLDER", first)
    assert publish(settings).version == OLD


def test_a_damaged_copy_or_index_is_made_anew(settings: Settings, first: Path) -> None:
    found = publish(settings, first)
    (found.folder / "tfhub.jsonl").write_bytes(b"")
    (settings.var / "indexes" / found.index_version / "vectors.faiss").write_bytes(b"")
    again = publish(settings, first)
    assert (again.changed, again.index_built) == (False, True)
    serves(settings, OLD)


# ---- refusals ------------------------------------------------------------------------------------


def refuses_and_keeps(settings: Settings, folder: Path, error: type[CallsmithError], *said: str) -> None:
    with pytest.raises(error) as caught:
        publish(settings, folder)
    for part in said:
        assert part in str(caught.value)
    serves(settings, OLD)


def test_a_damaged_catalogue_is_refused(settings: Settings, first: Path, second: Path) -> None:
    publish(settings, first)
    path = second / "huggingface.jsonl"
    path.write_bytes(path.read_bytes()[:-2])
    refuses_and_keeps(settings, second, BrokenCatalogue, "huggingface.jsonl")
    refuses_and_keeps(settings, second.parent / "nowhere", BrokenCatalogue, "nowhere", "docs import")


def test_an_empty_catalogue_is_refused(settings: Settings, first: Path, tmp_path: Path) -> None:
    publish(settings, first)
    refuses_and_keeps(settings, written(Catalogue([]), tmp_path / "empty"), BrokenCatalogue, "no docs")


def test_a_doc_whose_call_does_not_verify_is_refused(settings: Settings, first: Path, tmp_path: Path) -> None:
    publish(settings, first)
    wrong: ApiDoc = make_doc("huggingface", "x", "translation", "No.", "pipeline('translation', modle='x')")
    folder = written(Catalogue([*small_docs(), wrong]), tmp_path / "wrong")
    refuses_and_keeps(settings, folder, InvalidDoc, "huggingface:x", "modle")


def test_a_catalogue_that_changes_while_it_is_copied_is_refused(
    settings: Settings, first: Path, second: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(settings, first)
    real = publishing.copy_catalogue

    def changed_meanwhile(source: Path, target: Path, version: str) -> Any:
        write_catalogue(Catalogue(small_docs()[:3]), source)
        return real(source, target, version)

    monkeypatch.setattr(publishing, "copy_catalogue", changed_meanwhile)
    refuses_and_keeps(settings, second, BrokenCatalogue, "changed", LATER)
    assert hidden(settings) == []


def test_two_publications_at_once_do_not_meet(
    settings: Settings, first: Path, second: Path, encoder: NamedWordEncoder
) -> None:
    publish(settings, first)
    building, go_on = threading.Event(), threading.Event()

    def wait(*_: int) -> None:
        building.set()
        assert go_on.wait(60)

    done: list[bool] = []
    one = threading.Thread(target=lambda: done.append(publish(settings, second, wait).changed))
    one.start()
    try:
        assert building.wait(60)
        refuses_and_keeps(settings, first, AlreadyPublishing, str(settings.var), "wait")
    finally:
        go_on.set()
        one.join()
    assert done == [True]
    serves(settings, LATER)


def test_a_lock_file_that_a_dead_process_left_is_no_lock(settings: Settings, first: Path) -> None:
    settings.var.mkdir()
    (settings.var / publishing.LOCK).write_text("", encoding="utf-8")
    assert publish(settings, first).changed


def test_a_folder_that_can_not_be_written_is_named(settings: Settings, first: Path) -> None:
    settings.var.mkdir()
    (settings.var / publishing.LOCK).mkdir()
    with pytest.raises(StorageError, match="publish.lock.*CALLSMITH_VAR"):
        publish(settings, first)


def test_a_file_system_without_locks_is_told(
    settings: Settings, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(StorageError, match="No locks available"):
        publish(settings, first)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"catalogue": "../../etc", "published": "2026-01-01T00:00:00Z"}']
)
def test_a_damaged_current_is_told_and_written_anew(settings: Settings, first: Path, text: str) -> None:
    publish(settings, first)
    var.current_file(settings).write_text(text, encoding="utf-8")
    with pytest.raises(BrokenCatalogue, match="current.*callsmith docs publish"):
        var.read_catalogue(settings)
    assert publish(settings, first).changed
    serves(settings, OLD)


def test_a_published_catalogue_that_is_gone_is_told_and_published_anew(
    settings: Settings, first: Path
) -> None:
    shutil.rmtree(publish(settings, first).folder)
    with pytest.raises(BrokenCatalogue, match=rf"current.*{OLD}.*callsmith docs publish"):
        var.read_catalogue(settings)
    assert not publish(settings, first).changed
    serves(settings, OLD)


# ---- a process that ends half way ------------------------------------------------------------------


class Ended(BaseException):
    """The process was killed: nothing that follows touches the disk any more."""


class Disk:
    """Counts what is done to the disk; from step `last` on, fails or is dead."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, last: int, failure: BaseException) -> None:
        self.steps: list[str] = []
        self._last, self._failure = last, failure
        self._kills = isinstance(failure, Ended)
        for place, name in (
            (os, "rename"),
            (os, "replace"),
            (os, "fsync"),
            (os, "mkdir"),
            (os, "unlink"),
            (Path, "write_bytes"),
            (Path, "write_text"),
            (Path, "rename"),
            (Path, "replace"),
            (Path, "unlink"),
            (Path, "mkdir"),
            (Path, "chmod"),
            (tempfile, "mkdtemp"),
            (tempfile, "mkstemp"),
            (shutil, "rmtree"),
        ):
            monkeypatch.setattr(place, name, self._counted(name, getattr(place, name)))

    @property
    def dead(self) -> bool:
        return len(self.steps) >= self._last

    def _counted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            if self.dead and self._kills:
                raise self._failure
            self.steps.append(name)
            # Even a full disk lets files go.
            if len(self.steps) == self._last and (self._kills or name != "rmtree"):
                raise self._failure
            return real(*arguments, **options)

        return step


def publications_that_end_at_every_step(
    settings: Settings, first: Path, second: Path, failure: BaseException
) -> Iterator[tuple[int, Settings]]:
    """Publish the second catalogue over the first, again and again, each time ended one step later.

    Yields the step and the settings whose `var` is as it was left.
    """
    publish(settings, first)
    for last in range(1, 1_000):
        one = settings.model_copy(update={"var": settings.var.with_name(f"var-{last}")})
        shutil.copytree(settings.var, one.var)
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(patch, last, failure)
            try:
                publish(one, second)
            except (Ended, StorageError):
                assert disk.dead
        if not disk.dead:
            return
        yield last, one


def test_a_publication_that_is_killed_at_any_step_leaves_a_whole_version_and_the_next_one_succeeds(
    settings: Settings, first: Path, second: Path
) -> None:
    seen = []
    for step, left in publications_that_end_at_every_step(settings, first, second, Ended()):
        current = var.read_current(left)
        assert current is not None, step
        assert current.catalogue in (OLD, LATER), step
        serves(left, current.catalogue)
        seen.append(current.catalogue)
        publish(left, second)
        serves(left, LATER)
        assert [path for path in hidden(left) if path.parent.name not in ("indexes", "encoders")] == [], step
    assert len(seen) > 20
    assert seen == sorted(seen, key=[OLD, LATER].index)  # at one instant, and never back
    assert seen[-1] == LATER


def test_a_disk_that_fails_at_any_step_leaves_a_whole_version_and_nothing_half_written(
    settings: Settings, first: Path, second: Path
) -> None:
    full = OSError(28, "No space left on device")
    steps = 0
    for steps, left in publications_that_end_at_every_step(settings, first, second, full):
        current = var.read_current(left)
        assert current is not None, steps
        serves(left, current.catalogue)
        publish(left, second)
        serves(left, LATER)
        assert hidden(left) == [], steps
    assert steps > 20


def test_what_killed_builds_left_is_removed_after_a_day(settings: Settings, first: Path) -> None:
    fresh, stale = settings.var / "indexes" / ".fresh.x", settings.var / "indexes" / ".stale.x"
    for path in (fresh, stale):
        path.mkdir(parents=True)
    os.utime(stale, (0, 0))
    publish(settings, first)
    assert fresh.exists()
    assert not stale.exists()


def test_publishing_syncs_what_it_renames(
    settings: Settings, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    real = files._sync

    def noted(path: Path) -> None:
        synced.append(path)
        real(path)

    monkeypatch.setattr(files, "_sync", noted)
    publish(settings, first)
    for folder in (settings.var, settings.var / "catalogues", settings.var / "indexes"):
        assert folder in synced


# ---- the command -----------------------------------------------------------------------------------


@pytest.fixture
def own_var(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setenv("CALLSMITH_VAR", str(settings.var))


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["docs", *arguments], prog_name="callsmith")


@pytest.mark.usefixtures("own_var")
def test_the_command_publishes_and_says_so(settings: Settings, first: Path, second: Path) -> None:
    said = run("publish", str(first))
    assert said.exit_code == 0, said.output
    assert said.stdout.startswith(f"published: 7 docs, version {OLD}")
    assert run("publish", str(first)).stdout.startswith("already published: 7 docs")
    found = json.loads(run("publish", str(second), "--json").stdout)
    assert (found["version"], found["changed"], found["docs"]) == (LATER, True, 8)
    assert load_catalogue(Path(found["folder"])).version == LATER
    assert json.loads(run("stats", "--json").stdout)["version"] == LATER


@pytest.mark.usefixtures("own_var")
def test_the_command_tells_who_would_not_see_what_was_published(
    first: Path, second: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLSMITH_CATALOGUE", str(first))
    said = run("publish", str(second))
    assert said.exit_code == 0
    assert "CALLSMITH_CATALOGUE is set" in said.stderr
    assert str(first) in said.stderr


@pytest.mark.usefixtures("own_var")
def test_the_command_refuses_in_one_line(settings: Settings, first: Path, tmp_path: Path) -> None:
    said = run("publish", str(tmp_path / "nowhere"))
    assert (said.exit_code, said.stdout, len(said.stderr.splitlines())) == (2, "", 1)
    settings.var.mkdir(exist_ok=True)
    with (settings.var / publishing.LOCK).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said = run("publish", str(first), "--json")
    assert said.exit_code == 1
    assert json.loads(said.stderr)["error"]["code"] == "already_publishing"
