"""Ids of requests: made here, or taken over where they are sane."""

from __future__ import annotations

import os
import re
from contextvars import ContextVar

NONE = "-"
"""Stands for an id where no request is worked on."""

current: ContextVar[str] = ContextVar("request_id", default=NONE)
"""The id of the request that is being worked on: logs say it, the engine is told it."""

_SANE = re.compile(r"[A-Za-z0-9._~-]{1,64}")


def new_id() -> str:
    """A fresh request id: 16 hex digits."""
    return os.urandom(8).hex()


def is_sane(request_id: str) -> bool:
    """Whether somebody else's id may stand in our headers and logs."""
    return _SANE.fullmatch(request_id) is not None
