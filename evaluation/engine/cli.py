"""`callsmith evaluate engine`: the real engine on this machine's CPU, started, measured and ended."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evaluation.command import keep, tell
from finetune.weights.nano import NANO
from service.cli.output import AsJson, many_progress, new_app, progress

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
        settings = load_settings(engine_url=engine.url, engine_timeout=300.0, engine_context=CONTEXT)
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


@app.command()
def prefix(
    count: Annotated[int, typer.Option("--instructions", min=16, max=5_000, help="Of the mix.")] = 400,
    k: Annotated[int, typer.Option(min=2, max=20, help="Docs in a prompt that shows several.")] = 5,
    folder: Out = None,
    as_json: AsJson = False,
) -> None:
    """The engine's prefix cache: prompts with the docs first against those with the instruction first."""
    from evaluation.engine import prefix as measure  # noqa: PLC0415 - heavy
    from evaluation.engine.vllm import Vllm  # noqa: PLC0415
    from service.runtime import open_runtime  # noqa: PLC0415
    from service.settings import load_settings  # noqa: PLC0415

    blocks = measure.CACHE_TOKENS // measure.BLOCK
    cache = ("--block-size", str(measure.BLOCK), "--num-gpu-blocks-override", str(blocks))
    with tiny_model(context=8_192) as model, _starting(Vllm(model, context=8_192, more=cache)) as engine:
        runtime = open_runtime(load_settings(engine_url=engine.url))

        async def measured() -> dict[str, Any]:
            with progress("styles of prompts") as report:
                figures = await measure.measure(runtime, engine, count, k, report)
            await runtime.aclose()
            return {"model": model.name, **figures}

        finish("prefix", asyncio.run(measured()), folder, as_json)


