"""`callsmith evaluate refresh`: what the nightly job costs, how it scales, what it withstands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from evaluation.command import keep
from service.cli.output import AsJson, new_app, progress

app = new_app("Measure the nightly refresh: what it costs, how it scales, what it withstands.")

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


def finish(name: str, figures: Mapping[str, Any], folder: Path | None, as_json: bool) -> None:
    """Keep the figures as a file, and show them."""
    from evaluation import records  # noqa: PLC0415 - heavy
    from evaluation.bench import RESULTS  # noqa: PLC0415

    described = records.described(f"callsmith evaluate refresh {name}", figures)
    keep(folder or RESULTS / "refresh", name, described, figures, as_json=as_json)
