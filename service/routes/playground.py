"""The page to try it on, at `/`: a few files that ask the other routes, and nothing from anywhere else.

Its addresses are relative, so that it works behind a path prefix. The content security policy allows no
inline script or style, no outside address, and no text that becomes markup.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

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
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Asked for every time and sent only if it changed, so that nobody sees half an old page.
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    squeezed: bytes
    media_type: str
    tag: str


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
    file = _files()[name]
    headers = _HEADERS | {"ETag": file.tag}
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            file.squeezed, media_type=file.media_type, headers=headers | {"Content-Encoding": "gzip"}
        )
    return Response(file.content, media_type=file.media_type, headers=headers)


@cache
def _files() -> Mapping[str, _File]:
    """What the folder has, read once."""
    found = {}
    for path in FOLDER.iterdir():
        if path.suffix in _MEDIA_TYPES:
            content = path.read_bytes()
            tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            squeezed = gzip.compress(content, 9, mtime=0)
            found[path.name] = _File(content, squeezed, _MEDIA_TYPES[path.suffix], tag)
    return found
