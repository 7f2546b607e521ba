"""Does the answer follow when an API changes? `callsmith evaluate refresh adaptation`.

Gorilla's central claim: with a retriever over API docs answers follow a change of an API without retraining.
Here docs of the shipped snapshot change in five ways, many times each. Every change is asked for through a
running service before and after a real refresh, by an instruction that says nothing of what changes. After it
the answer has to be the new call, the call from before must not verify any more, and the verdict on that one
has to name the new one.

The refresh is that of `callsmith docs refresh` but for its sources: they list the changed docs, in place of
the hubs on the network. Answers are `grounded`'s, or those of a model in a real engine, unconstrained. The
changes are the same for both: what is clearly asked for is told by `grounded`'s hits.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2

from api_docs.catalogue import Catalogue
from api_docs.errors import MeasurementFailed
from evaluation.refresh.changes import Kind
from evaluation.refresh.choosing import CLEARLY, Answer, Ask, Chosen, Progress, choose
from evaluation.refresh.judging import judge, row_of
from evaluation.refresh.listings import Hubs
from evaluation.served import Service, own_var
from retriever.index import build_index, open_index
from service import var
from service.pipeline import generate_call
from service.publishing import Made, alone, publish_made
from service.refresh.report import RefreshReport, Result
from service.refreshing import refresh
from service.runtime import Runtime
from service.schemas import GenerateRequest, GeneratorChoice
from service.served import Served
from service.settings import Settings, load_settings

PER_KIND: Final = 50
SEED: Final = 4
_SWAPPED_WITHIN: Final = 60.0
"""Seconds in which the service has to have taken up a version; it looks twice a second."""
_WATCH: Final = 0.5
_ASKED_WITHIN: Final = 60.0


def run(
    per_kind: int, seed: int, progress: Progress, engine: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """All kinds of change in turn; `rows` count by kind, `cases` tell each change.

    `engine` are the service's settings for a real one, whose model then answers.

    Raises:
        MeasurementFailed: when the service does not answer, or a refresh publishes nothing.
    """
    with tempfile.TemporaryDirectory(prefix="callsmith-adaptation-") as work:
        settings = load_settings(var=own_var(load_settings().var, Path(work, "var")), watch_seconds=_WATCH)
        if settings.catalogue is not None:
            raise MeasurementFailed("CALLSMITH_CATALOGUE is set, and nothing else would be served; unset it")
        draw = random.Random(seed)  # noqa: S311 - a draw that can be repeated, no secret
        stage, new_models = _begin(settings, per_kind, draw, progress)
        try:
            with (
                Service(var=settings.var, watch_seconds=_WATCH, **(engine or {})) as service,
                httpx2.Client(base_url=service.url, timeout=_ASKED_WITHIN) as client,
            ):
                by = GeneratorChoice.GROUNDED if engine is None else GeneratorChoice.VLLM
                measured = _measured(stage, _through(client, by), client, per_kind, new_models)
                return {"seed": seed, "generator": by.value, **measured}
        finally:
            stage.runtime.close()


@dataclass(frozen=True, slots=True)
class _Stage:
    """What chooses: a runtime in this process over what is published, and a draw."""

    settings: Settings
    runtime: Runtime
    draw: random.Random
    progress: Progress

    def choose(self, kind: Kind, count: int) -> Chosen:
        """Changes of what the runtime serves."""
        ask = _in_process(self.runtime)
        return choose(kind, self.runtime.served.catalogue, ask, count, self.draw, self.progress)

    def follow(self) -> Catalogue:
        """Take up what is published, as a service does; gives its catalogue."""
        found = var.reopen_searcher(self.settings, self.runtime.served.searcher.encoder)
        self.runtime.served = Served(found)
        return found.catalogue


def _begin(
    settings: Settings, per_kind: int, draw: random.Random, progress: Progress
) -> tuple[_Stage, Chosen]:
    """Publish the snapshot without the models that are to be new; these are chosen of the whole."""

    def told(done: int, total: int) -> None:
        progress("index of the snapshot", done, total)

    searcher = var.open_searcher(settings, told)
    whole = searcher.catalogue
    stage = _Stage(settings, Runtime(settings, searcher), draw, progress)
    chosen = stage.choose(Kind.MODEL, per_kind)
    new = {case.change.after.id for case in (*chosen.cases, *chosen.narrow)}
    docs = sorted((doc for doc in whole.docs if doc.id not in new), key=lambda doc: (doc.hub, doc.id))
    first = Catalogue(docs, {old: now for old, now in whole.aliases.items() if now not in new})
    encoder = var.doc_encoder(settings)
    there = open_index(var.index_folder(settings, whole), whole, encoder)
    made = Made(first, build_index(first, encoder, previous=there), {})
    with alone(settings):
        publish_made(settings, made, changes=None)
    stage.follow()
    return stage, chosen


def _measured(
    stage: _Stage, ask: Ask, client: httpx2.Client, per_kind: int, new_models: Chosen
) -> dict[str, Any]:
    """Kind by kind: ask, change, refresh, ask again."""
    hubs = Hubs(stage.runtime.served.catalogue.docs)
    rows, judged, narrow, refreshes = [], [], [], []
    for kind in Kind:
        chosen = new_models if kind is Kind.MODEL else stage.choose(kind, per_kind)
        cases = (*chosen.cases, *chosen.narrow)
        before = [ask(case.instruction) for case in cases]
        hubs.change(case.change for case in cases)
        report = _refreshed(stage.settings, hubs, stage.progress)
        _wait_until_served(client, report)
        after = [ask(case.instruction) for case in cases]
        published, version = stage.follow(), report.index_version or ""
        found = [
            judge(case, earlier, later, published, version)
            for case, earlier, later in zip(cases, before, after, strict=True)
        ]
        clear = found[: len(chosen.cases)]
        judged += clear
        narrow += found[len(clear) :]
        rows.append(row_of(kind.value, clear, chosen.passed_over))
        refreshes.append(_figures(kind, report))
    passed_over = sum(row["docs passed over"] for row in rows)
    return {
        "rows": [
            *rows,
            row_of("all", judged, passed_over),
            row_of("besides: asked for narrowly", narrow, passed_over),
        ],
        "followed": _share([not one.missed for one in judged]),
        "clearly_is_a_lead_of": CLEARLY,
        "refreshes": refreshes,
        "not_followed": [one.row() for one in judged if one.missed],
        "verdict_names_another": [one.row() for one in judged if one.names_the_new is False],
        "cases": [one.row() for one in (*judged, *narrow)],
    }


# --- asking -------------------------------------------------------------------------------------------------


def _in_process(runtime: Runtime) -> Ask:
    """The way that the service goes, without HTTP."""

    def ask(instruction: str) -> Answer:
        request = GenerateRequest(instruction=instruction, generator=GeneratorChoice.GROUNDED)
        found = runtime.run(generate_call, request, runtime)
        scores = {hit.id: hit.score for hit in found.hits}
        own = scores.pop(found.doc_id or "", 0.0)
        lead = own - max(scores.values(), default=0.0)
        return Answer(found.status.value, found.call, found.doc_id, found.index_version, lead)

    return ask


def _through(client: httpx2.Client, generator: GeneratorChoice) -> Ask:
    """Through the running service; raises `MeasurementFailed` where it doesn't answer."""

    def ask(instruction: str) -> Answer:
        body = {"instruction": instruction, "generator": generator.value}
        response = client.post("/generate_call", json=body)
        if response.status_code != 200:
            raise MeasurementFailed(
                f"the service answered {response.status_code} to {instruction!r}: {response.text}"
            )
        found = response.json()
        if found["generator"]["degraded"] or found["verification"]["repaired"]:
            return Answer("not the model's own", None, None, found["index_version"])
        return Answer(found["status"], found["call"], found["doc_id"], found["index_version"])

    return ask


