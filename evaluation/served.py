"""The service as a program: `callsmith serve` with settings, on a loopback port of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import httpx2

from api_docs.errors import MeasurementFailed
from evaluation.process import Program, free_port
from service.settings import PREFIX, variable

START_SECONDS: Final = 300.0
"""A few seconds; minutes where the index has to be built first."""


class Service(Program):
    """`callsmith serve`; `settings` are fields of `Settings`, and nothing else of ours is taken over."""

    def __init__(self, cores: Collection[int] | None = None, **settings: Any) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        ours = {variable(name): str(value) for name, value in settings.items()}
        command = [sys.executable, "-m", "service.cli", "serve", "--port", str(self.port)]
        super().__init__("service", command, others | ours, cores)

    def start(self) -> None:
        """Start it and wait until `/readyz` answers 200.

        Raises:
            MeasurementFailed: with the end of its log.
        """
        super().start()
        self.wait_until(self.ready, START_SECONDS, "ready")

    def ready(self) -> bool:
        """Whether it takes requests."""
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx2.TransportError:
            return False

    async def callsmith(self, *arguments: str, **settings: Any) -> None:
        """Run another command of ours with the service's settings, and further ones.

        Raises:
            MeasurementFailed: with what it said, when it fails.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "service.cli",
            *arguments,
            env=self.environment | {variable(name): str(value) for name, value in settings.items()},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, said = await process.communicate()
        except BaseException:
            process.kill()
            raise
        if process.returncode:
            raise MeasurementFailed(f"callsmith {' '.join(arguments)} failed: {said.decode()[-1_000:]}")


def own_var(there: Path, folder: Path) -> Path:
    """A folder to publish in, with the indexes that there are."""
    folder.mkdir()
    if (there / "indexes").is_dir():
        shutil.copytree(there / "indexes", folder / "indexes")
    return folder
