"""`callsmith batch IN.jsonl OUT.jsonl`: many instructions, in order, to be continued where it stopped.

A line of IN is a JSON string, or an object with `instruction` and other request fields. A line of OUT
is the response with the number of its line (`line`) and its `instruction`. The files' format and the
continuation are `service.batches`' knowledge.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.ask import opened
from service.cli.output import AsJson, errors, out, printable, progress, show_json


def batch(
    source: Annotated[Path, typer.Argument(metavar="IN.jsonl", help="Instructions, one JSON value a line.")],
    target: Annotated[
        Path, typer.Argument(metavar="OUT.jsonl", help="Responses; an unfinished file is continued.")
    ],
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Instructions answered at once.")] = 16,
    as_json: AsJson = False,
) -> None:
    """Answer a file of instructions; bad lines are reported and skipped."""
    from service.batches import Skipped, plan_batch, run_batch  # noqa: PLC0415 - heavy

    def report_bad_line(bad: Skipped) -> None:
        if not as_json:
            errors().print(printable(f"line {bad.line} skipped: {bad.reason}"), style="yellow", markup=False)

    plan = plan_batch(source, target)
    runtime = opened()
    with progress("answering") as report:
        done = run_batch(plan, runtime, concurrency, report, report_bad_line)
    if as_json:
        show_json(done.summary())
    else:
        continued = f", {done.continued} were there already" if done.continued else ""
        out().print(f"{done.answered} answered, {len(done.skipped)} skipped{continued}", markup=False)
