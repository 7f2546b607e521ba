"""What an upstream answered before, kept on disk so that it may say "unchanged".

An entry is found by the address and by the headers that chose the answer (`Accept`); both are hashed, so that
nothing that stands in a query can be read from the folder. Who asked is not part of it: an upstream whose
answers differ by token has to give them different tags. A damaged entry is no entry.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api_docs.files import write_file

_UNUSED: Final = 60 * 24 * 60 * 60
"""Seconds after which an answer that nobody asked for again is thrown away."""

_NOT_KEPT: Final = frozenset(
    {
        "connection",
        "content-encoding",  # the body is kept as it was read, decoded
        "content-length",
        "keep-alive",
        "set-cookie",
        "transfer-encoding",
    }
)


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was: its headers by lower-case name, its whole body."""

    headers: Mapping[str, str]
    body: bytes

    def conditions(self) -> dict[str, str]:
        """The headers that ask for the answer only if it is another one by now."""
        pairs = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
        return {asked: self.headers[told] for asked, told in pairs if told in self.headers}


class HttpCache:
    """Answers that carry a tag or a date, one file each in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, url: str, headers: Mapping[str, str]) -> Kept | None:
        """What was answered, if it was kept and is whole."""
        path = self._path(url, headers)
        try:
            head, _, body = path.read_bytes().partition(b"\n")
            entry = json.loads(head)
            if entry["sha256"] != hashlib.sha256(body).hexdigest():
                return None
            return Kept({str(name): str(value) for name, value in entry["headers"].items()}, body)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def keep(self, url: str, headers: Mapping[str, str], answered: Mapping[str, str], body: bytes) -> None:
        """Remember an answer that can be asked for conditionally, unless it says that it must not be kept.

        Raises:
            StorageError: when the disk is full or read-only.
        """
        kept = {name.lower(): value for name, value in answered.items() if name.lower() not in _NOT_KEPT}
        if "no-store" in kept.get("cache-control", "").lower() or not Kept(kept, body).conditions():
            return
        head = json.dumps({"sha256": hashlib.sha256(body).hexdigest(), "headers": kept})
        write_file(self._path(url, headers), head.encode() + b"\n" + body)

    def used(self, url: str, headers: Mapping[str, str]) -> None:
        """Note that an answer still holds, so that it isn't thrown away for its age."""
        try:
            os.utime(self._path(url, headers))
        except OSError:  # gone meanwhile: the next answer is kept anew
            return

    def tidy(self) -> None:
        """Throw away what nobody asked for in a long time."""
        for path in self._folder.glob("*"):
            try:
                if time.time() - path.stat().st_mtime > _UNUSED:
                    path.unlink()
            except OSError:  # somebody else was quicker, or it stays: neither does harm
                continue

    def _path(self, url: str, headers: Mapping[str, str]) -> Path:
        chosen = sorted(f"{name.lower()}: {value}" for name, value in headers.items())
        return self._folder / hashlib.sha256("\n".join((url, *chosen)).encode()).hexdigest()
