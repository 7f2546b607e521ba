"""A version is opened, and an old one goes, without holding requests up."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Iterator

import pytest

from api_docs.catalogue import Catalogue
from api_docs.pacing import paced
from retriever.index import build_index
from retriever.searcher import Searcher
from service import unnoticed
from service.served import Served
from service.unnoticed import TURN, Remains, in_short_turns
from tests.retriever.conftest import WordEncoder, small_docs


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    """The collector looks again at what these tests leave behind."""
    yield
    gc.unfreeze()


def opened() -> Served:
    """Made by the test itself, for what a fixture gives its fixture keeps."""
    catalogue, encoder = Catalogue(small_docs()), WordEncoder()
    found = Served(Searcher(catalogue, build_index(catalogue, encoder), encoder))
    assert len(found.texts) == len(catalogue)
    return found


def test_turns_are_short_and_nothing_is_collected_while_a_version_is_opened() -> None:
    before = sys.getswitchinterval()
    with in_short_turns():
        assert sys.getswitchinterval() == pytest.approx(TURN)
        assert not gc.isenabled()
        made = [[] for _ in range(1_000)]
    assert sys.getswitchinterval() == before
    assert gc.isenabled()
    assert gc.get_freeze_count() >= len(made)


def test_work_rests_once_it_is_time_to(monkeypatch: pytest.MonkeyPatch) -> None:
    now, rests = [0.0], []
    monkeypatch.setattr(unnoticed.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(unnoticed.time, "sleep", rests.append)
    with in_short_turns():
        for moment in paced((0.0005, 0.0011, 0.0015, 0.0022, 0.0022)):
            now[0] = moment
    assert rests == [unnoticed._REST] * 2


def test_what_can_not_be_opened_is_not_kept_from_the_collector() -> None:
    gc.unfreeze()
    with pytest.raises(ValueError, match="broken"), in_short_turns():
        raise ValueError("broken")
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_a_collector_that_is_off_stays_off() -> None:
    gc.disable()
    try:
        with in_short_turns():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_nothing_is_touched_while_a_request_has_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    served = opened()
    monkeypatch.setattr(unnoticed, "_WAIT", 0)
    remains = Remains(served)
    assert not remains.let_go(threading.Event())
    assert served.catalogue.doc("tfhub:google/yamnet").name == "google/yamnet"
    assert len(served.texts) == len(served.catalogue)


def test_a_version_that_stays_in_use_is_left_to_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    served = opened()
    monkeypatch.setattr(unnoticed, "_WAIT", 0)
    monkeypatch.setattr(unnoticed, "_GIVEN", -1)
    remains = Remains(served)
    assert remains.let_go(threading.Event())
    assert served.catalogue.doc("tfhub:google/yamnet").name == "google/yamnet"


def test_all_of_a_version_goes_once_nobody_has_it() -> None:
    served = opened()
    # Docs themselves can't be referred to weakly; entries can.
    entries = [weakref.ref(entry) for entry in served.catalogue.entries]
    remains = Remains(served)
    del served
    assert all(entry() is not None for entry in entries)
    assert remains.let_go(threading.Event())
    assert all(entry() is None for entry in entries)


def test_what_the_next_version_took_over_stays() -> None:
    served = opened()
    later = Catalogue(small_docs()[1:], known=served.catalogue)
    kept = served.catalogue.entries[1]
    remains = Remains(served)
    del served
    assert remains.let_go(threading.Event())
    assert later.entries[0] == kept
    assert later.doc("tfhub:google/yamnet").name == "google/yamnet"


def test_a_service_that_ends_waits_for_nobody() -> None:
    served = opened()
    ended = threading.Event()
    ended.set()
    assert Remains(served).let_go(ended)
    assert len(served.catalogue) == len(served.texts)
