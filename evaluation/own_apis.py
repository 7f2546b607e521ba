"""A real OpenAPI document added, asked, removed: `callsmith evaluate own-apis DOCUMENT`.

Everything goes the way that it goes in service: the hub is written into `hubs.toml`, two refreshes take it up
and let it go, and the questions are answered by the pipeline with `grounded`, once within the hub and once
among all hubs. The questions that ship are about GitHub's REST API, whose document has more than a thousand
operations; ten were written before any answer was seen, with the operations that would be right. Thirty more
are those on which it was chosen what the encoder reads of such docs.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from api_docs.errors import EvaluationDataError
from api_docs.sources.openapi_document import mapped, read_document
from api_docs.upstreams.own import HubKind, OwnHub, add_hub, remove_hub
from api_docs.verification import verify
from evaluation.bench import machine
from evaluation.json_lines import read_rows
from service.pipeline import generate_call
from service.refresh.report import RefreshReport
from service.refreshing import refresh
from service.runtime import Runtime, open_runtime
from service.schemas import GenerateRequest, GeneratorChoice
from service.settings import Settings, load_settings

RESULTS = Path(__file__).parent / "results"
QUESTIONS = Path(__file__).with_suffix(".jsonl")
HUB = "own"
_PACKAGES = ("callsmith", "torch", "sentence-transformers", "faiss-cpu", "bm25s")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Question:
    """An instruction, and the ids of the operations that would be right.

    Those for `choosing` are what the texts of such docs were chosen on; the others are the ones to look at.
    """

    instruction: str
    operations: tuple[str, ...]
    choosing: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer: its hits, best first, the rank of a right one (None beyond them), and the call."""

    hits: tuple[str, ...]
    rank: int | None
    status: str
    doc_id: str | None
    call: str | None


def read_questions(path: Path = QUESTIONS) -> list[Question]:
    """The questions of a file, a JSON object a line.

    Raises:
        EvaluationDataError: naming the file, the line and the reason.
    """
    return read_rows(path, _question, "'instruction' and 'operations'")


def _question(row: dict[str, Any]) -> Question:
    return Question(str(row["instruction"]), tuple(map(str, row["operations"])), bool(row.get("choosing")))


def run(
    document: Path, questions: Sequence[Question], server: str | None = None, say: Say = lambda _: None
) -> dict[str, Any]:
    """Add the document as a hub, ask the questions, remove it; the figures by name."""
    described = read_document(document.read_bytes(), repr(document.name))
    with tempfile.TemporaryDirectory(prefix="callsmith-own-apis-") as folder:
        settings = load_settings(var=Path(folder, "var"))
        hub = OwnHub(kind=HubKind.OPENAPI, path=str(document.absolute()), server=server)
        add_hub(settings.hubs_file, HUB, hub)
        say("adding the hub")
        added, add_seconds = _refreshed(settings)
        say("asking")
        runtime = open_runtime(settings)
        try:
            shown = [question for question in questions if not question.choosing]
            within = [ask(runtime, question, HUB) for question in shown]
            among = [ask(runtime, question, None) for question in shown]
            chosen = [ask(runtime, question, HUB) for question in questions if question.choosing]
        finally:
            runtime.close()
        remove_hub(settings.hubs_file, HUB)
        say("removing the hub")
        removed, remove_seconds = _refreshed(settings)
        left = open_runtime(settings)
        try:
            calls = [one.call for one in within if one.call is not None]
            still = sum(verify(call, left.served.catalogue).verified for call in calls)
        finally:
            left.close()
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": "callsmith evaluate own-apis DOCUMENT",
        "machine": machine(),
        "versions": {name: version(name) for name in _PACKAGES},
        "document": {
            "title": str(mapped(described.root.get("info")).get("title", "")),
            "version": described.revision,
            "bytes": document.stat().st_size,
            "operations": sum(1 for _ in described.operations()),
        },
        "added": {
            "result": added.result.value,
            "docs": added.docs.get(HUB, 0),
            "set_aside": sum(len(source.quarantined) for source in added.sources),
            "seconds": add_seconds,
        },
        "within_the_hub": _figures(within),
        "among_all_hubs": _figures(among),
        "questions_for_choosing": _figures(chosen),
        "removed": {
            "result": removed.result.value,
            "docs": removed.docs.get(HUB, 0),
            "calls_that_still_verify": still,
            "seconds": remove_seconds,
        },
        "answers": [
            {
                "instruction": question.instruction,
                "right": list(question.operations),
                "within_the_hub": asdict(one),
                "among_all_hubs": asdict(other),
            }
            for question, one, other in zip(shown, within, among, strict=True)
        ],
    }


def ask(runtime: Runtime, question: Question, hub: str | None) -> Asked:
    """Answer one question with `grounded`, among the docs of a hub or of all."""
    request = GenerateRequest(
        instruction=question.instruction, hub=hub, k=10, generator=GeneratorChoice.GROUNDED
    )
    response = runtime.run(generate_call, request, runtime)
    hits = tuple(hit.id for hit in response.hits)
    right = {f"{HUB}:{operation}" for operation in question.operations}
    rank = next((place for place, doc_id in enumerate(hits, start=1) if doc_id in right), None)
    return Asked(hits[:5], rank, response.status.value, response.doc_id, response.call)


def write(results: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Keep results as `own_apis.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "own_apis.json"
    path.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _refreshed(settings: Settings) -> tuple[RefreshReport, float]:
    began = time.monotonic()
    report = refresh(settings, only=(HUB,))
    if not report.result.success:
        raise EvaluationDataError(f"the refresh published nothing: {report.reason or report.sources}")
    return report, round(time.monotonic() - began, 1)


def _figures(answers: Sequence[Asked]) -> dict[str, int]:
    """How many of the questions were answered rightly, had the right doc among five and ten, and verified."""
    return {
        "questions": len(answers),
        "right": sum(one.rank == 1 for one in answers),
        "right_among_5": sum(one.rank is not None and one.rank <= 5 for one in answers),
        "right_among_10": sum(one.rank is not None for one in answers),
        "verified": sum(one.status == "verified" for one in answers),
    }
