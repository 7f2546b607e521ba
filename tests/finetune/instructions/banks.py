"""Banks on disk, as large as a test wants them."""

from __future__ import annotations

import json
from pathlib import Path

from api_docs.domains import Domain

SUBJECTS = (
    "otter",
    "bridge",
    "violin",
    "harbour",
    "pepper",
    "glacier",
    "lantern",
    "meadow",
    "tractor",
    "comet",
    "saddle",
    "puzzle",
)


def row(text: str, domain: Domain, language: str = "en", voice: str = "nurse") -> dict[str, object]:
    return {"instruction": text, "domain": domain.value, "voice": voice, "language": language, "hub": None}


def write_rows(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows), encoding="utf-8")
    return path


def make_bank(folder: Path, sizes: dict[Domain, int], other: int = 0) -> Path:
    """A file a domain with so many rows in English, and one with so many rows of each in Spanish."""
    folder.mkdir(exist_ok=True)
    for domain, size in sizes.items():
        rows = [row(f"{domain.value} {number} {SUBJECTS[number % 12]}", domain) for number in range(size)]
        write_rows(folder / f"{domain.value}.jsonl", rows)
    if other:
        rows = [
            row(f"quiero {domain.value} {number}", domain, "es")
            for domain in sizes
            for number in range(other)
        ]
        write_rows(folder / "es.jsonl", rows)
    return folder
