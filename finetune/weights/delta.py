"""Apply published delta weights to the base that they were made from: tuned = base + delta.

Gorilla's LLaMA weights (`gorilla-llm/gorilla-7b-hf-delta-v0`, `-th-`, `-tf-`) are such deltas, made and to be
applied as FastChat's: the sum of two tensors of the same name in float16, config and tokenizer of the delta.
Where the delta knows more tokens than the base (a padding token), the base's rows for them are zero.

Written shard by shard: in memory are the tensors of one shard of the result and one of each source, and one
file of each is open. A merge that was killed goes on behind its last whole shard.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from api_docs.errors import ModelWeightsError
from api_docs.files import sha256_of, write_file
from finetune.weights.checkpoint import SAFETENSORS_INDEX, Checkpoint, TensorInfo, files_beside
from finetune.weights.disk import disk_errors, sync

if TYPE_CHECKING:
    from torch import Tensor

BytesDone = Callable[[int, int], None]
"""Is told (bytes done, bytes in all)."""

SHARD_BYTES = 2 * 2**30
"""Tensors' bytes in one file of the result, at most, unless one tensor alone is bigger."""

_EXTENDABLE = ("model.embed_tokens.weight", "lm_head.weight")
"""Tensors with a row a token."""
_COMPUTED = (".rotary_emb.inv_freq", ".rotary_emb.cos_cached", ".rotary_emb.sin_cached")
"""Ends of names of what older LLaMA files carry although it follows from the config."""
_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True, slots=True)
class _Piece:
    """One file of the result."""

    file: str
    names: tuple[str, ...]
    size: int


def apply_delta(
    base: Path,
    delta: Path,
    into: Path,
    *,
    shard_bytes: int = SHARD_BYTES,
    progress: BytesDone | None = None,
) -> dict[str, str]:
    """Write base + delta as safetensors with the delta's config and tokenizer; the index comes last.

    `into` belongs to the merge until it has an index: whole shards in it that an earlier run recorded (in
    `INTO.progress.json`, beside it) are kept, all else is written anew. Gives the SHA-256 of every shard.

    Raises:
        ModelWeightsError: when the two don't belong together, or a file of theirs is missing or broken.
        StorageError: when the disk is full or read-only.
    """
    with contextlib.closing(Checkpoint(base)) as below, contextlib.closing(Checkpoint(delta)) as above:
        check_delta(below, above)
        pieces = _pieces(above, shard_bytes)
        total = sum(piece.size for piece in pieces)
        record = _Record(into, _fingerprint(below, above, shard_bytes))
        with disk_errors(into):
            into.mkdir(parents=True, exist_ok=True)
        done = 0
        for piece in pieces:
            path = into / piece.file
            if not record.has(path):
                _write(path, {name: _sum(below, above, name) for name in piece.names})
                record.add(path)
            done += piece.size
            if progress is not None:
                progress(done, total)
    _keep_only(into, {piece.file for piece in pieces})
    _copy_beside(delta, into)
    weight_map = {name: piece.file for piece in pieces for name in piece.names}
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    write_file(into / SAFETENSORS_INDEX, orjson.dumps(index, option=orjson.OPT_INDENT_2))
    return {piece.file: record.shards[piece.file] for piece in pieces}


def check_delta(base: Checkpoint, delta: Checkpoint) -> None:
    """Make sure, before anything is written, that every tensor has its counterpart.

    Raises:
        ModelWeightsError: naming the first tensor that has none, or one of another shape or type.
    """
    ours, theirs = _learnt(delta.tensors), _learnt(base.tensors)
    for names, having, lacking in ((ours - theirs, delta, base), (theirs - ours, base, delta)):
        if names:
            raise ModelWeightsError(
                f"{str(having.folder)!r} has {min(names)!r} ({len(names)} such tensors), "
                f"{str(lacking.folder)!r} has not: this delta was made from another base; "
                "name the base that its model card names"
            )
    for name in sorted(ours):
        _check_pair(name, base.tensors[name], delta.tensors[name], base.folder)
    _check_vocabulary(delta)


def _learnt(names: Iterable[str]) -> set[str]:
    return {name for name in names if not name.endswith(_COMPUTED)}


