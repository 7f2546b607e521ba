"""The nightly job: what it publishes, refuses and keeps, and what it leaves behind when it is killed."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

import service.var
from api_docs.catalogue import Catalogue
from api_docs.errors import AlreadyPublishing, BrokenCatalogue, InvalidRequest, SourceError, StorageError
from api_docs.refresh.merging import Outcome
from api_docs.refresh.state import read_state
from api_docs.sources.base import Quarantined
from api_docs.storage import read_manifest, write_catalogue
from api_docs.verification import Problem, Reason, verify
from retriever.text import embedding_text
from service import publishing, refreshing, var
from service.history import read_history
from service.publishing import publish, roll_back
from service.refresh import canaries
from service.refresh import report as reports
from service.refresh.report import RefreshReport, Result, read_latest, reports_folder
from service.refreshing import refresh
from service.settings import Settings
from tests.retriever.conftest import make_doc
from tests.service.publishing_cases import NamedWordEncoder
from tests.service.refresh_cases import (
    HF,
    TF,
    TORCH,
    Fixed,
    changed,
    entrypoint,
    first_docs,
    first_folder,
    handle,
    model,
    models,
    sources,
    write_canaries,
)

FIRST = Catalogue(first_docs()).version


@pytest.fixture(autouse=True)
def encoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> NamedWordEncoder:
    one = NamedWordEncoder(Settings().embedding_model)
    monkeypatch.setattr(service.var, "load_encoder", lambda _: one)
    monkeypatch.setattr(canaries, "FILE", write_canaries(tmp_path / "canaries.jsonl"))
    return one


@pytest.fixture
def settings(tmp_path: Path, encoder: NamedWordEncoder) -> Settings:
    """With a first catalogue published."""
    found = Settings(var=tmp_path / "var", embedding_backend="torch")
    publish(found, first_folder(tmp_path / "first"))
    encoder.asked.clear()
    return found


def asked(encoder: NamedWordEncoder) -> set[str]:
    return {text for batch in encoder.asked for text in batch}


def current(settings: Settings) -> str:
    found = var.read_current(settings)
    assert found is not None
    return found.catalogue


def next_docs() -> list[Any]:
    """One is changed, one is called otherwise, one is renamed, one is new."""
    return [
        changed(models()[0], description="Sorts photos of birds and eggs."),
        *models()[1:-1],
        model("b/fungi", "mushrooms"),
        model("b/stars", "stars"),
        handle(2),
        entrypoint(),
    ]


def next_sources() -> list[Fixed]:
    """The key of what was renamed is what it was."""
    found = sources(next_docs())
    found[0].records = {doc.id: f"key {doc.id}" for doc in found[0].docs} | {
        "huggingface:b/fungi": "key huggingface:a/mushrooms"
    }
    return found


def refreshed(settings: Settings) -> None:
    """So that records are known."""
    assert refresh(settings, upstreams=sources()).result is Result.UNCHANGED


# ---- what it publishes -----------------------------------------------------------------------------------


def test_what_changed_is_published_and_told(settings: Settings) -> None:
    refreshed(settings)
    found = refresh(settings, upstreams=next_sources())
    assert (found.result, found.result.exit_code) == (Result.PUBLISHED, 0)
    assert (found.before, found.after) == (FIRST, current(settings))
    assert found.changes is not None
    assert found.changes.added == ("huggingface:b/stars",)
    assert found.changes.renamed == {"huggingface:a/mushrooms": "huggingface:b/fungi"}
    assert {doc.id for doc in found.changes.changed} == {
        "huggingface:a/birds",
        "huggingface:b/fungi",
        "tfhub:google/yamnet",
    }
    assert found.docs == {HF: 11, TF: 1, TORCH: 1}
    catalogue = var.read_catalogue(settings)
    assert catalogue.doc("huggingface:a/mushrooms").id == "huggingface:b/fungi"
    for old, new in ((handle(1), handle(2)), (models()[-1], model("b/fungi", "mushrooms"))):
        verdict = verify(old.call, catalogue)
        assert (verdict.verified, verdict.nearest, verdict.doc_id) == (False, new.call, new.id)


def test_only_what_changed_is_embedded(settings: Settings, encoder: NamedWordEncoder) -> None:
    found = refresh(settings, upstreams=next_sources())
    catalogue = var.read_catalogue(settings)
    texts = {embedding_text(doc) for doc in catalogue.docs} & asked(encoder)
    new = ("huggingface:a/birds", "huggingface:b/fungi", "huggingface:b/stars")
    assert texts == {embedding_text(catalogue.doc(doc_id)) for doc_id in new}
    assert found.embedded == 3


def test_the_index_is_that_of_a_full_build(settings: Settings, tmp_path: Path) -> None:
    found = refresh(settings, upstreams=next_sources())
    folder = var.published_folder(settings, found.after)
    other = settings.model_copy(update={"var": tmp_path / "other"})
    again = publish(other, folder)
    for name in ("vectors.faiss", "ids.json"):
        one = settings.var / "indexes" / again.index_version / name
        assert one.read_bytes() == (other.var / "indexes" / again.index_version / name).read_bytes()


def test_a_catalogue_says_where_its_docs_come_from(settings: Settings) -> None:
    given = next_sources()
    given[1].more["revision"] = "abc"
    given[2].error = SourceError("away")
    found = refresh(settings, upstreams=given)
    manifest = read_manifest(var.published_folder(settings, found.after))
    assert manifest.sources == {HF: "refreshed", TF: "refreshed abc"}


def test_over_the_shipped_snapshot_nothing_need_be_published_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.var, "SNAPSHOT_FOLDER", first_folder(tmp_path / "snapshot"))
    fresh = Settings(var=tmp_path / "fresh", embedding_backend="torch")
    assert refresh(fresh, upstreams=sources()).result is Result.UNCHANGED
    assert var.read_current(fresh) is None
    found = refresh(fresh, upstreams=next_sources())
    assert found.result is Result.PUBLISHED
    assert any("no index of the version before" in note for note in found.notes)
    assert current(fresh) == found.after


def test_a_catalogue_that_is_set_is_left_alone_and_told(settings: Settings, tmp_path: Path) -> None:
    own = settings.model_copy(update={"catalogue": first_folder(tmp_path / "own")})
    found = refresh(own, upstreams=next_sources())
    assert found.result is Result.PUBLISHED
    assert any("CALLSMITH_CATALOGUE is set" in note for note in found.notes)
    assert var.read_catalogue(own).version == FIRST


def stamps(settings: Settings) -> dict[Path, int]:
    places = ("catalogues", "indexes", "current")
    return {
        path: path.stat().st_mtime_ns
        for place in places
        for path in [settings.var / place, *(settings.var / place).rglob("*")]
    }


def test_without_a_change_nothing_is_embedded_or_published(
    settings: Settings, encoder: NamedWordEncoder
) -> None:
    before = stamps(settings)
    checked = [changed(doc, last_checked=date(2026, 6, 1)) for doc in first_docs()]
    found = refresh(settings, upstreams=sources(checked))
    assert (found.result, found.result.exit_code, found.before) == (Result.UNCHANGED, 0, found.after)
    assert stamps(settings) == before
    assert asked(encoder) == set()
    latest = read_latest(settings)
    assert latest is not None
    assert latest.succeeded is not None
    assert [one.by for one in read_history(settings)] == ["publish"]


# ---- sources that fail ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [SourceError("no answer from the hub"), RuntimeError("no answer from the hub")]
)
def test_a_source_that_fails_keeps_its_docs_and_the_others_go_on(
    settings: Settings, error: Exception
) -> None:
    given = next_sources()
    given[0].error = error
    found = refresh(settings, upstreams=given)
    assert found.result is Result.PUBLISHED
    by_hub = {one.hub: one for one in found.sources}
    assert by_hub[HF].outcome is Outcome.FAILED
    assert "no answer from the hub" in by_hub[HF].reason
    assert by_hub[TF].outcome is Outcome.COLLECTED
    catalogue = var.read_catalogue(settings)
    assert [doc for doc in catalogue.docs if doc.hub == HF] == sorted(models(), key=lambda doc: doc.id)
    assert catalogue.doc("tfhub:google/yamnet").call == handle(2).call


def test_where_every_source_fails_the_refresh_did_too(settings: Settings) -> None:
    given = [Fixed(hub, error=SourceError(f"{hub} is away")) for hub in (HF, TF)]
    found = refresh(settings, upstreams=given)
    assert (found.result, found.result.exit_code) == (Result.FAILED, 1)
    assert "huggingface is away; tfhub is away" in found.reason
    assert current(settings) == FIRST


def test_a_source_that_shrank_waits_for_somebody_who_accepts_it(settings: Settings) -> None:
    fewer = [*models()[:8], handle(2), entrypoint()]
    found = refresh(settings, upstreams=sources(fewer))
    assert {one.hub: one.outcome for one in found.sources}[HF] is Outcome.SHRUNK
    assert found.docs[HF] == 10
    assert read_history(settings)[-1].accepted == ()
    accepted = refresh(settings, upstreams=sources(fewer), accept_shrink=[HF])
    assert (accepted.result, accepted.docs[HF], accepted.accepted) == (Result.PUBLISHED, 8, (HF,))
    last = read_history(settings)[-1]
    assert (last.accepted, last.changes and last.changes.removed) == ((HF,), 2)


def test_a_shrinking_of_a_hub_without_source_can_not_be_accepted(settings: Settings) -> None:
    with pytest.raises(InvalidRequest, match="'hugingface'.*huggingface"):
        refresh(settings, upstreams=sources(), accept_shrink=["hugingface"])


def test_a_doc_that_vanished_goes_with_the_third_night(settings: Settings) -> None:
    nights = [refresh(settings, upstreams=sources(first_docs()[1:])) for _ in range(3)]
    assert [night.result for night in nights] == [Result.UNCHANGED, Result.UNCHANGED, Result.PUBLISHED]
    assert [night.sources[0].kept_missing for night in nights] == [1, 1, 0]
    assert "huggingface:a/birds" not in var.read_catalogue(settings)


def test_what_is_remembered_may_be_lost(settings: Settings) -> None:
    refreshed(settings)
    state = settings.var / "refresh" / "state.json"
    state.write_text("{", encoding="utf-8")
    found = refresh(settings, upstreams=next_sources())
    assert found.result is Result.PUBLISHED
    assert any("state.json" in note for note in found.notes)
    remembered, lost = read_state(state)
    assert lost == ""
    assert remembered.of(HF).records["huggingface:b/fungi"] == "key huggingface:a/mushrooms"
    assert remembered.of(HF).absent == {"huggingface:a/mushrooms": 1}


def test_broken_records_are_told_with_their_reason(settings: Settings) -> None:
    given = sources()
    given[0].docs[0] = changed(models()[0], call="pipeline('image-classification', modle='a/birds')")
    given[1].more["quarantined"] = [Quarantined("pages/x\udc80.md", "not UTF-8")]
    found = refresh(settings, upstreams=given)
    said = {bad.record: bad.reason for one in found.sources for bad in one.quarantined}
    assert "modle" in said["huggingface:a/birds"]
    assert said["pages/x\\udc80.md"] == "not UTF-8"
    assert found.result is Result.UNCHANGED


# ---- hubs of one's own -------------------------------------------------------------------------------


def pets() -> Fixed:
    call = "requests.request('GET', 'https://pets.example/pets')"
    return Fixed("pets", [make_doc("pets", "list", "web-api", "Lists pets.", call)])


def test_a_hub_of_ones_own_comes_with_its_source_and_goes_with_it(settings: Settings) -> None:
    found = refresh(settings, upstreams=[*sources(), pets()], only=["pets"])
    assert found.docs["pets"] == 1
    assert [one.hub for one in found.sources] == ["pets"]
    stays = refresh(settings, upstreams=sources(), only=[TF])
    assert stays.result is Result.UNCHANGED
    gone = refresh(settings, upstreams=sources(), only=["pets"])
    assert (gone.result, gone.sources[0].outcome) == (Result.PUBLISHED, Outcome.LEFT)
    assert "pets" not in gone.docs
    latest = read_latest(settings)
    assert latest is not None
    assert "pets" not in latest.sources


def test_docs_that_somebody_imported_have_no_source_and_stay(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "imported"
    write_catalogue(Catalogue([*first_docs(), *pets().docs]), folder, sources={"pets": "pets.jsonl"})
    publish(settings, folder)
    assert refresh(settings, upstreams=sources()).result is Result.UNCHANGED


def test_a_hub_that_nobody_knows_is_told(settings: Settings) -> None:
    found = refresh(settings, upstreams=sources(), only=["pest"])
    assert any("'pest'" in note for note in found.notes)


# ---- gates -----------------------------------------------------------------------------------------------


def refused(settings: Settings, found: RefreshReport, gate: str) -> None:
    assert (found.result, found.result.exit_code) == (Result.REFUSED, 3)
    assert [one.name for one in found.gates if not one.passed] == [gate]
    assert found.reason.startswith(f"{gate}: ")
    assert current(settings) == FIRST
    assert [path.name for path in (settings.var / "catalogues").iterdir()] == [FIRST]
    assert len(list((settings.var / "indexes").iterdir())) == 1
    assert [one.version for one in read_history(settings)] == [FIRST]


def test_a_version_that_answers_fewer_canaries_is_not_published(settings: Settings) -> None:
    refreshed(settings)
    state = (settings.var / "refresh" / "state.json").read_bytes()
    spoilt = [changed(doc, description="Something.", name="x") for doc in models()]
    lost = [changed(doc, id=doc.id.replace("a/", "z")) for doc in spoilt]
    given = sources([*lost, handle(), entrypoint()])
    given[0].more["aliases"] = {old.id: new.id for old, new in zip(models(), lost, strict=True)}
    found = refresh(settings, upstreams=given)
    refused(settings, found, "canaries")
    assert found.canaries is not None
    assert found.canaries.after < found.canaries.before
    assert found.canaries.lost
    assert (settings.var / "refresh" / "state.json").read_bytes() == state


def test_a_version_whose_calls_do_not_verify_is_not_published(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = Problem(reason=Reason.WRONG_TYPE, message="that is no int")
    monkeypatch.setattr(refreshing, "check_call", lambda *_: problem)
    found = refresh(settings, upstreams=next_sources())
    refused(settings, found, "proof")
    assert "that is no int" in found.reason


def test_a_version_without_docs_is_not_published(settings: Settings) -> None:
    found = refresh(settings, upstreams=sources([]), accept_shrink=[HF, TF, TORCH])
    refused(settings, found, "proof")
    assert "no docs" in found.reason


# ---- rollback ------------------------------------------------------------------------------------------


def test_what_somebody_went_back_from_does_not_come_again_by_itself(settings: Settings) -> None:
    refreshed(settings)
    later = refresh(settings, upstreams=next_sources()).after
    back = roll_back(settings)
    assert (back.version, back.changed, back.index_built) == (FIRST, True, False)
    held = refresh(settings, upstreams=next_sources())
    assert (held.result, held.gates[-1].name) == (Result.REFUSED, "rollback")
    assert "--after-rollback" in held.reason
    assert current(settings) == FIRST
    again = refresh(settings, upstreams=next_sources(), after_rollback=True)
    assert (again.result, again.after) == (Result.PUBLISHED, later)
    assert [(one.by, one.after_rollback) for one in read_history(settings)] == [
        ("publish", False),
        ("refresh", False),
        ("rollback", False),
        ("refresh", True),
    ]
    assert refresh(settings, upstreams=next_sources()).result is Result.UNCHANGED


def test_while_a_rollback_is_served_a_refresh_without_news_is_fine(settings: Settings) -> None:
    refresh(settings, upstreams=next_sources())
    roll_back(settings)
    assert refresh(settings, upstreams=sources()).result is Result.UNCHANGED


# ---- two at once, and ends half way --------------------------------------------------------------------


def test_two_refreshes_at_once_do_not_meet(settings: Settings) -> None:
    with (settings.var / publishing.LOCK).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        given = sources()
        with pytest.raises(AlreadyPublishing, match="refreshes"):
            refresh(settings, upstreams=given)
    assert given[0].asked == 0
    assert read_latest(settings) is None


def test_the_lock_is_held_from_the_first_source_to_the_report(settings: Settings) -> None:
    def locked(_: str) -> None:
        with pytest.raises(AlreadyPublishing):
            publish(settings)

    assert refresh(settings, upstreams=next_sources(), step=locked).result is Result.PUBLISHED


class Ended(BaseException):
    """The process was killed."""


def steps_of(settings: Settings, tmp_path: Path) -> list[str]:
    copy = settings.model_copy(update={"var": tmp_path / "steps"})
    shutil.copytree(settings.var, copy.var)
    found: list[str] = []
    refresh(copy, upstreams=next_sources(), step=found.append)
    return found


def test_every_step_is_told(settings: Settings, tmp_path: Path) -> None:
    assert steps_of(settings, tmp_path) == [
        "begun",
        "collected huggingface",
        "collected tfhub",
        "collected torchhub",
        "merged",
        "embedded",
        "judged",
        "catalogue written",
        "index written",
        "named",
        "noted in the history",
        "old versions removed",
        "remembered",
        "reported",
    ]


def killed_at_every_step(settings: Settings, tmp_path: Path) -> Iterator[tuple[str, Settings]]:
    for number, name in enumerate(steps_of(settings, tmp_path)):
        one = settings.model_copy(update={"var": tmp_path / f"var-{number}"})
        shutil.copytree(settings.var, one.var)

        def die(step: str, last: str = name) -> None:
            if step == last:
                raise Ended

        with pytest.raises(Ended):
            refresh(one, upstreams=next_sources(), step=die)
        yield name, one


def test_a_refresh_that_is_killed_at_any_step_leaves_a_whole_version_and_the_next_one_ends_alike(
    settings: Settings, tmp_path: Path
) -> None:
    refreshed(settings)
    whole = settings.model_copy(update={"var": tmp_path / "whole"})
    shutil.copytree(settings.var, whole.var)
    later = refresh(whole, upstreams=next_sources()).after
    seen = []
    for name, left in killed_at_every_step(settings, tmp_path):
        seen.append(current(left))
        assert seen[-1] in (FIRST, later), name
        assert var.open_searcher(left).catalogue.version == seen[-1]
        after = refresh(left, upstreams=next_sources())
        assert (after.result.success, after.after) == (True, later), name
        assert var.open_searcher(left).catalogue.version == later
        for place in ("catalogues", "indexes"):
            assert contents(left.var / place) == contents(whole.var / place), name
        assert read_state(left.var / "refresh" / "state.json") == read_state(
            whole.var / "refresh" / "state.json"
        ), name
        assert [one.version for one in read_history(left)] == [FIRST, later], name
    assert seen == sorted(seen, key=[FIRST, later].index)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but manifests, which say when they were made."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_failure_on_the_way_is_reported_and_raised(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageError("no space left")

    monkeypatch.setattr(refreshing, "publish_made", full)
    with pytest.raises(StorageError, match="no space left"):
        refresh(settings, upstreams=next_sources())
    latest = read_latest(settings)
    assert latest is not None
    assert (latest.result, latest.succeeded) == (Result.FAILED, None)
    assert current(settings) == FIRST


def test_a_published_catalogue_that_is_damaged_is_told(settings: Settings) -> None:
    (var.published_folder(settings, FIRST) / "tfhub.jsonl").write_bytes(b"")
    with pytest.raises(BrokenCatalogue, match=r"tfhub\.jsonl"):
        refresh(settings, upstreams=sources())
    latest = read_latest(settings)
    assert latest is not None
    assert latest.result is Result.FAILED


# ---- reports -----------------------------------------------------------------------------------------------


def test_a_run_is_written_down_for_programs_and_people(settings: Settings) -> None:
    found = refresh(settings, upstreams=next_sources())
    folder = reports_folder(settings)
    assert RefreshReport.model_validate_json((folder / f"{found.name}.json").read_bytes()) == found
    page = (folder / f"{found.name}.html").read_text(encoding="utf-8")
    assert "huggingface:b/stars" in page
    assert 'href="https://h.example/b/stars"' in page
    assert "<script" not in page


def test_a_success_is_remembered_while_later_runs_fail(settings: Settings) -> None:
    refresh(settings, upstreams=sources())
    success = read_latest(settings)
    assert success is not None
    refresh(settings, upstreams=[Fixed(HF, error=SourceError("away"))])
    latest = read_latest(settings)
    assert latest is not None
    assert latest.result is Result.FAILED
    assert (latest.succeeded, latest.seconds) == (success.succeeded, success.seconds)
    assert latest.sources[HF].outcome is Outcome.FAILED
    assert latest.sources[HF].collected == success.sources[HF].collected
    assert latest.docs == success.docs


def test_old_reports_go(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "KEPT_REPORTS", 2)
    names = [refresh(settings, upstreams=sources()).name for _ in range(4)]
    there = sorted(path.name for path in reports_folder(settings).iterdir())
    assert there == sorted(f"{name}.{kind}" for name in names[-2:] for kind in ("html", "json"))


@pytest.mark.parametrize("text", ["", "{", orjson.dumps({"schema_version": 9}).decode()])
def test_a_damaged_file_about_the_last_run_is_no_hindrance(settings: Settings, text: str) -> None:
    refreshed(settings)
    reports.latest_file(settings).write_text(text, encoding="utf-8")
    assert read_latest(settings) is None
    refreshed(settings)
    assert read_latest(settings) is not None


def test_progress_says_what_is_being_done(settings: Settings) -> None:
    said: list[tuple[str, int, int]] = []
    refresh(settings, upstreams=next_sources(), progress=lambda *done: said.append(done))
    assert ("collecting huggingface", 11, 11) in said
    assert ("embedding what changed", 3, 3) in said
