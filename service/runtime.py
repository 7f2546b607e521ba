"""What a running service holds: settings, what is served, the generators."""

from __future__ import annotations

from collections.abc import Callable

from service import var
from service.generators.base import Generator
from service.generators.grounded import GroundedGenerator
from service.generators.vllm import VllmGenerator
from service.schemas import GeneratorChoice
from service.served import DocSearcher, Served
from service.settings import Settings


class Runtime:
    """Everything that requests share; made once per process.

    `engine` is the generator behind `vllm`, None where no engine is set.
    """

    def __init__(
        self,
        settings: Settings,
        searcher: DocSearcher,
        engine: Generator | None = None,
        grounded: Generator | None = None,
    ) -> None:
        self.settings = settings
        self.served = Served(searcher)
        self.engine = engine
        self.grounded = grounded or GroundedGenerator()

    @property
    def automatic(self) -> GeneratorChoice:
        """What `auto` means here."""
        return GeneratorChoice.GROUNDED if self.engine is None else GeneratorChoice.VLLM

    def close(self) -> None:
        """Let go of connections."""
        if isinstance(self.engine, VllmGenerator):
            self.engine.close()


def open_runtime(settings: Settings, progress: Callable[[int, int], None] | None = None) -> Runtime:
    """Open what the settings name; the index is built where there is none.

    Raises:
        CallsmithError: when something that is needed is damaged, missing or wrong.
    """
    return Runtime(settings, var.open_searcher(settings, progress), _engine(settings))


def _engine(settings: Settings) -> VllmGenerator | None:
    if settings.engine_url is None:
        return None
    return VllmGenerator(
        settings.engine_url,
        model=settings.engine_model,
        key=settings.engine_key,
        timeout=settings.engine_timeout,
        retries=settings.engine_retries,
        concurrency=settings.engine_concurrency,
    )