@app.command()
def overhead(  # noqa: PLR0913, PLR0917 - every one is an option of the command
    rounds: Annotated[int, typer.Option(min=5, max=500, help="Alternations of both ways.")] = 40,
    count: Annotated[int, typer.Option("--requests", min=16, max=2_000, help="Per round.")] = 48,
    hidden: Annotated[int, typer.Option(min=64, max=4_096, help="Width of the model.")] = 256,
    layers: Annotated[int, typer.Option(min=1, max=64, help="Layers of the model.")] = 6,
    tokens: Annotated[int, typer.Option(min=24, max=512, help="Tokens per answer at most.")] = 128,
    folder: Out = None,
    as_json: AsJson = False,
) -> None:
    """What the service adds: through it, against a raw client straight to vLLM; with 16 clients and alone."""
    from evaluation.engine import overhead as measure  # noqa: PLC0415 - heavy
    from evaluation.engine.asking import record  # noqa: PLC0415
    from evaluation.engine.random_weights import requests_over_hubs  # noqa: PLC0415
    from evaluation.engine.vllm import CONTEXT, Vllm  # noqa: PLC0415
    from evaluation.served import Service  # noqa: PLC0415
    from service.runtime import open_runtime  # noqa: PLC0415
    from service.settings import load_settings  # noqa: PLC0415
    from service.var import ensure_index  # noqa: PLC0415

    engine_cores, service_cores = measure.cores()
    with progress("index") as report:
        ensure_index(load_settings(), report)  # on all cores, not on the service's
    with contextlib.ExitStack() as programs:
        model = programs.enter_context(tiny_model(hidden_size=hidden, heads=hidden // 64, layers=layers))
        limits = ("--max-num-seqs", str(measure.CLIENTS))
        engine = programs.enter_context(
            _starting(Vllm(model, cores=engine_cores, threads=len(engine_cores), more=limits))
        )
        settings: dict[str, Any] = {
            "engine_url": engine.url,
            "engine_timeout": 300.0,
            "engine_context": CONTEXT,
        }
        programs.enter_context(measure.pinned(service_cores))
        service = programs.enter_context(Service(service_cores, **settings))

        async def measured() -> dict[str, Any]:
            runtime = open_runtime(load_settings(**settings))
            asked = requests_over_hubs(count, runtime.served.catalogue, temperature=0.0)
            recorded = await record(runtime, measure.of_different_lengths(asked, tokens))
            await runtime.aclose()
            figures: dict[str, Any] = {
                "model": model.name,
                "prompt_style": runtime.settings.prompt_style,
                "tokens_at_most": [tokens // 2, tokens],
                "cores": {"engine": engine_cores, "service_and_client": service_cores},
            }
            for name, clients, some, times in (
                (f"{measure.CLIENTS}_clients", measure.CLIENTS, recorded, rounds),
                ("one_client", 1, recorded[: max(6, count // 12)], max(5, rounds // 4)),
            ):
                with progress(f"{name.replace('_', ' ')}, rounds") as report:
                    figures[name] = await measure.compare(
                        service.url, engine.url, some, clients=clients, rounds=times, progress=report
                    )
                tell({name: figures[name]})
            return figures

        finish("overhead", asyncio.run(measured()), folder, as_json)


@app.command()
def faults(
    folder: Out = None,
    as_json: AsJson = False,
) -> None:
    """What callers see while the engine is killed, hangs, talks nonsense, the index is swapped, and so on."""
    from evaluation import records  # noqa: PLC0415 - heavy
    from evaluation.engine import faults as measure  # noqa: PLC0415
    from evaluation.engine import results  # noqa: PLC0415
    from evaluation.engine.load import Load  # noqa: PLC0415
    from evaluation.engine.vllm import CONTEXT, Vllm  # noqa: PLC0415
    from evaluation.served import Service, own_var  # noqa: PLC0415
    from evaluation.workload import instructions  # noqa: PLC0415
    from service.settings import load_settings  # noqa: PLC0415

    async def measured(engine: Vllm, work: Path) -> dict[str, Any]:
        async with measure.proxied(engine) as proxy:
            settings: dict[str, Any] = {
                "var": own_var(load_settings().var, work / "var"),
                "engine_url": proxy.url,
                "engine_timeout": measure.TIMEOUT,
                "engine_context": CONTEXT,
                "watch_seconds": 1,
            }
            service = Service(**settings)
            try:
                await asyncio.to_thread(service.start)
                load = Load(service.url, instructions(400, seed=21))
                with progress("faults") as report:
                    stage = measure.Stage(engine, proxy, service, load, work)
                    return await measure.measure(stage, report, tell)
            finally:
                await asyncio.to_thread(service.close)

    with tiny_model() as model, tempfile.TemporaryDirectory(prefix="callsmith-faults-") as work:
        limits = ("--max-num-seqs", "32")
        with _starting(Vllm(model, more=limits)) as engine:
            figures = {"model": model.name, **asyncio.run(measured(engine, Path(work)))}
    figures["must_be_zero"] = measure.total(figures["rows"])
    records.write_table(folder or results.FOLDER, "faults", figures["rows"])
    finish("faults", figures, folder, as_json)


@app.command()
def reading(  # noqa: PLR0913, PLR0917 - every one is an option of the command
    model: Annotated[
        Path,
        typer.Option(
            "--model", help="Folder of a model that `finetune train` made.", show_default="the one that ships"
        ),
    ] = NANO,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Dataset with rows to test by [default: those of the config are made anew]."
        ),
    ] = None,
    config: Annotated[
        str, typer.Option("--config", help="The config that it was trained by.")
    ] = "nano-cpu-fourth",
    count: Annotated[
        int, typer.Option("--instructions", min=3, max=2_000, help="Through the service.")
    ] = 200,
    folder: Out = None,
    as_json: AsJson = False,
) -> None:
    """A trained model: does it read its prompt? Exact calls of APIs that it was not taught with."""
    from evaluation import records  # noqa: PLC0415 - heavy
    from evaluation.engine import reading as measure  # noqa: PLC0415
    from evaluation.engine import results  # noqa: PLC0415
    from finetune.training.config import load_config  # noqa: PLC0415

    wanted = load_config(config)
    with contextlib.ExitStack() as programs:
        if data is None:
            data = Path(programs.enter_context(tempfile.TemporaryDirectory(prefix="callsmith-rows-")))
            with many_progress() as report:
                measure.make_test_rows(wanted, data, report)
        rows = measure.read_test_rows(data / "test.jsonl")
        engine = programs.enter_context(serving(model, "--max-num-seqs", str(measure.CLIENTS)))
        with progress("rows") as report:
            texts = asyncio.run(measure.ask(engine["engine_url"], rows, report))
        figures = measure.graded(rows, texts)
        with progress("instructions through the service") as report:
            served = asyncio.run(measure.through_the_service(engine, count, report))
    figures = {"model": model.name, "weights_sha256": measure.digest_of(model), **figures, **served}
    records.write_table(folder or results.FOLDER, "reading", figures["groups"])
    finish("reading", figures, folder, as_json)


@contextlib.contextmanager
def tiny_model(**sizes: int) -> Iterator[Path]:
    """A folder with a tiny model of random weights, gone afterwards; its name says the sizes."""
    from finetune.weights.tiny import TinySizes, make_tiny_model  # noqa: PLC0415 - brings transformers

    wanted = TinySizes(**sizes)
    with tempfile.TemporaryDirectory(prefix="callsmith-model-") as work:
        name = f"random-{wanted.hidden_size}x{wanted.layers}-vocabulary-{wanted.vocabulary}"
        yield make_tiny_model(Path(work) / name, wanted)


def finish(name: str, figures: dict[str, Any], folder: Path | None, as_json: bool) -> None:
    """Keep the figures as a file, and show them."""
    from evaluation.engine import results  # noqa: PLC0415 - heavy

    keep(folder or results.FOLDER, name, results.described(name, figures), figures, as_json=as_json)


@contextlib.contextmanager
def serving(model: Path, *more: str) -> Iterator[dict[str, Any]]:
    """A real vLLM with a model that reads compact prompts; what tells a service to ask it."""
    from evaluation.engine.reading import context_of  # noqa: PLC0415 - heavy
    from evaluation.engine.vllm import Vllm  # noqa: PLC0415
    from retriever.prompt import PromptStyle  # noqa: PLC0415

    context = context_of(model)
    with _starting(Vllm(model, context=context, more=more)) as engine:
        yield {
            "engine_url": engine.url,
            "engine_timeout": 300.0,
            "engine_context": context,
            "prompt_style": PromptStyle.COMPACT.value,
        }


@contextlib.contextmanager
def _starting(engine: Vllm) -> Iterator[Vllm]:
    with contextlib.ExitStack() as programs:
        with progress("starting the engine") as report:
            report(0, 1)
            programs.enter_context(engine)
            report(1, 1)
        yield engine
