"""What the commands that measure share: saying what is known so far, keeping figures, showing them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from service.cli.output import errors, out, show_json


def tell(row: Mapping[str, Any]) -> None:
    """Say what is known so far: the whole takes long, and may be interrupted."""
    errors().print(", ".join(f"{name}: {value}" for name, value in row.items()), soft_wrap=True)


def keep(
    folder: Path, name: str, described: Mapping[str, Any], figures: Mapping[str, Any], *, as_json: bool
) -> None:
    """Keep what was measured, and on what, as `NAME.json`; show it all to programs, `figures` to people.

    Raises:
        StorageError: when it can't be written.
    """
    from evaluation import records  # noqa: PLC0415 - heavy

    path = records.write(folder, name, described)
    if as_json:
        show_json(described)
    else:
        show_json(figures)
        out().print(f"written to {path}")
