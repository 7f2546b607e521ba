"""What a training runs on: memory, and how many multiplications a second, of this machine or by name."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from api_docs.errors import ConfigurationError

GIB: Final = 2**30
TERA: Final = 10**12

Kind = Literal["cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class Device:
    """One kind of device. `memory` is bytes of one of them, `peak` FLOP/s of one of them.

    The processes of a CPU share its memory and its peak; each process has a GPU of its own.
    """

    name: str
    kind: Kind
    memory: int
    peak: float
    count: int | None  # how many are at hand; None where it is only named
    source: str  # where `peak` is from

    def per_process(self, processes: int) -> Device:
        """What each of so many processes has of it."""
        if self.kind == "cuda":
            return self
        return replace(self, memory=self.memory // processes, peak=self.peak / processes)


_DATA_SHEET = "the vendor's data sheet: dense bfloat16"

GPUS: Final[Mapping[str, Device]] = {
    name: Device(name, "cuda", gib * GIB, tera * TERA, None, _DATA_SHEET)
    for name, gib, tera in (
        ("a100-40gb", 40, 312),
        ("a100-80gb", 80, 312),
        ("h100-80gb", 80, 989),
        ("h200", 141, 989),
        ("l4", 24, 121),
        ("rtx-3090", 24, 71),
        ("rtx-4090", 24, 165),
    )
}
"""GPUs that an estimate can be asked for without having them."""

_KNOWN_PEAKS = (
    (r"\bA100\b", 312),
    (r"\bH[12]00\b", 989),
    (r"\bL4\b", 121),
    (r"3090\b", 71),
    (r"4090\b", 165),
)
"""What the driver's names of GPUs hold, with dense bfloat16 TFLOP/s."""


def named_gpu(name: str) -> Device:
    """A GPU that is not at hand.

    Raises:
        ConfigurationError: naming those that are known.
    """
    if name not in GPUS:
        raise ConfigurationError(f"no device {name!r} is known; expected one of {', '.join(GPUS)}, or cpu")
    return GPUS[name]


def device_at_hand(wanted: Literal["auto", "cpu", "cuda"] = "auto") -> Device:
    """What a training on this machine would run on.

    Raises:
        ConfigurationError: when a GPU is wanted and there is none.
    """
    import torch  # noqa: PLC0415 - heavy

    has_gpu = torch.cuda.is_available()
    if wanted == "cuda" and not has_gpu:
        raise ConfigurationError(
            "distributed.device is 'cuda', but torch finds no GPU here; use a machine with one, a build of "
            "torch for its driver, or a config for CPUs (nano-cpu)"
        )
    return _gpu() if has_gpu and wanted != "cpu" else cpu()


def cpu() -> Device:
    """This machine's CPU, with the memory that is free now and the speed that it shows now."""
    name = f"{os.cpu_count()} CPU cores"
    return Device(
        name, "cpu", _free_memory(), _measured_peak("cpu"), 1, "measured just now: float32, 1024 wide"
    )


def _gpu() -> Device:
    import torch  # noqa: PLC0415 - heavy

    properties = torch.cuda.get_device_properties(0)
    known = [tera for pattern, tera in _KNOWN_PEAKS if re.search(pattern, properties.name)]
    peak, source = (
        (known[0] * TERA, _DATA_SHEET) if known else (_measured_peak("cuda"), "measured just now: bfloat16")
    )
    memory = int(properties.total_memory)
    return Device(properties.name, "cuda", memory, peak, torch.cuda.device_count(), source)


def _measured_peak(kind: Kind) -> float:
    """FLOP/s of a matrix product, the best of several."""
    import torch  # noqa: PLC0415 - heavy

    size, dtype = (1024, torch.float32) if kind == "cpu" else (8192, torch.bfloat16)
    left, right = (torch.ones(size, size, dtype=dtype, device=kind) for _ in range(2))
    best = float("inf")
    for _ in range(6):
        started = time.perf_counter()
        left @ right
        if kind == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - started)
    return float(2 * size**3 / best)


_MEMORY_FILES = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)
"""Where containers are told how much they may have, and what they have."""


def _free_memory() -> int:
    """Bytes that a process could still get: what the machine has free, and no more than its container may."""
    free = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    try:
        stated = Path("/proc/meminfo").read_text(encoding="ascii")
        free.append(int(re.findall(r"^MemAvailable:\s+(\d+) kB$", stated, re.MULTILINE)[0]) * 1024)
    except (OSError, IndexError):  # no Linux: what the machine has in all must do
        pass
    for limit, used in _MEMORY_FILES:
        try:
            free.append(int(limit.read_text(encoding="ascii")) - int(used.read_text(encoding="ascii")))
        except (OSError, ValueError):  # no container, or one without a limit ("max")
            continue
    return min(free)
