"""The pages that are generated from the code: settings, command line, OpenAPI schema.

`python -m service.pages --write` writes them under `docs/`; `--check` fails where one is out of date.
"""

from __future__ import annotations

import enum
import sys
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import orjson
import typer
from pydantic import SecretStr
from typer.cli import get_docs_for_click

from service.app import routes_only
from service.cli import app as cli
from service.settings import Settings, variable

FOLDER = Path(__file__).resolve().parent.parent / "docs"
_MADE = "<!-- Made by `make pages` from the code; don't edit. -->\n\n"


def settings_page() -> str:
    """Every setting: variable, type, default, meaning."""
    rows = [
        f"| `{variable(name)}` | {_type(one.annotation)} | {_default(one.default)} | {one.description} |"
        for name, one in Settings.model_fields.items()
    ]
    return (
        f"# Settings\n\n{_MADE}"
        "Settings are environment variables. They are checked at start; a wrong or misspelt one is refused "
        "with the reason. Flags of a command (`--host`, `--port`, `--workers`) win over variables.\n\n"
        "| variable | type | default | meaning |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def cli_page() -> str:
    """The help of every command."""
    command = typer.main.get_command(cli)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="callsmith", title="Command line")
    title, _, rest = text.partition("\n\n")
    lines = (line.rstrip() for line in f"{title}\n\n{_MADE}{rest}".splitlines())
    return "\n".join(lines).strip() + "\n"


def openapi_page() -> str:
    """The OpenAPI schema of the HTTP service."""
    return orjson.dumps(routes_only().openapi(), option=orjson.OPT_INDENT_2).decode() + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "cli.md": cli_page,
    "openapi.json": openapi_page,
}


def stale(folder: Path = FOLDER) -> list[str]:
    """The pages that are missing or say something else than the code."""
    return [
        name
        for name, page in PAGES.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != page()
    ]


def write(folder: Path = FOLDER) -> None:
    """Write every page."""
    folder.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Run `--write` or `--check`; the exit status."""
    if arguments == ["--write"]:
        write()
        return 0
    if arguments == ["--check"]:
        if found := stale():
            print(f"out of date: {', '.join(found)} in docs/; run `make pages`", file=sys.stderr)
        return 1 if found else 0
    print("expected --write or --check", file=sys.stderr)
    return 2


def _type(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    if get_origin(annotation) is types.UnionType:
        return " or ".join(_type(part) for part in get_args(annotation) if part is not type(None))
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    names: dict[Any, str] = {str: "text", int: "number", float: "number", bool: "yes or no", Path: "path"}
    return names.get(annotation, "secret" if annotation is SecretStr else str(annotation))


def _default(value: Any) -> str:
    return "unset" if value is None else f"`{value.value if isinstance(value, enum.Enum) else value}`"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
