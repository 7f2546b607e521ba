"""`callsmith model`: weights for the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.output import AsJson, new_app, out, show_json

app = new_app("Get a model's weights to where the engine reads them.")

Into = Annotated[Path, typer.Option("--into", help="Folder to write to.")]


@app.command()
def tiny(  # noqa: PLR0913, PLR0917 - one option a size
    into: Into,
    hidden_size: Annotated[int, typer.Option(help="Width of a layer.")] = 128,
    layers: Annotated[int, typer.Option(help="Layers.")] = 2,
    heads: Annotated[int, typer.Option(help="Attention heads.")] = 2,
    vocabulary: Annotated[int, typer.Option(help="Tokens at most.")] = 3072,
    context: Annotated[int, typer.Option(help="Tokens of prompt and answer together.")] = 4096,
    seed: Annotated[int, typer.Option(help="Another seed, other weights.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Make a tiny LLaMA with random weights, to see the engine at work without a real model."""
    from finetune.tiny import TinySizes, make_tiny_model  # noqa: PLC0415 - made when asked for

    sizes = TinySizes(hidden_size, layers, heads, vocabulary, context, seed)
    folder = make_tiny_model(into, sizes)
    size = sum(path.stat().st_size for path in folder.iterdir())
    if as_json:
        show_json({"folder": str(folder), "bytes": size})
    else:
        out().print(f"made {folder}: {size / 2**20:.1f} MiB")
