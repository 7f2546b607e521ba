"""One refresh of docs that lie in a folder, as a process: `python -m evaluation.refresh.job FOLDER`.

Settings come from the environment. Where they name the embedding model as the hashing stand-in is named, that
is what embeds. What was found is one JSON object on stdout.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from evaluation.refresh.stand_ins import HashingEncoder, folder_upstreams
from service.refreshing import refresh
from service.settings import load_settings


def main(folder: Path) -> dict[str, Any]:
    """Refresh, and say how it went and how much memory this process had at most."""
    settings = load_settings()
    encoder = HashingEncoder() if settings.embedding_model == HashingEncoder.name else None
    found = refresh(settings, upstreams=folder_upstreams(folder), encoder=encoder)
    return {
        "result": found.result,
        "reason": found.reason,
        "version": found.after,
        "docs": sum(found.docs.values()),
        "embedded": found.embedded,
        "canaries_asked": found.canaries.asked if found.canaries is not None else 0,
        "timing": dict(found.timing),
        "peak_mib": peak_mib(),
    }


def peak_mib(status: Path = Path("/proc/self/status")) -> int:
    """The most resident memory that this process ever had, in MiB (Linux).

    Not `getrusage`: what that says of a child begins with the memory of the process that started it.
    """
    lines = dict(line.partition(":")[::2] for line in status.read_text(encoding="utf-8").splitlines())
    return round(int(lines["VmHWM"].split()[0]) / 1024)


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
