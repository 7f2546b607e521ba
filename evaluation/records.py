"""Results of measurements as files: figures as JSON with what they were measured on, rows as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson

from api_docs import markdown
from api_docs.files import write_file
from evaluation.bench import machine

PACKAGES: Final = ("callsmith", "torch", "sentence-transformers", "faiss-cpu", "bm25s", "httpx2", "uvicorn")
"""Packages of ours on which figures depend most."""


def described(
    command: str, figures: Mapping[str, Any], versions: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Figures with their command, date, machine and versions; those of `PACKAGES` unless others are given."""
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "machine": machine(),
        "versions": dict(versions if versions is not None else versions_of(PACKAGES)),
        **figures,
    }


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """The installed version of each package."""
    return {package: version(package) for package in packages}


def write(folder: Path, name: str, results: Mapping[str, Any]) -> Path:
    """Keep results as `NAME.json`; its path.

    Raises:
        StorageError: when it can't be written.
    """
    path = _made(folder) / f"{name}.json"
    write_file(path, orjson.dumps(results, option=orjson.OPT_INDENT_2) + b"\n")
    return path


def write_table(folder: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Keep rows as a Markdown table, `NAME.md`, for people; its path.

    Raises:
        StorageError: when it can't be written.
    """
    path = _made(folder) / f"{name}.md"
    write_file(path, table(rows).encode())
    return path


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a Markdown table, its columns those of the first row."""
    names = list(rows[0]) if rows else []
    lines = markdown.table(names, ([row[name] for name in names] for row in rows), _shown)
    return "\n".join(lines) + "\n"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _shown(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
