"""The application behind a real server on a free port of this machine, for clients that want a connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from service.server import bind


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The URL of the running application."""
    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, lifespan="on", ws="none", log_config=None, access_log=False))
    started = threading.Event()
    thread = threading.Thread(target=_run, args=(server, listener, started))
    thread.start()
    try:
        assert started.wait(60)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(60)
        listener.close()


def _run(server: uvicorn.Server, listener: object, started: threading.Event) -> None:
    announced = server.startup

    async def startup(sockets: object = None) -> None:
        await announced(sockets=sockets)  # type: ignore[arg-type]
        started.set()

    server.startup = startup  # type: ignore[method-assign, assignment]
    server.run(sockets=[listener])  # type: ignore[list-item]
