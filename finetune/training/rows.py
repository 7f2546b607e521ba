"""Rows to learn from, as tokens: read from a dataset's folder, checked, encoded, written for the trainer.

A prompt is encoded as the engine will encode it, and the completion by itself behind it, ended by the token
that ends an answer: no token straddles the two, as none will when the model writes. The loss is taken on the
completion alone, so labels are -100 over the prompt. A row that is too long is left out and counted, not cut.

    FOLDER/
      train.arrow         input_ids, labels, length; seq_lengths where rows are packed
      validation.arrow    the same, never packed
      exact.jsonl         validation rows, drawn by hash, that are answered at an evaluation
      counts.json         what was kept and what was left out; written last
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from api_docs.errors import TrainingDataError
from api_docs.files import publish_folder, sha256_of
from finetune.training.config import TrainSection

if TYPE_CHECKING:
    import pyarrow as pa
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

IGNORED: Final = -100
"""The label of a token that no loss is taken on, as torch's cross-entropy has it."""
SPLITS: Final = ("train", "validation", "test")
MANIFEST: Final = "manifest.json"
TRAIN, VALIDATION, EXACT, COUNTS = "train.arrow", "validation.arrow", "exact.jsonl", "counts.json"
_AT_ONCE = 1000
"""Rows in memory at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to learn: what the model reads, and what it shall write then."""

    prompt: str
    completion: str
    kind: str
    call: str  # the one right call; empty where no API of the prompt's answers


@dataclass(frozen=True, slots=True)
class DatasetFolder:
    """A dataset that was checked: its files are what its manifest says."""

    folder: Path
    manifest: dict[str, Any]
    sha256: dict[str, str]  # by file name

    def rows(self, split: str) -> Iterator[Row]:
        """The rows of one split, in the file's order.

        Raises:
            TrainingDataError: naming the line that is no row.
        """
        path = self.folder / f"{split}.jsonl"
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    stated = orjson.loads(line)
                    yield Row(stated["prompt"], stated["completion"], stated["kind"], stated["call"])
                except (orjson.JSONDecodeError, KeyError, TypeError) as exc:
                    raise TrainingDataError(
                        f"line {number} of {str(path)!r} is no row (prompt, completion, kind, call): {exc}; "
                        "make the dataset again with `callsmith finetune dataset`"
                    ) from exc


def open_dataset(folder: Path) -> DatasetFolder:
    """Open a dataset's folder and compare its files with its manifest.

    Raises:
        TrainingDataError: when it is none, or a file was altered.
    """
    try:
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
        stated = manifest["files"]
        found = {f"{split}.jsonl": sha256_of(folder / f"{split}.jsonl") for split in SPLITS}
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError) as exc:
        raise TrainingDataError(
            f"{str(folder)!r} is no dataset: {type(exc).__name__} {exc}; make one with "
            "`callsmith finetune dataset --out FOLDER`"
        ) from exc
    for name, sha256 in found.items():
        if _stated_hash(stated.get(name)) != sha256:
            raise TrainingDataError(
                f"{str(folder / name)!r} is not what its manifest says: SHA-256 {sha256}, expected "
                f"{_stated_hash(stated.get(name))!r}; make the dataset again"
            )
    return DatasetFolder(folder, manifest, found | {MANIFEST: sha256_of(folder / MANIFEST)})


def _stated_hash(stated: Any) -> str | None:
    found = stated.get("sha256") if isinstance(stated, dict) else stated
    return found if isinstance(found, str) else None


