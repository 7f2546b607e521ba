"""Get a model to where the engine reads it: downloaded, merged where it is a delta, checked, named `current`.

    INTO/
      current -> NAME           what the engine serves; replaced by rename
      NAME/                     OWNER--MODEL@COMMIT, with +OWNER--BASE@COMMIT where it was merged
        callsmith-model.json    what it was made from, size and SHA-256 of every file; written last
      .work/                    what is not whole yet; the next run goes on with it

A folder of the user's own is served where it is; nothing is written into it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from api_docs.errors import InvalidRequest, StorageError
from api_docs.files import sha256_of, write_file
from finetune.weights.checkpoint import files_of_weights, require_servable
from finetune.weights.delta import apply_delta
from finetune.weights.disk import FreeSpace, alone_in, disk_errors, free_space, move, require_space, sync
from finetune.weights.hub import Hub, RemoteFile, RemoteModel

CURRENT = "current"
MANIFEST = "callsmith-model.json"
_WORK = ".work"
_SCHEMA = 1

Progress = Callable[[str, int, int], None]
"""Is told (what is being done, bytes done, bytes in all)."""

_DELTA = re.compile(r"-delta-v[\d.]+$")
"""How Gorilla, as Vicuna, ends the names of weights that are no model without their base."""


class WeightsFile(BaseModel):
    """What the manifest says of one file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str


class ModelManifest(BaseModel):
    """What a folder of weights is; `revision` as it was asked for, versions as they were found."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    schema_version: int = _SCHEMA
    model: str
    revision: str | None
    version: str
    base: str | None
    base_version: str | None
    created: datetime
    files: dict[str, WeightsFile]


@dataclass(frozen=True, slots=True)
class Ready:
    """A model that an engine can serve: `current` leads to `folder`; `made` is false where it was there."""

    model: str
    base: str | None
    folder: Path
    current: Path
    size: int  # bytes
    made: bool

    def summary(self) -> dict[str, Any]:
        """For programs."""
        paths = {"folder": str(self.folder), "current": str(self.current)}
        return dataclasses.asdict(self) | paths


@dataclass(frozen=True, slots=True)
class _Source:
    """Where weights come from: a folder here, or a model on the hub, `remote` once it was looked up.

    `version` is the hub's commit, or for a folder what changes when its files do; None while unknown.
    """

    name: str
    folder: Path | None = None
    revision: str | None = None
    version: str | None = None
    remote: RemoteModel | None = None

    @property
    def label(self) -> str:
        """Its name and version as a part of a folder's name; equal for equal weights."""
        slug = re.sub(r"[^\w.-]+", "--", self.folder.name if self.folder else self.name)
        return f"{slug}@{(self.version or '')[:12]}"

    def place(self, work: Path) -> Path:
        """Where its files are, or come to."""
        return self.folder or work / self.label

    def weights_size(self) -> int:
        """Bytes of its weights."""
        if self.remote is not None:
            sizes = {file.name: file.size for file in self.remote.files}
        else:
            files = (path for path in self.place(Path()).iterdir() if path.is_file())
            sizes = {path.name: path.stat().st_size for path in files}
        return sum(sizes[name] for name in files_of_weights(sizes))