def _check_pair(name: str, base: TensorInfo, delta: TensorInfo, folder: Path) -> None:
    same = base.shape == delta.shape
    extended = (
        name in _EXTENDABLE
        and len(base.shape) == len(delta.shape) == 2
        and base.shape[1] == delta.shape[1]
        and base.shape[0] < delta.shape[0]
    )
    if not (same or extended):
        raise ModelWeightsError(
            f"{name!r} is {list(base.shape)} in the base {str(folder)!r} and {list(delta.shape)} in the "
            "delta; expected equal shapes (rows for more tokens apart): use the base that the delta was made "
            "from"
        )
    if delta.dtype not in _BYTES or base.dtype not in (delta.dtype, "float32"):
        raise ModelWeightsError(
            f"{name!r} is {base.dtype} in the base {str(folder)!r} and {delta.dtype} in the delta; expected "
            f"the same of {', '.join(_BYTES)}, or a base in float32: other roundings give other weights "
            "than those that were tuned"
        )


def _check_vocabulary(delta: Checkpoint) -> None:
    path = delta.folder / "config.json"
    try:
        stated = orjson.loads(path.read_bytes())["vocab_size"]
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError) as exc:
        raise ModelWeightsError(
            f"{str(path)!r} can't be read as a model's config with vocab_size: {exc}; download it again"
        ) from exc
    for name in _EXTENDABLE:
        if name in delta.tensors and (rows := delta.tensors[name].shape[0]) != stated:
            raise ModelWeightsError(
                f"{name!r} of the delta has {rows} rows, its config says vocab_size {stated!r}; "
                "download it again"
            )


def _pieces(delta: Checkpoint, shard_bytes: int) -> list[_Piece]:
    """The files of the result: the delta's tensors in the order of its files, so that each is opened once."""
    groups: list[tuple[list[str], int]] = []
    for name, info in delta.tensors.items():
        if name.endswith(_COMPUTED):
            continue
        size = prod(info.shape) * _BYTES[info.dtype]
        if not groups or groups[-1][1] + size > shard_bytes:
            groups.append(([], 0))
        names, before = groups[-1]
        groups[-1] = ([*names, name], before + size)
    return [
        _Piece(f"model-{number:05}-of-{len(groups):05}.safetensors", tuple(names), size)
        for number, (names, size) in enumerate(groups, start=1)
    ]


def _sum(base: Checkpoint, delta: Checkpoint, name: str) -> Tensor:
    change = delta.read(name)
    start = base.read(name).to(change.dtype)
    if start.shape == change.shape:
        return start + change
    tuned = change.clone()
    tuned[: start.shape[0]] += start
    return tuned


def _write(path: Path, tensors: dict[str, Tensor]) -> None:
    from safetensors import SafetensorError  # noqa: PLC0415 - heavy
    from safetensors.torch import save_file  # noqa: PLC0415

    half = path.with_name(f"{path.name}.half")
    with disk_errors(path):
        try:
            save_file(tensors, half, metadata={"format": "pt"})
        except SafetensorError as exc:
            raise OSError(f"{exc}") from exc
        half.chmod(0o644)  # the engine may run as another user
        sync(half)
        half.replace(path)


def _keep_only(into: Path, names: set[str]) -> None:
    """Remove what another merge, or one that was killed while it wrote, left behind."""
    with disk_errors(into):
        for path in into.iterdir():
            if path.name not in names:
                path.unlink()


def _copy_beside(delta: Path, into: Path) -> None:
    for name in files_beside(sorted(path.name for path in delta.iterdir() if path.is_file())):
        with disk_errors(into / name):
            shutil.copyfile(delta / name, into / name)
            sync(into / name)


class _Record:
    """Which shards of a merge are whole, on disk beside it; another merge's record counts for nothing."""

    def __init__(self, into: Path, inputs: str) -> None:
        self._path = into.with_name(f"{into.name}.progress.json")
        self._inputs = inputs
        self.shards: dict[str, str] = {}
        with contextlib.suppress(OSError, orjson.JSONDecodeError, KeyError, TypeError):
            found = orjson.loads(self._path.read_bytes())
            if found["inputs"] == inputs:
                self.shards = dict(found["shards"])

    def has(self, path: Path) -> bool:
        """Whether a shard was recorded, and still is what it was."""
        return path.is_file() and self.shards.get(path.name) == sha256_of(path)

    def add(self, path: Path) -> None:
        """Record a shard that was written just now."""
        self.shards[path.name] = sha256_of(path)
        write_file(self._path, orjson.dumps({"inputs": self._inputs, "shards": self.shards}))


def _fingerprint(base: Checkpoint, delta: Checkpoint, shard_bytes: int) -> str:
    """Equal for two merges whose shards are the same."""
    known = [
        (role, file, (status := (source.folder / file).stat()).st_size, status.st_mtime_ns)
        for role, source in (("base", base), ("delta", delta))
        for file in source.files
    ]
    return hashlib.sha256(orjson.dumps([known, shard_bytes])).hexdigest()
