"""How memory and search time grow with the number of docs: `callsmith evaluate scale`.

Catalogues are made by mixing the snapshot's docs, at two sizes; what a doc more costs is the slope between
them, and what no machine at hand can hold is projected along it. Vectors are random unit vectors: a flat
index takes the same memory and time wherever they point. Memory is what Python and NumPy hold alive
(`tracemalloc`), and the vectors' own size, which FAISS holds. Times are of one core's work (`thread_time`),
so that what else the machine does is not in them.
"""

from __future__ import annotations

import gc
import json
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from api_docs.catalogue import Catalogue, Entry
from api_docs.models import ApiDoc
from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue, write_catalogue
from evaluation.bench import machine
from evaluation.workload import instructions
from retriever.dense import DenseIndex
from retriever.embedding import Vectors
from retriever.index import build_index, open_index, save_index
from retriever.searcher import Searcher
from retriever.vectors import Progress

RESULTS = Path(__file__).parent / "results"
DIMENSIONS = 384
"""Length of the default embedding model's vectors."""
PROJECTED = (10_000, 1_000_000, 100_000_000)
PARTS = ("catalogue", "keywords", "vectors", "searcher", "look_alikes")
"""What a served catalogue is made of, as the fields of `CatalogueCost` name it."""
_QUERIES = 40
_TOP = 50
"""Docs that a request may ask for at most."""
_PACKAGES = ("callsmith", "numpy", "faiss-cpu", "bm25s", "pydantic")


@dataclass(frozen=True)
class CatalogueCost:
    """What serving `docs` docs costs: bytes in memory by part, bytes on disk, and a search.

    `catalogue` is the docs with their calls taken apart; `look_alikes` finds the nearest valid call of a
    refused one, and is made when first needed; `one_search` is what a search takes while it runs.
    `search_ms` is the median of whole hybrid searches on one core, without the encoding.
    """

    docs: int
    catalogue_bytes: int
    keywords_bytes: int
    vectors_bytes: int
    searcher_bytes: int
    look_alikes_bytes: int
    one_search_bytes: int
    disk_bytes: int
    search_ms: float


@dataclass(frozen=True)
class FlatCost:
    """Median milliseconds of a query against flat vectors on one core: every score, or the best 50."""

    vectors: int
    vectors_bytes: int
    every_score_ms: float
    best_50_ms: float