def prepare(  # noqa: PLR0913 - what a model is got from, by name
    model: str,
    base: str | None,
    into: Path,
    *,
    token: str | None = None,
    revision: str | None = None,
    progress: Progress | None = None,
    free: FreeSpace = free_space,
) -> Ready | None:
    """Have `INTO/current` lead to a model; `model` and `base` are folders here or ids on the hub.

    With a base the model is a delta, and the two are merged. What is there already is not downloaded again,
    nor looked up on the hub: to follow a branch that moves, name the commit as `revision`. What an earlier
    run of the same model left half-done is gone on with. None where no model is named.

    Raises:
        InvalidRequest: when a name can't be that of a model, or a delta comes without its base.
        ModelWeightsError: when the weights can't be had (`ModelAccessDenied` where a token is missing) or are
            not what they should be.
        StorageError: when the disk is read-only, or too small (`NotEnoughSpace`, before anything is written).
    """
    if not model:
        return None
    wanted = _source(model, revision)
    below = _source(base, None) if base else None
    if below is None and _DELTA.search(wanted.name.rstrip("/")):
        raise InvalidRequest(
            f"{model!r} is a delta, no model by itself; name the LLaMA that it was made from with --base",
            "base",
        )
    if below is None and wanted.folder is not None:
        return _serve_in_place(wanted.folder, model, into)
    with alone_in(into):
        if (found := _finished(into, wanted, below)) is not None:
            folder, manifest, made = *found, False
        else:
            folder, manifest = _Work(into, Hub(token), progress, free).make(wanted, below)
            made = True
        _point(into, folder)
        shutil.rmtree(into / _WORK, ignore_errors=True)
    size = sum(file.size for file in manifest.files.values())
    return Ready(model, base or None, folder, into / CURRENT, size, made)


def _source(name: str, revision: str | None) -> _Source:
    folder = Path(name)
    if not folder.is_dir():
        if folder.is_absolute() or name.startswith((".", "~")):
            raise InvalidRequest(
                f"there is no folder {name!r}; name one that exists, or a model's id", "model"
            )
        return _Source(name, revision=revision or None)
    if revision:
        raise InvalidRequest(
            f"{name!r} is a folder, which has no revision {revision!r}; leave --revision out", "revision"
        )
    resolved = folder.resolve()
    files = sorted(path for path in resolved.iterdir() if path.is_file())
    states = [(path.name, status.st_size, status.st_mtime_ns) for path in files if (status := path.stat())]
    return _Source(str(resolved), resolved, version=hashlib.sha256(repr(states).encode()).hexdigest())


def _serve_in_place(folder: Path, model: str, into: Path) -> Ready:
    names = [path.name for path in folder.iterdir() if path.is_file()]
    require_servable(names, model)
    with alone_in(into):
        current = into / CURRENT
        made = not current.is_symlink() or current.resolve() != folder
        _point(into, folder)
    size = sum((folder / name).stat().st_size for name in names)
    return Ready(model, None, folder, current, size, made)


def _finished(into: Path, wanted: _Source, base: _Source | None) -> tuple[Path, ModelManifest] | None:
    """A whole folder of just these weights, if there is one; the hub isn't asked."""
    for path in sorted(into.glob(f"*@*/{MANIFEST}")):
        with contextlib.suppress(OSError, ValidationError):
            manifest = ModelManifest.model_validate_json(path.read_bytes())
            same = (
                (manifest.model, manifest.revision) == (wanted.name, wanted.revision)
                and manifest.base == (base.name if base else None)
                and wanted.version in (None, manifest.version)
                and (base is None or base.version in (None, manifest.base_version))
            )
            files = manifest.files.items()
            if same and all((path.parent / name).stat().st_size == file.size for name, file in files):
                return path.parent, manifest
    return None


@dataclass(frozen=True, slots=True)
class _Download:
    """One file to come, and where to."""

    model: RemoteModel
    file: RemoteFile
    folder: Path

    @property
    def missing(self) -> int:
        """Bytes of it that are not on the disk yet."""
        for name in (self.file.name, f"{self.file.name}.part"):
            if (path := self.folder / name).exists():
                return max(0, self.file.size - path.stat().st_size)
        return self.file.size


