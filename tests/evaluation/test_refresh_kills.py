"""Killing refreshes: where, what is looked at afterwards, and what counts as usable."""

# ruff: noqa: S311 - draws that can be repeated, no secrets

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api_docs.catalogue import Catalogue
from api_docs.errors import MeasurementFailed
from api_docs.sources.own_docs import OwnDocs
from api_docs.storage import MANIFEST
from evaluation.refresh import kills
from evaluation.refresh.jobs import publish_first
from evaluation.refresh.kills import Killed, Place, plan, rows_of
from evaluation.refresh.shelf import HUB, Shelf
from evaluation.refresh.steady import Steady
from evaluation.refresh.stepped import Stepped, forking
from evaluation.refresh.usable import Known, checksums, left_over
from service import var
from service.settings import Settings
from tests.retriever.conftest import small_docs
from tests.service.publishing_cases import NamedWordEncoder

STEPS = [f"step {number}" for number in range(12)]


# ---- where -------------------------------------------------------------------------------------------------


def test_a_hundred_kills_meet_every_step_alike_and_the_rest_any_moment() -> None:
    found = plan(100, STEPS, random.Random(4))
    assert Counter(place.step for place in found if place.moment is None) == dict.fromkeys(STEPS, 4)
    between = Counter(place.step for place in found if place.step and place.moment is not None)
    assert between.keys() == set(STEPS[:-1])
    assert between.total() == 24
    assert sum(place.step is None for place in found) == 28
    assert all(0 <= place.moment < 1 for place in found if place.moment is not None)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_a_few_kills_meet_steps_and_moments(count: int) -> None:
    found = plan(count, STEPS, random.Random(4))
    assert len(found) == count
    assert any(place.moment is None for place in found)
    assert any(place.moment is not None for place in found) == (count > 1)


def test_the_same_seed_plans_the_same() -> None:
    assert plan(50, STEPS, random.Random(1)) == plan(50, STEPS, random.Random(1))
    assert plan(50, STEPS, random.Random(1)) != plan(50, STEPS, random.Random(2))


# ---- processes that stop after steps -----------------------------------------------------------------------


def write_steps(folder: Path, names: list[str], *, step: Callable[[str], None]) -> int:
    """Work for a process: a file a step."""
    for name in names:
        (folder / name).touch()
        step(name)
    return os.getpid()


def fail(*, step: Callable[[str], None]) -> None:
    step("begun")
    raise ValueError("no luck")


def die(*, step: Callable[[str], None]) -> None:
    del step
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def forks() -> Any:
    return forking([__name__])


def test_a_process_is_killed_just_after_a_step(forks: Any, tmp_path: Path) -> None:
    with Stepped(forks, write_steps, tmp_path, ["a", "b", "c"]) as one:
        one.until("b")
        assert one.kill() == -signal.SIGKILL
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_process_goes_on_to_its_end(forks: Any, tmp_path: Path) -> None:
    with Stepped(forks, write_steps, tmp_path, ["a", "b", "c"]) as one:
        assert one.next_step() == "a"
        assert one.to_the_end() == ["b", "c"]
        assert one.result() != os.getpid()


def test_a_process_that_may_go_on_is_not_waited_for(forks: Any, tmp_path: Path) -> None:
    with Stepped(forks, write_steps, tmp_path, ["a", "b", "c"]) as one:
        one.until("a")
        one.go_on()
        assert one.next_step() == "b"


def test_a_step_that_never_comes_is_told(forks: Any, tmp_path: Path) -> None:
    with Stepped(forks, write_steps, tmp_path, ["a"]) as one, pytest.raises(MeasurementFailed, match="'b'"):
        one.until("b")


def test_work_that_fails_is_told(forks: Any) -> None:
    with Stepped(forks, fail) as one:
        assert one.to_the_end() == ["begun"]
        with pytest.raises(MeasurementFailed, match="ValueError: no luck"):
            one.result()


def test_a_process_that_dies_by_itself_is_told(forks: Any) -> None:
    with Stepped(forks, die) as one, pytest.raises(MeasurementFailed, match="ended with -9"):
        one.next_step()


# ---- what is looked at -------------------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var")


@pytest.fixture
def known(settings: Settings) -> Known:
    """With a catalogue published, and looked at once."""
    one = Known()
    one.expect(publish_first(settings, small_docs(), NamedWordEncoder(settings.embedding_model)))
    state = one.look(settings)
    assert state.wrong == ()
    assert (state.version, state.index_version) == (
        next(iter(one.catalogues)),
        var.served_version(settings),
    )
    return one


def folders(settings: Settings) -> tuple[Path, Path]:
    catalogue = var.catalogue_folder(settings)
    return catalogue, var.index_folder(settings, var.read_catalogue(settings))


def test_without_anything_published_nothing_is_usable(settings: Settings) -> None:
    assert Known().look(settings).wrong == ("no version is named",)


def test_a_name_that_can_not_be_read_is_wrong(settings: Settings, known: Known) -> None:
    var.current_file(settings).write_bytes(b"{")
    assert "can't read" in known.look(settings).wrong[0]


@pytest.mark.parametrize("name", ["tfhub.jsonl", MANIFEST])
def test_a_catalogue_that_is_not_whole_is_wrong(settings: Settings, known: Known, name: str) -> None:
    path = folders(settings)[0] / name
    path.write_bytes(path.read_bytes()[:-20])
    assert "is not whole" in known.look(settings).wrong[0]


