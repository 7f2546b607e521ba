"""`callsmith evaluate refresh`: what the nightly job costs, how it scales, what it withstands."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from evaluation.command import keep, tell
from service.cli.output import AsJson, many_progress, new_app, progress

app = new_app("Measure the nightly refresh: what it costs, how it scales, what it withstands.")

_CASES = ("cases", "each")
Out = Annotated[Path | None, typer.Option("--out", help="Where the results go.")]


@app.command()
def cost(
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Refreshes with one doc in 100 changed.")] = 3,
    folder: Out = None,
    as_json: AsJson = False,
) -> None:
    """A refresh with one doc in a hundred changed against one that embeds all; some minutes."""
    from evaluation.refresh import cost as measure  # noqa: PLC0415 - heavy

    with progress("refreshes") as report:
        figures = measure.run(rounds, report)
    finish("cost", figures, folder, as_json)


@app.command()
def scale(
    docs: Annotated[int, typer.Option(min=1_000, max=1_000_000, help="How many docs.")] = 100_000,
    swaps: Annotated[int, typer.Option(min=1, max=100, help="Swaps while callers ask.")] = 6,
    folder: Out = None,
    as_json: AsJson = False,
) -> None:
    """Memory of a refresh of very many docs, and what callers notice of the swap; many minutes."""
    from evaluation.refresh import scale as measure  # noqa: PLC0415 - heavy

    with progress("refreshes and swaps") as report:
        figures = measure.run(docs, swaps, report)
    finish("scale", figures, folder, as_json)


@app.command()
def kills(
    count: Annotated[
        int, typer.Option("--kills", min=1, max=1_000, help="How many refreshes to kill.")
    ] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Of the moments, their order, and the instructions.")] = 4,
    folder: Out = None,
    as_json: AsJson = False,
) -> None:
    """SIGKILL to the refresh at every step and at random moments, while a service answers; some minutes."""
    from evaluation import records  # noqa: PLC0415 - heavy
    from evaluation.refresh import kills as measure  # noqa: PLC0415

    with progress("kills") as report:
        figures = measure.run(count, seed, report, tell)
    records.write_table(_results(folder), "kills", figures["rows"])
    finish("kills", figures, folder, as_json)


@app.command()
def adaptation(
    per_kind: Annotated[int, typer.Option(min=1, max=500, help="Changes of each of the five kinds.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Of the docs that change, and how.")] = 4,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model", help="Folder of a model that reads compact prompts, to answer unconstrained."
        ),
    ] = None,
    folder: Out = None,
    as_json: AsJson = False,
) -> None:
    """Change APIs in five ways, refresh, ask again: do the answers follow? Some minutes."""
    from evaluation import records  # noqa: PLC0415 - heavy
    from evaluation.engine.cli import serving  # noqa: PLC0415
    from evaluation.refresh import adaptation as measure  # noqa: PLC0415

    with contextlib.ExitStack() as programs:
        engine = None if model is None else {**programs.enter_context(serving(model)), "constrained": False}
        report = programs.enter_context(many_progress())
        figures = measure.run(per_kind, seed, report, engine)
    name = "adaptation" if model is None else "adaptation_by_model"
    records.write_table(_results(folder), name, figures["rows"])
    finish(name, figures, folder, as_json, "adaptation" if model is None else "adaptation --model FOLDER")


def finish(
    name: str, figures: Mapping[str, Any], folder: Path | None, as_json: bool, command: str = ""
) -> None:
    """Keep the figures as a file, and show them but for what tells every single case.

    `command` is what measured them, where it isn't called like its file.
    """
    from evaluation import records  # noqa: PLC0415 - heavy

    described = records.described(f"callsmith evaluate refresh {command or name}", figures)
    shown = {key: value for key, value in figures.items() if key not in _CASES}
    keep(_results(folder), name, described, shown, as_json=as_json)


def _results(folder: Path | None) -> Path:
    from evaluation.bench import RESULTS  # noqa: PLC0415 - heavy

    return folder or RESULTS / "refresh"
