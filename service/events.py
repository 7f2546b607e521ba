"""What a request tells while it is worked on: its hits once they are found, then the text as it is written.

The text is the engine's own, not verified yet; the response that follows is what counts.
"""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from service.schemas import HitInfo


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)


class HitsFound(_Event):
    """The API docs that were retrieved, best first."""

    hits: tuple[HitInfo, ...]
    index_version: str
    request_id: str


class TextWritten(_Event):
    """The next piece of what the engine writes."""

    text: str


Event = HitsFound | TextWritten
Tell = Callable[[Event], None]
"""Is told every event, on the event loop."""
