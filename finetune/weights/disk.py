"""What the folder of weights asks of the disk: room, one writer at a time, bytes that outlast a power cut."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from api_docs.errors import AlreadyPublishing, NotEnoughSpace, StorageError

FreeSpace = Callable[[Path], int]
"""How many bytes can be written into a folder."""

MIB = 2**20


def free_space(folder: Path) -> int:
    """Bytes that this user can still write into a folder."""
    return shutil.disk_usage(folder).free


def require_space(needed: int, folder: Path, free: FreeSpace = free_space) -> None:
    """Refuse work that can't end well, before it begins.

    Raises:
        NotEnoughSpace: naming what is needed, what is free, and where.
    """
    available = free(folder)
    if needed > available:
        raise NotEnoughSpace(
            f"{str(folder)!r} needs {needed / MIB:,.0f} MiB ({needed:,} bytes) more and has "
            f"{available / MIB:,.0f} MiB ({available:,} bytes) free; free some space or choose another "
            "folder with --into"
        )


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's complaints about a path into a `StorageError` that names the fix."""
    try:
        yield
    except OSError as exc:
        raise StorageError(
            f"can't write {str(path)!r}: {exc.strerror or exc}; free some space or choose a writable folder "
            "with --into"
        ) from exc


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep every other process from preparing a model here; the lock goes with this process.

    Raises:
        AlreadyPublishing: when another process has it.
        StorageError: when the folder can't be written.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise AlreadyPublishing(
                f"another process is preparing a model in {str(folder)!r}; wait for it to end, then run the "
                "command again"
            ) from exc
        yield
    finally:
        os.close(handle)


def sync(path: Path) -> None:
    """Make sure that a file's bytes, or a folder's names, outlast a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def move(work: Path, target: Path) -> None:
    """Give finished work its name, in the place of what may be there."""
    replaced = target.with_name(f".{target.name}.replaced")
    shutil.rmtree(replaced, ignore_errors=True)
    if target.exists():
        target.rename(replaced)
    work.rename(target)
    sync(target.parent)
    shutil.rmtree(replaced, ignore_errors=True)
