"""`callsmith index`: what retrieval needs, built and looked at."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from service.cli.output import AsJson, new_app, out, progress, show_json

app = new_app("Build the index, or say what is there.")


@app.command()
def build(
    force: Annotated[bool, typer.Option("--force", help="Build it even if it is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Build the index of the catalogue."""
    from service import var  # noqa: PLC0415 - heavy
    from service.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    began = time.perf_counter()
    with progress("building the index") as report:
        info, built = var.ensure_index(settings, report, force=force)
    seconds = round(time.perf_counter() - began, 1)
    if as_json:
        show_json({"built": built, "seconds": seconds, **info.summary()})
    else:
        out().print(f"{'built' if built else 'already there'}: {info.manifest.docs} docs, {info.folder}")


@app.command()
def info(as_json: AsJson = False) -> None:
    """Say what the index holds and what it was built from."""
    from service import var  # noqa: PLC0415 - heavy
    from service.settings import load_settings  # noqa: PLC0415

    found = var.index_info(load_settings())
    if as_json:
        show_json(found.summary())
        return
    for name, value in found.summary().items():
        out().print(f"{name:<16} {value}")
