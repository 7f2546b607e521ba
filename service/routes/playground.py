"""The page to try it on, at `/`: a few files that ask the other routes, and nothing from anywhere else.

Its addresses are relative, so that it works behind a path prefix. The content security policy allows no
inline script or style, no outside address, and no text that becomes markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

from service.routes.files import answer_file

router = APIRouter(include_in_schema=False)

FOLDER: Final = Path(__file__).resolve().parent.parent / "playground"
_PAGE: Final = "index.html"
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@router.get("/")
async def page(request: Request) -> Response:
    """The page."""
    return _answer(_PAGE, request)


@router.get("/playground/{name}")
async def part(name: str, request: Request) -> Response:
    """A script, style or image of it."""
    if name not in _files() or name == _PAGE:
        raise HTTPException(404)
    return _answer(name, request)


def _answer(name: str, request: Request) -> Response:
    return answer_file(_files()[name], _MEDIA_TYPES[Path(name).suffix], _HEADERS, request)


@cache
def _files() -> Mapping[str, bytes]:
    """What the folder has, read once."""
    return {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in _MEDIA_TYPES}
