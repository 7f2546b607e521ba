"""`callsmith evaluate engine`: the real engine on this machine's CPU, started, measured and ended."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.output import AsJson, new_app, out, progress, show_json

if TYPE_CHECKING:
    from evaluation.engine.vllm import Vllm

app = new_app("Measure the service with a real vLLM on this machine's CPU; `make engine` installs it.")

Out = Annotated[Path | None, typer.Option("--out", help="Where the results go.")]
Report = Callable[[int, int], None]


@app.command()
def random(
    count: Annotated[int, typer.Option("--instructions", min=3, max=2_000, help="How many.")] = 200,
    per_round: Annotated[int, typer.Option(min=16, max=512, help="Requests per round of the cost.")] = 48,
    folder: Out = None,
    as_json: AsJson = False,
) -> None:
    """A model with random weights: verified calls with the constraint and without, and its cost."""
    from evaluation.engine import random_weights as measure  # noqa: PLC0415 - heavy
    from evaluation.engine.vllm import CONTEXT, Vllm  # noqa: PLC0415
    from service.runtime import Runtime, open_runtime  # noqa: PLC0415
    from service.settings import load_settings  # noqa: PLC0415

    with tiny_model() as model, _starting(Vllm(model, more=("--max-num-seqs", "16"))) as engine:
        settings = load_settings(
            engine_url=engine.url, engine_timeout=300.0, engine_retries=0, engine_context=CONTEXT
        )
        runtime = open_runtime(settings)
        free = Runtime(
            settings.model_copy(update={"constrained": False}), runtime.served.searcher, runtime.engine
        )

        async def measured() -> dict[str, Any]:
            catalogue = runtime.served.catalogue
            figures: dict[str, Any] = {"model": model.name, "prompt_style": settings.prompt_style}
            for name, used, temperature in (
                ("constrained_at_0", runtime, 0.0),
                ("constrained_at_1", runtime, 1.0),
                ("unconstrained_at_1", free, 1.0),
            ):
                with progress(name.replace("_", " ")) as report:
                    requests = measure.requests_over_hubs(count, catalogue, temperature)
                    figures[name] = measure.tally(await measure.answers(used, requests, report), catalogue)
            with progress("cost of the constraint, rounds") as report:
                figures["cost"] = await measure.cost(runtime, engine, per_round, report)
            await runtime.aclose()
            return figures

        finish("random", asyncio.run(measured()), folder, as_json)


@contextlib.contextmanager
def tiny_model(**sizes: int) -> Iterator[Path]:
    """A folder with a tiny model of random weights, gone afterwards; its name says the sizes."""
    from finetune.tiny import TinySizes, make_tiny_model  # noqa: PLC0415 - brings transformers

    wanted = TinySizes(**sizes)
    with tempfile.TemporaryDirectory(prefix="callsmith-model-") as work:
        name = f"random-{wanted.hidden_size}x{wanted.layers}-vocabulary-{wanted.vocabulary}"
        yield make_tiny_model(Path(work) / name, wanted)


def finish(name: str, figures: dict[str, Any], folder: Path | None, as_json: bool) -> None:
    """Keep the figures as a file, and show them."""
    from evaluation.engine import results  # noqa: PLC0415 - heavy

    described = results.described(name, figures)
    path = results.write(name, described, folder)
    if as_json:
        show_json(described)
    else:
        show_json(figures)
        out().print(f"written to {path}")


@contextlib.contextmanager
def _starting(engine: Vllm) -> Iterator[Vllm]:
    with contextlib.ExitStack() as programs:
        with progress("starting the engine") as report:
            report(0, 1)
            programs.enter_context(engine)
            report(1, 1)
        yield engine
