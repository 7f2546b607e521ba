"""The hub's most downloaded models of every task, fetched page by page so that it can be interrupted.

Each page lies in a file as soon as it is there, with the address of the next, which holds the hub's cursor. A
listing goes on from its pages on the day that it was begun; later it begins anew, for its figures have moved.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import orjson

from api_docs.errors import SourceError, SourceRefused, SourceTimeout
from api_docs.files import translated, write_file
from api_docs.sources.base import Progress, Quarantined
from api_docs.sources.hf_hub import HubModel
from api_docs.sources.hf_records import lock_of
from api_docs.upstreams.hf_api import HubApi, Page

PAGE: Final = 100
"""Models a page at most: with all that is asked of them, about a megabyte."""

_SMALLEST: Final = 10
_PLAN: Final = "plan.json"


@dataclass(slots=True)
class Chosen:
    """The models of a listing that may be kept, and what was left out: how many and why.

    `locked` names by record the gated, private and disabled ones.
    """

    models: list[HubModel] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    locked: dict[str, str] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)


class Listing:
    """One listing of `tasks`, of at least `most` models over all of them where there are so many.

    `day` is when it is made, `folder` is its own.
    """

    def __init__(self, api: HubApi, folder: Path, tasks: tuple[str, ...], most: int, day: date) -> None:
        self._api = api
        self._folder = folder
        self._tasks = tasks
        self._most = most
        self._limit = max(_SMALLEST, min(PAGE, -(-most // max(1, len(tasks)))))
        self._plan = {
            "endpoint": api.endpoint,
            "tasks": list(tasks),
            "limit": self._limit,
            "day": day.isoformat(),
        }
        self._pages: dict[str, list[Page]] = {}
        self._resumed: set[str] = set()

    def fetch(self, progress: Progress | None = None) -> dict[str, list[Any]]:
        """The models by task, the most downloaded first; every task as deep as it goes, or as is needed.

        Raises:
            SourceError: when the hub can't be listed.
            SourceTimeout: when the time is over; what came so far is kept.
        """
        self._resume()
        while self._eligible() < self._most:
            shallowest = min((len(pages) for pages in self._pages.values() if _open(pages)), default=None)
            if shallowest is None:
                break
            for task, pages in self._pages.items():
                if _open(pages) and len(pages) == shallowest:
                    self._next(task)
                    if progress is not None:
                        progress(min(self._most, self._eligible()), self._most)
        return {
            task: [model for page in pages for model in page.models] for task, pages in self._pages.items()
        }

    def clear(self) -> None:
        """Throw the pages away: what they say is kept elsewhere by now."""
        with translated(self._folder):
            shutil.rmtree(self._folder, ignore_errors=True)

    def _resume(self) -> None:
        """Take up the pages of a listing like this one; throw those of another away."""
        try:
            same = orjson.loads((self._folder / _PLAN).read_bytes()) == self._plan
        except (OSError, orjson.JSONDecodeError):
            same = False
        if not same:
            self.clear()
            write_file(self._folder / _PLAN, orjson.dumps(self._plan))
        self._pages = {task: list(self._stored(task)) for task in self._tasks}
        self._resumed = {task for task, pages in self._pages.items() if pages}

    def _stored(self, task: str) -> Iterator[Page]:
        number = 0
        while True:
            try:
                stored = orjson.loads(self._file(task, number).read_bytes())
                page = Page(tuple(stored["models"]), str(stored["next"]))
            except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
                return  # there is none, or none that can be used: it is fetched again
            yield page
            if not page.next:
                return
            number += 1

    def _next(self, task: str) -> None:
        """Fetch a task's next page. Where the hub takes the cursor of another run no longer, begin anew."""
        pages, resumed = self._pages[task], task in self._resumed
        self._resumed.discard(task)
        try:
            page = self._api.page(pages[-1].next if pages else self._api.listing(task, self._limit))
        except (SourceTimeout, SourceRefused):
            raise
        except SourceError:
            if not resumed:
                raise
            page = self._api.page(self._api.listing(task, self._limit))
            pages.clear()
            for path in self._folder.glob(f"{task}-[0-9]*.json"):
                path.unlink()
        if page.next and page.next in {known.next for known in pages}:
            raise SourceError(
                f"the hub's listing of {task!r} leads back to a page that was read before; expected another "
                "one. Run it again, and if it stays so, check HF_ENDPOINT"
            )
        write_file(self._file(task, len(pages)), orjson.dumps({"models": page.models, "next": page.next}))
        pages.append(page)

    def _eligible(self) -> int:
        return sum(
            isinstance(model, dict) and not lock_of(model)
            for pages in self._pages.values()
            for page in pages
            for model in page.models
        )

    def _file(self, task: str, number: int) -> Path:
        return self._folder / f"{task}-{number:04d}.json"


def most_downloaded(listed: Mapping[str, list[Any]], most: int, day: date) -> Chosen:
    """The `most` models of a listing: every task's first, then every task's second, and so on.

    So that no task crowds out the others, and the choice of one day is nearly that of the next.
    """
    chosen = Chosen()
    open_models = [_unlocked(task, models, chosen, day) for task, models in listed.items()]
    seen: set[str] = set()
    for level in zip_longest(*open_models):
        row = sorted((model for model in level if model is not None), key=lambda model: -model.downloads)
        for model in row:
            # A model that moved between two pages while they were fetched stands on both.
            if model.key not in seen and len(chosen.models) < most:
                seen.add(model.key)
                chosen.models.append(model)
    return chosen


def _unlocked(task: str, models: list[Any], chosen: Chosen, day: date) -> list[HubModel]:
    found = []
    for number, body in enumerate(models, start=1):
        model = HubModel(body, day) if isinstance(body, dict) else None
        if model is None or not model.id:
            reason = f"{str(body)[:80]!r} is no model; expected an object with an id"
            chosen.quarantined.append(Quarantined(f"{task}, model {number} of the listing", reason))
        elif lock := lock_of(body):
            if model.key not in chosen.locked:
                chosen.locked[model.key] = model.id
                chosen.skipped[lock] += 1
        else:
            found.append(model)
    return found


def _open(pages: list[Page]) -> bool:
    """Whether there are further pages."""
    return not pages or bool(pages[-1].next)
