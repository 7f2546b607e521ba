"""People's own docs as JSON lines: records of our own format, or in the manner of APIBench.

A line with `api_call` is APIBench's, one with `call` ours; one folder may hold both. A line that can't become
a doc is quarantined with its file, its number and the reason, and the others are kept. Of our own format the
hub may be left out, in `hub` and before the id: docs belong to the hub that they are read for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from api_docs.domains import Domain, apibench_domain
from api_docs.errors import InvalidDoc, SourceError
from api_docs.models import ApiDoc, Hub
from api_docs.sources.apibench import doc_of
from api_docs.sources.base import MAX_FILE_BYTES, Collector, Progress, SourceResult
from api_docs.sources.drift import text_of
from api_docs.storage import read_doc
from api_docs.verification import check_doc


@dataclass(frozen=True, slots=True)
class OwnDocs:
    """A folder of `*.jsonl`, or one such file, as a source; `hub` is what the docs' hub is called."""

    hub: str
    name: str = "jsonl"

    def read(self, path: Path, progress: Progress | None = None) -> SourceResult:
        """Read every line of every file, in the order of the files' names.

        Raises:
            SourceError: when there is no such file, or one can't be read.
        """
        files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        if not files:
            raise SourceError(f"no *.jsonl file in the folder {str(path)!r}; name the file or its folder")
        lines = [(file.name, number, line) for file in files for number, line in _lines(file)]
        collector = Collector(equal_calls=True)
        ids: Counter[str] = Counter()
        for done, (name, number, line) in enumerate(lines, start=1):
            with collector.guard(f"{name}, line {number}"):
                doc = self._doc(_record(line), ids)
                check_doc(doc)  # here, so that the reason comes with file and line
                if doc.id in collector:
                    raise InvalidDoc(f"the id {doc.id!r} was read before; give each doc its own")
                collector.add(doc)
            if progress is not None:
                progress(done, len(lines))
        return collector.result()

    def _doc(self, record: Mapping[str, Any], ids: Counter[str]) -> ApiDoc:
        if "api_call" in record:
            return doc_of(record, self.hub, ids, _domain_of(record))
        return read_doc(self._rehomed(record))

    def _rehomed(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The record as one of this hub: its hash says nothing any more once its hub was another."""
        found = dict(record)
        given, own = str(found.get("hub", self.hub)), str(found.get("id", ""))
        found["hub"], found["id"] = (
            self.hub,
            f"{self.hub}:{own.removeprefix(f'{given}:').removeprefix(f'{self.hub}:')}",
        )
        if (given, own) != (self.hub, found["id"]):
            found.pop("content_hash", None)
        return found


def _lines(file: Path) -> list[tuple[int, bytes]]:
    try:
        if (size := file.stat().st_size) > MAX_FILE_BYTES:
            raise SourceError(
                f"{str(file)!r} has {size:,} bytes; at most {MAX_FILE_BYTES:,} are read. Split it"
            )
        lines = file.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    except OSError as exc:
        raise SourceError(
            f"can't read {str(file)!r}: {exc.strerror}; name a *.jsonl file or its folder"
        ) from exc
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _record(line: bytes) -> Mapping[str, Any]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as exc:
        raise InvalidDoc(f"not JSON: {exc}") from exc
    if not isinstance(record, dict) or not text_of(record.get("api_call") or record.get("call")):
        raise InvalidDoc(
            "expected a JSON object with a text 'call' (our own format) or 'api_call' (APIBench's)"
        )
    return record


def _domain_of(record: Mapping[str, Any]) -> Domain:
    """The domain of a label: a task of any hub by its name; what is no task is asked of a service."""
    label, said = text_of(record.get("domain")), text_of(record.get("functionality"))
    for hub in (Hub.HUGGINGFACE, Hub.TFHUB, Hub.TORCHHUB):
        try:
            return apibench_domain(hub, label, said if hub is not Hub.TORCHHUB else "")
        except InvalidDoc:
            continue
    return Domain.WEB_API
