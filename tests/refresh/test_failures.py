"""Everything that a night may fail with: what the job did, its exit status, and what is served.

With RESULTS naming a folder, the same is written there as a table, `failures.md` and `failures.json`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from api_docs.refresh.merging import Outcome
from api_docs.refresh.state import STATE
from api_docs.verification import Problem, Reason, verify
from evaluation import records
from service import publishing, refreshing, var
from service.history import read_history
from service.refresh.report import Result
from service.refreshing import refresh
from tests.api_docs.test_tfhub_source import page as tfhub_page
from tests.refresh.conftest import Night, World
from tests.refresh.three_hubs import GAPS, PAGES, TFHUB_PAGES, THINGS
from tests.upstreams.huggingface import made
from tests.upstreams.serving import Fault

HF, TF, TORCH = "huggingface", "tfhub", "torchhub"
LISTING = "/api/models"
GUESS = "guess the masked word of a sentence"
_PLACE = re.compile(r"'?https?://127\.0\.0\.1:\d+\S*")
_FOLDER = re.compile(r"'/[^' ]*/(var\b[^']*)'")
_WHEN = re.compile(r" in \d+ seconds, at \d\d:\d\d:\d\d UTC")
_COMMIT = re.compile(r"[\w.-]+-[0-9a-f]{40}/")


class Table:
    """The rows that the tests below find out."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, failure: str, night: Night, world: World) -> None:
        """What became of a night; whatever it was, the service answers afterwards."""
        answer = world.ask(GUESS, hub=HF)
        assert (answer["status"], answer["index_version"]) == ("verified", night.after)
        self.rows.append(
            {
                "failure": failure,
                "what the job did": _did(night),
                "exit status": night.exit_code,
                "served": "the new version" if night.taken_up else "the version before",
            }
        )


def _did(night: Night) -> str:
    """In words, out of the report or the error."""
    if night.report is None:
        return _plain(night.error)
    report = night.report
    said = [str(report.result)]
    if report.reason and report.result is not Result.FAILED:
        said.append(report.reason)
    for one in report.sources:
        if one.outcome is not Outcome.COLLECTED:
            said.append(f"{one.hub} {one.outcome}, its {one.docs} docs stay: {one.reason}")
        said += [f"set aside {bad.record}: {bad.reason}" for bad in one.quarantined]
        if one.requests.retries:
            said.append(f"{one.hub} asked again {one.requests.retries} times")
        if one.kept_missing:
            said.append(f"{one.hub} keeps {one.kept_missing} that were not listed")
        said += [note for note in one.notes if "keeps" in note or "gone" in note or "not asked" in note]
    said += [f"{hub} may be smaller: accepted" for hub in report.accepted]
    if report.changes is not None and report.result is Result.PUBLISHED:
        changes = report.changes
        said.append(
            f"{len(changes.added)} added, {len(changes.changed)} changed, {len(changes.renamed)} renamed, "
            f"{len(changes.removed)} removed"
        )
    said += report.notes
    if night.error:
        said.append(night.error)
    return _plain("; ".join(said))


def _plain(text: str) -> str:
    """Without this run's ports, folders and times, so that a table changes only with what it tells."""
    text = _WHEN.sub(" later", _COMMIT.sub("", _PLACE.sub("its address", text)))
    return _FOLDER.sub(r"'\1'", text)


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    found = Table()
    yield found
    if folder := os.environ.get("RESULTS"):
        records.write_table(Path(folder), "failures", found.rows)
        described = records.described("make refresh-failures", {"rows": found.rows})
        records.write(Path(folder), "failures", described)


def outcomes(night: Night) -> dict[str, Outcome]:
    assert night.report is not None
    return {one.hub: one.outcome for one in night.report.sources}


def reason(night: Night, hub: str = HF) -> str:
    assert night.report is not None
    return next(one.reason for one in night.report.sources if one.hub == hub)


def news(world: World) -> None:
    """Something that another hub has to tell, whatever happens to Hugging Face or TorchHub."""
    world.hubs.sounds(2)


def kept_and_the_others_went_on(world: World, night: Night, hub: str) -> None:
    """The hub's docs stay, TFHub's news are published and served."""
    others = {HF: Outcome.COLLECTED, TF: Outcome.COLLECTED, TORCH: Outcome.COLLECTED} | {hub: Outcome.FAILED}
    assert outcomes(night) == others
    assert (night.exit_code, night.taken_up) == (0, True)
    assert sum(doc.hub == hub for doc in world.catalogue().docs) == {HF: 11, TORCH: 4}[hub]
    assert world.catalogue().doc("tfhub:google/yamnet").call.endswith("/2')")


