"""Speed and memory of the running product, on this machine: `make bench`.

A real server process is asked over loopback, first by one client, then by 32. Every instruction is
different and nothing is cached. Results are kept as files with machine, versions and date; figures
that compare (BM25 against `rank-bm25`) are ratios of the same run.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import httpx2
import numpy as np
import psutil

from evaluation.workload import instructions

RESULTS = Path(__file__).parent / "results"
CLIENTS = 32
_PACKAGES = ("callsmith", "torch", "sentence-transformers", "faiss-cpu", "bm25s", "fastapi", "uvicorn")


@dataclass(frozen=True)
class Latency:
    """What a number of requests took, milliseconds."""

    requests: int
    errors: int
    median_ms: float
    p99_ms: float
    requests_per_second: float


@dataclass(frozen=True)
class Keywords:
    """Queries per second of two BM25 implementations over the same texts, in one run."""

    docs: int
    bm25s_per_second: float
    rank_bm25_per_second: float
    ratio: float


def run(requests: int = 2000, keyword_docs: int = 40_000) -> dict[str, object]:
    """Measure everything; the figures by name."""
    with tempfile.TemporaryDirectory(prefix="callsmith-bench-") as var:
        build_seconds = _build_index(Path(var))
        with _server(Path(var)) as (url, process, start_seconds):
            alone = asyncio.run(_load(url, instructions(requests // 4 + 20, seed=1), clients=1, warm=20))
            together = asyncio.run(_load(url, instructions(requests + 64, seed=2), CLIENTS, warm=64))
            memory = _memory_mib(process)
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": "make bench",
        "machine": machine(),
        "versions": {name: version(name) for name in _PACKAGES},
        "index_build_seconds": round(build_seconds, 1),
        "start_seconds": round(start_seconds, 1),
        "one_client": asdict(alone),
        f"{CLIENTS}_clients": asdict(together),
        "memory_mib": round(memory),
        "keywords": asdict(compare_keyword_indexes(keyword_docs)),
    }


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }


def write(results: dict[str, object], folder: Path = RESULTS) -> Path:
    """Keep results as `bench.json`; the file's history is in the repository's."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "bench.json"
    path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return path


def compare_keyword_indexes(docs: int, queries: int = 40) -> Keywords:
    """Queries per second of `bm25s` and `rank-bm25` at `docs` texts, taken in turn."""
    from retriever.bm25 import Bm25s, RankBm25  # noqa: PLC0415 - torch-free, but not needed for the load

    texts = _texts(docs)
    questions = instructions(queries, seed=3)
    fast, slow = Bm25s.build(texts), RankBm25(texts)
    fast.scores(questions[0])
    slow.scores(questions[0])
    seconds = {"fast": 0.0, "slow": 0.0}
    for question in questions:
        for name, index in (("fast", fast), ("slow", slow)):
            began = time.perf_counter()
            index.scores(question)
            seconds[name] += time.perf_counter() - began
    return Keywords(
        docs=docs,
        bm25s_per_second=round(queries / seconds["fast"], 1),
        rank_bm25_per_second=round(queries / seconds["slow"], 1),
        ratio=round(seconds["slow"] / seconds["fast"], 1),
    )


def _texts(docs: int) -> list[str]:
    """Texts of the snapshot, made as many as asked for by joining halves of different docs."""
    from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue  # noqa: PLC0415
    from retriever.text import keyword_text  # noqa: PLC0415

    words = [keyword_text(doc).split() for doc in load_catalogue(SNAPSHOT_FOLDER).docs]
    generator = np.random.default_rng(0)
    pairs = generator.integers(0, len(words), (docs, 2))
    return [
        " ".join([*words[a][: len(words[a]) // 2], *words[b][len(words[b]) // 2 :]])
        for a, b in pairs.tolist()
    ]


def _build_index(var: Path) -> float:
    began = time.perf_counter()
    subprocess.run(_callsmith("index", "build"), env=_environment(var), check=True)  # noqa: S603
    return time.perf_counter() - began


@contextlib.contextmanager
def _server(var: Path) -> Iterator[tuple[str, subprocess.Popen[bytes], float]]:
    """A real server on a free port, ready; ended by SIGTERM."""
    port = _free_port()
    command = _callsmith("serve", "--port", str(port))
    began = time.perf_counter()
    with subprocess.Popen(command, env=_environment(var), stderr=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, process)
            yield url, process, time.perf_counter() - began
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(
                f"the server ended with {process.returncode}; run `callsmith serve` to see why"
            )
        with contextlib.suppress(httpx2.TransportError):
            if httpx2.get(f"{url}/readyz").status_code == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server was not ready within {seconds} s")


async def _load(url: str, texts: Sequence[str], clients: int, warm: int) -> Latency:
    """Send every text once, `clients` at a time; the first `warm` are not counted."""
    waiting = iter(texts[warm:])
    seconds: list[float] = []
    errors = 0

    async with httpx2.AsyncClient(
        base_url=url, timeout=60, limits=httpx2.Limits(max_connections=clients)
    ) as client:

        async def ask(text: str) -> bool:
            answer = await client.post("/generate_call", json={"instruction": text, "generator": "grounded"})
            return answer.status_code == 200

        async def work() -> None:
            nonlocal errors
            for text in waiting:
                began = time.perf_counter()
                errors += not await ask(text)
                seconds.append(time.perf_counter() - began)

        await asyncio.gather(*(ask(text) for text in texts[:warm]))
        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(clients)))
        total = time.perf_counter() - began
    return Latency(
        requests=len(seconds),
        errors=errors,
        median_ms=round(1000 * float(np.median(seconds)), 2),
        p99_ms=round(1000 * float(np.quantile(seconds, 0.99)), 2),
        requests_per_second=round(len(seconds) / total, 1),
    )


def _memory_mib(process: subprocess.Popen[bytes]) -> float:
    """Resident memory of the server and its children, MiB."""
    parent = psutil.Process(process.pid)
    return float(sum(p.memory_info().rss for p in (parent, *parent.children(recursive=True))) / 2**20)


def _callsmith(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "service.cli", *arguments]


def _environment(var: Path) -> dict[str, str]:
    return {**os.environ, "CALLSMITH_VAR": str(var)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
