"""`callsmith hubs`: people's own APIs beside the three hubs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from service.cli.output import AsJson, new_app, out, printable, show_json

if TYPE_CHECKING:
    from api_docs.upstreams.own import OwnHub

app = new_app("Add, remove and list hubs of your own: an OpenAPI document, an MCP server, a folder of JSONL.")

Name = Annotated[str, typer.Argument(help="What the hub is called: lower-case letters, digits, - and _.")]
Refresh = Annotated[
    bool, typer.Option("--refresh", help="Take it up at once, as `callsmith docs refresh --hub NAME` does.")
]


@app.command()
def add(  # noqa: PLR0913, PLR0917 - one parameter per option
    name: Name,
    openapi: Annotated[
        str | None,
        typer.Option(metavar="URL|FILE", help="An OpenAPI document, 3.x or Swagger 2.0, JSON or YAML."),
    ] = None,
    mcp: Annotated[
        str | None, typer.Option(metavar="URL", help="An MCP server that speaks streamable HTTP.")
    ] = None,
    jsonl: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help="A folder of JSONL: our own records, or in the manner of APIBench."
        ),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="For --openapi: what its paths go on from, in place of its servers."
        ),
    ] = None,
    token_env: Annotated[
        str | None,
        typer.Option(metavar="VARIABLE", help="Name of the environment variable that holds the token."),
    ] = None,
    refresh: Refresh = False,
    as_json: AsJson = False,
) -> None:
    """Add a hub of your own. The next refresh takes it up, and every one after it what changed there."""
    from api_docs.upstreams.own import add_hub  # noqa: PLC0415 - heavy
    from service.settings import load_settings  # noqa: PLC0415

    hub = _hub(openapi, mcp, jsonl, server, token_env)
    file = load_settings().hubs_file
    add_hub(file, name, hub)
    _done(
        f"added {name}, {hub.kind} at {hub.where}", {"added": name, "file": str(file)}, name, refresh, as_json
    )


@app.command()
def remove(name: Name, refresh: Refresh = False, as_json: AsJson = False) -> None:
    """Remove a hub of your own. Its docs leave the catalogue with the next refresh."""
    from api_docs.upstreams.own import remove_hub  # noqa: PLC0415 - heavy
    from service.settings import load_settings  # noqa: PLC0415

    file = load_settings().hubs_file
    remove_hub(file, name)
    _done(f"removed {name}", {"removed": name, "file": str(file)}, name, refresh, as_json)


@app.command("list")
def list_hubs(as_json: AsJson = False) -> None:
    """List your own hubs, and how many docs of each are served."""
    from api_docs.upstreams.own import read_hubs  # noqa: PLC0415 - heavy
    from service.settings import load_settings  # noqa: PLC0415
    from service.var import read_catalogue  # noqa: PLC0415

    settings = load_settings()
    hubs = read_hubs(settings.hubs_file)
    served = [doc.hub for doc in read_catalogue(settings).docs] if hubs else []
    if as_json:
        show_json(
            [
                {"name": name, **hub.model_dump(mode="json", exclude_none=True), "docs": served.count(name)}
                for name, hub in hubs.items()
            ]
        )
        return
    if not hubs:
        out().print(
            Text(printable(f"no hub of your own in {settings.hubs_file}; `callsmith hubs add` adds one"))
        )
        return
    table = Table("hub", "kind", "at", "token from", "docs served", box=None)
    for name, hub in hubs.items():
        where = Text(printable(hub.where), overflow="fold")
        table.add_row(name, hub.kind, where, hub.token_env or "", f"{served.count(name):,}")
    out().print(table)


def _hub(
    openapi: str | None, mcp: str | None, jsonl: str | None, server: str | None, token_env: str | None
) -> OwnHub:
    """What the options say.

    Raises:
        InvalidRequest: when they are none, several, or don't go together.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - heavy

    from api_docs.errors import InvalidRequest  # noqa: PLC0415
    from api_docs.upstreams.own import HubKind, OwnHub  # noqa: PLC0415

    given = {HubKind.OPENAPI: openapi, HubKind.MCP: mcp, HubKind.JSONL: jsonl}
    named = {kind: where for kind, where in given.items() if where is not None}
    if len(named) != 1:
        raise InvalidRequest(
            "say what the hub is made of with one of --openapi, --mcp and --jsonl", "--openapi"
        )
    ((kind, where),) = named.items()
    is_address = "://" in where
    place = {"url": where} if is_address else {"path": str(Path(where).expanduser().absolute())}
    try:
        return OwnHub.model_validate({"kind": kind, **place, "server": server, "token_env": token_env})
    except ValidationError as exc:
        error = exc.errors(include_url=False)[0]
        field = f"--{str(error['loc'][0]).replace('_', '-')}" if error["loc"] else f"--{kind}"
        said = error["msg"].removeprefix("Value error, ")
        raise InvalidRequest(f"{field} is wrong: {said} (found {where!r})", field) from exc


def _done(said: str, told: dict[str, str], name: str, refresh: bool, as_json: bool) -> None:
    """Say what was done, and take it up where that was asked for."""
    if refresh:
        from service.cli.refresh import refresh as refresh_docs  # noqa: PLC0415 - heavy

        if not as_json:
            out().print(Text(printable(said)))
        refresh_docs(hub=[name], as_json=as_json)
    elif as_json:
        show_json(told)
    else:
        out().print(Text(printable(f"{said}; `callsmith docs refresh --hub {name}` takes it up")))
