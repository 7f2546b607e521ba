"""What lies under `var/` after a kill: does it name a whole version, and is all of it as it was written?

What a catalogue's files have to be is worked out from the docs that were offered, not read back from them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from api_docs.catalogue import Catalogue
from api_docs.errors import CallsmithError
from api_docs.files import sha256_of
from api_docs.storage import MANIFEST, is_whole, load_catalogue
from service import var
from service.settings import Settings

Checksums = dict[str, str]
"""By path within a folder, hex SHA-256."""


@dataclass(frozen=True, slots=True)
class State:
    """The version that is named, its index's, and all that is wrong with it: usable where nothing is."""

    version: str | None
    index_version: str | None
    wrong: tuple[str, ...]


@dataclass(slots=True)
class Known:
    """What each version's files have to be: those of catalogues by their docs, those of indexes once they are
    named for the first time, for from then on nothing of them may change."""

    catalogues: dict[str, Checksums] = field(default_factory=dict)
    indexes: dict[str, Checksums] = field(default_factory=dict)

    def expect(self, catalogue: Catalogue) -> None:
        """From now on this version may be named."""
        self.catalogues[catalogue.version] = checksums_of_docs(catalogue)

    def look(self, settings: Settings) -> State:
        """Look at everything that the named version is made of."""
        try:
            current = var.read_current(settings)
        except CallsmithError as exc:
            return State(None, None, (str(exc),))
        if current is None:
            return State(None, None, ("no version is named",))
        version = current.catalogue
        folder = var.published_folder(settings, version)
        if not is_whole(folder, version):
            return State(version, None, (f"the catalogue {version!r} is not whole",))
        try:
            catalogue = load_catalogue(folder)
            index = var.index_folder(settings, catalogue)
            var.check_whole_index(settings, catalogue)
        except CallsmithError as exc:
            return State(version, None, (str(exc),))
        wrong = []
        if version not in self.catalogues:
            wrong.append(f"the version {version!r} was never offered")
        elif checksums(folder, without=MANIFEST) != self.catalogues[version]:
            wrong.append(f"the files of catalogue {version!r} are not those of its docs")
        found = checksums(index)
        if self.indexes.setdefault(version, found) != found:
            wrong.append(f"the index of {version!r} is not what it was when it was named")
        return State(version, index.name, tuple(wrong))


def checksums_of_docs(catalogue: Catalogue) -> Checksums:
    """What the files of a catalogue have to be: a file a hub, a line a doc, in the order of the catalogue."""
    found = {}
    for hub in catalogue.hubs:
        lines = (orjson.dumps(doc.record()) + b"\n" for doc in catalogue.docs if doc.hub == hub)
        found[f"{hub}.jsonl"] = hashlib.sha256(b"".join(lines)).hexdigest()
    return found


def checksums(folder: Path, without: str = "") -> Checksums:
    """The checksum of every file of a folder but one of this name."""
    return {
        str(path.relative_to(folder)): sha256_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != without
    }


def left_over(folder: Path) -> list[str]:
    """What is half-written under `var/`: everything whose name begins with a dot."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob(".*"))
