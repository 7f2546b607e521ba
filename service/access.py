"""Who may ask, and how often: bearer keys before anything else sees the request.

Plain ASGI, like the rest of `service.middleware`. Knows nothing of what is asked.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from service.keys import Key, Keys
from service.middleware import header, respond
from service.problems import Problem, no_key, rate_limited, unknown_key
from service.shared import Shared

OPEN = frozenset({"/", "/healthz", "/readyz", "/metrics", "/docs", "/redoc", "/openapi.json"})
"""Paths that tell nothing of anybody's: probes, measures, and the pages that explain the rest."""

_OPEN_FOLDERS = ("/assets/", "/playground/")
_SCHEME = "bearer"


class Access:
    """Lets a request in that carries a known key, as often as the key may ask.

    The key's name goes into the request's state as `key_name`; the key itself goes nowhere.
    """

    def __init__(self, app: ASGIApp, keys: Keys, shared: Shared) -> None:
        self.app = app
        self._keys = keys
        self._shared = shared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or is_open(scope["path"]):
            await self.app(scope, receive, send)
            return
        presented = bearer(header(scope, b"authorization"))
        key = self._keys.find(presented)
        if key is None:
            await respond(unknown_key() if presented else no_key(), scope, send)
            return
        scope["state"]["key_name"] = key.name
        if (problem := self._problem_of_rate(key)) is not None:
            await respond(problem, scope, send)
            return
        await self.app(scope, receive, send)

    def _problem_of_rate(self, key: Key) -> Problem | None:
        """A minute's worth may come at once; what was not used is kept for a minute."""
        wait = self._shared.take(key.name, key.per_minute, key.per_minute)
        return rate_limited(key.name, key.per_minute, wait) if wait > 0 else None


def is_open(path: str) -> bool:
    """Whether a path needs no key."""
    return path in OPEN or path.startswith(_OPEN_FOLDERS)


def bearer(authorization: str) -> str:
    """The key of an `Authorization` header, empty where it is of another kind or missing."""
    scheme, _, presented = authorization.strip().partition(" ")
    return presented.strip() if scheme.lower() == _SCHEME else ""
