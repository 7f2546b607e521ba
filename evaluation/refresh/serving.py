"""The service over a published catalogue whose index was made with the hashing stand-in, as a program.

`python -m evaluation.refresh.serving`; settings come from the environment. Everything but the encoder is what
`callsmith serve` runs: application, server, watcher.
"""

from __future__ import annotations

import sys
import time
from typing import Final

import psutil

from api_docs.errors import MeasurementFailed
from evaluation.refresh.jobs import environment
from evaluation.refresh.stand_ins import HashingEncoder
from evaluation.served import Service
from retriever.batching import BatchingEncoder
from service import var
from service.runtime import Runtime
from service.server import BACKLOG, Prepared, bind, run
from service.settings import Settings, load_settings

PATIENCE: Final = 300.0
"""Seconds in which a version has to be taken up."""


class StandInService(Service):
    """The service as a program; see above."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.command = (sys.executable, "-m", "evaluation.refresh.serving")
        self.environment = environment(settings.model_copy(update={"port": self.port}))

    def took_up(self, index_version: str, times: int) -> None:
        """Wait until it has said that often that it serves this version.

        Raises:
            MeasurementFailed: when it doesn't in time, or says why it can't.
        """
        deadline = time.monotonic() + PATIENCE
        said = f'"serving another version", "index_version": "{index_version}"'
        while (log := self.log.read_text(encoding="utf-8")).count(said) < times:
            if "a new version can't be served" in log or time.monotonic() > deadline:
                raise MeasurementFailed(f"{self.name} does not serve {index_version!r}:\n{self.tail()}")
            time.sleep(0.05)

    def memory_mib(self) -> int:
        """Its resident memory, in MiB."""
        return round(psutil.Process(self.pid).memory_info().rss / 2**20)


def main() -> None:
    """Serve until SIGTERM."""
    settings = load_settings()
    searcher = var.reopen_searcher(settings, BatchingEncoder(HashingEncoder()))
    runtime = Runtime(settings, searcher)
    runtime.follows = True
    listener = bind(settings.host, settings.port)
    listener.listen(BACKLOG)
    run(Prepared(settings, listener, runtime))


if __name__ == "__main__":
    main()
