"""A file that is being fetched: what there is of it, so that the next try goes on from there.

Knows nothing of the network. Two hidden files lie beside the target until it is whole: the bytes so far, and
the tag of the very bytes that they began with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from api_docs.files import translated, write_file


class PartialFile:
    """What there is of a file that is being fetched, and the tag of the very bytes that it began with."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.path = target.with_name(f".{target.name}.part")
        self._note = target.with_name(f".{target.name}.part.json")

    def state(self, url: str) -> tuple[int, str]:
        """How many bytes lie here, and the tag by which the rest can be asked for; 0 where it can't."""
        try:
            note = json.loads(self._note.read_bytes())
            size, validator = self.path.stat().st_size, note["validator"]
            return (size, str(validator)) if note["url"] == _hashed(url) and validator else (0, "")
        except (OSError, ValueError, KeyError, TypeError):
            return 0, ""

    def begin(self, url: str, headers: Mapping[str, str]) -> None:
        """Start from nothing with an answer's bytes."""
        self.drop()
        encoded = headers.get("content-encoding", "identity").lower() != "identity"
        tag = headers.get("etag", "")
        # A weak tag promises the same meaning, not the same bytes.
        validator = "" if encoded or tag.startswith("W/") else tag or headers.get("last-modified", "")
        write_file(self._note, json.dumps({"url": _hashed(url), "validator": validator}).encode())

    def finish(self) -> None:
        """Put the whole file in its place."""
        self.path.replace(self._target)
        self._note.unlink(missing_ok=True)

    def drop(self) -> None:
        """Throw away what lies here."""
        with translated(self._target):
            self.path.unlink(missing_ok=True)
            self._note.unlink(missing_ok=True)


def _hashed(url: str) -> str:
    """An address without showing it: it may be a signed one."""
    return hashlib.sha256(url.encode()).hexdigest()
