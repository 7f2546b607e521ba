"""Sources that bring what they are told, and a published catalogue to refresh."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api_docs.catalogue import Catalogue
from api_docs.models import ApiDoc
from api_docs.sources.base import Progress, SourceResult
from api_docs.storage import write_catalogue
from api_docs.upstreams.base import Collected
from api_docs.upstreams.client import Client
from tests.retriever.conftest import make_doc

HF, TF, TORCH = "huggingface", "tfhub", "torchhub"
THINGS = ("birds", "fish", "trees", "cars", "ships", "bread", "shoes", "clouds", "bridges", "mushrooms")


@dataclass
class Fixed:
    """A source that brings these docs, or raises this error; it remembers who asked."""

    hub: str
    docs: list[ApiDoc] = field(default_factory=list)
    error: Exception | None = None
    records: Mapping[str, str] | None = None
    more: dict[str, Any] = field(default_factory=dict)
    asked: int = 0

    def collect(self, client: Client, folder: Path, progress: Progress | None = None) -> Collected:
        self.asked += 1
        assert folder.is_dir()
        if self.error is not None:
            raise self.error
        if progress is not None:
            progress(len(self.docs), len(self.docs))
        records = self.records if self.records is not None else {doc.id: f"key {doc.id}" for doc in self.docs}
        parts = {name: self.more[name] for name in ("quarantined", "aliases") if name in self.more}
        rest = {name: value for name, value in self.more.items() if name not in parts}
        return Collected(SourceResult(list(self.docs), **parts), records=records, **rest)


def model(name: str, thing: str, **more: object) -> ApiDoc:
    call = f"pipeline('image-classification', model='{name}')"
    said = f"Sorts photos of {thing}."
    return make_doc(
        HF, name, "image-classification", said, call, source_url=f"https://h.example/{name}", **more
    )


def models() -> list[ApiDoc]:
    return [model(f"a/{thing}", thing) for thing in THINGS]


def handle(version: int = 1) -> ApiDoc:
    call = f"hub.load('https://tfhub.dev/google/yamnet/{version}')"
    return make_doc(TF, "google/yamnet", "audio-classification", "Names the sounds of dogs and sirens.", call)


def entrypoint(name: str = "silero_stt") -> ApiDoc:
    call = f"torch.hub.load('snakers4/silero-models', '{name}')"
    said = "Writes down what is said in a recording."
    return make_doc(TORCH, "snakers4/silero-models:stt", "automatic-speech-recognition", said, call)


def changed(doc: ApiDoc, **fields: object) -> ApiDoc:
    return ApiDoc.model_validate(doc.model_dump(exclude={"content_hash"}) | fields)


def first_docs() -> list[ApiDoc]:
    return [*models(), handle(), entrypoint()]


def sources(docs: Iterable[ApiDoc] | None = None) -> list[Fixed]:
    """The three hubs, with these docs."""
    given = list(first_docs() if docs is None else docs)
    return [Fixed(hub, [doc for doc in given if doc.hub == hub]) for hub in (HF, TF, TORCH)]


def first_folder(folder: Path) -> Path:
    write_catalogue(Catalogue(first_docs()), folder)
    return folder


def write_canaries(path: Path) -> Path:
    """One question per thing, one that only domains answer, and one that nobody can."""
    lines: list[dict[str, object]] = [
        {"hub": HF, "instruction": f"which {thing} are on this photo", "docs": [f"{HF}:a/{thing}"]}
        for thing in THINGS
    ]
    lines.append({"hub": TF, "instruction": "dogs and sirens", "domain": "audio-classification"})
    lines.append({"hub": TORCH, "instruction": "translate this", "domain": "translation"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path
