"""`callsmith model`: weights for the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.output import AsJson, byte_progress, new_app, out, show_json

app = new_app("Get a model's weights to where the engine reads them.")

Into = Annotated[Path, typer.Option("--into", help="Folder to write to.")]


@app.command()
def prepare(  # noqa: PLR0913, PLR0917 - what a model is got from, by name
    into: Into,
    model: Annotated[
        str, typer.Option("--model", help="Folder, or id on the Hugging Face hub; empty: no model.")
    ] = "",
    base: Annotated[
        str, typer.Option("--base", help="Where the model is a delta: the LLaMA it was made from.")
    ] = "",
    token_file: Annotated[
        str, typer.Option("--token-file", help="File with a hub token, for gated and private models.")
    ] = "",
    revision: Annotated[
        str, typer.Option("--revision", help="Branch, tag or commit of the model [default: the newest].")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Download a model, apply it to its base if it is a delta, and have INTO/current lead to it.

    Goes on where an earlier run ended; what is there already stays. The folder is checked for room first.
    """
    from finetune.weights.hub import read_token  # noqa: PLC0415 - heavy
    from finetune.weights.prepare import prepare as get_ready  # noqa: PLC0415

    token = read_token(Path(token_file)) if token_file else None
    with byte_progress() as report:
        ready = get_ready(
            model.strip(), base.strip() or None, into, token=token, revision=revision.strip(), progress=report
        )
    if as_json:
        show_json({"model": None} if ready is None else ready.summary())
    elif ready is None:
        out().print("no model: answers stay grounded")
    else:
        said = "made" if ready.made else "already there"
        out().print(f"{said}: {ready.current} leads to {ready.folder}, {ready.size / 2**20:,.1f} MiB")


@app.command()
def nano(into: Into, as_json: AsJson = False) -> None:
    """Copy Callsmith-nano, the small model that ships, to where the engine reads it."""
    from finetune.weights.nano import copy_nano  # noqa: PLC0415 - brings nothing heavy, but is of another room

    folder = copy_nano(into)
    size = sum(path.stat().st_size for path in folder.iterdir())
    if as_json:
        show_json({"folder": str(folder), "bytes": size})
    else:
        out().print(f"made {folder}: {size / 2**20:.1f} MiB; it reads CALLSMITH_PROMPT_STYLE=compact")


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
    from finetune.weights.tiny import TinySizes, make_tiny_model  # noqa: PLC0415 - made when asked for

    sizes = TinySizes(hidden_size, layers, heads, vocabulary, context, seed)
    folder = make_tiny_model(into, sizes)
    size = sum(path.stat().st_size for path in folder.iterdir())
    if as_json:
        show_json({"folder": str(folder), "bytes": size})
    else:
        out().print(f"made {folder}: {size / 2**20:.1f} MiB")