# ---- sources -------------------------------------------------------------------------------------------


def test_a_source_that_is_down(world: World, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    news(world)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    night = world.night()
    kept_and_the_others_went_on(world, night, HF)
    assert "ConnectError" in reason(night)
    table.add("the source is down", night, world)


def test_a_source_that_answers_5xx_all_the_time(world: World, table: Table) -> None:
    news(world)
    world.hubs.hub.faults = [(LISTING, Fault(503, stays=True))]
    night = world.night()
    kept_and_the_others_went_on(world, night, HF)
    assert "5 times, the last time with: 503" in reason(night)
    table.add("the source answers 503, each time", night, world)


def test_a_source_that_answers_5xx_for_a_while(world: World, table: Table) -> None:
    news(world)
    world.hubs.hub.faults = [(LISTING, Fault(500)), (LISTING, Fault(502))]
    night = world.night()
    assert set(outcomes(night).values()) == {Outcome.COLLECTED}
    assert (night.exit_code, night.taken_up) == (0, True)
    table.add("the source answers 500 and 502, then well", night, world)


def test_a_source_that_stops_in_the_middle_of_an_answer(
    world: World, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    news(world)
    monkeypatch.setenv("CALLSMITH_REFRESH_SECONDS", "0.4")
    world.hubs.hub.change("acme/spam")
    world.hubs.hub.faults = [(LISTING, Fault(stalls=True, stays=True))]
    world.clock.step = 0.0001
    night = world.night()
    kept_and_the_others_went_on(world, night, HF)
    table.add("the source is slow: its time limit passes", night, world)


def test_bodies_that_are_cut_off(world: World, table: Table) -> None:
    news(world)
    world.hubs.hub.change("acme/spam", likes=10**6)
    world.hubs.hub.faults = [(LISTING, Fault(cut=10, stays=True))]
    night = world.night()
    kept_and_the_others_went_on(world, night, HF)
    table.add("bodies are cut off, each time", night, world)


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (401, {"X-Error-Message": "Invalid credentials"}, "HF_TOKEN"),
        (403, {}, "HF_TOKEN"),
        (404, {}, "404 Not Found"),
        (429, {"Retry-After": "86400"}, "429"),
    ],
)
def test_a_source_that_refuses(
    world: World, table: Table, status: int, headers: dict[str, str], said: str
) -> None:
    news(world)
    world.hubs.hub.faults = [(LISTING, Fault(status, headers, stays=True))]
    night = world.night()
    kept_and_the_others_went_on(world, night, HF)
    assert said in reason(night)
    title = {429: "the source answers 429 and asks for a day's patience"}
    table.add(title.get(status, f"the source answers {status}"), night, world)


def test_a_source_that_asks_for_patience(world: World, table: Table) -> None:
    news(world)
    world.hubs.hub.faults = [(LISTING, Fault(429, {"Retry-After": "30"}))]
    night = world.night()
    assert set(outcomes(night).values()) == {Outcome.COLLECTED}
    assert any(30 <= waited < 40 for waited in world.clock.waits)
    table.add("the source answers 429 and asks for 30 seconds", night, world)


def test_the_pages_of_a_hub_are_gone(world: World, table: Table) -> None:
    news(world)
    world.hubs.github.delete(PAGES)
    night = world.night()
    kept_and_the_others_went_on(world, night, TORCH)
    table.add("the repository with TorchHub's pages is gone", night, world)


def test_a_repository_of_torchhub_is_gone(world: World, table: Table) -> None:
    world.hubs.github.delete("ultralytics/yolov5")
    night = world.night()
    assert (night.exit_code, night.taken_up) == (0, True)
    assert not world.catalogue().doc("torchhub:ultralytics/yolov5:yolov5s").alive
    table.add("a repository that TorchHub loads from is gone: its docs are marked dead", night, world)


