"""A running service takes up what is published, between requests, or keeps what it has and says why."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import service.var
from api_docs.catalogue import Catalogue
from api_docs.storage import write_catalogue
from retriever.index import index_version
from retriever.searcher import Searcher
from service import var, watching
from service.app import create_app
from service.logs import SERVICE
from service.publishing import publish
from service.runtime import Runtime, open_runtime
from service.settings import Settings
from service.watching import Watcher
from tests.service.publishing_cases import (
    NEW,
    NEW_CALL,
    ROOSTERS,
    NamedWordEncoder,
    first_catalogue,
    second_catalogue,
    written,
)

MODEL = Settings().embedding_model
OLD = index_version(first_catalogue().version, MODEL)
LATER = index_version(second_catalogue().version, MODEL)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var")


@pytest.fixture(autouse=True)
def encoder(monkeypatch: pytest.MonkeyPatch) -> NamedWordEncoder:
    one = NamedWordEncoder(MODEL)
    monkeypatch.setattr(service.var, "load_encoder", lambda _: one)
    return one


@pytest.fixture
def second(tmp_path: Path) -> Path:
    return written(second_catalogue(), tmp_path / "second")


@pytest.fixture
def runtime(settings: Settings, tmp_path: Path) -> Iterator[Runtime]:
    """A runtime that serves the first catalogue, published."""
    publish(settings, written(first_catalogue(), tmp_path / "first"))
    one = open_runtime(settings)
    encoder = one.served.searcher.encoder
    yield one
    encoder.close()  # type: ignore[attr-defined]


@pytest.fixture
def watcher(runtime: Runtime) -> Watcher:
    """Looks when it is told to."""
    return Watcher(runtime)


@pytest.fixture
def client(runtime: Runtime) -> Iterator[TestClient]:
    with TestClient(create_app(runtime)) as client:
        yield client


def ask(client: TestClient, instruction: str = ROOSTERS) -> dict[str, Any]:
    response = client.post("/generate_call", json={"instruction": instruction})
    assert response.status_code == 200, response.text
    return dict(response.json())


def problems(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.fields["reason"]  # type: ignore[attr-defined]
        for record in caplog.records
        if record.name == SERVICE and record.levelno == logging.ERROR
    ]


def test_what_is_published_between_two_requests_answers_the_second(
    settings: Settings, second: Path, client: TestClient, watcher: Watcher
) -> None:
    before = ask(client)
    assert before["index_version"] == OLD
    assert before["call"] != NEW_CALL
    publish(settings, second)
    assert ask(client)["index_version"] == OLD
    watcher.look()
    after = ask(client)
    assert (after["index_version"], after["doc_id"], after["call"]) == (LATER, NEW, NEW_CALL)


def test_nothing_new_means_nothing_is_opened(
    runtime: Runtime, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = runtime.served

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(var, "reopen_searcher", never)
    watcher.look()
    assert runtime.served is served
    assert runtime.watch_problem is None


def test_a_replaced_folder_that_is_set_is_followed_too(tmp_path: Path, second: Path) -> None:
    folder = written(first_catalogue(), tmp_path / "set")
    settings = Settings(var=tmp_path / "var", catalogue=folder)
    publish(Settings(var=tmp_path / "var"), second)  # so that its index is there
    runtime = open_runtime(settings)
    assert runtime.served.version == OLD
    write_catalogue(second_catalogue(), folder)
    Watcher(runtime).look()
    assert runtime.served.version == LATER


def test_a_request_in_flight_finishes_on_the_version_that_it_began_with(
    second: Path, client: TestClient, runtime: Runtime, watcher: Watcher
) -> None:
    searching, go_on = threading.Event(), threading.Event()
    old = runtime.served.searcher
    real = old.explore

    def slow(*arguments: Any, **options: Any) -> Any:
        searching.set()
        assert go_on.wait(60)
        return real(*arguments, **options)

    old.explore = slow  # type: ignore[method-assign]
    answers: list[dict[str, Any]] = []
    in_flight = threading.Thread(target=lambda: answers.append(ask(client)))
    in_flight.start()
    assert searching.wait(60)
    publish(runtime.settings, second)
    watcher.look()
    assert ask(client)["index_version"] == LATER
    go_on.set()
    in_flight.join()
    assert answers[0]["index_version"] == OLD
    assert answers[0]["doc_id"] != NEW


def test_many_callers_and_many_versions_and_every_answer_is_of_one_version(
    settings: Settings, second: Path, tmp_path: Path, client: TestClient, watcher: Watcher
) -> None:
    first = tmp_path / "first"
    ended = threading.Event()
    answers: list[tuple[str, bool]] = []

    def call() -> None:
        while not ended.is_set():
            answer = ask(client)
            answers.append((answer["index_version"], answer["doc_id"] == NEW))

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    for folder in (second, first) * 4:
        publish(settings, folder)
        watcher.look()
    ended.set()
    for caller in callers:
        caller.join()
    assert set(answers) <= {(OLD, False), (LATER, True)}
    assert (OLD, False) in answers


def test_the_encoder_is_neither_loaded_nor_started_again(
    settings: Settings,
    second: Path,
    runtime: Runtime,
    watcher: Watcher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = settings.var / "catalogues" / first_catalogue().version
    publish(settings, second)
    publish(settings, first)

    def never(_: str) -> None:
        raise AssertionError

    monkeypatch.setattr(service.var, "load_encoder", never)
    encoder, threads = runtime.served.searcher.encoder, threading.active_count()
    for folder in (second, first) * 3:
        publish(settings, folder)
        watcher.look()
    assert runtime.served.searcher.encoder is encoder
    assert threading.active_count() == threads
    assert runtime.served.searcher.encoder.encode([ROOSTERS]).shape == (1, 64)


def test_the_old_version_is_let_go_of_with_its_last_request(
    settings: Settings, second: Path, runtime: Runtime, watcher: Watcher
) -> None:
    request = runtime.served
    old = weakref.ref(runtime.served.searcher)
    publish(settings, second)
    watcher.look()
    assert old() is not None
    del request
    assert old() is None


def test_what_is_served_says_since_when_and_how_old_it_is(
    settings: Settings, tmp_path: Path, runtime: Runtime, watcher: Watcher
) -> None:
    written_at = datetime(2026, 2, 3, tzinfo=UTC)
    write_catalogue(second_catalogue(), tmp_path / "dated", created=written_at)
    opened = runtime.served.opened_at
    publish(settings, tmp_path / "dated")
    watcher.look()
    assert runtime.served.catalogue.created == written_at
    assert runtime.served.opened_at >= opened
    assert runtime.served.opened_at.tzinfo is UTC


# ---- what can't be served ----------------------------------------------------------------------------


def test_a_damaged_index_keeps_the_old_version_is_told_once_and_taken_up_when_mended(
    settings: Settings,
    second: Path,
    runtime: Runtime,
    watcher: Watcher,
    caplog: pytest.LogCaptureFixture,
) -> None:
    publish(settings, second)
    vectors = settings.var / "indexes" / LATER / "vectors.faiss"
    vectors.write_bytes(vectors.read_bytes()[:-5])
    for _ in range(3):
        watcher.look()
    assert runtime.served.version == OLD
    assert runtime.watch_problem is not None
    assert "vectors.faiss" in runtime.watch_problem
    assert problems(caplog) == [runtime.watch_problem]
    publish(settings, second)  # builds the index anew
    watcher.look()
    assert runtime.served.version == LATER
    assert runtime.watch_problem is None


def test_a_missing_index_is_never_built_by_a_watcher(
    settings: Settings,
    tmp_path: Path,
    runtime: Runtime,
    encoder: NamedWordEncoder,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = written(first_catalogue(), tmp_path / "set")
    own = settings.model_copy(update={"catalogue": folder})
    runtime.settings = own
    watcher = Watcher(runtime)
    watcher.look()
    write_catalogue(second_catalogue(), folder)
    encoder.asked.clear()
    for _ in range(2):
        watcher.look()
    assert encoder.asked == []
    assert runtime.served.version == OLD
    assert len(problems(caplog)) == 1
    assert "callsmith index build" in problems(caplog)[0]
    var.ensure_index(own)
    watcher.look()
    assert runtime.served.version == LATER


def test_a_damaged_catalogue_keeps_the_old_version(
    settings: Settings, second: Path, runtime: Runtime, watcher: Watcher, caplog: pytest.LogCaptureFixture
) -> None:
    copy = publish(settings, second).folder
    (copy / "tfhub.jsonl").unlink()
    for _ in range(2):
        watcher.look()
    assert runtime.served.version == OLD
    assert len(problems(caplog)) == 1
    assert "tfhub.jsonl" in problems(caplog)[0]


def test_a_damaged_current_keeps_the_old_version(
    settings: Settings, runtime: Runtime, watcher: Watcher, caplog: pytest.LogCaptureFixture
) -> None:
    before = var.current_file(settings).read_bytes()
    var.current_file(settings).write_bytes(b"{")
    for _ in range(2):
        watcher.look()
    assert runtime.served.version == OLD
    assert len(problems(caplog)) == 1
    var.current_file(settings).write_bytes(before)
    watcher.look()
    assert runtime.watch_problem is None


def test_a_folder_replaced_by_an_empty_catalogue_keeps_the_old_version(
    settings: Settings, tmp_path: Path, runtime: Runtime
) -> None:
    folder = written(Catalogue([]), tmp_path / "set")
    runtime.settings = settings.model_copy(update={"catalogue": folder})
    var.ensure_index(runtime.settings)
    Watcher(runtime).look()
    assert runtime.served.version == OLD
    assert "no docs" in str(runtime.watch_problem)


def test_an_index_that_finds_nothing_keeps_the_old_version(
    settings: Settings, second: Path, runtime: Runtime, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(settings, second)
    monkeypatch.setattr(Searcher, "search", lambda *_, **__: [])
    watcher.look()
    assert runtime.served.version == OLD
    assert "finds nothing" in str(runtime.watch_problem)


def test_whatever_goes_wrong_the_watcher_lives_and_tells_it_with_its_traceback(
    second: Path,
    runtime: Runtime,
    watcher: Watcher,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("no room beside the old one")

    publish(runtime.settings, second)
    with monkeypatch.context() as patch:
        patch.setattr(var, "reopen_searcher", fail)
        for _ in range(2):
            watcher.look()
    assert runtime.served.version == OLD
    assert len(problems(caplog)) == 1
    assert "no room beside the old one" in str(runtime.watch_problem)
    assert caplog.records[-1].exc_info


# ---- the thread ----------------------------------------------------------------------------------------


def test_the_application_watches_while_it_runs_and_no_longer(
    settings: Settings, second: Path, runtime: Runtime
) -> None:
    runtime.settings = settings.model_copy(update={"watch_seconds": 0.01})
    swapped = threading.Event()

    class Noticed(Runtime):
        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)
            if name == "served":
                swapped.set()

    runtime.__class__ = Noticed
    with TestClient(create_app(runtime)) as client:
        publish(settings, second)
        assert swapped.wait(60)
        assert ask(client)["index_version"] == LATER
    assert "callsmith-watcher" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize(("seconds", "follows"), [(0.0, True), (5.0, False)])
def test_nobody_watches_where_it_is_off_or_the_runtime_was_made_by_hand(
    settings: Settings, runtime: Runtime, seconds: float, follows: bool
) -> None:
    runtime.settings = settings.model_copy(update={"watch_seconds": seconds})
    runtime.follows = follows
    with TestClient(create_app(runtime)):
        assert "callsmith-watcher" not in [thread.name for thread in threading.enumerate()]


def test_a_watcher_is_told_to_end_while_it_waits(runtime: Runtime) -> None:
    runtime.settings = runtime.settings.model_copy(update={"watch_seconds": 3_600.0})
    one = watching.Watcher(runtime)
    one.start()
    one.stop()
    assert "callsmith-watcher" not in [thread.name for thread in threading.enumerate()]
