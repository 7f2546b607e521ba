"""A real vLLM with a tiny LLaMA of random weights, behind the real service over real connections.

`make test-engine` runs these. The engine is started once; whoever kills it starts it again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from api_docs.catalogue import Catalogue
from api_docs.storage import write_catalogue
from evaluation.engine.vllm import CONTEXT, Vllm
from finetune.weights.tiny import make_tiny_model
from retriever.searcher import Searcher
from service import var
from service.app import create_app
from service.runtime import Runtime, engine_of
from service.settings import NOT_SETTINGS, PREFIX, load_settings
from tests.support import snapshot_catalogue

SECONDS = 120
"""Longer than anything here takes on a slow machine; nothing waits that long when all is well."""
LOOK_SECONDS = 0.25
FEW_DOCS = 60
"""API docs of each hub that a smoke test searches: an index of all of them takes minutes to build."""


@pytest.fixture(scope="session", autouse=True)
def _a_terminated_session_ends_its_programs() -> Iterator[None]:
    """pytest dies of SIGTERM without unwinding, and the engine would stay behind."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Whoever runs the tests may have set variables of ours."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(PREFIX) and name not in NOT_SETTINGS:
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vllm]:
    """The engine, healthy at the beginning of the session; not one process of it is left at the end."""
    model = make_tiny_model(tmp_path_factory.mktemp("model") / "tiny")
    with Vllm(model) as engine:
        yield engine


@pytest.fixture(scope="session")
def searcher(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    """Retrieval over the snapshot, its index from `var/` where there is one; over few docs for a smoke."""
    chosen = {"var": var_folder(tmp_path_factory)}
    if "smoke" in request.config.getoption("markexpr"):
        folder = tmp_path_factory.mktemp("smoke")
        docs = snapshot_catalogue().docs
        hubs = {doc.hub for doc in docs}
        few = [doc for hub in sorted(hubs) for doc in [one for one in docs if one.hub == hub][:FEW_DOCS]]
        write_catalogue(Catalogue(few), folder / "catalogue")
        chosen = {"var": folder / "var", "catalogue": folder / "catalogue"}
    return var.open_searcher(load_settings(**chosen))


def var_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's own where it holds an index, else a temporary one."""
    own = Path(__file__).parents[2] / "var"
    return own if (own / "indexes").is_dir() else tmp_path_factory.mktemp("var")


Serve = Callable[..., httpx2.Client]


@pytest.fixture
def serve(engine: Vllm, searcher: Searcher) -> Iterator[Serve]:
    """Serve with these settings, over a real port; a client for it. All end with the test."""
    with contextlib.ExitStack() as started:

        def start(**settings: Any) -> httpx2.Client:
            url = started.enter_context(served(engine, searcher, **settings))
            return started.enter_context(httpx2.Client(base_url=url, timeout=SECONDS))

        yield start


@contextlib.contextmanager
def served(engine: Vllm, searcher: Searcher, **settings: Any) -> Iterator[str]:
    """The service in a thread, on a port of its own; its URL."""
    usual = {"engine_url": engine.url, "engine_context": CONTEXT, "engine_timeout": 60.0}
    chosen = load_settings(**{**usual, **settings})
    runtime = Runtime(chosen, searcher, engine_of(chosen))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(create_app(runtime), log_config=None, ws="none", lifespan="on", access_log=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def eventually(happens: Callable[[], bool], seconds: float = SECONDS) -> bool:
    """Whether something happens before the time is over.

    Looked at seldom: a look at the engine's metrics costs the process that the service runs in, and the
    engine's own, so much that one every few milliseconds would hold up what is waited for.
    """
    deadline = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True
