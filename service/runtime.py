"""What a running service holds: settings, what is served, the generators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service import var
from service.schemas import GeneratorChoice
from service.served import DocSearcher, Served
from service.settings import Settings


class Runtime:
    """Everything that requests share. Made once per process."""

    def __init__(
        self, settings: Settings, searcher: DocSearcher, grounded: Any = None, engine: Any = None
    ) -> None:
        self.settings = settings
        self.served = Served(searcher)
        self.grounded = grounded
        self.engine = engine

    @property
    def automatic(self) -> GeneratorChoice:
        """What `auto` means here."""
        return GeneratorChoice.GROUNDED if self.engine is None else GeneratorChoice.VLLM

    def close(self) -> None:
        """Let go of what is held."""


def open_runtime(settings: Settings, progress: Callable[[int, int], None] | None = None) -> Runtime:
    """Open what the settings name; the index is built where there is none.

    Raises:
        CallsmithError: when something that is needed is damaged, missing or wrong.
    """
    return Runtime(settings, var.open_searcher(settings, progress), None)
