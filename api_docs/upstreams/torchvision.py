"""torchvision's newest release as a registry of models: the wheel is fetched, read, and never installed.

One conditional request tells which release is the newest; its wheel is fetched only when there is a new one,
and checked against the checksum that the index states. What its code means is `sources.torchvision_code`'s
knowledge.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from api_docs.errors import SourceError
from api_docs.files import translated, write_file
from api_docs.sources.base import Quarantined
from api_docs.sources.torchvision_code import read_code
from api_docs.upstreams.client import Client

PYPI: Final = "https://pypi.org"
PACKAGE: Final = "torchvision"

_MODELS: Final = "torchvision/models/"
_VERSION: Final = re.compile(r"\d+(?:\.\d+)+")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MAX_WHEEL: Final = 256 * 2**20
_MAX_MODULE: Final = 4 * 2**20
_MAX_MODULES: Final = 2_000


@dataclass(frozen=True, slots=True)
class Release:
    """The newest release: its version, and its smallest wheel by address, name and checksum."""

    version: str
    url: str
    file: str
    sha256: str


def newest(client: Client, index: str = PYPI) -> Release:
    """The newest release that has a wheel. All wheels of a release hold the same Python code.

    Raises:
        SourceError: when the index can't be asked, or doesn't say that.
    """
    address = f"{index}/pypi/{PACKAGE}/json"
    told = client.get(address, headers={"Accept": "application/json"}).json()
    try:
        version = str(told["info"]["version"])
        wheels = [_wheel(version, file) for file in told["urls"] if _is_wheel(file)]
        size, release = min(wheels, key=lambda wheel: wheel[0])
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise SourceError(
            f"{address} names no wheel of {PACKAGE}: {type(exc).__name__}: {exc}; expected info.version and "
            "urls with packagetype, filename, size, url and digests. Check CALLSMITH_PYPI"
        ) from exc
    if size > _MAX_WHEEL:
        raise SourceError(f"{release.file!r} has {size:,} bytes; at most {_MAX_WHEEL:,} are fetched")
    return release


def export(client: Client, release: Release, folder: Path) -> list[Quarantined]:
    """Have the registry of a release in `folder`, as `torchvision_VERSION_models.json`, and no other's.

    The wheel is kept beside it, so that it need not be fetched again; gives what of its code can't be read.

    Raises:
        SourceError: when the wheel can't be had, isn't what it should be, or has no builder.
        StorageError: when the disk is full or read-only.
    """
    wheel = folder / "wheel" / release.file
    client.download(release.url, wheel, sha256=release.sha256, most=_MAX_WHEEL)
    records, broken = read_code(_modules(wheel))
    if not records:
        raise SourceError(
            f"{release.file!r} has no builder of models; expected functions under @register_model below "
            f"{_MODELS!r}. Callsmith has to learn how this release is made"
        )
    target = folder / f"torchvision_{release.version}_models.json"
    write_file(target, json.dumps(records, indent=1).encode())
    with translated(folder):
        for old in (*folder.glob("torchvision*_models.json"), *wheel.parent.iterdir()):
            if old not in (target, wheel):
                old.unlink()
    return broken


def _is_wheel(file: Mapping[str, Any]) -> bool:
    return file["packagetype"] == "bdist_wheel" and not file.get("yanked", False)


def _wheel(version: str, file: Mapping[str, Any]) -> tuple[int, Release]:
    """The size in bytes, and the wheel; what is used as part of a path or an address is checked."""
    name, digest = str(file["filename"]), str(file["digests"]["sha256"])
    if (
        not _VERSION.fullmatch(version)
        or not re.fullmatch(r"[\w.+-]+\.whl", name)
        or not _SHA256.fullmatch(digest)
    ):
        raise ValueError(f"version {version!r}, file {name!r}, SHA-256 {digest!r}")
    return int(file["size"]), Release(version, str(file["url"]), name, digest)


def _modules(wheel: Path) -> dict[str, str]:
    """The text of the modules below `torchvision/models`, by their path there.

    Raises:
        SourceError: when the file is no whole wheel.
    """
    found: dict[str, str] = {}
    try:
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                if member.filename.startswith(_MODELS) and member.filename.endswith(".py"):
                    if member.file_size > _MAX_MODULE or len(found) == _MAX_MODULES:
                        raise SourceError(
                            f"{member.filename!r} of {wheel.name!r} has {member.file_size:,} bytes, after "
                            f"{len(found):,} modules; at most {_MAX_MODULES:,} of {_MAX_MODULE:,} are read"
                        )
                    found[member.filename.removeprefix(_MODELS)] = archive.read(member).decode()
    except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as exc:
        raise SourceError(
            f"{wheel.name!r} can't be read as a wheel: {exc}. Remove it and run it again"
        ) from exc
    return found
