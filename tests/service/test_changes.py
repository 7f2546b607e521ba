"""What changed with each publication: kept by whoever publishes, told by `/changes` and `/history`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import service.var
from api_docs.catalogue import Catalogue
from api_docs.diff import diff_catalogues
from retriever.index import build_index
from retriever.searcher import Searcher
from service import changes
from service.app import create_app
from service.changes import counts_of, keep_changes
from service.history import Publication, note
from service.publishing import publish, roll_back
from service.runtime import Runtime
from service.settings import Settings
from service.var import By
from tests.retriever.conftest import WordEncoder
from tests.service.publishing_cases import (
    NEW,
    NamedWordEncoder,
    first_catalogue,
    second_catalogue,
    written,
)
from tests.service.refresh_cases import changed
from tests.service.test_http_bad_input import refused

BEGAN = datetime(2026, 3, 1, 3, 17, tzinfo=UTC)
FIRST, SECOND = first_catalogue(), second_catalogue()
RESNET = "torchhub:pytorch/vision:resnet50"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var")


def third_catalogue() -> Catalogue:
    """One doc renamed and changed, one changed, one gone."""
    docs = [doc for doc in SECOND.docs if doc.id not in (NEW, RESNET, "huggingface:dead/birds")]
    renamed = changed(SECOND.doc(NEW), id="huggingface:lindgren/cockcrow", name="lindgren/cockcrow")
    resnet = changed(SECOND.doc(RESNET), license="bsd-3-clause")
    return Catalogue([*docs, renamed, resnet], {NEW: renamed.id})


def publications(settings: Settings, *catalogues: Catalogue) -> None:
    """Note that these were published night by night."""
    before: Catalogue | None = None
    for night, catalogue in enumerate(catalogues):
        found = diff_catalogues(before, catalogue) if before is not None else None
        publication = Publication(
            published=BEGAN + timedelta(days=night),
            version=catalogue.version,
            before=before.version if before is not None else None,
            by=By.REFRESH,
            changes=counts_of(found) if found is not None else None,
        )
        if found is not None:
            keep_changes(settings, publication, found)
        note(settings, publication)
        before = catalogue


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    publications(settings, FIRST, SECOND, third_catalogue())
    encoder = WordEncoder()
    searcher = Searcher(third_catalogue(), build_index(third_catalogue(), encoder), encoder)
    with TestClient(create_app(Runtime(settings, searcher))) as client:
        yield client


def asked(client: TestClient, path: str) -> dict[str, Any]:
    response = client.get(path)
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_publications_are_listed_newest_first_with_their_counts(client: TestClient) -> None:
    found = asked(client, "/changes")
    assert found["total"] == 3
    assert [one["number"] for one in found["items"]] == [3, 2, 1]
    assert [one["detailed"] for one in found["items"]] == [True, True, False]
    assert [one["changes"] for one in found["items"]] == [
        {"added": 0, "changed": 1, "renamed": 1, "removed": 1},
        {"added": 1, "changed": 0, "renamed": 0, "removed": 0},
        None,
    ]


def test_what_a_publication_changed_is_told_doc_by_doc(client: TestClient) -> None:
    found = asked(client, "/changes/3")
    assert [(one["kind"], one["id"], one["before_id"]) for one in found["items"]] == [
        ("changed", RESNET, None),
        ("renamed", "huggingface:lindgren/cockcrow", NEW),
        ("removed", "huggingface:dead/birds", None),
    ]
    assert found["items"][0]["fields"] == [{"field": "license", "before": None, "after": "bsd-3-clause"}]
    assert [field["field"] for field in found["items"][1]["fields"]] == ["name"]
    assert (found["total"], found["page"], found["pages"]) == (3, 1, 1)


def test_counts_and_kinds_agree(client: TestClient) -> None:
    counts = asked(client, "/changes/3")["publication"]["changes"]
    for kind, count in counts.items():
        assert asked(client, f"/changes/3?kind={kind}")["total"] == count


def test_pages_together_are_all_changes(client: TestClient) -> None:
    pages = [asked(client, f"/changes/3?page={page}&per_page=2") for page in (1, 2, 3)]
    assert [len(page["items"]) for page in pages] == [2, 1, 0]
    assert [one for page in pages for one in page["items"]] == asked(client, "/changes/3")["items"]


def test_a_publication_without_details_changes_nothing_that_is_known(client: TestClient) -> None:
    found = asked(client, "/changes/1")
    assert (found["items"], found["total"], found["publication"]["detailed"]) == ([], 0, False)


def test_a_publication_that_never_was_is_told(client: TestClient) -> None:
    refused(client.get("/changes/4"), 404, "not_found", "there is no publication 4")
    assert refused(client.get("/changes/0"), 422, "invalid_request")["field"] == "number"
    assert refused(client.get("/changes/3?kind=eaten"), 422, "invalid_request")["field"] == "kind"


@pytest.mark.parametrize("doc_id", [NEW, "huggingface:lindgren/cockcrow"])
def test_the_history_of_a_doc_goes_back_beyond_its_name(client: TestClient, doc_id: str) -> None:
    found = asked(client, f"/history/{doc_id}")
    assert found["id"] == "huggingface:lindgren/cockcrow"
    assert [(one["publication"]["number"], one["change"]["kind"]) for one in found["events"]] == [
        (3, "renamed"),
        (2, "added"),
    ]
    assert found["since"] == "2026-03-02T03:17:00Z"


def test_a_doc_that_is_gone_has_a_history_and_one_that_never_was_has_none(client: TestClient) -> None:
    found = asked(client, "/history/huggingface:dead/birds")
    assert [one["change"]["kind"] for one in found["events"]] == ["removed"]
    refused(client.get("/history/huggingface:never/was"), 404, "not_found", "'huggingface:never/was'")


def test_a_doc_to_which_nothing_happened_says_since_when(client: TestClient) -> None:
    found = asked(client, "/history/tfhub:google/yamnet")
    assert (found["events"], found["since"]) == ([], "2026-03-02T03:17:00Z")


def test_without_publications_nothing_is_known(settings: Settings) -> None:
    encoder = WordEncoder()
    searcher = Searcher(FIRST, build_index(FIRST, encoder), encoder)
    with TestClient(create_app(Runtime(settings, searcher))) as client:
        assert asked(client, "/changes") == {"items": [], "total": 0}
        found = asked(client, f"/history/{RESNET}")
        assert (found["events"], found["since"]) == ([], None)


def test_a_damaged_file_is_as_good_as_none(client: TestClient, settings: Settings) -> None:
    for path in (settings.var / "refresh" / "changes").iterdir():
        path.write_text("{", encoding="utf-8")
    assert asked(client, "/changes/3")["items"] == []


def test_only_the_last_publications_keep_their_details(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "KEPT", 2)
    publications(settings, FIRST, SECOND, FIRST, SECOND)
    assert len(list((settings.var / "refresh" / "changes").iterdir())) == 2
    found = changes.publications(settings)
    assert ([one.number for one in found.items], found.total) == ([4, 3], 4)
    assert all(one.detailed for one in found.items)


def test_publishing_and_going_back_are_told_like_a_refresh(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = NamedWordEncoder(settings.embedding_model)
    monkeypatch.setattr(service.var, "load_encoder", lambda _: encoder)
    publish(settings, written(FIRST, tmp_path / "first"))
    publish(settings, written(SECOND, tmp_path / "second"))
    roll_back(settings)
    back, forth, first = changes.publications(settings).items
    assert (first.by, first.changes, first.detailed) == (By.PUBLISH, None, False)
    assert forth.changes is not None
    assert (forth.changes.added, forth.detailed) == (1, True)
    assert back.changes is not None
    assert (back.by, back.changes.removed, back.detailed) == (By.ROLLBACK, 1, True)