class RowEncoder:
    """Turns rows into tokens and labels for one tokenizer."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        if tokenizer.eos_token_id is None:
            raise TrainingDataError(
                "the base's tokenizer has no token that ends an answer; choose another base"
            )
        self._tokenizer = tokenizer
        self._end = int(tokenizer.eos_token_id)
        self._anchor = self._plain(_ANCHOR)

    def prompt_ids(self, prompt: str) -> list[int]:
        """As an engine encodes a prompt, with what its tokenizer begins a text with."""
        return self.prompts_ids([prompt])[0]

    def prompts_ids(self, prompts: Sequence[str]) -> list[list[int]]:
        """As `prompt_ids`, for many at once."""
        encoded = self._tokenizer(list(prompts), verbose=False)["input_ids"]
        return [list(ids[:-1] if ids and ids[-1] == self._end else ids) for ids in encoded]

    def completion_ids(self, completion: str) -> list[int]:
        """A text as it goes on behind another, ended.

        Some tokenizers (LLaMA's) put a blank before whatever a text begins with. Behind a line break they
        don't, and a line break makes no token with letters, so it is encoded along and taken off again.
        """
        joined = self._plain(_ANCHOR + completion)
        after = len(self._anchor)
        ids = joined[after:] if joined[:after] == self._anchor else self._plain(completion)
        return [*ids, self._end]

    def encode(self, rows: Sequence[Row]) -> Iterator[tuple[list[int], list[int]]]:
        """Tokens and labels of each row: prompt, completion, end."""
        for row, prompt in zip(rows, self.prompts_ids([row.prompt for row in rows]), strict=True):
            completion = self.completion_ids(row.completion)
            yield prompt + completion, [IGNORED] * len(prompt) + completion

    def _plain(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])


_ANCHOR = "\n"


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows; tokens are those of rows that were kept, prompts included."""

    train: int
    train_too_long: int
    validation: int
    validation_too_long: int
    sequences: int  # what training sees: rows, or packed sequences of them
    tokens: int
    exact: int

    @property
    def tokens_per_sequence(self) -> float:
        """On average."""
        return self.tokens / max(1, self.sequences)


def write_rows(
    dataset: DatasetFolder, tokenizer: PreTrainedTokenizerBase, train: TrainSection, into: Path
) -> Counts:
    """Encode a dataset for the trainer, all or nothing.

    Raises:
        TrainingDataError: when a row can't be read, or too few are short enough to make one batch.
        StorageError: when the disk is full or read-only.
    """
    encoder = RowEncoder(tokenizer)
    made: list[Counts] = []

    def fill(work: Path) -> None:
        learnt = _write_split(dataset.rows("train"), encoder, train.length, work / TRAIN)
        judged = _write_split(dataset.rows("validation"), encoder, train.length, work / VALIDATION)
        drawn = draw(dataset.rows("validation"), train.exact_rows, train.seed)
        (work / EXACT).write_bytes(b"".join(orjson.dumps(asdict(row)) + b"\n" for row in drawn))
        sequences = _pack(work / TRAIN, train.length) if train.packing else learnt.kept
        counts = Counts(
            learnt.kept, learnt.too_long, judged.kept, judged.too_long, sequences, learnt.tokens, len(drawn)
        )
        _require_enough(counts, train, dataset.folder)
        (work / COUNTS).write_bytes(orjson.dumps(asdict(counts)))
        made.append(counts)

    publish_folder(into, fill)
    return made[0]


def read_counts(folder: Path) -> Counts | None:
    """What `write_rows` counted; None where it has not run to its end."""
    path = folder / COUNTS
    return Counts(**orjson.loads(path.read_bytes())) if path.is_file() else None


def read_exact(folder: Path) -> list[Row]:
    """The rows that are answered at an evaluation."""
    lines = (folder / EXACT).read_bytes().splitlines()
    return [Row(**orjson.loads(line)) for line in lines]


def load_rows(folder: Path, name: str) -> Dataset:
    """What was written, mapped into memory rather than read."""
    from datasets import Dataset  # noqa: PLC0415 - heavy

    return Dataset.from_file(str(folder / name))


def draw(rows: Iterator[Row], count: int, seed: int) -> list[Row]:
    """So many rows, drawn by the hash of what they ask: the same ones whatever order they come in."""

    def rank(row: Row) -> bytes:
        return hashlib.sha256(f"{seed}\n{row.prompt}\n{row.call}".encode("utf-8", "surrogatepass")).digest()

    kept: list[tuple[bytes, int, Row]] = []
    for number, row in enumerate(rows):
        kept.append((rank(row), number, row))
        if len(kept) >= 2 * count + _AT_ONCE:
            kept = sorted(kept, key=lambda one: one[:2])[:count]
    return [row for _, _, row in sorted(kept, key=lambda one: one[:2])[:count]]


@dataclass(frozen=True, slots=True)
class _Written:
    kept: int
    too_long: int
    tokens: int


def _write_split(rows: Iterator[Row], encoder: RowEncoder, longest: int, path: Path) -> _Written:
    """One split as an Arrow stream, a batch of rows at a time."""
    import pyarrow as pa  # noqa: PLC0415 - heavy

    ids = pa.list_(pa.int32())
    schema = pa.schema([("input_ids", ids), ("labels", ids), ("length", pa.int32())])
    kept = too_long = tokens = 0
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for some in _batched(rows):
            encoded = list(encoder.encode(some))
            short = [(ids, labels) for ids, labels in encoded if len(ids) <= longest]
            lengths = [len(ids) for ids, _ in short]
            kept, too_long = kept + len(short), too_long + len(encoded) - len(short)
            tokens += sum(lengths)
            columns = [[ids for ids, _ in short], [labels for _, labels in short], lengths]
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
    return _Written(kept, too_long, tokens)


def _batched(rows: Iterator[Row]) -> Iterator[list[Row]]:
    some: list[Row] = []
    for row in rows:
        some.append(row)
        if len(some) == _AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _pack(path: Path, length: int) -> int:
    """Put several rows in one sequence, best fit first, in place; gives the number of sequences."""
    import datasets  # noqa: PLC0415 - heavy
    import pyarrow as pa  # noqa: PLC0415
    from trl import pack_dataset  # noqa: PLC0415

    datasets.disable_progress_bars()
    rows = datasets.Dataset.from_file(str(path)).select_columns(["input_ids", "labels"])
    packed = pack_dataset(rows, length, "bfd", {"keep_in_memory": True})
    ids = pa.list_(pa.int32())
    schema = pa.schema([("input_ids", ids), ("labels", ids), ("seq_lengths", ids), ("length", pa.int32())])
    half = path.with_suffix(".half")
    with pa.OSFile(str(half), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for table in packed.with_format("arrow").iter(_AT_ONCE):
            writer.write_table(_with_lengths(table, schema))
    half.replace(path)
    return len(packed)


def _with_lengths(table: pa.Table, schema: pa.Schema) -> pa.Table:
    import pyarrow.compute as pc  # noqa: PLC0415 - heavy

    lengths = pc.list_value_length(table["input_ids"])
    columns = [*(table[name] for name in ("input_ids", "labels", "seq_lengths")), lengths]
    arrays = [column.cast(field.type) for column, field in zip(columns, schema, strict=True)]
    return table.from_arrays(arrays, schema=schema)


def _require_enough(counts: Counts, train: TrainSection, folder: Path) -> None:
    if counts.sequences < train.batch:
        raise TrainingDataError(
            f"{str(folder)!r} gives {counts.sequences} sequences of at most {train.length} tokens "
            f"({counts.train_too_long} rows are longer), and a batch has {train.batch}; make more rows, "
            "or take a smaller train.batch or a greater train.length"
        )
    if not counts.validation:
        raise TrainingDataError(
            f"{str(folder)!r} has no validation row of at most {train.length} tokens; make more rows"
        )
