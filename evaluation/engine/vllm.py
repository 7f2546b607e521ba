"""A real vLLM on this machine's CPU, started from an environment of its own (`make engine`)."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import httpx2
import psutil
from prometheus_client.parser import text_string_to_metric_families

from api_docs.errors import MeasurementFailed
from evaluation.process import Program, free_port

PYTHON: Final = Path(__file__).parents[2] / ".venv-engine" / "bin" / "python"
"""Where `make engine` puts the engine's interpreter."""
MODEL_NAME: Final = "tiny"
"""What the engine calls its model."""
CONTEXT: Final = 4096
"""Tokens that prompt and answer may have together."""
START_SECONDS: Final = 300.0
"""25 to 75 s on two idle cores; several times that beside other work."""
_CORE: Final = "VLLM::EngineCore"
"""The title that vLLM gives the process in which requests are scheduled."""
_FLAGS: Final = (
    "--enforce-eager",
    "--structured-outputs-config.backend",
    "xgrammar",
    "--structured-outputs-config.disable_any_whitespace",
    "true",
    "--enable-prefix-caching",
    "--uvicorn-log-level",
    "warning",
)
_ENVIRONMENT: Final = {
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # else it takes one core whatever the affinity says
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
    # `--enforce-eager` doesn't reach the function that counts ranks for logprobs: the first request that asks
    # for them would wait half a minute for a C++ compiler, where there is one.
    "TORCH_COMPILE_DISABLE": "1",
}


class Vllm(Program):
    """vLLM with a model folder, on a loopback port that stays the same over restarts.

    `cores` are those it may run on; `threads` is how many cores one step of the model uses.
    """

    def __init__(  # noqa: PLR0913 - what differs from one engine to the next, by name
        self,
        model: Path,
        *,
        cores: Collection[int] | None = None,
        threads: int = 1,
        context: int = CONTEXT,
        more: Sequence[str] = (),
        python: Path = PYTHON,
    ) -> None:
        if not python.is_file():
            raise MeasurementFailed(f"no engine at {str(python)!r}; install it with `make engine`")
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        # Warnings that its imports give tell about packages, not about us.
        command = [str(python), "-W", "ignore", "-m", "vllm.entrypoints.openai.api_server"]
        command += ["--model", str(model), "--served-model-name", MODEL_NAME]
        command += ["--host", "127.0.0.1", "--port", str(self.port), "--max-model-len", str(context)]
        ours = {name: value for name, value in os.environ.items() if not name.startswith("CALLSMITH_")}
        environment = ours | _ENVIRONMENT | {"OMP_NUM_THREADS": str(threads)}
        super().__init__("vllm", [*command, *_FLAGS, *more], environment, cores)

    @property
    def url(self) -> str:
        """What `CALLSMITH_ENGINE_URL` takes."""
        return f"{self.address}/v1"

    def start(self) -> None:
        """Start it and wait until `/health` answers 200.

        Raises:
            MeasurementFailed: with the end of its log.
        """
        super().start()
        self.wait_until(self.healthy, START_SECONDS, "healthy")

    def restart(self) -> None:
        """Start it again on the same port, after `kill` or in place of what runs.

        Raises:
            MeasurementFailed: when it won't end, or won't start.
        """
        if left := self.end():
            raise MeasurementFailed(f"{self.name}: processes {sorted(left)} outlived SIGKILL")
        self.start()

    def kill_core(self) -> None:
        """SIGKILL to the process that schedules requests; the HTTP server finds out by itself."""
        for pid in self.pids:
            if _CORE in " ".join(psutil.Process(pid).cmdline()):
                os.kill(pid, signal.SIGKILL)
                return
        raise MeasurementFailed(f"{self.name}: none of its processes is {_CORE!r}")

    def healthy(self) -> bool:
        """Whether `/health` answers 200."""
        try:
            return httpx2.get(f"{self.address}/health", timeout=5).status_code == 200
        except httpx2.TransportError:
            return False

    def metrics(self) -> dict[str, float]:
        """What `/metrics` says, by name, summed over labels."""
        return parse_metrics(httpx2.get(f"{self.address}/metrics", timeout=30).text)

    def running(self) -> int:
        """Requests that the engine works on or holds waiting."""
        found = self.metrics()
        return int(found["vllm:num_requests_running"] + found["vllm:num_requests_waiting"])

    def finished(self) -> int:
        """Requests that it has answered to their end; those that were aborted are not among them."""
        return int(self.metrics()["vllm:request_success_total"])


def parse_metrics(text: str) -> dict[str, float]:
    """Prometheus' text format as values by sample name, summed over labels."""
    sums: defaultdict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] += sample.value
    return dict(sums)