def _refreshed(settings: Settings, hubs: Hubs, progress: Progress) -> RefreshReport:
    report = refresh(settings, upstreams=hubs.listings(), progress=progress)
    if report.result is not Result.PUBLISHED:
        raise MeasurementFailed(f"the refresh is {report.result}, nothing was published: {report.reason}")
    return report


def _wait_until_served(client: httpx2.Client, report: RefreshReport) -> None:
    deadline = time.monotonic() + _SWAPPED_WITHIN
    while client.get("/readyz").json()["index"]["version"] != report.index_version:
        if time.monotonic() > deadline:
            raise MeasurementFailed(
                f"index {report.index_version!r} was not taken up within {_SWAPPED_WITHIN:g} s"
            )
        time.sleep(_WATCH / 2)


# --- figures ------------------------------------------------------------------------------------------------


def _figures(kind: Kind, report: RefreshReport) -> dict[str, Any]:
    changes = report.changes
    return {
        "change": kind.value,
        "added": len(changes.added) if changes is not None else 0,
        "changed": len(changes.changed) if changes is not None else 0,
        "renamed": len(changes.renamed) if changes is not None else 0,
        "embedded": report.embedded,
        "recall_of_canaries": [report.canaries.before, report.canaries.after] if report.canaries else None,
        "seconds": report.seconds,
    }


def _share(found: Sequence[bool]) -> float:
    return round(sum(found) / len(found), 4) if found else 0.0
