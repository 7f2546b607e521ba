"""`/api_docs`, health and readiness."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from api_docs.catalogue import Catalogue
from api_docs.models import ApiDoc
from retriever.index import build_index
from retriever.searcher import Searcher
from service.app import create_app
from service.runtime import Runtime
from service.settings import Settings
from tests.retriever.conftest import WordEncoder, small_docs
from tests.service.test_http_bad_input import refused


def listed(client: TestClient, **query: Any) -> dict[str, Any]:
    response = client.get("/api_docs", params=query)
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_the_list_has_every_doc_in_catalogue_order(client: TestClient) -> None:
    page = listed(client)
    assert [item["id"] for item in page["items"]] == [doc.id for doc in small_docs()]
    assert (page["total"], page["page"], page["per_page"], page["pages"]) == (7, 1, 20, 1)


def test_pages_together_are_the_list(client: TestClient) -> None:
    pages = [listed(client, page=number, per_page=3) for number in (1, 2, 3)]
    assert [len(page["items"]) for page in pages] == [3, 3, 1]
    assert [item for page in pages for item in page["items"]] == listed(client)["items"]
    assert all(page["total"] == 7 and page["pages"] == 3 for page in pages)
    assert listed(client, page=4, per_page=3)["items"] == []


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (
            {"hub": "torchhub"},
            ["torchhub:pytorch/vision:resnet50", "torchhub:snakers4/silero-models:silero_stt"],
        ),
        ({"domain": "audio-classification"}, ["tfhub:google/yamnet", "tfhub:google/yamnet-layer"]),
        ({"q": "SPECIES Birds"}, ["huggingface:dead/birds", "huggingface:google/vit-birds"]),
        ({"q": "species", "hub": "tfhub"}, []),
        ({"q": "  "}, [doc.id for doc in small_docs()]),
        ({"q": "'; DROP TABLE docs; --"}, []),
        ({"q": "鳥"}, []),
    ],
)
def test_filters_leave_what_fits(client: TestClient, query: dict[str, str], ids: list[str]) -> None:
    page = listed(client, **query)
    assert [item["id"] for item in page["items"]] == ids
    assert page["total"] == len(ids)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=ten", "page"),
        ("page=1e999", "page"),
        ("page=1000001", "page"),
        ("per_page=0", "per_page"),
        ("per_page=101", "per_page"),
        ("hub=dockerhub", "hub"),
        ("domain=cooking", "domain"),
        ("limit=5", "limit"),
        ("q=%00", "q"),
        ("q=" + "x" * 201, "q"),
    ],
)
def test_a_query_that_is_wrong_is_refused(client: TestClient, query: str, field: str) -> None:
    assert refused(client.get(f"/api_docs?{query}"), 422, "invalid_request")["field"] == field


@pytest.mark.parametrize("doc", small_docs(), ids=lambda doc: doc.id)
def test_every_doc_is_shown_in_full_by_its_id(client: TestClient, doc: ApiDoc) -> None:
    for path in (doc.id, quote(doc.id, safe="")):
        response = client.get(f"/api_docs/{path}")
        assert response.status_code == 200
        assert ApiDoc.model_validate_json(response.content) == doc


def test_a_replaced_id_leads_to_the_doc_that_replaced_it(settings: Settings) -> None:
    catalogue = Catalogue(small_docs(), {"tfhub:yamnet/old": "tfhub:google/yamnet"})
    encoder = WordEncoder()
    runtime = Runtime(settings, Searcher(catalogue, build_index(catalogue, encoder), encoder))
    with TestClient(create_app(runtime)) as client:
        assert client.get("/api_docs/tfhub:yamnet/old").json()["id"] == "tfhub:google/yamnet"


def test_a_missing_doc_is_told_by_id(client: TestClient) -> None:
    refused(client.get("/api_docs/torchhub:nothing"), 404, "not_found", "'torchhub:nothing'")


def test_a_process_that_answers_is_alive(client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
