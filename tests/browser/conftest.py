"""A real browser in front of a real server: Debian's Chromium through Playwright, on loopback only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api

from api_docs.catalogue import Catalogue
from api_docs.diff import diff_catalogues
from retriever.index import build_index
from retriever.judge import Judge
from retriever.searcher import Searcher
from service.app import create_app
from service.changes import counts_of, keep_changes
from service.generators.base import Generator
from service.history import Publication, docs_by_hub, note
from service.runtime import Runtime
from service.settings import Settings
from service.var import By
from tests.retriever.conftest import WordEncoder, small_docs
from tests.service.conftest import _no_settings_from_outside  # noqa: F401 - a fixture
from tests.service.live import served
from tests.service.refresh_cases import changed

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LAST_NIGHT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=9)
SECONDS = 60
"""Longer than anything here takes on a slow machine; nothing waits that long when all is well."""


def chromium() -> str | None:
    """Where the browser is: `CHROMIUM`, else what the system has."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = pytest.mark.skip(reason="needs Chromium: apt-get install chromium, or CHROMIUM=/path/to/one")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if chromium() is None:
                item.add_marker(missing)


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """One browser for this folder; it must be gone before tests elsewhere start event loops of their own."""
    with sync_api.sync_playwright() as playwright:
        sync_api.expect.set_options(timeout=1000 * SECONDS)
        started = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield started
        started.close()


Open = Callable[..., Any]


@pytest.fixture
def open_page(browser: Any) -> Iterator[Open]:
    """Opens pages of a service, and sees to it that none asks anybody else or reports an error."""
    contexts: list[Any] = []
    asked: list[str] = []
    wrong: list[str] = []
    bases: list[str] = []

    def opened(url: str, fragment: str = "#ask", **options: Any) -> Any:
        bases.append(url)
        context = browser.new_context(**options)
        context.set_default_timeout(1000 * SECONDS)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(f"{url}/{fragment}")
        return page

    yield opened
    for context in contexts:
        context.close()
    outside = [url for url in asked if not url.startswith((*bases, "blob:"))]
    assert outside == [], "the page asked somebody else"
    # The browser itself notes every answer that is no success, and every connection that fails.
    assert [text for text in wrong if not text.startswith("Failed to load resource")] == []


Serve = Callable[..., AbstractContextManager[str]]


@contextmanager
def serving(
    catalogue: Catalogue | None = None,
    engine: Generator | None = None,
    judge: Judge | None = None,
    **settings: Any,
) -> Iterator[str]:
    """The address of a service over a catalogue, the small one if none is given."""
    docs, encoder = catalogue or Catalogue(small_docs()), WordEncoder()
    searcher = Searcher(docs, build_index(docs, encoder), encoder, judge=judge)
    with served(create_app(Runtime(Settings(**settings), searcher, engine))) as url:
        yield url


@pytest.fixture(scope="package")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service over the small catalogue, without an engine, for tests that leave it as it is."""
    with serving(var=tmp_path_factory.mktemp("served") / "var") as address:
        yield address


@pytest.fixture
def refreshed(tmp_path: Path) -> Iterator[str]:
    """A service whose catalogue was published twice: one doc new, one changed, one renamed, one gone."""
    settings = Settings(var=tmp_path / "var")
    old = Catalogue(small_docs())
    by_id = {doc.id: doc for doc in old.docs}
    renamed = changed(by_id["tfhub:google/yamnet"], id="tfhub:google/yamnet2", name="google/yamnet2")
    docs = [
        changed(by_id["torchhub:pytorch/vision:resnet50"], license="bsd-3-clause"),
        renamed,
        *(by_id[f"huggingface:{name}"] for name in ("openai/whisper-tiny", "google/vit-birds")),
        changed(by_id["huggingface:dead/birds"], id="huggingface:live/birds", name="live/birds", alive=True),
    ]
    new = Catalogue(docs, {"tfhub:google/yamnet": renamed.id})
    first = Publication(
        published=LAST_NIGHT - timedelta(days=1), version=old.version, by=By.PUBLISH, docs=docs_by_hub(old)
    )
    changes = diff_catalogues(old, new)
    second = Publication(
        published=LAST_NIGHT,
        version=new.version,
        before=old.version,
        by=By.REFRESH,
        docs=docs_by_hub(new),
        changes=counts_of(changes),
    )
    keep_changes(settings, second, changes)
    for publication in (first, second):
        note(settings, publication)
    with serving(new, var=settings.var) as url:
        yield url
