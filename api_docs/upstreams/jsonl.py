"""A folder of people's own docs, on this machine: read anew each time, nothing is fetched."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from api_docs.sources.base import Progress
from api_docs.sources.own_docs import OwnDocs
from api_docs.upstreams.base import Collected
from api_docs.upstreams.client import Client


@dataclass(frozen=True, slots=True)
class JsonlFolder:
    """A folder of `*.jsonl`, or one such file, as the upstream of a hub."""

    hub: str
    path: Path

    def collect(self, client: Client, folder: Path, progress: Progress | None = None) -> Collected:
        """Read all there is. The revision is a checksum of the lines.

        Raises:
            SourceError: when the files are missing or unreadable.
        """
        del client, folder
        result = OwnDocs(self.hub).read(self.path, progress)
        digest = hashlib.sha256("\n".join(doc.content_hash for doc in result.docs).encode()).hexdigest()
        return Collected(result, {doc.id: doc.id for doc in result.docs}, revision=digest[:12])
