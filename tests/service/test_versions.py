"""Versions that were published: a history that survives kills, going back, and clearing away."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import service.var
from api_docs.catalogue import Catalogue
from api_docs.errors import BrokenCatalogue, NotFound, StorageError
from api_docs.storage import write_catalogue
from retriever.index import index_version
from service import history, publishing, var, versions
from service.history import history_file, note, note_what_is_missing, read_history
from service.publishing import publish, roll_back
from service.settings import Settings
from service.var import By, Current
from service.versions import earlier_version, kept_versions, prune
from tests.service.publishing_cases import NamedWordEncoder
from tests.service.refresh_cases import first_docs, model, models


@pytest.fixture(autouse=True)
def encoder(monkeypatch: pytest.MonkeyPatch) -> NamedWordEncoder:
    one = NamedWordEncoder(Settings().embedding_model)
    monkeypatch.setattr(service.var, "load_encoder", lambda _: one)
    return one


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var", embedding_backend="torch", keep_versions=2)


@pytest.fixture
def old_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no service could be opening what was served a moment ago."""
    monkeypatch.setattr(versions, "MAY_BE_OPENED", timedelta(0))


def published(settings: Settings, tmp_path: Path, *things: str) -> list[str]:
    """Publish catalogues with one doc more each; gives their versions."""
    found = []
    docs = list(models())
    for thing in things:
        docs.append(model(f"new/{thing}", thing))
        folder = tmp_path / thing
        write_catalogue(Catalogue(docs), folder)
        found.append(publish(settings, folder).version)
    return found


def folders(settings: Settings, place: str) -> set[str]:
    return {path.name for path in (settings.var / place).iterdir()}


# ---- history -------------------------------------------------------------------------------------------


def test_every_publication_is_noted_with_counts(settings: Settings, tmp_path: Path) -> None:
    one, other = published(settings, tmp_path, "stars", "moons")
    found = read_history(settings)
    assert [(entry.version, entry.before, entry.by) for entry in found] == [
        (one, None, By.PUBLISH),
        (other, one, By.PUBLISH),
    ]
    assert found[-1].docs == {"huggingface": 12}


def test_what_is_published_already_is_noted_once(settings: Settings, tmp_path: Path) -> None:
    published(settings, tmp_path, "stars")
    publish(settings, tmp_path / "stars")
    assert len(read_history(settings)) == 1


def test_what_a_killed_process_could_not_note_is_noted_by_the_next(
    settings: Settings, tmp_path: Path
) -> None:
    one, other = published(settings, tmp_path, "stars", "moons")
    path = history_file(settings)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0])  # killed before
    publish(settings, tmp_path / "moons")
    path.write_bytes(lines[0] + lines[1][:20])  # killed while it wrote
    publish(settings, tmp_path / "moons")
    found = read_history(settings)
    assert [(entry.version, entry.before, entry.docs) for entry in found] == [
        (one, None, {"huggingface": 11}),
        (other, one, None),
    ]
    assert len(path.read_bytes().splitlines()) == 3  # the unfinished line stays, passed over


def test_a_line_that_is_no_publication_is_passed_over(settings: Settings, tmp_path: Path) -> None:
    published(settings, tmp_path, "stars")
    with history_file(settings).open("a", encoding="utf-8") as file:
        file.write('{"version": "x"}\n[]\n')
    assert len(read_history(settings)) == 1


def test_before_anything_is_published_there_is_no_history(settings: Settings) -> None:
    assert read_history(settings) == []
    note_what_is_missing(settings, None)
    assert not history_file(settings).exists()


def test_who_published_is_read_back_from_the_name(settings: Settings) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    current = Current(catalogue="0" * 12, published=now, by=By.ROLLBACK)
    note_what_is_missing(settings, current)
    assert [(one.by, one.published) for one in read_history(settings)] == [(By.ROLLBACK, now)]


# ---- going back ------------------------------------------------------------------------------------------


def test_going_back_twice_goes_two_steps_back(settings: Settings, tmp_path: Path) -> None:
    roomy = settings.model_copy(update={"keep_versions": 9})
    one, two, three = published(roomy, tmp_path, "stars", "moons", "suns")
    assert [roll_back(roomy).version, roll_back(roomy).version] == [two, one]
    with pytest.raises(NotFound, match=f"before '{one}'.*callsmith docs history"):
        roll_back(roomy)
    assert roll_back(roomy, three).version == three
    assert earlier_version(roomy) == one


