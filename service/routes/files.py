"""Files that a page is made of, sent small, and sent again only where they changed."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Final

from fastapi import Request, Response

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    # Asked for every time and sent only if it changed, so that nobody sees half an old page.
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it is and compressed, with what it is known by."""

    content: bytes
    squeezed: bytes
    tag: str


@cache
def sent(content: bytes) -> Sent:
    """The forms that a file is sent in; there are few files, and each is prepared once."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    return Sent(content, gzip.compress(content, 9, mtime=0), tag)


def answer_file(content: bytes, media_type: str, headers: Mapping[str, str], request: Request) -> Response:
    """A file for whoever asked, or that it is as they have it."""
    file = sent(content)
    found = {**_ALWAYS, **headers, "ETag": file.tag}
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=found)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.squeezed, media_type=media_type, headers=found | {"Content-Encoding": "gzip"})
    return Response(file.content, media_type=media_type, headers=found)