def test_an_index_that_is_not_whole_is_wrong(settings: Settings, known: Known) -> None:
    path = folders(settings)[1] / "vectors.faiss"
    path.write_bytes(path.read_bytes()[:-1])
    assert "truncated" in known.look(settings).wrong[0]


def test_an_index_that_is_gone_is_wrong(settings: Settings, known: Known) -> None:
    (folders(settings)[1] / MANIFEST).unlink()
    assert "no index" in known.look(settings).wrong[0]


def test_an_index_that_is_whole_but_another_one_is_wrong(settings: Settings, known: Known) -> None:
    path = folders(settings)[1] / MANIFEST
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"created": "2020-01-01T00:00:00Z"}))
    assert "not what it was" in known.look(settings).wrong[0]


def test_a_version_that_was_never_offered_is_wrong(settings: Settings, known: Known) -> None:
    known.catalogues.clear()
    assert "never offered" in known.look(settings).wrong[0]


def test_a_catalogue_whose_files_are_not_those_of_its_docs_is_wrong(settings: Settings, known: Known) -> None:
    version = next(iter(known.catalogues))
    known.catalogues[version]["tfhub.jsonl"] = "0" * 64
    assert "not those of its docs" in known.look(settings).wrong[0]


def test_checksums_are_by_path(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(b"")
    (tmp_path / MANIFEST).write_bytes(b"")
    assert set(checksums(tmp_path)) == {"in/a", MANIFEST}
    assert set(checksums(tmp_path, without=MANIFEST)) == {"in/a"}


def test_what_is_half_written_is_left_over(tmp_path: Path) -> None:
    (tmp_path / "catalogues" / ".abc.x").mkdir(parents=True)
    (tmp_path / "catalogues" / "abc").mkdir()
    (tmp_path / ".current.y").touch()
    assert left_over(tmp_path) == [".current.y", "catalogues/.abc.x"]


# ---- the hub that changes, the load, the table -------------------------------------------------------------


def test_every_edition_of_the_hub_is_another_version_and_lies_where_its_source_reads(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    editions = [shelf.turn() for _ in range(7)]
    assert len({one.version for one in editions}) == 7
    read = OwnDocs(HUB).read(shelf.path)
    assert not read.quarantined
    others = [doc for doc in editions[-1].docs if doc.hub != HUB]
    assert Catalogue([*others, *read.docs]).version == editions[-1].version


def asked(handler: Callable[[httpx2.Request], httpx2.Response]) -> Steady:
    load = Steady("http://service.test", ["one", "two"], pause=0.0)

    async def ask() -> None:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(handler)) as client:
            for number in range(3):
                await load.ask(client, number)

    asyncio.run(ask())
    return load


def test_answers_are_counted_by_version() -> None:
    bodies: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        bodies.append(json.loads(request.content)["instruction"])
        return httpx2.Response(200, json={"index_version": f"v{len(bodies) // 2}"})

    load = asked(answer)
    assert bodies == ["one", "two", "one"]
    assert load.answers == {"v0": 1, "v1": 2}
    assert (load.requests, load.failed) == (3, [])


def test_whatever_is_no_answer_is_a_failure() -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        if json.loads(request.content)["instruction"] == "two":
            raise httpx2.ConnectError("refused")
        return httpx2.Response(503, text="busy")

    load = asked(refuse)
    assert load.failed == ["503: busy", "ConnectError: refused", "503: busy"]
    assert load.requests == 3


def test_kills_count_by_where_they_were() -> None:
    found = [
        Killed(Place("named", 0.5), 0.2, "before", (), ()),
        Killed(Place("named"), None, "to come", (), ()),
        Killed(Place("named"), None, "before", ("it is not whole",), ()),
        Killed(Place(moment=0.1), 0.5, "before", (), ("left over: x",)),
    ]
    rows = rows_of(found)
    assert [(row["killed"], row["kills"], row["usable"]) for row in rows] == [
        ("after: named", 2, 1),
        ("in the midst of a step", 1, 1),
        ("the command, at any time", 1, 1),
        ("all", 4, 3),
    ]
    assert [row["next refresh as it should be"] for row in rows] == [2, 1, 0, 3]
    named = [(row["version before"], row["version to come"]) for row in rows]
    assert named == [(1, 1), (1, 0), (1, 0), (3, 1)]
    assert found[3].row()["wrong"] == ["left over: x"]


@pytest.mark.process
@pytest.mark.skipif("KILLS" not in os.environ, reason="KILLS says how many; `make test-all` sets it")
def test_refreshes_are_killed_while_a_service_answers_and_nothing_is_lost() -> None:
    count = int(os.environ["KILLS"])
    found = kills.run(count, seed=7, progress=lambda *_: None, tell=lambda _: None)
    assert (found["kills"], found["usable"], found["next_refresh_as_it_should_be"]) == (count, count, count)
    assert found["requests"] > 0
    assert (found["failed_requests"], found["answers_of_other_versions"]) == (0, 0)
    assert (found["service_restarted"], found["versions_refused_by_a_worker"]) == (False, 0)
    assert found["history_is_whole"]
    assert found["last_version_served_by_all_after_s"] is not None
