"""`callsmith serve`: the HTTP service."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.output import progress


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on [default: 127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [default: 8000].")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes [default: 1].")] = None,
) -> None:
    """Serve over HTTP; builds the index first where there is none. SIGTERM drains, then exits 0."""
    from service import server  # noqa: PLC0415 - heavy
    from service.settings import load_settings  # noqa: PLC0415

    settings = load_settings(host=host, port=port, workers=workers)
    with progress("building the index") as report:
        prepared = server.prepare(settings, report)
    server.run(prepared)