class RandomEncoder:
    """Unit vectors in random directions, for where only their number matters."""

    name = "random-unit-vectors"
    dimensions = DIMENSIONS

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, shape (len(texts), dimensions)."""
        return self.vectors(len(texts))

    def vectors(self, count: int) -> Vectors:
        """Unit vectors, shape (count, dimensions)."""
        found = self._random.standard_normal((count, DIMENSIONS), dtype=np.float32)
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        return found


def run(docs: int = 50_000, vectors: int = 1_000_000, progress: Progress | None = None) -> dict[str, Any]:
    """Measure catalogues of a fifth of `docs` and of `docs`, and flat vectors up to `vectors`."""
    sizes, counts = (docs // 5, docs), (vectors // 100, vectors // 10, vectors)
    steps = len(sizes) + len(counts)
    catalogues: list[CatalogueCost] = []
    flats: list[FlatCost] = []
    for size in sizes:
        catalogues.append(measure_catalogue(size))
        _report(progress, len(catalogues), steps)
    for count in counts:
        flats.append(measure_flat(count))
        _report(progress, len(sizes) + len(flats), steps)
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": "callsmith evaluate scale",
        "machine": machine(),
        "versions": {name: version(name) for name in _PACKAGES},
        "catalogues": {str(cost.docs): asdict(cost) for cost in catalogues},
        "flat_vectors": {str(cost.vectors): asdict(cost) for cost in flats},
        "bytes_per_doc": bytes_per_doc(*catalogues),
        "projected_bytes": {str(size): projected_bytes(size, *catalogues) for size in PROJECTED},
        "projected_search_ms": {str(size): projected_search_ms(size, *catalogues) for size in PROJECTED},
    }


def write(results: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Keep results as `scale.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "scale.json"
    path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return path


def bytes_per_doc(small: CatalogueCost, large: CatalogueCost) -> dict[str, int]:
    """What a doc more costs in memory, by part: the slope between two sizes."""
    more = large.docs - small.docs
    return {part: round((_of(large, part) - _of(small, part)) / more) for part in PARTS}


def projected_bytes(docs: int, small: CatalogueCost, large: CatalogueCost) -> dict[str, int]:
    """Bytes in memory of `docs` docs by part, on the straight line through two measured sizes."""
    slopes = bytes_per_doc(small, large)
    return {part: _of(small, part) + slopes[part] * (docs - small.docs) for part in PARTS}


def projected_search_ms(docs: int, small: CatalogueCost, large: CatalogueCost) -> float:
    """Milliseconds of a search of `docs` docs, on the same line: every search looks at every doc."""
    slope = (large.search_ms - small.search_ms) / (large.docs - small.docs)
    return round(small.search_ms + slope * (docs - small.docs), 1)


def measure_catalogue(docs: int) -> CatalogueCost:
    """Write a catalogue of `docs` mixed docs and its index, open both as the service does, and search."""
    encoder = RandomEncoder()
    with tempfile.TemporaryDirectory(prefix="callsmith-scale-") as work:
        folder, index_folder = Path(work, "catalogue"), Path(work, "index")
        catalogue = Catalogue(mixed_docs(docs))
        write_catalogue(catalogue, folder)
        save_index(build_index(catalogue, encoder), index_folder, catalogue.version, encoder.name)
        del catalogue
        disk = sum(path.stat().st_size for path in Path(work).rglob("*") if path.is_file())
        return _measure_opened(folder, index_folder, encoder, disk)


def _measure_opened(folder: Path, index_folder: Path, encoder: RandomEncoder, disk: int) -> CatalogueCost:
    questions = instructions(_QUERIES, seed=4)
    held: dict[str, int] = {}
    gc.collect()
    tracemalloc.start()
    try:
        catalogue = _held(held, "catalogue", lambda: load_catalogue(folder))
        index = _held(held, "keywords", lambda: open_index(index_folder, catalogue, encoder))
        searcher = _held(held, "searcher", lambda: Searcher(catalogue, index, encoder))
        _held(held, "look_alikes", lambda: catalogue.similar(questions[0]))
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        searcher.search(questions[0])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return CatalogueCost(
        docs=len(catalogue),
        catalogue_bytes=held["catalogue"],
        keywords_bytes=held["keywords"],
        vectors_bytes=4 * DIMENSIONS * len(catalogue),
        searcher_bytes=held["searcher"],
        look_alikes_bytes=held["look_alikes"],
        one_search_bytes=peak - before,
        disk_bytes=disk,
        search_ms=_median_ms(searcher.search, questions),
    )


def measure_flat(vectors: int) -> FlatCost:
    """Query `vectors` random vectors as the service does, on one core."""
    encoder = RandomEncoder()
    faiss.omp_set_num_threads(1)
    flat = faiss.IndexFlatIP(DIMENSIONS)
    for start in range(0, vectors, 100_000):
        flat.add(encoder.vectors(min(100_000, vectors - start)))
    queries = [encoder.vectors(1) for _ in range(_QUERIES)]
    return FlatCost(
        vectors=vectors,
        vectors_bytes=4 * DIMENSIONS * vectors,
        every_score_ms=_median_ms(DenseIndex(flat).scores, queries),
        best_50_ms=_median_ms(lambda query: flat.search(query, _TOP), queries),
    )


def mixed_docs(count: int, seed: int = 0) -> list[ApiDoc]:
    """Docs like the snapshot's, as many as asked for: one's facts, half of its text, half of another's.

    Every one has an id and a call of its own.
    """
    entries = load_catalogue(SNAPSHOT_FOLDER).entries
    pairs = np.random.default_rng(seed).integers(0, len(entries), (count, 2)).tolist()
    docs = [_mixed(entries[one], entries[other].doc, number) for number, (one, other) in enumerate(pairs)]
    return sorted(docs, key=lambda doc: doc.hub)  # the order that a catalogue on disk has


def _mixed(entry: Entry, other: ApiDoc, number: int) -> ApiDoc:
    doc = entry.doc
    mine, theirs = doc.description.split(), other.description.split()
    record = doc.record() | {
        "id": f"{doc.id[:280]}-{number}",
        "name": f"{doc.name[:280]}-{number}",
        "call": _renamed(entry, number),
        "description": " ".join([*mine[: len(mine) // 2], *theirs[len(theirs) // 2 :]]),
    }
    del record["content_hash"]
    return ApiDoc.model_validate(record)


def _renamed(entry: Entry, number: int) -> str:
    """The doc's call with a number in the last string that identifies it, which makes it another call."""
    strings = [value for value in entry.identifying.values() if value.endswith(("'", '"'))]
    if not strings:
        return entry.doc.call
    head, name, tail = entry.call.render().rpartition(strings[-1])
    return f"{head}{name[:-1]}-{number}{name[-1]}{tail}"


def _held(held: dict[str, int], part: str, make: Callable[[], Any]) -> Any:
    """Make a part and note the bytes that stay alive of it."""
    before, _ = tracemalloc.get_traced_memory()
    made = make()
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    held[part] = after - before
    return made


def _median_ms(ask: Callable[[Any], object], questions: Sequence[Any]) -> float:
    ask(questions[0])
    taken = []
    for question in questions:
        began = time.thread_time()
        ask(question)
        taken.append(1000 * (time.thread_time() - began))
    return round(statistics.median(taken), 2)


def _of(cost: CatalogueCost, part: str) -> int:
    found: int = getattr(cost, f"{part}_bytes")
    return found


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
