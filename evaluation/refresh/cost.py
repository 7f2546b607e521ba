"""What a refresh costs where one doc in a hundred changed, against one that embeds all docs.

Both are whole processes, started as cron starts them: Python, the embedding model, reading, gates, canaries
and publishing are in their times. The docs are the snapshot's, read from files: what networks take is not
what is measured. Ratios are of one run, so that a slow machine is slow in both.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any, Final

from api_docs.models import Hub
from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue
from evaluation.refresh.jobs import publish_first, refreshed
from evaluation.refresh.stand_ins import changed, write_docs
from retriever.vectors import Progress
from service import var
from service.settings import Settings

SHARE: Final = 0.01
"""Of the docs that change."""
AT_MOST: Final = 0.10
"""Of a whole refresh's time, that such a one may take."""


def run(rounds: int = 3, progress: Progress = lambda *_: None) -> dict[str, Any]:
    """One refresh from almost nothing, then `rounds` of them with other docs changed each time.

    Raises:
        MeasurementFailed: when a refresh fails.
    """
    docs = list(load_catalogue(SNAPSHOT_FOLDER).docs)
    with tempfile.TemporaryDirectory(prefix="callsmith-cost-") as work:
        settings, folder = Settings(var=Path(work, "var")), Path(work, "docs")
        # One doc a hub lies there already, so that no hub is a new one; and the exported model, as in any
        # place where a service has run before.
        there = [next(doc for doc in docs if doc.hub == hub) for hub in Hub]
        publish_first(settings, there, var.query_encoder(settings))
        write_docs(docs, folder)
        whole = refreshed(settings, folder, len(docs) - len(there))
        progress(1, rounds + 1)
        small = []
        for number in range(1, rounds + 1):
            docs, count = changed(docs, SHARE, number)
            write_docs(docs, folder)
            small.append(refreshed(settings, folder, count))
            progress(number + 1, rounds + 1)
    ratio = statistics.median(one.seconds for one in small) / whole.seconds
    of_work = statistics.median(one.cpu_seconds for one in small) / whole.cpu_seconds
    return {
        "docs": whole.docs,
        "changed": small[0].changed,
        "ratio": round(ratio, 3),
        "ratio_of_cpu_seconds": round(of_work, 3),
        "ratio_at_most": AT_MOST,
        "embedded_only_what_changed": all(one.embedded == one.changed for one in (whole, *small)),
        "whole": whole.figures(),
        "one_percent": [one.figures() for one in small],
    }
