"""What worker processes share: requests in flight and token buckets, in one small SQLite file.

The file lies in the run folder, which the supervising process makes for its workers and removes at the
end; a single worker uses the same code on a database in memory. Every operation is one write
transaction, so that limits are exact over all workers.

Limits are fairness, not safety: a store that fails (full disk, a lock that is never let go) must not
take the service down. It is logged once, requests are let through with the limits that one worker can
hold alone, and the store is tried again after a few seconds.

Operations block for some microseconds and may be called on an event loop or on any thread.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from api_docs.errors import ConfigurationError
from service.logs import SERVICE
from service.settings import RUN_FOLDER

_Result = TypeVar("_Result")

Clock = Callable[[], float]

RETRY_SECONDS = 5.0
"""How long a store that failed is left alone."""

_DATABASE = "shared.sqlite"
_MOST_WAITING = 0.5
"""Seconds that an operation waits for other workers' before the store counts as broken."""

_SHORT_WAIT, _LONG_WAIT, _SHORT_WAITS = 5e-5, 1e-3, 20
"""Seconds between two tries: an operation takes less than the first, a process that was put aside more."""

_ALMOST = 1e-6
"""A token less this much is one: times are floats."""

_TABLES = (
    "CREATE TABLE IF NOT EXISTS in_flight (worker TEXT PRIMARY KEY, requests INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, tokens REAL NOT NULL, at REAL NOT NULL)"
    " WITHOUT ROWID",
)

service_log = logging.getLogger(SERVICE)


def run_folder() -> Path | None:
    """The folder that the supervising process made for its workers; None where there is one process."""
    found = os.environ.get(RUN_FOLDER)
    return Path(found) if found else None