def test_a_version_that_is_served_already_is_no_rollback(settings: Settings, tmp_path: Path) -> None:
    (one,) = published(settings, tmp_path, "stars")
    assert not roll_back(settings, one).changed
    current = var.read_current(settings)
    assert current is not None
    assert current.by is By.PUBLISH


def test_a_version_that_is_not_kept_is_told_with_those_that_are(settings: Settings, tmp_path: Path) -> None:
    (one,) = published(settings, tmp_path, "stars")
    with pytest.raises(NotFound, match=f"'0123456789ab'.*'{one}'"):
        roll_back(settings, "0123456789ab")
    with pytest.raises(NotFound, match=r"'\.\./x'"):
        roll_back(settings, "../x")


def test_a_damaged_version_is_not_gone_back_to(settings: Settings, tmp_path: Path) -> None:
    one, other = published(settings, tmp_path, "stars", "moons")
    (settings.var / "catalogues" / one / "huggingface.jsonl").write_bytes(b"")
    with pytest.raises(BrokenCatalogue, match=one):
        roll_back(settings)
    assert var.read_catalogue(settings).version == other


def test_an_index_that_is_gone_is_built_again(settings: Settings, tmp_path: Path) -> None:
    one, _ = published(settings, tmp_path, "stars", "moons")
    shutil.rmtree(var.index_folder_of(settings, index_version(one, settings.embedding_model)))
    assert roll_back(settings).index_built
    assert var.open_searcher(settings).catalogue.version == one


# ---- clearing away -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("old_enough")
def test_the_newest_versions_are_kept_with_their_indexes(settings: Settings, tmp_path: Path) -> None:
    found = published(settings, tmp_path, "stars", "moons", "suns", "comets")
    assert folders(settings, "catalogues") == set(found[-2:])
    assert kept_versions(settings) == [found[3], found[2]]
    indexes = {
        var.index_folder_of(settings, index_version(one, settings.embedding_model)) for one in found[-2:]
    }
    assert folders(settings, "indexes") == {path.name for path in indexes}


@pytest.mark.usefixtures("old_enough")
def test_the_served_version_is_kept_however_old(settings: Settings, tmp_path: Path) -> None:
    one, other = published(settings, tmp_path, "stars", "moons")
    single = settings.model_copy(update={"keep_versions": 1})
    assert roll_back(settings).version == one
    assert prune(single) == [other]
    assert folders(settings, "catalogues") == {one}


def test_a_version_that_a_service_may_be_opening_is_kept_for_an_hour(
    settings: Settings, tmp_path: Path
) -> None:
    found = published(settings, tmp_path, "stars", "moons", "suns", "comets")
    assert folders(settings, "catalogues") == set(found)
    later = datetime.now(UTC) + timedelta(minutes=61)
    assert set(prune(settings, later)) == set(found[:2])
    assert folders(settings, "catalogues") == set(found[2:])


@pytest.mark.usefixtures("old_enough")
def test_the_index_of_the_shipped_snapshot_is_kept(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_catalogue(Catalogue(first_docs()), tmp_path / "snapshot")
    monkeypatch.setattr(publishing, "SNAPSHOT_FOLDER", tmp_path / "snapshot")
    monkeypatch.setattr(versions, "SNAPSHOT_FOLDER", tmp_path / "snapshot")
    shipped = publish(settings)
    found = published(settings, tmp_path, "stars", "moons")
    assert folders(settings, "catalogues") == set(found)
    assert shipped.index_version in folders(settings, "indexes")


@pytest.mark.usefixtures("old_enough")
def test_what_is_no_index_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    (settings.var / "indexes" / "mine").mkdir(parents=True)
    published(settings, tmp_path, "stars", "moons", "suns")
    assert "mine" in folders(settings, "indexes")


@pytest.mark.usefixtures("old_enough")
def test_versions_that_the_history_does_not_know_are_the_first_to_go(
    settings: Settings, tmp_path: Path
) -> None:
    (one,) = published(settings, tmp_path, "stars")
    write_catalogue(Catalogue(models()), settings.var / "catalogues" / Catalogue(models()).version)
    assert kept_versions(settings) == [one, Catalogue(models()).version]
    (other,) = published(settings, tmp_path, "moons")
    assert folders(settings, "catalogues") == {one, other}


def test_a_history_that_can_not_be_written_is_told(settings: Settings, tmp_path: Path) -> None:
    history_file(settings).mkdir(parents=True)
    entry = history.Publication(published=datetime.now(UTC), version="0" * 12, by=By.PUBLISH)
    with pytest.raises(StorageError, match=r"history\.jsonl.*CALLSMITH_VAR"):
        note(settings, entry)
