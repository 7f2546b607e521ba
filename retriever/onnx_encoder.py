"""The embedding model as an ONNX graph: the same vectors in half the time where there is no GPU.

A sentence-transformers model is exported once, compared with what it was exported from, and kept as a folder:
graph, tokenizer, and last a manifest with checksums. Whoever opens it needs neither torch nor the model.
ONNX Runtime multiplies few rows by packed weights, which is what one short text is; measured with
all-MiniLM-L6-v2 and one core, 9 ms for an instruction, where torch takes 19.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from api_docs.errors import EmbeddingModelError
from api_docs.files import publish_folder, sha256_of
from retriever.embedding import (
    MAX_BATCH,
    Reading,
    SentenceEncoder,
    Vectors,
    vectors_and_states,
)

if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Tokenizer

SCHEMA: Final = 2
MANIFEST: Final = "manifest.json"
TOLERANCE: Final = 1e-5
"""How far a number of a vector may be from what the model itself gives; 2e-7 was seen."""
STATES_TOLERANCE: Final = 1e-3
"""The same for states, whose numbers are up to a hundred times as large."""

_GRAPH: Final = "model.onnx"
_TOKENIZER: Final = "tokenizer.json"
_VECTORS, _STATES = "vectors", "states"
"""Outputs of a graph."""
_INPUTS: Final[Mapping[str, str]] = {
    "input_ids": "ids",
    "attention_mask": "attention_mask",
    "token_type_ids": "type_ids",
}
"""Inputs of a graph, and what the tokenizer calls them."""
_FILLED_UP_TO: Final = 1.2
"""Times as many tokens as the shortest text of a batch has, the longest may have."""
_EXAMPLES: Final = ("tell birds apart", "read this letter aloud, slowly, in the voice of an old man")
_PROBES: Final = ("", "a", "Übersetze 日本語の文 🙂", "what is in this photo? " * 100, *_EXAMPLES)
"""Texts on which the graph is compared with the model: empty, odd, and longer than any model reads."""


class Manifest(BaseModel):
    """What an exported model's folder holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int
    model: str
    dimensions: int
    files: dict[str, str]


class OnnxEncoder:
    """An exported model. Safe to use from many threads at once."""

    def __init__(
        self, name: str, dimensions: int, session: onnxruntime.InferenceSession, tokenizer: Tokenizer
    ) -> None:
        self.name = name
        self.dimensions = dimensions
        self._session = session
        self._tokenizer = tokenizer
        self._inputs = [one.name for one in session.get_inputs()]
        self._options = _only_what_is_asked_for()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, shape (len(texts), dimensions)."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for rows, (found,), _ in self._batches(texts, [_VECTORS]):
            vectors[rows] = found
        return vectors

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """One reading per text."""
        found: dict[int, Reading] = {}
        for rows, (vectors, states), lengths in self._batches(texts, [_VECTORS, _STATES]):
            for row, vector, of_tokens, tokens in zip(rows, vectors, states, lengths, strict=True):
                found[row] = Reading(vector, of_tokens[:tokens])
        return [found[row] for row in range(len(texts))]

    def _batches(
        self, texts: Sequence[str], outputs: Sequence[str]
    ) -> Iterator[tuple[list[int], list[Vectors], list[int]]]:
        """Rows of `texts`, what the graph gives of them (vectors of length 1), and their numbers of tokens.

        Only texts of like length come together: filled up to the longest, eight instructions as they came
        took a core nearly twice as long as one by one.
        """
        if not texts:
            return
        found = self._tokenizer.encode_batch(list(texts))
        tokens = np.array([sum(one.attention_mask) for one in found])
        inputs = {name: _rows(getattr(one, _INPUTS[name]) for one in found) for name in self._inputs}
        for rows in _of_like_length(tokens):
            longest = int(tokens[rows].max())
            fed = {name: np.ascontiguousarray(values[rows, :longest]) for name, values in inputs.items()}
            vectors, *others = self._session.run(outputs, fed, self._options)
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True).astype(np.float32)
            unit = vectors / np.maximum(lengths, np.float32(1e-12))
            yield rows, [unit, *others], tokens[rows].tolist()


def open_exported(folder: Path, name: str, threads: int) -> OnnxEncoder | None:
    """The model of this name that was exported into a folder, None where none is there whole."""
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
        whole = all(sha256_of(folder / file) == expected for file, expected in manifest.files.items())
    except (OSError, ValidationError):
        return None
    if manifest.schema_version != SCHEMA or manifest.model != name or not whole:
        return None
    return _opened(folder, name, manifest.dimensions, threads)


def exported(encoder: SentenceEncoder, folder: Path, threads: int) -> OnnxEncoder:
    """Export a model into a folder, all or nothing, and open it.

    Raises:
        EmbeddingModelError: when it can't be exported, or what was exported gives other vectors.
        StorageError: when the disk is full or read-only.
    """

    def fill(work: Path) -> None:
        _write(encoder, work)
        _compare(encoder, _opened(work, encoder.name, encoder.dimensions, threads))
        manifest = Manifest(
            schema_version=SCHEMA,
            model=encoder.name,
            dimensions=encoder.dimensions,
            files={name: sha256_of(work / name) for name in (_GRAPH, _TOKENIZER)},
        )
        (work / MANIFEST).write_bytes(orjson.dumps(manifest.model_dump(), option=orjson.OPT_INDENT_2))

    publish_folder(folder, fill)
    return _opened(folder, encoder.name, encoder.dimensions, threads)


