"""How long to wait before an upstream is asked again: as long as it says, else longer each time.

Reads the answer only. Times of day are compared with the upstream's own clock (`Date`), so that ours may be
wrong.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

FIRST: Final = 1.0
LONGEST: Final = 60.0
"""Seconds: the most that the first try, and any, waits by itself."""

_SECONDARY: Final = 60.0
"""Seconds to wait where GitHub speaks of a limit and names no time, as its manual asks."""

_RESET: Final = re.compile(r"\b(?:t|reset)\s*=\s*(\d+)")
"""`RateLimit: "api";r=0;t=30` (the draft of 2025), `limit=100, remaining=0, reset=30` (earlier ones)."""


def told_wait(status: int, headers: Mapping[str, str], body: bytes) -> float | None:
    """Seconds that an upstream asks us to wait; None where it names no time.

    `headers` are found by lower-case name, `body` is the beginning of the answer.
    """
    if (seconds := _retry_after(headers)) is not None:
        return seconds
    if status not in (403, 429):
        return None
    if (found := _RESET.search(headers.get("ratelimit", ""))) is not None:
        return float(found.group(1))
    if (seconds := _number(headers.get("ratelimit-reset"))) is not None:
        return seconds
    if headers.get("x-ratelimit-remaining") == "0":
        at = _number(headers.get("x-ratelimit-reset"))
        return None if at is None else max(0.0, at - _server_time(headers))
    return _SECONDARY if b"rate limit" in body.lower() else None


def is_limit(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a refusal means "too many requests", which passes, and not "you may not", which stays."""
    if status == 429:
        return True
    told = headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers
    return status == 403 and (told or b"rate limit" in body.lower())


def own_wait(tried: int) -> float:
    """Seconds before try number `tried` + 1, where nobody says: anything up to twice as long each time.

    Full jitter, so that many who were turned away together don't come back together.
    """
    return random.uniform(0, min(LONGEST, FIRST * 2**tried))  # noqa: S311 - no secret


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "").strip()
    if (seconds := _number(value)) is not None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - _server_time(headers))
    except ValueError:
        return None


def _server_time(headers: Mapping[str, str]) -> float:
    """Seconds since 1970 by the upstream's clock, ours where it doesn't tell."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        return time.time()


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and re.fullmatch(r"\d+(?:\.\d+)?", text.strip()) else None
