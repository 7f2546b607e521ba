"""Does a trained model read its prompt? Exact calls of APIs that it was not taught with, through a real vLLM.

Asked greedily and without a constraint, with the prompts of a dataset's test rows (`finetune.dataset`): their
APIs and instructions are in no row to learn from. A call is exact when it is the row's, argument by argument
(`finetune.dataset.exact`). Beside the model stands what copying the first doc's call would reach.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import orjson

from api_docs.errors import MeasurementFailed, TrainingDataError
from api_docs.files import sha256_of
from evaluation.engine.asking import Progress, in_turn
from evaluation.engine.random_weights import answers, requests_over_hubs, tally
from evaluation.engine.vllm import MODEL_NAME
from evaluation.metrics import bootstrap_interval, rate
from finetune.dataset.command import make
from finetune.dataset.exact import is_exact
from finetune.dataset.making import Progress as DatasetProgress
from finetune.dataset.making import data_settings
from finetune.training.config import TrainingConfig
from service.runtime import Runtime, open_runtime
from service.settings import load_settings

CLIENTS: Final = 16
TOKENS: Final = 128
"""Of an answer at most."""
SHOWN: Final = 20
"""Wrong answers that the results tell of each group."""


@dataclass(frozen=True, slots=True)
class AskedRow:
    """What is asked of a model, and the one right call; an empty one where no doc of the prompt serves."""

    prompt: str
    call: str
    layout: str
    changed: bool  # whether the docs were changed, so that only reading them helps
    instruction: str
    stated: str  # the argument that a sentence of the instruction states
    first: str  # the call of the prompt's first doc

    @property
    def group(self) -> str:
        """The docs that the prompt shows, and whether they were changed."""
        return f"{self.layout}, changed" if self.changed else self.layout


def read_test_rows(path: Path) -> list[AskedRow]:
    """The rows of a dataset's `test.jsonl`.

    Raises:
        TrainingDataError: when a line is no row.
    """
    rows = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            row = orjson.loads(line)
            rows.append(
                AskedRow(
                    prompt=row["prompt"],
                    call=row["call"],
                    layout=row["layout"],
                    changed=row["kind"] == "mutated",
                    instruction=row["instruction"],
                    stated=row["stated"],
                    first=_first_call(row["prompt"]),
                )
            )
        except (orjson.JSONDecodeError, KeyError, TypeError) as exc:
            raise TrainingDataError(
                f"line {number} of {str(path)!r} is no row of a dataset: {type(exc).__name__} {exc}; make it "
                "with `callsmith finetune dataset`"
            ) from exc
    return rows


def _first_call(prompt: str) -> str:
    """The call of the first doc that a prompt shows, empty where it shows none."""
    shown = next((line for line in prompt.splitlines() if line.startswith("{")), None)
    return "" if shown is None else str(orjson.loads(shown)["api_call"])


async def ask(url: str, rows: Sequence[AskedRow], progress: Progress | None = None) -> list[str]:
    """What the engine writes behind each prompt, taking the likeliest token always.

    Raises:
        MeasurementFailed: when it answers anything but 200.
    """
    async with httpx2.AsyncClient(timeout=600, limits=httpx2.Limits(max_connections=CLIENTS)) as client:

        async def written(row: AskedRow) -> str:
            body = {"model": MODEL_NAME, "prompt": row.prompt, "temperature": 0.0, "max_tokens": TOKENS}
            answer = await client.post(f"{url}/completions", json=body)
            if answer.status_code != 200:
                raise MeasurementFailed(f"the engine answered {answer.status_code}: {answer.text[:500]}")
            return str(answer.json()["choices"][0]["text"])

        return await in_turn(rows, written, CLIENTS, progress)


def graded(rows: Sequence[AskedRow], texts: Sequence[str]) -> dict[str, Any]:
    """Shares of exact calls, by the docs that prompts show; `stated` are rows whose instruction states an
    argument, whatever docs they show."""
    groups: dict[str, list[tuple[AskedRow, str]]] = defaultdict(list)
    for row, text in zip(rows, texts, strict=True):
        groups[row.group].append((row, text))
        if row.stated:
            groups["an argument stated"].append((row, text))
    return {
        "groups": [{"docs": name, **_figures(found)} for name, found in sorted(groups.items())],
        "wrong": {name: list(_wrong(found)) for name, found in sorted(groups.items())},
    }


async def through_the_service(
    engine: Mapping[str, Any], count: int, progress: Progress | None = None
) -> dict[str, Any]:
    """What becomes of instructions over three hubs: retrieved docs, the model's call, the verdict on it.

    `engine` are the service's settings that have it ask the model.
    """
    settings = load_settings(**engine)
    runtime = open_runtime(settings)
    free = Runtime(
        settings.model_copy(update={"constrained": False}), runtime.served.searcher, runtime.engine
    )
    catalogue = runtime.served.catalogue
    requests = requests_over_hubs(count, catalogue, temperature=0.0, max_tokens=TOKENS)
    found = {
        name: tally(await answers(used, requests, progress), catalogue)
        for name, used in (("constrained", runtime), ("unconstrained", free))
    }
    await runtime.aclose()
    return found


def make_test_rows(config: TrainingConfig, into: Path, progress: DatasetProgress) -> None:
    """The rows to test by of a config's dataset, the same as beside its rows to learn from."""
    wanted = data_settings(config.data, samples=0, validation_samples=0)
    make(load_settings(), wanted, into, told=progress)


def context_of(model: Path) -> int:
    """Tokens that prompt and answer may have together, by the model's own config."""
    return int(orjson.loads((model / "config.json").read_bytes())["max_position_embeddings"])


def digest_of(model: Path) -> str:
    """SHA-256 of a model's weights, where they are one file."""
    return sha256_of(model / "model.safetensors")


def _figures(found: Sequence[tuple[AskedRow, str]]) -> dict[str, Any]:
    exact = [is_exact(text, row.call) for row, text in found]
    copied = [is_exact(f"<<<api_call>>>: {row.first}", row.call) for row, _ in found]
    low, high = bootstrap_interval(exact)
    return {
        "rows": len(exact),
        "exact": round(rate(exact), 4),
        "interval 95%": [round(low, 4), round(high, 4)],
        "first doc copied": round(rate(copied), 4),
    }


def _wrong(found: Iterable[tuple[AskedRow, str]]) -> Iterator[dict[str, str]]:
    told = 0
    for row, text in found:
        if told < SHOWN and not is_exact(text, row.call):
            told += 1
            yield {"instruction": row.instruction, "right": row.call or "none", "written": text}