def _opened(folder: Path, name: str, dimensions: int, threads: int) -> OnnxEncoder:
    import onnxruntime  # noqa: PLC0415 - heavy
    from tokenizers import Tokenizer  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that wait sleep: where another process takes a core they share, spinning costs both of them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(folder / _GRAPH), options, providers=["CPUExecutionProvider"])
    return OnnxEncoder(name, dimensions, session, Tokenizer.from_file(str(folder / _TOKENIZER)))


def _write(encoder: SentenceEncoder, folder: Path) -> None:
    """Graph and tokenizer; raises `EmbeddingModelError` for models that are more than a transformer."""
    try:
        tokenizer = _tokenizer_of(encoder)
        tokenizer.save(str(folder / _TOKENIZER))
        found = encoder.model.tokenizer(list(_EXAMPLES), padding=True, return_tensors="pt")
        _export(encoder, {name: found[name] for name in found}, folder / _GRAPH)
    except OSError:
        raise  # of the disk: told as such
    except Exception as exc:  # torch's exporter raises whatever went wrong within it
        raise EmbeddingModelError(
            f"the embedding model {encoder.name!r} can't be exported to ONNX "
            f"({type(exc).__name__}: {str(exc)[:300]}); set CALLSMITH_EMBEDDING_BACKEND=torch"
        ) from exc


def _tokenizer_of(encoder: SentenceEncoder) -> Tokenizer:
    """The model's own tokenizer, set to pad, and to cut where the model does."""
    from tokenizers import Tokenizer  # noqa: PLC0415

    model = encoder.model
    if model.default_prompt_name is not None:
        raise ValueError("it puts a prompt before every text")
    if model.max_seq_length is None:
        raise ValueError("it does not say how long a text it reads")
    tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.enable_truncation(model.max_seq_length)
    tokenizer.enable_padding(pad_id=model.tokenizer.pad_token_id, pad_token=model.tokenizer.pad_token)
    return tokenizer


def _export(encoder: SentenceEncoder, inputs: Mapping[str, Any], path: Path) -> None:
    import torch  # noqa: PLC0415 - seconds to import

    if unknown := set(inputs) - set(_INPUTS):
        raise ValueError(f"it takes {', '.join(sorted(unknown))}")
    names = list(inputs)

    class Embedding(torch.nn.Module):
        """The model as a function of tensors."""

        def __init__(self) -> None:
            super().__init__()
            self.model = encoder.model

        def forward(self, *tensors: Any) -> Any:
            return vectors_and_states(self.model, dict(zip(names, tensors, strict=True)))

    free = dict.fromkeys((0, 1), torch.export.Dim.DYNAMIC)
    with warnings.catch_warnings(), _silenced("torch.onnx"), torch.no_grad():
        warnings.simplefilter("ignore")  # what torch's exporter thinks of transformers' code
        program = torch.onnx.export(
            Embedding().eval(),
            tuple(inputs.values()),
            input_names=names,
            output_names=[_VECTORS, _STATES],
            dynamic_shapes=((free,) * len(names),),
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise ValueError("the exporter gave nothing")
    program.save(str(path), external_data=False)


@contextlib.contextmanager
def _silenced(name: str) -> Iterator[None]:
    """Nobody needs to know which packages that no model here uses aren't installed."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _compare(encoder: SentenceEncoder, graph: OnnxEncoder) -> None:
    """Make sure that both give the same vectors and states, alone and in a batch."""
    wanted = encoder.encode(_PROBES)
    alone = np.concatenate([graph.encode([text]) for text in _PROBES])
    for found in (alone, graph.encode(_PROBES)):
        _refuse_beyond(TOLERANCE, encoder, "vectors", [found], [wanted])
    states = [[reading.states for reading in one.read(_PROBES)] for one in (graph, encoder)]
    _refuse_beyond(STATES_TOLERANCE, encoder, "states", *states)


def _refuse_beyond(
    tolerance: float, encoder: SentenceEncoder, what: str, found: Sequence[Vectors], wanted: Sequence[Vectors]
) -> None:
    apart = max(float(np.abs(one - other).max()) for one, other in zip(found, wanted, strict=True))
    if apart > tolerance:
        raise EmbeddingModelError(
            f"the embedding model {encoder.name!r}, exported to ONNX, gives {what} that are {apart:.2g} "
            "off; set CALLSMITH_EMBEDDING_BACKEND=torch"
        )


def _only_what_is_asked_for() -> onnxruntime.RunOptions:
    """Without it a graph works out every output, those too that nobody asks for."""
    import onnxruntime  # noqa: PLC0415 - heavy

    options = onnxruntime.RunOptions()
    options.only_execute_path_to_fetches = True
    return options


def _of_like_length(tokens: NDArray[np.int64]) -> Iterator[list[int]]:
    """Rows that are encoded together: up to so many, none of which is filled up by much."""
    rows: list[int] = []
    for row in np.argsort(tokens, kind="stable").tolist():
        if rows and (len(rows) == MAX_BATCH or tokens[row] > _FILLED_UP_TO * tokens[rows[0]]):
            yield rows
            rows = []
        rows.append(row)
    yield rows


def _rows(values: Iterator[Sequence[int]]) -> NDArray[np.int64]:
    return np.array(list(values), dtype=np.int64)
