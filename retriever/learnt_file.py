"""One small safetensors file for something learnt: named arrays, and what the file says of itself.

The same content gives the same bytes, so that a version can be told by them. Knows nothing about what the
arrays mean.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from api_docs.errors import EmbeddingModelError
from api_docs.files import sha256_of

Tensors = dict[str, NDArray[Any]]

_ABOUT: Final = "callsmith"
"""The one key of the file's metadata: several would be written in any order, and the bytes would differ."""


def to_bytes(tensors: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> bytes:
    """The file's bytes."""
    from safetensors.numpy import save  # noqa: PLC0415 - where something learnt is, and nowhere else

    plain = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    return save(plain, metadata={_ABOUT: orjson.dumps(dict(about)).decode()})


def of_bytes(data: bytes, schema: int) -> tuple[Tensors, dict[str, Any]]:
    """The arrays of a file, and what it says of itself; every number is finite.

    Raises:
        KeyError, TypeError, ValueError: when it is none of ours, or has another schema.
    """
    from safetensors import SafetensorError  # noqa: PLC0415
    from safetensors.numpy import load  # noqa: PLC0415

    try:
        tensors = load(data)
    except SafetensorError as exc:
        raise ValueError(str(exc)) from exc
    about = _about(data)
    if about["schema_version"] != schema:
        raise ValueError(f"it has schema {about['schema_version']!r}, this Callsmith reads {schema}")
    for name, values in tensors.items():
        if not np.isfinite(values).all():
            raise ValueError(f"{name} has numbers that are not finite")
    return tensors, about


def read(path: Path, schema: int, what: str, fix: str) -> tuple[Tensors, dict[str, Any], str]:
    """Arrays, what the file says of itself, and its version; errors name `what` it is and the `fix`.

    Raises:
        EmbeddingModelError: when the file is missing, damaged, or none of ours.
    """
    try:
        data = path.read_bytes()
        tensors, about = of_bytes(data, schema)
    except OSError as exc:
        raise unreadable(path, exc.strerror or str(exc), what, fix) from exc
    except (KeyError, TypeError, ValueError) as exc:
        raise unreadable(path, f"{type(exc).__name__}: {exc}", what, fix) from exc
    return tensors, about, version_of(data)


def unreadable(path: Path, reason: str, what: str, fix: str) -> EmbeddingModelError:
    """The error for a file that can't be taken."""
    return EmbeddingModelError(f"can't read {what} {str(path)!r} ({reason}); {fix}")


def version_of(data: bytes) -> str:
    """Twelve hex digits of the SHA-256 of a file's bytes."""
    return hashlib.sha256(data).hexdigest()[:12]


def file_version(path: Path, what: str, fix: str) -> str:
    """The version of a file, without reading what is in it.

    Raises:
        EmbeddingModelError: when there is no such file, or it can't be read.
    """
    try:
        return sha256_of(path)[:12]
    except OSError as exc:
        raise unreadable(path, exc.strerror or str(exc), what, fix) from exc


def _about(data: bytes) -> dict[str, Any]:
    """What the file says of itself; safetensors gives it of files only, and the header is plain JSON."""
    size = int.from_bytes(data[:8], "little")
    found = orjson.loads(orjson.loads(data[8 : 8 + size])["__metadata__"][_ABOUT])
    if not isinstance(found, dict):
        raise TypeError(f"it says {found!r} of itself")
    return found
