"""The shipped snapshot is what one command makes of the upstreams' files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from api_docs.catalogue import Catalogue
from api_docs.snapshot_build import build_snapshot
from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue


def test_the_snapshot_is_what_its_command_builds(data: Path) -> None:
    built = build_snapshot(data / "upstream", data / "apibench" / "api", date(2026, 11, 21))
    shipped = load_catalogue(SNAPSHOT_FOLDER)
    fresh = Catalogue(built.docs, built.aliases)
    changed = {doc.id for doc in fresh.docs} ^ {doc.id for doc in shipped.docs} | {
        doc.id for doc in fresh.docs if doc.id in shipped and shipped.doc(doc.id) != doc
    }
    assert not changed, (
        f"run `make snapshot` and commit it: {len(changed)} docs differ, such as {min(changed)}"
    )
    assert fresh.version == shipped.version
