"""What the page weighs and how quickly it answers: `callsmith evaluate playground`.

A real server over the shipped snapshot, with a month of publications, is asked over loopback for all that the
page asks for, the whole catalogue page by page included. With Chromium and the package `playwright`, a real
browser shows every view, too; the time runs from the change of the address to what is shown of it.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx2
import numpy as np
import psutil

from api_docs.catalogue import Catalogue
from api_docs.diff import CatalogueDiff, DocChange, FieldChange
from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue
from evaluation.records import described
from evaluation.served import Service, own_var
from evaluation.workload import instructions
from service.changes import counts_of, keep_changes
from service.history import Publication, note
from service.routes.playground import FOLDER
from service.settings import Settings
from service.var import By

ROWS: Final = 50
"""Docs on a page of Browse."""
_NIGHTS: Final = 30
_CHANGED: Final = 100
"""Docs that each of the nights changed."""
_FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
_SHOWN: Final = """([fragment, selector]) => new Promise((resolve) => {
  const began = performance.now();
  const before = document.querySelector(selector);
  const done = () => { observer.disconnect(); resolve(performance.now() - began); };
  const observer = new MutationObserver(() => {
    const now = document.querySelector(selector);
    if (now && now !== before) done();
  });
  observer.observe(document.body, { childList: true, subtree: true });
  location.hash = fragment;
})"""

Told = Callable[[str], None]


def run(rounds: int, told: Told) -> dict[str, Any]:
    """Measure everything; each figure's `median_ms` and `slowest_ms` are over `rounds` requests or more."""
    settings = Settings()
    catalogue = load_catalogue(SNAPSHOT_FOLDER)
    with tempfile.TemporaryDirectory(prefix="callsmith-page-") as folder:
        var = own_var(settings.var, Path(folder) / "var")
        publish_nights(Settings(var=var), catalogue)
        with Service(var=var) as service:
            told("answers over loopback")
            answers = answer_times(service.url, psutil.Process(service.pid), catalogue, rounds)
            told("views in a browser")
            views = view_times(service.url, catalogue, rounds)
    return described(
        "callsmith evaluate playground", {"weight": weights(), "answers": answers, "views": views}
    )


def weights() -> dict[str, dict[str, int]]:
    """Bytes of each file of the page, as it is and as a browser gets it."""
    files = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir())}
    each = {
        name: {"bytes": len(content), "sent": len(gzip.compress(content, 9, mtime=0))}
        for name, content in files.items()
    }
    whole = {kind: sum(one[kind] for one in each.values()) for kind in ("bytes", "sent")}
    return {**each, "whole page": whole}


def publish_nights(settings: Settings, catalogue: Catalogue) -> None:
    """A history as a month of nights leaves it; the catalogue itself stays as it is."""
    version, ids = catalogue.version, [doc.id for doc in catalogue.docs]
    for night in range(_NIGHTS):
        changed = tuple(
            DocChange(id=doc_id, fields=(FieldChange(field="license", before="mit", after="apache-2.0"),))
            for doc_id in sorted(ids[night * _CHANGED : (night + 1) * _CHANGED])
        )
        diff = CatalogueDiff(before=version, after=version, added=(), removed=(), renamed={}, changed=changed)
        publication = Publication(
            published=datetime.now(UTC).replace(microsecond=0) - timedelta(days=_NIGHTS - night),
            version=version,
            before=version,
            by=By.REFRESH,
            changes=counts_of(diff),
        )
        keep_changes(settings, publication, diff)
        note(settings, publication)


