"""`callsmith evaluate …`: handed on to the evaluation, which nothing else imports."""

from __future__ import annotations

import typer


def evaluate(context: typer.Context) -> None:
    """Measure: APIBench by two rules, retrieval, speed. `callsmith evaluate --help` lists it."""
    from evaluation.cli import app  # noqa: PLC0415 - the one import of evaluation, made when asked for

    app(context.args, prog_name="callsmith evaluate", standalone_mode=False)
