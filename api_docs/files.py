"""Files that are either all there or not there: checksums, publishing by rename, clear disk errors.

Knows nothing about catalogues or indexes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from api_docs.errors import StorageError


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def publish_folder(target: Path, fill: Callable[[Path], None]) -> None:
    """Make a folder appear at `target` complete, replacing one that is there.

    `fill` writes into a temporary folder beside the target, which is then renamed. When anything goes
    wrong the target is as it was and the temporary folder is gone.

    Raises:
        StorageError: when the disk is full or read-only.
    """
    with translated(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        with translated(target):
            fill(work)
            work.chmod(0o755)
            _sync_folder(work)
            _swap_in(work, target)
            _sync(target.parent)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def write_file(target: Path, data: bytes) -> None:
    """Write a small file at once: readers see the old bytes or the new ones.

    Raises:
        StorageError: when the disk is full or read-only.
    """
    with translated(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
            _sync(target.parent)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the operating system's complaints about a path into a `StorageError` that names the fix."""
    try:
        yield
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise StorageError(
            f"can't write {str(path)!r}: {reason}. Free some space or choose a writable folder "
            "with CALLSMITH_VAR"
        ) from exc


def _swap_in(work: Path, target: Path) -> None:
    if not target.exists():
        work.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    target.rename(old / "folder")
    try:
        work.rename(target)
    except OSError:
        (old / "folder").rename(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    for path in (*sorted(folder.rglob("*")), folder):
        _sync(path)


def _sync(path: Path) -> None:
    """Make sure that a file's bytes, or a folder's names, outlast a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
