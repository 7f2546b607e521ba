"""The OpenAPI pages `/docs` (Swagger UI) and `/redoc`, with every asset served from here.

The assets are those that the package `fastapi-offline` carries. A content security policy keeps the
pages from fetching anything from anywhere else.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from fastapi import APIRouter, HTTPException, Response

router = APIRouter(include_in_schema=False)

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Callsmith API</title>"
    "<meta name='viewport' content='width=device-width, initial-scale=1'>"
    "<link rel='icon' href='assets/favicon.png'>{head}</head><body>{body}</body></html>"
)
_SWAGGER = _PAGE.format(
    head="<link rel='stylesheet' href='assets/swagger-ui.css'>",
    body="<div id='swagger-ui'></div><script src='assets/swagger-ui-bundle.js'></script>"
    "<script src='assets/start-swagger.js'></script>",
)
_REDOC = _PAGE.format(
    head="<style>body{margin:0}</style>",
    body="<redoc spec-url='openapi.json'></redoc><script src='assets/redoc.standalone.js'></script>",
)
# Swagger UI would otherwise ask a validator on the internet about every schema that isn't on localhost.
_START_SWAGGER = (
    b"SwaggerUIBundle({url:'openapi.json',dom_id:'#swagger-ui',validatorUrl:null,deepLinking:true})"
)
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".png": "image/png"}
_FILES = frozenset({"swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js", "favicon.png"})
_FOREIGN_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_LOGO = b"data:,"
_DAY = "public, max-age=86400"


@router.get("/docs")
async def docs() -> Response:
    """Swagger UI."""
    return _html(_SWAGGER)


@router.get("/redoc")
async def redoc() -> Response:
    """ReDoc."""
    return _html(_REDOC)


@router.get("/assets/{name}")
def asset(name: str) -> Response:
    """A script, style or image of these pages."""
    content = _START_SWAGGER if name == "start-swagger.js" else _asset(name)
    if content is None:
        raise HTTPException(404)
    media_type = _MEDIA_TYPES[Path(name).suffix]
    return Response(content, media_type=media_type, headers={"Cache-Control": _DAY})


def _html(page: str) -> Response:
    headers = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
    return Response(page, media_type="text/html", headers=headers)


@cache
def _asset(name: str) -> bytes | None:
    spec = importlib.util.find_spec("fastapi_offline")
    if name not in _FILES or spec is None or spec.origin is None:
        return None
    return (Path(spec.origin).parent / "static" / name).read_bytes().replace(_FOREIGN_LOGO, _NO_LOGO)
