"""`/docs`, `/redoc`, `/openapi.json`: everything served from here, every error documented."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.testclient import TestClient


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_every_asset_of_a_page_is_served_by_us(client: TestClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    linked = re.findall(r"(?:src|href|spec-url)='([^']+)'", page.text)
    assert linked
    for name in linked:
        assert "//" not in name
        asset = client.get(f"/{name}")
        assert asset.status_code == 200
        assert asset.content
    assert "http" not in re.sub(r"<meta[^>]*>", "", page.text)


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_a_page_may_fetch_nothing_from_elsewhere(client: TestClient, path: str) -> None:
    policy = client.get(path).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_assets_name_no_other_host_to_load_from(client: TestClient) -> None:
    for name in ("swagger-ui-bundle.js", "redoc.standalone.js", "start-swagger.js"):
        assert b"//cdn." not in client.get(f"/assets/{name}").content


def test_assets_are_sent_as_what_they_are(client: TestClient) -> None:
    kinds = {"swagger-ui-bundle.js": "javascript", "swagger-ui.css": "css", "favicon.png": "image/png"}
    for name, kind in kinds.items():
        assert kind in client.get(f"/assets/{name}").headers["content-type"]


def resolved(schema: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    name = schema["$ref"].rpartition("/")[2]
    return dict(spec["components"]["schemas"][name])


def test_the_schema_documents_every_route_and_error(client: TestClient) -> None:
    spec = client.get("/openapi.json").json()
    assert set(spec["paths"]) == {
        "/generate_call",
        "/search",
        "/api_docs",
        "/api_docs/{doc_id}",
        "/calls/{doc_id}",
        "/changes",
        "/changes/{number}",
        "/history/{doc_id}",
        "/status",
        "/report",
        "/report/plots/{name}",
        "/healthz",
        "/readyz",
        "/metrics",
        "/v1/chat/completions",
        "/v1/models",
        "/v1/models/{name}",
    }
    responses = spec["paths"]["/generate_call"]["post"]["responses"]
    assert {"200", "400", "401", "413", "415", "422", "429", "502", "503", "504"} == set(responses)
    for status, response in responses.items():
        model = resolved(response["content"]["application/json"]["schema"], spec)
        assert model["title"] == ("GenerateResponse" if status == "200" else "ErrorResponse")
    assert "HTTPValidationError" not in spec["components"]["schemas"]


def test_the_schema_states_the_limits(client: TestClient) -> None:
    spec = client.get("/openapi.json").json()
    fields = spec["components"]["schemas"]["GenerateRequest"]["properties"]
    assert (fields["instruction"]["minLength"], fields["instruction"]["maxLength"]) == (1, 4000)
    assert (fields["k"]["minimum"], fields["k"]["maximum"]) == (1, 50)
    assert spec["components"]["schemas"]["GenerateRequest"]["additionalProperties"] is False
