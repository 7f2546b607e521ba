"""`callsmith docs refresh`, `rollback` and `history`: the nightly job, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from service.cli.output import AsJson, errors, many_progress, out, printable, progress, show_json

if TYPE_CHECKING:
    from service.refresh.report import RefreshReport, SourceReport


def refresh(
    hub: Annotated[
        list[str] | None,
        typer.Option("--hub", metavar="HUB", help="Refresh this hub only; may be given again."),
    ] = None,
    accept_shrink: Annotated[
        list[str] | None,
        typer.Option(
            "--accept-shrink",
            metavar="HUB",
            help="Let this hub be more than a tenth smaller than it was; may be given again.",
        ),
    ] = None,
    after_rollback: Annotated[
        bool, typer.Option("--after-rollback", help="Publish again, though somebody rolled back.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Collect the hubs from their live sources, and publish what changed; running services take it up.

    A source that fails keeps its docs, and the others go on. Exit status: 0 published, or nothing changed; 3
    not published, because a gate failed (the proof, the canaries, a rollback); 1 nothing could be read, or
    another process is at it; 2 wrong settings. The report says which.
    """
    from service.refreshing import refresh as refresh_docs  # noqa: PLC0415 - heavy
    from service.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    with many_progress() as report:
        found = refresh_docs(
            settings,
            only=hub or (),
            accept_shrink=accept_shrink or (),
            after_rollback=after_rollback,
            progress=report,
        )
    if as_json:
        show_json(found)
    else:
        _show(found)
        out().print(Text(f"report: {settings.var / 'refresh' / 'reports' / found.name}.html"))
    raise typer.Exit(found.result.exit_code)


def rollback(
    version: Annotated[
        str | None, typer.Argument(help="A version that is kept [default: the one before this one].")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Have an older version served again, and keep refreshes from publishing until they are told to."""
    from service.publishing import roll_back  # noqa: PLC0415 - heavy
    from service.settings import load_settings  # noqa: PLC0415

    with progress("building the index") as report:
        found = roll_back(load_settings(), version, report)
    if as_json:
        show_json(found.summary())
        return
    said = "rolled back" if found.changed else "already served"
    out().print(Text(f"{said}: {found.docs} docs, version {found.version}, index {found.index_version}"))
    if found.changed:
        said = "refreshes publish nothing until `callsmith docs refresh --after-rollback`"
        errors().print(Text(said, style="yellow"), soft_wrap=True)


def history(
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many of the last to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Say what was published when, by what, with how many docs; the last first."""
    from service.history import read_history  # noqa: PLC0415 - heavy
    from service.settings import load_settings  # noqa: PLC0415
    from service.versions import kept_versions  # noqa: PLC0415

    settings = load_settings()
    found, kept = list(reversed(read_history(settings)))[:limit], kept_versions(settings)
    if as_json:
        show_json([one.model_dump(mode="json") | {"kept": one.version in kept} for one in found])
        return
    if not found:
        out().print(Text("nothing was published yet; the shipped snapshot is served"))
        return
    table = Table(
        "published", "version", "by", "docs", "added", "changed", "renamed", "removed", "", box=None
    )
    for one in found:
        counts: tuple[str, ...] = ("", "", "", "")
        if (changes := one.changes) is not None:
            numbers = (changes.added, changes.changed, changes.renamed, changes.removed)
            counts = tuple(f"{number:,}" for number in numbers)
        remarks = [f"accepted: {', '.join(one.accepted)}"] if one.accepted else []
        remarks += ["after a rollback"] if one.after_rollback else []
        remarks += [] if one.version in kept else ["not kept"]
        docs = "" if one.docs is None else f"{sum(one.docs.values()):,}"
        when = f"{one.published:%Y-%m-%d %H:%M}"
        table.add_row(when, one.version, one.by, docs, *counts, Text(printable(", ".join(remarks))))
    out().print(table)


def _show(found: RefreshReport) -> None:
    lines = [Text(_headline(found), style="green" if found.result.success else "red")]
    lines += [Text(printable(note), style="yellow") for note in found.notes]
    lines += [Text(printable(_source(one)), style="yellow" if one.reason else "") for one in found.sources]
    if found.result.success and found.changes is not None and not found.changes.empty:
        changes = found.changes
        lines.append(
            Text(
                f"{len(changes.added):,} added, {len(changes.changed):,} changed, "
                f"{len(changes.renamed):,} renamed, {len(changes.removed):,} removed; "
                f"{found.embedded:,} embedded"
            )
        )
    lines += [
        Text(printable(f"{gate.name}: {gate.said}"), style="" if gate.passed else "red")
        for gate in found.gates
    ]
    out().print(Group(*lines))


def _headline(found: RefreshReport) -> str:
    docs = f"{sum(found.docs.values()):,} docs"
    said = {
        "published": f"published: {docs}, version {found.after} (was {found.before})",
        "unchanged": f"no change: {docs}, version {found.after}",
        "refused": f"not published, a gate failed: {docs}, version {found.before} stays",
        "failed": f"failed: {printable(found.reason)}",
    }
    return said[found.result]


def _source(one: SourceReport) -> str:
    said = f"{one.hub}: {one.outcome}, {one.docs:,} docs"
    if one.quarantined:
        said += f", {len(one.quarantined):,} records set aside"
    return f"{said}: {one.reason}" if one.reason else said
