"""What happens to every request before and after its handler: id, log, limits.

Plain ASGI, because a wrapper per request and not a task per request is what 100 requests a second
can pay for. Knows nothing about instructions or docs.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Collection
from email.message import Message as HeaderMessage
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.logs import ACCESS, SERVICE, noting
from service.problems import INTERNAL, Problem, overloaded, too_large, wrong_content_type
from service.request_id import current, is_sane, new_id
from service.route_names import PROBES
from service.shared import Shared

_CLIENT_LEFT = 499

Measure = Callable[[Scope, int, float], None]
"""Is told every request that has ended: its scope, the status, and the seconds that it took."""

access_log = logging.getLogger(ACCESS)
service_log = logging.getLogger(SERVICE)


class RequestLog:
    """Gives every request an id and a line in the log, and every crash an answer without a traceback.

    The id is the one of the header `X-Request-Id` where that is sane, and is sent back in it. Probes that
    find all well are logged at level debug.
    """

    def __init__(self, app: ASGIApp, measure: Measure = lambda *_: None) -> None:
        self.app = app
        self._measure = measure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _given_id(scope) or new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        current.set(request_id)
        noted = noting()
        began = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            service_log.exception("request failed", extra={"fields": {"request_id": request_id}})
            if status:
                raise
            await respond(INTERNAL, scope, send_with_id)
        finally:
            seconds, status = time.perf_counter() - began, status or _CLIENT_LEFT
            self._measure(scope, status, seconds)
            fields = {
                "method": scope["method"],
                "path": printable(scope["path"]),
                "status": status,
                "ms": round(1000 * seconds, 1),
                "request_id": request_id,
            }
            if (key_name := scope["state"].get("key_name")) is not None:
                fields["key_name"] = key_name
            quiet = status < HTTPStatus.BAD_REQUEST and scope["path"] in PROBES
            level = logging.DEBUG if quiet else logging.INFO
            access_log.log(level, "request", extra={"fields": {**fields, **noted}})


class HeadAsGet:
    """Answers HEAD as GET without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        as_get = {**scope, "method": "GET"}
        try:
            await self.app(as_get, receive, send_without_body)
        finally:
            if (route := as_get.get("route")) is not None:
                scope["route"] = route  # for those who measure


class Gate:
    """Lets a request with a body in: JSON by its content type, not too large, not too many at once.

    Too many are those of all workers together, which `shared` counts. The body is read here, up to the
    limit, whether its length was announced or not.
    """

    def __init__(
        self, app: ASGIApp, paths: Collection[str], max_body: int, max_in_flight: int, shared: Shared
    ) -> None:
        self.app = app
        self._paths = frozenset(paths)
        self._max_body = max_body
        self._max_in_flight = max_in_flight
        self._shared = shared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in self._paths:
            await self.app(scope, receive, send)
            return
        if (problem := self._problem_of_headers(scope)) is not None:
            await respond(problem, scope, send)
            return
        body = await self._read(receive)
        if body is None:
            return
        if len(body) > self._max_body:
            await respond(too_large(self._max_body), scope, send)
        elif not self._shared.enter(self._max_in_flight):
            await respond(overloaded(self._max_in_flight), scope, send)
        else:
            try:
                await self.app(scope, _replay(body, receive), send)
            finally:
                self._shared.leave()

    def _problem_of_headers(self, scope: Scope) -> Problem | None:
        content_type = header(scope, b"content-type")
        if not is_json(content_type):
            return wrong_content_type(content_type)
        length = header(scope, b"content-length")
        if length.isdecimal() and int(length[:20]) > self._max_body:
            return too_large(self._max_body)
        return None

    async def _read(self, receive: Receive) -> bytes | None:
        """The body, cut off soon after the limit; None where the client left."""
        parts = bytearray()
        while len(parts) <= self._max_body:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts += message.get("body", b"")
            if not message.get("more_body", False):
                break
        return bytes(parts)


def header(scope: Scope, name: bytes) -> str:
    """The first value of a header, empty where it is missing."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def is_json(content_type: str) -> bool:
    """Whether a content type is JSON in UTF-8."""
    if content_type == "application/json":  # nearly always
        return True
    message = HeaderMessage()
    message["content-type"] = " ".join(content_type.split())
    kind = message.get_content_type() if content_type else ""
    is_ours = kind == "application/json" or re.fullmatch(r"application/[^/]+\+json", kind) is not None
    return is_ours and message.get_content_charset("utf-8") in ("utf-8", "utf8", "us-ascii")


async def respond(problem: Problem, scope: Scope, send: Send) -> None:
    """Send a problem as the response; its code stands in the request's state as `refusal`."""
    scope["state"]["refusal"] = problem.code
    status, body = problem.answer(scope["path"], scope["state"]["request_id"])
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    await send({"type": "http.response.start", "status": int(HTTPStatus(status)), "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _given_id(scope: Scope) -> str:
    found = header(scope, b"x-request-id")
    return found if is_sane(found) else ""


def printable(path: str) -> str:
    """A path as logs and traces may show it."""
    return path if path.isprintable() and len(path) <= 200 else ascii(path[:200])


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read already, then what follows it."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
