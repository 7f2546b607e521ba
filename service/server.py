"""Start and stop of the HTTP service: the port, the workers, SIGTERM.

Everything that can be refused is refused before a worker starts, with a message and without a traceback.
"""

from __future__ import annotations

import errno
import logging
import logging.config
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from api_docs.errors import CallsmithError, ConfigurationError
from service import tracing, var
from service.app import create_app
from service.keys import Keys
from service.logs import SERVICE, log_config
from service.metrics import forget_worker, made_workers_folder
from service.runtime import Runtime, open_runtime
from service.settings import Settings, load_settings
from service.shared import Shared, made_run_folder, run_folder

BACKLOG = 2_048
Progress = Callable[[int, int], None]
service_log = logging.getLogger(SERVICE)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A service that is ready to run; with several workers each of them opens its own runtime."""

    settings: Settings
    listener: socket.socket
    runtime: Runtime | None


def prepare(settings: Settings, progress: Progress | None = None) -> Prepared:
    """Take the port and open, or with several workers build, what is served.

    Raises:
        ConfigurationError: when the address can't be taken or is open to all, or the keys are broken.
        CallsmithError: when the catalogue, the index or the model can't be used.
    """
    settings.check_access()
    tracing.check_installed(settings)
    if settings.keys is not None:
        Keys.load(settings.keys)  # what is wrong with it is told before workers start
    listener = bind(settings.host, settings.port)
    try:
        runtime = open_runtime(settings, progress) if settings.workers == 1 else None
        if runtime is None:
            _ensure_index_for_workers(settings, progress)
        _listen(listener, settings)
    except BaseException:
        listener.close()
        raise
    return Prepared(settings, listener, runtime)


def run(prepared: Prepared) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish what is in flight."""
    settings = prepared.settings
    logging.config.dictConfig(log_config(settings))
    if prepared.runtime is None:
        _run_workers(settings, prepared.listener)
    else:
        _run_here(settings, prepared.runtime, prepared.listener)
    service_log.info("stopped", extra={"fields": {"pid": os.getpid()}})


def _run_here(settings: Settings, runtime: Runtime, listener: socket.socket) -> None:
    server = uvicorn.Server(_config(settings, create_app(runtime)))
    # uvicorn raises the signal again, at the handler that it found, when it is done; having drained is a
    # success, so that handler must not be the one that ends the process.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    _log_start(settings)
    server.run(sockets=[listener])


def _run_workers(settings: Settings, listener: socket.socket) -> None:
    os.environ.update(settings.environment())
    config = _config(settings, "service.server:worker_app", factory=True)
    with made_run_folder() as folder, made_workers_folder(folder) as measures:
        supervisor = _Supervisor(config, [listener], lambda pid: forget_worker(pid, measures))
        _log_start(settings)
        supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise ConfigurationError("a worker could not start; the log says why")


class _Supervisor(Multiprocess):
    """uvicorn's, which starts workers anew; `ended` is told the process id of each that is no more."""

    def __init__(
        self, config: uvicorn.Config, sockets: list[socket.socket], ended: Callable[[int], None]
    ) -> None:
        super().__init__(config, sockets)
        self._ended = ended
        self._known: set[int] = set()

    def keep_subprocess_alive(self) -> None:
        """Replace the workers that died, and tell of those and of any that were let go."""
        before = self._known | self._pids()
        super().keep_subprocess_alive()
        self._known = self._pids()
        for pid in before - self._known:
            self._ended(pid)

    def _pids(self) -> set[int]:
        return {process.pid for process in self.processes if process.pid is not None}


def _log_start(settings: Settings) -> None:
    address = f"[{settings.host}]" if ":" in settings.host else settings.host
    fields = {"url": f"http://{address}:{settings.port}", "workers": settings.workers, "pid": os.getpid()}
    service_log.info("serving", extra={"fields": fields})


def worker_app() -> FastAPI:
    """The application of one worker process, which reads its settings from the environment."""
    try:
        return create_app(open_runtime(load_settings()), Shared(run_folder()))
    except CallsmithError as exc:
        service_log.error(str(exc), extra={"fields": {"code": exc.code}})
        # The supervisor takes this status for a fault that every restart would have.
        sys.exit(STARTUP_FAILURE)


def bind(host: str, port: int) -> socket.socket:
    """A socket that holds the address, not listening yet.

    Raises:
        ConfigurationError: naming what is wrong with the address, and the fix.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as exc:
        raise ConfigurationError(
            f"can't listen on host {host!r}: {exc.strerror or exc}; choose another one with --host"
        ) from exc
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as exc:
        listener.close()
        raise _unusable(host, port, exc) from exc
    return listener


def _config(settings: Settings, app: FastAPI | str, *, factory: bool = False) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=factory,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        lifespan="on",
        ws="none",
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        log_config=log_config(settings),
        timeout_graceful_shutdown=settings.shutdown_timeout,
    )


def _ensure_index_for_workers(settings: Settings, progress: Progress | None) -> None:
    """Build the index once, so that the workers don't all do it; they check what they open."""
    var.check_faiss(settings)
    catalogue = var.read_catalogue(settings)
    if not var.index_folder(settings, catalogue).exists():
        var.ensure_index(settings, progress)


def _listen(listener: socket.socket, settings: Settings) -> None:
    try:
        listener.listen(BACKLOG)
    except OSError as exc:
        raise _unusable(settings.host, settings.port, exc) from exc


def _unusable(host: str, port: int, exc: OSError) -> ConfigurationError:
    why = {
        errno.EADDRINUSE: f"port {port} of {host!r} is in use; stop what uses it, or choose another one with "
        "--port or CALLSMITH_PORT",
        errno.EACCES: f"port {port} may not be opened by this user; choose one above 1023 with --port",
        errno.EADDRNOTAVAIL: f"this machine has no address {host!r}; choose another one with --host",
    }
    default = f"can't listen on {host!r}, port {port}: {exc.strerror}; choose others with --host and --port"
    return ConfigurationError(why.get(exc.errno or 0, default))
