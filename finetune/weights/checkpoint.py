"""Read a model's weights one tensor at a time, whatever its files are.

Knows safetensors and PyTorch's pickles, one file or shards with an index. Never unpickles anything but
tensors, and never holds more than one file open. Knows nothing about what the tensors mean.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from api_docs.errors import ModelWeightsError

if TYPE_CHECKING:
    from torch import Tensor

SAFETENSORS_INDEX = "model.safetensors.index.json"
SAFETENSORS = "model.safetensors"
PICKLE_INDEX = "pytorch_model.bin.index.json"
PICKLE = "pytorch_model.bin"

_DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
"""Safetensors' names of the types that weights have, as torch calls them."""


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """What is known of a tensor before it is read; `dtype` as torch names it, without `torch.`."""

    file: str
    shape: tuple[int, ...]
    dtype: str


class Shard(Protocol):
    """One file of weights, open."""

    def infos(self) -> Mapping[str, TensorInfo]:
        """Its tensors by name, in the file's order."""
        ...

    def read(self, name: str) -> Tensor:
        """One of them."""
        ...


class Checkpoint:
    """A folder's weights by name, read from one file at a time.

    Raises:
        ModelWeightsError: when there are none, or a file is missing, broken or not what the index says.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tensors: dict[str, TensorInfo] = {}
        self._open: tuple[str, Shard] | None = None
        index = weight_files(folder)
        for file, names in index.items():
            infos = self._shard(file).infos()
            if absent := sorted(names - infos.keys()):
                raise ModelWeightsError(
                    f"{str(folder / file)!r} has no tensor {absent[0]!r}, which the index says is there "
                    f"({len(absent)} in all); download it again"
                )
            self.tensors |= infos
        self.files = tuple(index)

    def read(self, name: str) -> Tensor:
        """A tensor; the file of the one before is closed where it is another.

        Raises:
            ModelWeightsError: when the file can't be read any more.
        """
        return self._shard(self.tensors[name].file).read(name)

    def close(self) -> None:
        """Let go of the file that is open."""
        self._open = None

    def _shard(self, file: str) -> Shard:
        if self._open is None or self._open[0] != file:
            self.close()
            self._open = file, open_shard(self.folder / file)
        return self._open[1]


def weight_files(folder: Path) -> dict[str, set[str]]:
    """A folder's files of weights, in order, with the tensors that its index names (none without index).

    Safetensors are preferred.

    Raises:
        ModelWeightsError: when there are none, or the index can't be read.
    """
    for index, single in ((SAFETENSORS_INDEX, SAFETENSORS), (PICKLE_INDEX, PICKLE)):
        if (folder / index).is_file():
            return _indexed(folder / index)
        if (folder / single).is_file():
            return {single: set()}
    raise ModelWeightsError(
        f"{str(folder)!r} has no weights: expected {SAFETENSORS} or {PICKLE}, or shards with an index "
        f"({SAFETENSORS_INDEX} or {PICKLE_INDEX}), as Hugging Face models have"
    )


def _indexed(path: Path) -> dict[str, set[str]]:
    try:
        named = orjson.loads(path.read_bytes())["weight_map"]
        pairs = [(str(name), str(file)) for name, file in named.items()]
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as exc:
        raise ModelWeightsError(
            f"{str(path)!r} is no index of weights (expected JSON with weight_map): {exc}; download it again"
        ) from exc
    files: dict[str, set[str]] = {}
    for name, file in sorted(pairs, key=lambda pair: pair[1]):
        if Path(file).name != file:
            raise ModelWeightsError(f"{str(path)!r} names {file!r}; expected a file beside the index")
        files.setdefault(file, set()).add(name)
    return files


def open_shard(path: Path) -> Shard:
    """Open one file of weights; nothing is read of it but what it holds.

    Raises:
        ModelWeightsError: when it is missing or broken.
    """
    try:
        return _Safetensors(path) if path.suffix == ".safetensors" else _Pickled(path)
    except OSError as exc:
        raise ModelWeightsError(
            f"can't read {str(path)!r}: {exc.strerror or exc}; download it again"
        ) from exc


class _Safetensors:
    def __init__(self, path: Path) -> None:
        from safetensors import SafetensorError, safe_open  # noqa: PLC0415 - heavy

        self._path = path
        try:
            self._file: Any = safe_open(path, framework="pt")
        except SafetensorError as exc:
            raise ModelWeightsError(
                f"{str(path)!r} is no whole safetensors file: {exc}; download it again"
            ) from exc

    def infos(self) -> Mapping[str, TensorInfo]:
        found = {}
        for name in self._file.offset_keys():
            view = self._file.get_slice(name)
            dtype = _DTYPES.get(view.get_dtype(), view.get_dtype())
            found[name] = TensorInfo(self._path.name, tuple(view.get_shape()), dtype)
        return found

    def read(self, name: str) -> Tensor:
        tensor: Tensor = self._file.get_tensor(name)
        return tensor


class _Pickled:
    def __init__(self, path: Path) -> None:
        import torch  # noqa: PLC0415 - heavy

        self._path = path
        try:
            # Mapped, not read: of a tensor that nobody asks for no byte comes into memory.
            found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError) as exc:
            reason = str(exc).strip().splitlines()[0][:200] if str(exc).strip() else type(exc).__name__
            raise ModelWeightsError(
                f"{str(path)!r} can't be read as PyTorch weights: {reason}; expected a zip file of tensors "
                "alone, as torch.save has written since 1.6. Download it again, or convert it to safetensors"
            ) from exc
        if not isinstance(found, dict) or not all(
            isinstance(value, torch.Tensor) for value in found.values()
        ):
            raise ModelWeightsError(f"{str(path)!r} holds something else than tensors by name")
        self._tensors: dict[str, Tensor] = found

    def infos(self) -> Mapping[str, TensorInfo]:
        return {
            name: TensorInfo(self._path.name, tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
            for name, tensor in self._tensors.items()
        }

    def read(self, name: str) -> Tensor:
        return self._tensors[name]


# --- the files of a model's folder ------------------------------------------------------------------------

_BESIDE = ("*.json", "*.model", "*.jinja", "merges.txt", "vocab.txt", "LICENSE*", "USE_POLICY*", "NOTICE*")
_WEIGHTS = {SAFETENSORS_INDEX: "model-*.safetensors", PICKLE_INDEX: "pytorch_model-*.bin"}


def files_beside(names: Iterable[str]) -> list[str]:
    """Of a folder's names those that an engine reads beside the weights, and those that state the licence.

    Code is never among them.
    """
    return [
        name
        for name in names
        if any(fnmatchcase(name, pattern) for pattern in _BESIDE) and not name.endswith(".index.json")
    ]


def files_of_weights(names: Iterable[str]) -> list[str]:
    """Of a folder's names those of the weights with their index: safetensors, else PyTorch's, else none."""
    known = sorted(names)
    for index, single in ((SAFETENSORS_INDEX, SAFETENSORS), (PICKLE_INDEX, PICKLE)):
        if index in known:
            return [index, *(name for name in known if fnmatchcase(name, _WEIGHTS[index]))]
        if single in known:
            return [single]
    return []


def require_servable(names: Iterable[str], model: str) -> None:
    """Refuse what no engine could serve.

    Raises:
        ModelWeightsError: naming what is not there.
    """
    known = set(names)
    if not files_of_weights(known):
        raise ModelWeightsError(
            f"{model!r} has no weights that can be served: expected {SAFETENSORS} or {PICKLE}, or shards "
            f"with their index; it has {', '.join(sorted(known)[:8]) or 'no files'}"
        )
    for wanted in (("config.json",), ("tokenizer.json", "tokenizer.model", "vocab.json")):
        if not known.intersection(wanted):
            raise ModelWeightsError(f"{model!r} has no {' or '.join(wanted)}; choose a complete model")