class _Work:
    """Makes one folder of weights, all of it below `.work` until it is whole."""

    def __init__(self, into: Path, hub: Hub, progress: Progress | None, free: FreeSpace) -> None:
        self._into = into
        self._folder = into / _WORK
        self._hub = hub
        self._tell: Progress = progress or (lambda *_: None)
        self._free = free

    def make(self, wanted: _Source, base: _Source | None) -> tuple[Path, ModelManifest]:
        """Download what is missing, merge, and publish; space is checked before the first byte."""
        wanted = self._looked_up(wanted)
        base = self._looked_up(base) if base else None
        name = f"{wanted.label}+{base.label}" if base else wanted.label
        merged = self._folder / f"{name}.merged"
        sources = [source for source in (wanted, base) if source is not None]
        with disk_errors(self._folder):
            self._keep_only({merged.name, f"{merged.name}.progress.json", *(one.label for one in sources)})
        downloads = [
            _Download(one.remote, file, one.place(self._folder))
            for one in sources
            if one.remote is not None
            for file in one.remote.files
        ]
        self._require_space(downloads, wanted.weights_size() if base else 0, merged)
        sums = self._download(downloads)
        if base is None:
            return self._publish(wanted.place(self._folder), name, sources, sums)
        sums = apply_delta(
            base.place(self._folder),
            wanted.place(self._folder),
            merged,
            progress=lambda done, total: self._tell("applying the delta", done, total),
        )
        return self._publish(merged, name, sources, sums)

    def _looked_up(self, source: _Source) -> _Source:
        if source.folder is not None:
            return source
        remote = self._hub.look_up(source.name, source.revision)
        return dataclasses.replace(source, version=remote.commit, remote=remote)

    def _keep_only(self, names: set[str]) -> None:
        """Remove what runs for other models, or other commits, left half-done."""
        self._folder.mkdir(exist_ok=True)
        for path in self._folder.iterdir():
            if path.name not in names:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _require_space(self, downloads: list[_Download], merged_size: int, merged: Path) -> None:
        there = sum(path.stat().st_size for path in merged.iterdir()) if merged.is_dir() else 0
        missing = sum(download.missing for download in downloads)
        require_space(missing + max(0, merged_size - there), self._into, self._free)

    def _download(self, downloads: list[_Download]) -> dict[str, str]:
        """Fetch everything, small files first: a model that is closed to us says so before gigabytes came."""
        total = sum(download.file.size for download in downloads)
        done = 0

        def received(size: int) -> None:
            nonlocal done
            done += size
            self._tell("downloading", done, total)

        return {
            one.file.name: self._hub.fetch(one.model, one.file, one.folder, received)
            for one in sorted(downloads, key=lambda one: one.file.size)
        }

    def _publish(
        self, work: Path, name: str, sources: list[_Source], sums: dict[str, str]
    ) -> tuple[Path, ModelManifest]:
        wanted, base = sources[0], sources[1] if len(sources) > 1 else None
        with disk_errors(work):
            for path in work.glob(".*"):  # of a run that was killed while it wrote
                path.unlink()
        manifest = ModelManifest(
            model=wanted.name,
            revision=wanted.revision,
            version=wanted.version or "",
            base=base.name if base else None,
            base_version=base.version if base else None,
            created=datetime.now(UTC).replace(microsecond=0),
            files={
                path.name: WeightsFile(
                    size=path.stat().st_size, sha256=sums.get(path.name) or sha256_of(path)
                )
                for path in sorted(work.iterdir())
                if path.name != MANIFEST
            },
        )
        write_file(work / MANIFEST, manifest.model_dump_json(indent=2).encode() + b"\n")
        target = self._into / name
        with disk_errors(target):
            for path in work.iterdir():
                path.chmod(0o644)  # the engine may run as another user
            sync(work)
            move(work, target)
        return target, manifest


def _point(into: Path, folder: Path) -> None:
    """Have `current` lead to a folder, by a relative path where it can: volumes get mounted elsewhere."""
    inside, target = into.resolve(), folder.resolve()
    if target.is_relative_to(inside):
        target = target.relative_to(inside)
    current, new = into / CURRENT, into / f".{CURRENT}.new"
    if current.exists() and not current.is_symlink():
        raise StorageError(
            f"{str(current)!r} is in the way: expected nothing or a link; move it away or choose another "
            "folder"
        )
    if current.is_symlink() and current.readlink() == target:
        return
    with disk_errors(current):
        new.unlink(missing_ok=True)
        new.symlink_to(target)
        new.replace(current)
        sync(into)