def answer_times(
    url: str, server: psutil.Process, catalogue: Catalogue, rounds: int
) -> dict[str, dict[str, float]]:
    """Milliseconds of every kind of request that the page makes, and what of them the server worked.

    `cpu_ms` is the mean over the requests; unlike the others it says little of what else the machine does.
    """
    pages = -(-len(catalogue) // ROWS)
    ids = [quote(doc.id, safe="") for doc in catalogue.docs[:: max(1, len(catalogue) // rounds)]][:rounds]
    words = instructions(rounds, seed=5)
    with httpx2.Client(base_url=url, timeout=60) as client:

        def get(path: str) -> Callable[[], object]:
            return lambda: client.get(path).raise_for_status()

        def ask(text: str) -> Callable[[], object]:
            return lambda: client.post("/generate_call", json={"instruction": text}).raise_for_status()

        asked: Mapping[str, Sequence[Callable[[], object]]] = {
            "nothing, for comparison": [get("/healthz")] * rounds,
            "the page": [get("/")] * rounds,
            "its largest script": [get("/playground/answer.js")] * rounds,
            "an answer": [ask(text) for text in words],
            "browse, every page": [
                get(f"/api_docs?per_page={ROWS}&page={page}") for page in range(1, pages + 1)
            ],
            "browse, by words": [get(f"/api_docs?per_page={ROWS}&q={quote(text[:20])}") for text in words],
            "a doc": [get(f"/api_docs/{one}") for one in ids],
            "its call": [get(f"/calls/{one}") for one in ids],
            "its history": [get(f"/history/{one}") for one in ids],
            "what changed": [get("/changes")] * rounds,
            "what a night changed": [
                get(f"/changes/{1 + number % _NIGHTS}") for number in range(max(rounds, _NIGHTS))
            ],
            "status": [get("/status")] * rounds,
            "the report": [get("/report")] * rounds,
            "a plot": [get("/report/plots/systems")] * rounds,
        }
        found = {}
        for name, each in asked.items():
            before = _worked(server)
            told = _told([_milliseconds(request) for request in each])
            found[name] = {**told, "cpu_ms": round(1000 * (_worked(server) - before) / len(each), 1)}
        return found


def view_times(url: str, catalogue: Catalogue, rounds: int) -> dict[str, dict[str, float]] | str:
    """Milliseconds from the change of the address to what is shown of it, in a real browser; or why not."""
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if browser is None:
        return "no Chromium here"
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - of the extra `dev`
    except ImportError:
        return "no playwright here"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser, args=list(_FLAGS))
        page = started.new_page()
        page.goto(f"{url}/#status")
        page.wait_for_selector("figure img")
        found = {}
        for name, (selector, fragments) in _views(catalogue, rounds).items():
            page.evaluate("location.hash = '#status'")
            page.wait_for_selector(".figures")
            found[name] = _told([page.evaluate(_SHOWN, [one, selector]) for one in fragments])
        started.close()
    return found


def _views(catalogue: Catalogue, rounds: int) -> dict[str, tuple[str, list[str]]]:
    """Of each view what shows that it is there, and addresses of it."""
    pages = -(-len(catalogue) // ROWS)
    docs = catalogue.docs[:: max(1, len(catalogue) // rounds)][:rounds]
    return {
        "answer": (
            ".answer .facts",
            [f"#ask?instruction={quote(one)}" for one in instructions(rounds, seed=6)],
        ),
        "browse, every page": (".list", [f"#browse?page={page}" for page in range(1, pages + 1)]),
        "doc": (".doc h1", [f"#doc?id={quote(doc.id)}" for doc in docs]),
        "what a night changed": (".changes", [f"#changes?number={1 + one}" for one in range(_NIGHTS)]),
    }


def _worked(process: psutil.Process) -> float:
    """Seconds that cores worked for it."""
    spent = process.cpu_times()
    return float(spent.user + spent.system)


def _milliseconds(request: Callable[[], object]) -> float:
    began = time.perf_counter()
    request()
    return 1000 * (time.perf_counter() - began)


def _told(milliseconds: Sequence[float]) -> dict[str, float]:
    return {
        "requests": len(milliseconds),
        "median_ms": round(float(np.median(milliseconds)), 1),
        "p99_ms": round(float(np.quantile(milliseconds, 0.99)), 1),
        "slowest_ms": round(max(milliseconds), 1),
    }
