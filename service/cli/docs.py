"""`callsmith docs`: the catalogue, made, checked, compared and looked at."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from service.cli import refresh
from service.cli.output import (
    AsJson,
    choice,
    errors,
    new_app,
    out,
    printable,
    progress,
    python_code,
    show_json,
)

if TYPE_CHECKING:
    from api_docs.catalogue import Catalogue
    from api_docs.diff import CatalogueDiff
    from api_docs.sources.base import Quarantined
    from api_docs.stats import CatalogueStats

app = new_app("Make, check, compare and look at catalogues of API docs.")
app.command("refresh")(refresh.refresh)
app.command("rollback")(refresh.rollback)
app.command("history")(refresh.history)

_SHOWN = 10
"""Records of a kind that are shown on a terminal; `--json` has all."""

DataFolder = Annotated[
    Path,
    typer.Option(
        envvar="CALLSMITH_DATA", help="Folder with the upstreams' files: upstream/ and apibench/api/."
    ),
]
CatalogueFolder = Annotated[
    Path | None,
    typer.Option("--catalogue", help="Catalogue folder [default: the one that is served]."),
]


@app.command()
def build(
    data: DataFolder,
    out_folder: Annotated[Path, typer.Option("--out", help="Catalogue folder to write.")],
    checked: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Date of the files [default: today].")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Build the shipped snapshot from the three hubs' files, in our own words."""
    from api_docs.catalogue import Catalogue  # noqa: PLC0415 - heavy
    from api_docs.snapshot_build import build_snapshot  # noqa: PLC0415
    from api_docs.storage import write_catalogue  # noqa: PLC0415

    day = (checked or datetime.now(UTC)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    with progress("reading the hubs") as report:
        found = build_snapshot(data / "upstream", data / "apibench" / "api", day.date(), report)
    catalogue = Catalogue(found.docs, found.aliases)
    # The date of the files, not of the run: the same files give the same bytes.
    write_catalogue(catalogue, out_folder, created=day, sources=dict.fromkeys(catalogue.hubs, "files"))
    if as_json:
        show_json(
            {
                "version": catalogue.version,
                "docs": len(catalogue),
                "set_aside": [{"record": one.record, "reason": one.reason} for one in found.quarantined],
                "passed_over": found.passed_over,
            }
        )
    else:
        out().print(Text(f"{len(catalogue)} docs in {out_folder}, version {catalogue.version}"))
        _show_set_aside(found.quarantined)


@app.command("import")
def import_(  # noqa: PLR0913, PLR0917 - one parameter per option
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="torchhub, tfhub, huggingface, apibench or jsonl.")
    ],
    path: Annotated[Path, typer.Argument(help="The upstream's archive, file or folder.")],
    out_folder: Annotated[Path, typer.Option("--out", help="Catalogue folder to write.")],
    hub: Annotated[str | None, typer.Option(help="For apibench: the hub of the file.")] = None,
    add: Annotated[
        bool, typer.Option("--add", help="Keep what the catalogue has of other hubs; else it is replaced.")
    ] = False,
    own_words: Annotated[
        bool, typer.Option("--own-words", help="Keep facts only, no sentence of upstream's.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read API docs from an upstream's files and write them as a catalogue."""
    from api_docs.catalogue import Catalogue  # noqa: PLC0415 - heavy
    from api_docs.importing import SourceName, import_docs, merged  # noqa: PLC0415
    from api_docs.models import Hub  # noqa: PLC0415
    from api_docs.storage import load_catalogue, write_catalogue  # noqa: PLC0415

    kind = choice(SourceName, source, "SOURCE")
    with progress(f"reading {source}") as report:
        found = import_docs(
            kind, path, hub=choice(Hub, hub, "--hub") if hub else None, own_words=own_words, progress=report
        )
    before = load_catalogue(out_folder) if add and out_folder.exists() else Catalogue([])
    catalogue = merged(before, found)
    write_catalogue(catalogue, out_folder, sources={source: str(path.name)})
    if as_json:
        aside = [{"record": one.record, "reason": one.reason} for one in found.quarantined]
        counts = {"version": catalogue.version, "docs": len(catalogue), "read": len(found.docs)}
        show_json(counts | {"set_aside": aside})
    else:
        said = f"{len(found.docs)} docs read, {len(catalogue)} in {out_folder}, version {catalogue.version}"
        out().print(Text(said))
        _show_set_aside(found.quarantined)


@app.command()
def validate(catalogue: CatalogueFolder = None, as_json: AsJson = False) -> None:
    """Check that a catalogue is whole, and that every call of it verifies against its own doc."""
    from api_docs.verification import check_docs  # noqa: PLC0415 - heavy

    loaded = _load(catalogue)
    check_docs(loaded.docs)
    if as_json:
        show_json({"valid": True, "version": loaded.version, "docs": len(loaded)})
    else:
        out().print(Text(f"valid: {len(loaded)} docs, version {loaded.version}"))


@app.command()
def publish(
    folder: Annotated[
        Path | None, typer.Argument(help="Catalogue folder [default: the shipped snapshot].")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a catalogue, build its index, and have it served; running services take it up by themselves."""
    from service.publishing import publish as publish_catalogue  # noqa: PLC0415 - heavy
    from service.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    with progress("building the index") as report:
        found = publish_catalogue(settings, folder, report)
    if as_json:
        show_json(found.summary())
    else:
        said = "published" if found.changed else "already published"
        out().print(Text(f"{said}: {found.docs} docs, version {found.version}, index {found.index_version}"))
    if not found.served:
        said = f"CALLSMITH_CATALOGUE is set, so {str(settings.catalogue)!r} is what is served here; unset it"
        errors().print(Text(said, style="yellow"), soft_wrap=True)


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(help="Catalogue folder.")],
    after: Annotated[
        Path | None, typer.Argument(help="Catalogue folder [default: the one that is served].")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what changed between two catalogues, field by field."""
    from api_docs.diff import diff_catalogues  # noqa: PLC0415 - heavy

    found = diff_catalogues(_load(before), _load(after))
    show_json(found) if as_json else out().print(_difference(found))


@app.command()
def show(
    doc_id: Annotated[str, typer.Argument(metavar="ID", help="Such as torchhub:pytorch/vision:resnet50.")],
    catalogue: CatalogueFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show one API doc."""
    doc = _load(catalogue).doc(doc_id)
    if as_json:
        show_json(doc)
        return
    table = Table(show_header=False, box=None)
    for name, value in doc.record().items():
        if name != "call":
            table.add_row(Text(name, style="bold"), Text(printable(str(value)), overflow="fold"))
    out().print(Group(python_code(doc.call), table))


@app.command()
def stats(catalogue: CatalogueFolder = None, as_json: AsJson = False) -> None:
    """Count a catalogue: docs by hub and domain, and how complete they are."""
    from api_docs.stats import stats_of  # noqa: PLC0415 - heavy

    found = stats_of(_load(catalogue))
    show_json(found) if as_json else out().print(_counts(found))


def _load(folder: Path | None) -> Catalogue:
    from api_docs.storage import load_catalogue  # noqa: PLC0415 - heavy
    from service.settings import load_settings  # noqa: PLC0415
    from service.var import read_catalogue  # noqa: PLC0415

    return load_catalogue(folder) if folder is not None else read_catalogue(load_settings())


def _show_set_aside(quarantined: list[Quarantined]) -> None:
    console = errors()
    for one in quarantined[:_SHOWN]:
        console.print(Text(printable(f"set aside {one.record}: {one.reason}"), style="yellow"))
    if len(quarantined) > _SHOWN:
        console.print(Text(f"{len(quarantined) - _SHOWN} more set aside; --json lists all", style="yellow"))


def _difference(found: CatalogueDiff) -> Group:
    lines = [Text(f"{found.before} → {found.after}" + (": the same" if found.empty else ""))]
    lines += [Text(printable(f"+ {doc_id}"), style="green") for doc_id in found.added]
    lines += [Text(printable(f"- {doc_id}"), style="red") for doc_id in found.removed]
    lines += [Text(printable(f"> {old} → {new}"), style="cyan") for old, new in found.renamed.items()]
    for doc in found.changed:
        lines.append(Text(printable(f"~ {doc.id}"), style="yellow"))
        lines += [
            Text(printable(f"    {change.field}: {change.before!r} → {change.after!r}"))
            for change in doc.fields
        ]
    return Group(*lines)


def _counts(found: CatalogueStats) -> Group:
    head = Text(
        f"version {found.version}: {found.docs} docs, {found.calls} calls, {found.domains} domains, "
        f"{found.aliases} aliases"
    )
    table = Table("hub", "docs", "calls", "dead", "licence", "figures", "largest domains", box=None)
    for hub, one in found.hubs.items():
        largest = ", ".join(f"{domain} {count}" for domain, count in list(one.domains.items())[:5])
        counts = (one.docs, one.calls, one.dead, one.with_license, one.with_performance)
        table.add_row(hub, *map(str, counts), largest)
    return Group(head, table)