@contextlib.contextmanager
def made_run_folder() -> Iterator[Path]:
    """Make the run folder, name it in the environment of processes started from now on, remove it after.

    Raises:
        ConfigurationError: when there is no place for temporary files.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix="callsmith-", ignore_cleanup_errors=True)
    except OSError as exc:
        raise ConfigurationError(
            f"can't make a temporary folder for the workers: {exc.strerror}; name a writable one with TMPDIR"
        ) from exc
    with made as folder:
        os.environ[RUN_FOLDER] = folder
        try:
            yield Path(folder)
        finally:
            os.environ.pop(RUN_FOLDER, None)


class Shared:
    """Counts and buckets that hold over all workers with the same `folder`; None: over this process.

    `clock` gives seconds. `time.monotonic` is the same for all processes of a machine and never steps;
    one that steps back costs nobody more than the time it stepped by.
    """

    def __init__(self, folder: Path | None = None, clock: Clock = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._here = 0
        self._membership = _Membership(folder)
        self._connection: sqlite3.Connection | None = None
        self._broken_since: float | None = None
        with self._lock:
            self._transact(self._forget_dead, None)

    def enter(self, limit: int) -> bool:
        """Count one more request in flight, unless all live workers together have `limit` of them."""
        with self._lock:
            entered = self._transact(lambda database: self._enter(database, limit), self._here < limit)
            self._here += entered
            return entered

    def leave(self) -> None:
        """Count one request less, after an `enter` that let it in."""
        with self._lock:
            self._here -= 1
            self._transact(self._note_here, None)

    def in_flight(self) -> int:
        """Requests in flight: those of all live workers, or this one's where the store is broken."""
        with self._lock:
            return self._transact(self._in_flight_of_living, self._here)

    def take(self, name: str, per_minute: float, burst: float) -> float:
        """Take a token from a bucket that fills at `per_minute` up to `burst`.

        Returns 0.0 where there was one, else the seconds until there is one.
        """
        with self._lock:
            return self._transact(lambda database: self._take(database, name, per_minute / 60, burst), 0.0)

    def close(self) -> None:
        """Take this worker's requests out of the count."""
        with self._lock:
            if self._connection is not None:
                self._transact(self._forget_this, None)
            self._let_go()
            self._membership.end()

    def _enter(self, database: sqlite3.Connection, limit: int) -> bool:
        if self._in_flight(database) >= limit:
            self._forget_dead(database)
            if self._in_flight(database) >= limit:
                return False
        self._note(database, self._here + 1)
        return True

    def _in_flight_of_living(self, database: sqlite3.Connection) -> int:
        self._forget_dead(database)
        return self._in_flight(database)

    def _in_flight(self, database: sqlite3.Connection) -> int:
        """Requests of all workers; this one's are known better here than there, should a note have failed."""
        query = "SELECT coalesce(sum(requests), 0) FROM in_flight WHERE worker != ?"
        (elsewhere,) = database.execute(query, (self._membership.name,)).fetchone()
        return int(elsewhere) + self._here

    def _note_here(self, database: sqlite3.Connection) -> None:
        self._note(database, self._here)

    def _note(self, database: sqlite3.Connection, requests: int) -> None:
        database.execute("REPLACE INTO in_flight VALUES (?, ?)", (self._membership.name, requests))

    def _forget_dead(self, database: sqlite3.Connection) -> None:
        query = "SELECT worker FROM in_flight WHERE requests > 0 AND worker != ?"
        for (worker,) in database.execute(query, (self._membership.name,)).fetchall():
            if not self._membership.lives(worker):
                database.execute("DELETE FROM in_flight WHERE worker = ?", (worker,))

    def _forget_this(self, database: sqlite3.Connection) -> None:
        database.execute("DELETE FROM in_flight WHERE worker = ?", (self._membership.name,))

    def _take(self, database: sqlite3.Connection, name: str, per_second: float, burst: float) -> float:
        now = self._clock()  # within the transaction, so that no other worker's is later
        found = database.execute("SELECT tokens, at FROM buckets WHERE name = ?", (name,)).fetchone()
        tokens, at = found or (burst, now)
        tokens = min(burst, tokens + max(0.0, now - at) * per_second)
        taken = tokens >= 1 - _ALMOST
        if taken or now < at:
            database.execute("REPLACE INTO buckets VALUES (?, ?, ?)", (name, tokens - taken, now))
        return 0.0 if taken else (1 - tokens) / per_second

    def _transact(self, work: Callable[[sqlite3.Connection], _Result], otherwise: _Result) -> _Result:
        """Do `work` in a transaction; its result, or `otherwise` where the store is broken."""
        if self._broken_since is not None and 0 <= self._clock() - self._broken_since < RETRY_SECONDS:
            return otherwise
        try:
            if self._connection is None:
                self._connection = self._opened()
            database = self._connection
            _begin(database)
            result = work(database)
            database.execute("COMMIT")
        except (sqlite3.Error, OSError) as exc:
            self._let_go()
            if self._broken_since is None:
                service_log.error(
                    f"limits don't hold over all workers: {exc}; is there space in the folder for "
                    "temporary files (TMPDIR)?"
                )
            self._broken_since = self._clock()
            return otherwise
        if self._broken_since is not None:
            self._broken_since = None
            service_log.warning("limits hold over all workers again")
        return result

    def _opened(self) -> sqlite3.Connection:
        self._membership.begin()
        path = ":memory:" if self._folder is None else self._folder / _DATABASE
        database = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            # Nothing here outlives the machine, so nothing waits for the disk; a process that is killed
            # half way harms nothing all the same.
            database.execute("PRAGMA synchronous = OFF")
            _patiently(lambda: database.execute("PRAGMA journal_mode = WAL"))
            _begin(database)
            for table in _TABLES:
                database.execute(table)
            database.execute("COMMIT")
        except BaseException:
            database.close()
            raise
        return database

    def _let_go(self) -> None:
        """Close the connection, which ends a transaction that failed; the next use opens another one."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


class _Membership:
    """A name for this worker, and a lock on a file of that name which lives as long as the process does.

    The kernel lets go of the lock however the process ends, at once, and never mistakes another process
    for it, as one does who looks for process ids.
    """

    def __init__(self, folder: Path | None) -> None:
        self.name = f"worker-{os.getpid()}-{os.urandom(4).hex()}.lock"
        self._folder = folder
        self._file: int | None = None

    def begin(self) -> None:
        """Take the lock; there is none without a folder."""
        if self._folder is None or self._file is not None:
            return
        file = os.open(self._folder / self.name, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._file = file

    def lives(self, name: str) -> bool:
        """Whether the worker of this name holds its lock; a file that nobody holds is removed."""
        if self._folder is None:
            return False
        path = self._folder / name
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            path.unlink(missing_ok=True)
            return False
        finally:
            os.close(file)

    def end(self) -> None:
        """Let go of the lock."""
        if self._folder is None or self._file is None:
            return
        (self._folder / self.name).unlink(missing_ok=True)
        os.close(self._file)
        self._file = None


def _begin(database: sqlite3.Connection) -> None:
    _patiently(lambda: database.execute("BEGIN IMMEDIATE"))


def _patiently(work: Callable[[], object]) -> None:
    """Try until no other worker is in the way; SQLite's own waiting begins with a whole millisecond."""
    tried, until = 0, time.monotonic() + _MOST_WAITING
    while True:
        try:
            work()
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        else:
            return
        tried += 1
        time.sleep(_SHORT_WAIT if tried <= _SHORT_WAITS else _LONG_WAIT)
