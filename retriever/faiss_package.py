"""Which FAISS is installed: for CPUs, for GPUs, or two that overwrote each other's files.

Knows the names of the distributions on PyPI. Knows nothing about indexes.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import faiss

from api_docs.errors import ConfigurationError

FOR_CPUS = "faiss-cpu"
FOR_GPUS = "faiss-gpu-cu12"


def check_one_faiss() -> None:
    """Make sure that no two builds of FAISS share one folder of files.

    Raises:
        ConfigurationError: when both are installed; which of them runs is then anybody's guess.
    """
    if _installed(FOR_CPUS) is not None and _installed(FOR_GPUS) is not None:
        raise ConfigurationError(
            f"both {FOR_CPUS!r} and {FOR_GPUS!r} are installed, and each has overwritten the other's files; "
            f"run `pip uninstall --yes {FOR_CPUS} {FOR_GPUS}`, then `pip install 'callsmith[cpu]'` or "
            "`pip install 'callsmith[gpu]'`, never both extras"
        )


def check_gpus() -> None:
    """Make sure that vectors can lie on GPUs here.

    Raises:
        ConfigurationError: when the installed FAISS knows no GPUs, or finds none.
    """
    back = "or set CALLSMITH_FAISS_DEVICE to cpu"
    if not hasattr(faiss, "StandardGpuResources"):
        there = f"{FOR_CPUS} {_installed(FOR_CPUS) or faiss.__version__}"
        raise ConfigurationError(
            f"CALLSMITH_FAISS_DEVICE is 'gpu', but the installed FAISS ({there}) is built without GPUs; run "
            f"`pip uninstall --yes {FOR_CPUS}`, then `pip install 'callsmith[gpu]'`, {back}"
        )
    if faiss.get_num_gpus() < 1:
        raise ConfigurationError(
            "CALLSMITH_FAISS_DEVICE is 'gpu', but FAISS finds no GPU; check `nvidia-smi`, and in a container "
            f"the device reservation, {back}"
        )


def _installed(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
