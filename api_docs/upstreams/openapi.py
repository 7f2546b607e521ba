"""An OpenAPI document, fetched from an address or read from a file, as the upstream of a hub."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from api_docs.errors import SourceError
from api_docs.files import write_file
from api_docs.sources.base import Progress
from api_docs.sources.openapi import OpenApi
from api_docs.sources.openapi_document import MAX_BYTES, read_document
from api_docs.upstreams.addresses import shown
from api_docs.upstreams.base import Collected
from api_docs.upstreams.client import Client

_ACCEPT: Final = "application/json, application/yaml;q=0.9, */*;q=0.5"
_KEPT: Final = "document"
"""What was fetched, in the upstream's folder: for people who ask why a doc says what it says."""


@dataclass(frozen=True, slots=True)
class OpenApiDocument:
    """A document at `location`, an address or a file.

    `server` stands in for the servers that it names. `tokens` and `variables` are those of its own host, for
    the client that fetches it.
    """

    hub: str
    location: str | Path
    server: str | None = None
    tokens: Mapping[str, SecretStr] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)

    def collect(self, client: Client, folder: Path, progress: Progress | None = None) -> Collected:
        """Fetch the document, if it changed, and read every operation of it.

        Raises:
            SourceError: when it can't be had, or is no OpenAPI document.
        """
        if isinstance(self.location, Path):
            data, address, where = _read(self.location), None, repr(str(self.location))
        else:
            reply = client.get(self.location, headers={"Accept": _ACCEPT}, most=MAX_BYTES)
            # Servers may be relative to where the document was found in the end.
            data, address, where = reply.body, shown(reply.url), shown(self.location)
            if not reply.unchanged:
                write_file(folder / _KEPT, data)
        document = read_document(data, where)
        result = OpenApi(self.hub, address, self.server).read_document(document, progress)
        digest = hashlib.sha256(data).hexdigest()[:12]
        return Collected(
            result,
            {doc.id: doc.id.partition(":")[2] for doc in result.docs},
            revision=f"{document.revision} {digest}".strip(),
        )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise SourceError(f"can't read {str(path)!r}: {exc.strerror}; name the OpenAPI document") from exc
