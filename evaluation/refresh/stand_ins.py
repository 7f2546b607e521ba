"""What takes the place of an encoder and of upstreams where neither is what is measured.

Docs lie in a folder: a folder a hub, of JSON lines. They are mixed out of the snapshot's docs, so that their
texts, facts and calls are like real ones, and every call verifies.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import orjson

from api_docs.models import ApiDoc
from api_docs.sources.base import MAX_FILE_BYTES
from api_docs.upstreams.base import Upstream
from api_docs.upstreams.jsonl import JsonlFolder
from retriever.embedding import Vectors

DIMENSIONS: Final = 384
"""Length of the default embedding model's vectors."""


class HashingEncoder:
    """Unit vectors out of texts' hashes: equal texts have equal ones, and nothing else is in them.

    Some microseconds a text, in any process the same. What has to find something finds it by words.
    """

    name = "hashed-texts"
    dimensions = DIMENSIONS

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, shape (len(texts), dimensions)."""
        drawn = b"".join(hashlib.shake_128(text.encode()).digest(DIMENSIONS) for text in texts)
        vectors = np.frombuffer(drawn, dtype=np.uint8).reshape(-1, DIMENSIONS).astype(np.float32) - 127.5
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def write_docs(docs: Iterable[ApiDoc], folder: Path) -> None:
    """Write docs as what `folder_upstreams` reads: whole files, each small enough to be read."""
    by_hub: dict[str, list[bytes]] = defaultdict(list)
    for doc in docs:
        by_hub[doc.hub].append(orjson.dumps(doc.record()) + b"\n")
    for hub, lines in by_hub.items():
        (folder / hub).mkdir(parents=True, exist_ok=True)
        for old in (folder / hub).glob("*.jsonl"):
            old.unlink()
        for number, part in enumerate(_parts(lines)):
            (folder / hub / f"{number:03}.jsonl").write_bytes(b"".join(part))


def folder_upstreams(folder: Path) -> list[Upstream]:
    """The upstream of each hub that has docs in a folder."""
    return [JsonlFolder(path.name, path) for path in sorted(folder.iterdir()) if path.is_dir()]


def changed(docs: Sequence[ApiDoc], share: float, edition: int) -> tuple[list[ApiDoc], int]:
    """The docs with a share of them, evenly spread, telling of another edition; and how many these are.

    Another edition changes other docs, and none says what another one said.
    """
    step = round(1 / share)
    places = range(edition % step, len(docs), step)
    found = list(docs)
    for place in places:
        record = docs[place].record()
        del record["content_hash"]
        # At the beginning, for retrieval reads no more than that of a long description.
        record["description"] = f"Edition {edition}. {record.get('description', '')}"[:20_000]
        found[place] = ApiDoc.model_validate(record)
    return found, len(places)


def _parts(lines: Iterable[bytes]) -> list[list[bytes]]:
    parts: list[list[bytes]] = [[]]
    size = 0
    for line in lines:
        if size + len(line) > MAX_FILE_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(line)
        size += len(line)
    return parts
