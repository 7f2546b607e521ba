"""`callsmith keys`: who may ask the service, and how often."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.output import AsJson, errors, new_app, out, printable, show_json

app = new_app("Make, list and remove the keys that the service wants from its callers.")

KeyFile = Annotated[Path | None, typer.Option("--file", help="Key file [default: CALLSMITH_KEYS].")]
Name = Annotated[str, typer.Argument(help="What the key is called in lists and in the log.")]


@app.command()
def add(
    name: Name,
    per_minute: Annotated[int, typer.Option(help="Requests a minute; as many may come at once.")] = 60,
    file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it. This is the only time: the file holds its hash."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from service.keys import add_key  # noqa: PLC0415 - heavy

    path = _path(file)
    key = add_key(path, name, per_minute, datetime.now(UTC).date())
    if as_json:
        show_json({"name": name, "key": key, "per_minute": per_minute, "file": str(path)})
        return
    errors().print(
        f"added to {printable(str(path))}; keep the key, it is not shown again", markup=False, soft_wrap=True
    )
    print(key)


@app.command("list")
def list_keys(file: KeyFile = None, as_json: AsJson = False) -> None:
    """List names, limits and dates of the keys."""
    from service.keys import read_keys  # noqa: PLC0415 - heavy

    keys = read_keys(_path(file))
    if as_json:
        show_json([key.model_dump(mode="json", exclude={"sha256"}) for key in keys])
        return
    for key in keys:
        out().print(f"{key.name:<24} {key.per_minute:>7} a minute   since {key.created}", markup=False)


@app.command()
def remove(name: Name, file: KeyFile = None, as_json: AsJson = False) -> None:
    """Remove a key. A running service refuses it within a second."""
    from service.keys import remove_key  # noqa: PLC0415 - heavy

    path = _path(file)
    remove_key(path, name)
    if as_json:
        show_json({"removed": name, "file": str(path)})
    else:
        out().print(f"removed {name}", markup=False)


def _path(file: Path | None) -> Path:
    """The key file that is named here or in the settings."""
    from api_docs.errors import ConfigurationError  # noqa: PLC0415
    from service.settings import load_settings  # noqa: PLC0415 - heavy

    if file is not None:
        return file.expanduser().absolute()
    if (found := load_settings().keys) is None:
        raise ConfigurationError("no key file is named; do it with --file or CALLSMITH_KEYS")
    return found
