"""A running service takes up what is published: it opens the new beside the old, checks it, and swaps.

Every worker process watches for itself. Requests in flight keep the `Served` that they took, so each of
them is answered by one version; the old one's memory goes when the last of them is done. A version that
can't be opened is told once, and the old one stays. Nothing is ever built here.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import to_thread

from api_docs.errors import BrokenCatalogue, BrokenIndex, CallsmithError
from retriever.index import MANIFEST
from retriever.searcher import Searcher
from service import var
from service.logs import SERVICE
from service.runtime import Runtime
from service.served import Served
from service.unnoticed import Remains, here_to_stay, in_short_turns

Stamp = tuple[int, int, int] | None
"""What changes whenever a file is replaced; None where there is none."""

service_log = logging.getLogger(SERVICE)


@asynccontextmanager
async def watching(runtime: Runtime) -> AsyncIterator[None]:
    """Let a runtime follow what is published while the block runs, if it is to."""
    if not runtime.follows or runtime.settings.watch_seconds == 0:
        yield
        return
    here_to_stay()
    watcher = Watcher(runtime)
    watcher.start()
    try:
        yield
    finally:
        await to_thread.run_sync(watcher.stop)


class Watcher:
    """Looks every few seconds, in a thread of its own, whether a runtime serves what it should."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._refused: tuple[str, Stamp, Stamp] | None = None
        self._remains: list[Remains] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="callsmith-watcher", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        fields = {"index_version": self._runtime.served.version, "pid": os.getpid()}
        service_log.info("watching for other versions", extra={"fields": fields})
        self._thread.start()

    def stop(self) -> None:
        """End, after what is being opened."""
        self._ended.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._ended.wait(self._runtime.settings.watch_seconds):
            self.look()
            self._remains = [one for one in self._remains if not one.let_go(self._ended)]

    def look(self) -> None:
        """Swap in what is to be served, where that is something else and can be."""
        try:
            self._follow()
        except CallsmithError as exc:
            self._keep_the_old(str(exc))
        except Exception as exc:  # whatever it is, the old one serves on and the next look may succeed
            self._keep_the_old(f"unexpected {type(exc).__name__}: {exc}", exc)

    def _follow(self) -> None:
        runtime = self._runtime
        settings = runtime.settings
        version = var.served_version(settings)
        if version == runtime.served.version:
            self._refused = runtime.watch_problem = None
            return
        wanted = (
            version,
            _stamp(var.catalogue_folder(settings) / MANIFEST),
            _stamp(var.index_folder_of(settings, version) / MANIFEST),
        )
        if wanted == self._refused:
            return
        self._refused = wanted
        before = runtime.served
        with in_short_turns():
            found = var.reopen_searcher(settings, before.searcher.encoder, before.catalogue)
            _check(found)
        fields = {
            "index_version": found.version,
            "before": before.version,
            "docs": len(found.catalogue),
            "pid": os.getpid(),
        }
        runtime.served = Served(found)
        self._refused = runtime.watch_problem = None
        service_log.info("serving another version", extra={"fields": fields})
        self._remains.append(Remains(before))

    def _keep_the_old(self, reason: str, unexpected: Exception | None = None) -> None:
        if reason == self._runtime.watch_problem:
            return
        self._runtime.watch_problem = reason
        fields = {"index_version": self._runtime.served.version, "reason": reason, "pid": os.getpid()}
        service_log.error("a new version can't be served", extra={"fields": fields}, exc_info=unexpected)


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _check(searcher: Searcher) -> None:
    """Make sure that it answers, and do once what the first search of a version takes longer for.

    Raises:
        BrokenCatalogue: when there is nothing to be found.
        BrokenIndex: when nothing is.
    """
    if not len(searcher.catalogue):
        raise BrokenCatalogue(
            "the new catalogue has no docs; publish another one with `callsmith docs publish`"
        )
    doc = searcher.catalogue.docs[0]
    if not searcher.search(doc.name, k=1):
        raise BrokenIndex(
            f"the new index {searcher.version!r} finds nothing, not even {doc.name!r}; rebuild it with "
            "`callsmith index build --force`"
        )