def test_kaggle_can_not_be_asked(world: World, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    news(world)
    monkeypatch.setenv("KAGGLE_API_TOKEN", "kgl_wrong")
    night = world.night()
    assert set(outcomes(night).values()) == {Outcome.COLLECTED}
    assert (night.exit_code, night.taken_up) == (0, True)
    table.add("Kaggle refuses the token: TFHub's pages are enough", night, world)


def test_kaggle_has_a_model_no_longer(world: World, table: Table) -> None:
    del world.hubs.kaggle.models["acme/tree"]
    night = world.night()
    assert (night.exit_code, night.taken_up) == (0, True)
    assert not world.catalogue().doc("tfhub:acme/tree").alive
    table.add("Kaggle has a model no longer: its doc is marked dead", night, world)


def test_every_source_is_down(world: World, table: Table) -> None:
    for one in (world.hubs.github, world.hubs.hub):
        one.faults = [("/", Fault(503, stays=True))]
    night = world.night()
    assert night.report is not None
    assert (night.exit_code, night.report.result, night.taken_up) == (1, Result.FAILED, False)
    table.add("every source is down", night, world)


# ---- records -------------------------------------------------------------------------------------------


def test_malformed_records_are_set_aside_with_their_reasons(world: World, table: Table) -> None:
    news(world)
    broken = tfhub_page("acme/broken/1", without="task")
    world.hubs.github.commit(TFHUB_PAGES, {"assets/docs/acme/models/broken/1.md": broken})
    world.hubs.github.commit(PAGES, {"broken.md": "---\nlayout: hub_detail\ntitle: [\n---\n"})
    world.hubs.hub.add(made("acme/broken", 99, cardData={"license": {"no": "text"}}))
    world.hubs.hub.change("acme/moods", card=b"\xff\xfe no text at all")
    night = world.night()
    assert night.report is not None
    assert (night.exit_code, night.taken_up) == (0, True)
    aside = [bad for one in night.report.sources for bad in one.quarantined]
    assert any("broken/1.md" in bad.record and "task" in bad.reason for bad in aside)
    assert any("broken.md" in bad.record for bad in aside)
    assert "huggingface:acme/moods" in world.catalogue()
    table.add("malformed pages and cards", night, world)


def test_a_source_that_shrank(world: World, table: Table) -> None:
    news(world)
    gone(world, 3)
    night = world.night()
    assert outcomes(night)[HF] is Outcome.SHRUNK
    assert (night.exit_code, night.taken_up) == (0, True)
    assert sum(doc.hub == HF for doc in world.catalogue().docs) == 11
    table.add("the source lists less than nine tenths of what there was", night, world)


def test_a_shrinking_that_somebody_accepts(world: World, table: Table) -> None:
    gone(world, 3)
    night = world.night("--accept-shrink", HF)
    assert (night.exit_code, night.taken_up) == (0, True)
    assert sum(doc.hub == HF for doc in world.catalogue().docs) == 8
    assert read_history(world.settings)[-1].accepted == (HF,)
    table.add(f"the same with `--accept-shrink {HF}`", night, world)


def test_a_record_under_a_new_name(world: World, table: Table) -> None:
    before = world.catalogue().doc(f"{HF}:acme/spam").call
    world.hubs.hub.rename("acme/spam", "other/ham")
    night = world.night()
    assert night.report is not None
    assert night.report.changes is not None
    assert night.report.changes.renamed == {f"{HF}:acme/spam": f"{HF}:other/ham"}
    catalogue = world.catalogue()
    old = verify(before, catalogue)
    assert not old.verified
    assert "other/ham" in (old.nearest or "")
    assert catalogue.doc(f"{HF}:acme/spam").id == f"{HF}:other/ham"
    table.add("a model has another name", night, world)


def test_a_record_that_vanishes(world: World, table: Table) -> None:
    gone(world, 1)
    for times in (1, 2):
        night = world.night()
        assert night.report is not None
        assert (night.exit_code, night.report.result) == (0, Result.UNCHANGED)
        table.add(f"a model is not listed any more, night {times}", night, world)
    night = world.night()
    assert (night.exit_code, night.taken_up) == (0, True)
    assert f"{HF}:acme/{THINGS[0]}" not in world.catalogue()
    table.add("a model is not listed any more, night 3", night, world)


def gone(world: World, count: int) -> None:
    for thing in THINGS[:count]:
        del world.hubs.hub.models[f"acme/{thing}"]


# ---- gates ---------------------------------------------------------------------------------------------


def refused(night: Night, gate: str) -> None:
    assert night.report is not None
    assert (night.exit_code, night.report.result, night.taken_up) == (3, Result.REFUSED, False)
    assert [one.name for one in night.report.gates if not one.passed] == [gate]


def test_canaries_that_are_not_answered_any_more(world: World, table: Table) -> None:
    sorts = {
        "pipeline_tag": "text-classification",
        "transformersInfo": {"auto_model": "AutoModelForSequenceClassification"},
    }
    world.hubs.hub.change(GAPS, **sorts)
    night = world.night()
    refused(night, "canaries")
    table.add("the new version finds less: the canaries' gate", night, world)


def test_calls_that_do_not_verify(world: World, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    news(world)
    problem = Problem(reason=Reason.WRONG_TYPE, message="that is no int")
    with monkeypatch.context() as patched:
        patched.setattr(refreshing, "check_call", lambda *_: problem)
        night = world.night()
    refused(night, "proof")
    table.add("docs whose own calls do not verify: the gate of proof", night, world)


# ---- this machine --------------------------------------------------------------------------------------


def test_a_second_refresh_at_once(world: World, table: Table) -> None:
    with (world.settings.var / publishing.LOCK).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        night = world.night()
    assert (night.report, night.taken_up) == (None, False)
    assert night.exit_code != 0
    assert not world.hubs.hub.seen
    table.add("another refresh is running", night, world)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    """Makes writes below a folder of `var` fail as a full disk does."""

    def fill(below: Path) -> None:
        write = Path.write_bytes

        def write_bytes(path: Path, data: Any) -> int:
            if path.is_relative_to(below):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(path, data)

        monkeypatch.setattr(Path, "write_bytes", write_bytes)

    return fill


@pytest.mark.parametrize("place", ["catalogues", "indexes"])
def test_a_full_disk(world: World, table: Table, full: Any, place: str) -> None:
    news(world)
    before = sorted((world.settings.var / place).iterdir())
    full(world.settings.var / place)
    night = world.night()
    assert (night.exit_code, night.taken_up) == (1, False)
    assert "No space left on device" in night.error
    assert sorted((world.settings.var / place).iterdir()) == before
    table.add(f"the disk is full when {place} are written", night, world)


def test_a_folder_that_is_read_only(world: World, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    news(world)
    opened = os.open

    def read_only(path: Any, flags: int, *more: Any, **options: Any) -> int:
        inside = Path(os.fspath(path)).is_relative_to(world.settings.var)
        if inside and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opened(path, flags, *more, **options)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", read_only)
        night = world.night()
    assert (night.exit_code, night.report, night.taken_up) == (1, None, False)
    assert "Read-only file system" in night.error
    table.add("the folder is read-only", night, world)


def test_what_was_remembered_is_broken(world: World, table: Table) -> None:
    news(world)
    (world.settings.var / "refresh" / STATE).write_text("{", encoding="utf-8")
    night = world.night()
    assert (night.exit_code, night.taken_up) == (0, True)
    assert night.report is not None
    assert any(STATE in note for note in night.report.notes)
    table.add(f"`{STATE}`, what a refresh remembers, is broken", night, world)


def test_the_name_of_what_is_published_is_broken(world: World, table: Table) -> None:
    news(world)
    var.current_file(world.settings).write_text("{", encoding="utf-8")
    night = world.night()
    assert (night.exit_code, night.taken_up) == (2, False)
    assert "callsmith docs publish" in night.error
    table.add("`current` is broken", night, world)


def test_what_is_published_is_damaged(world: World, table: Table) -> None:
    news(world)
    folder = var.catalogue_folder(world.settings)
    (folder / "tfhub.jsonl").write_bytes(b"")
    night = world.night()
    assert (night.exit_code, night.taken_up) == (2, False)
    table.add("the published catalogue is damaged", night, world)


class Killed(BaseException):
    """The process is no more."""


def test_a_refresh_that_is_killed(world: World, table: Table) -> None:
    news(world)
    world.open()

    def die(step: str) -> None:
        if step == "index written":
            raise Killed

    with pytest.raises(Killed):
        refresh(world.settings, step=die)
    ended = world.runtime.served.version if world.runtime is not None else ""
    killed = Night(-9, None, "all is written, nothing is named: nobody notices", ended, ended)
    table.add("killed before the version is named", killed, world)
    night = world.night()
    assert (night.exit_code, night.taken_up) == (0, True)
    var_folder = world.settings.var
    assert not [path for place in ("catalogues", "indexes") for path in (var_folder / place).glob(".*")]
    table.add("the night after that", night, world)


def test_the_table_is_told_row_by_row(world: World, tmp_path: Path) -> None:
    table = Table()
    table.add("nothing", world.night(), world)
    path = records.write(tmp_path, "failures", {"rows": table.rows})
    (row,) = orjson.loads(path.read_bytes())["rows"]
    assert row["what the job did"].startswith("unchanged")
    assert (row["exit status"], row["served"]) == (0, "the version before")
