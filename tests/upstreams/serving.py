"""What the stand-ins of plain HTTP upstreams share: a server on loopback, tags, parts of files, and faults.

A stand-in says what a request is answered with; this module serves it as a careful server does, and spoils
the answers that a test wants spoilt.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Fault:
    """What goes wrong with an answer: it is another one, is cut off, or never ends. `stays`: each time."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: int | None = None  # bytes after which the connection ends
    stalls: bool = False  # half of the body, and then nothing until the server ends
    stays: bool = False


@dataclass(frozen=True)
class Request:
    """One request; headers are found in any case of letters, `pairs` are the whole query, repetitions too."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    pairs: tuple[tuple[str, str], ...] = ()

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """One answer. With an `ETag` among its headers it can be asked for conditionally, and in parts."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class StandIn(Protocol):
    """What a test switches on and reads."""

    url: str
    faults: list[tuple[str, Fault]]
    seen: list[Request]

    def answer(self, request: Request) -> Answer:
        """What the real upstream would say."""
        ...


@dataclass
class Recorder:
    """The common part of a stand-in: address, faults by a part of path and query, what it was asked."""

    url: str = field(default="", init=False)
    faults: list[tuple[str, Fault]] = field(default_factory=list, init=False)
    seen: list[Request] = field(default_factory=list, init=False)

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [request.path for request in self.seen]

    def forget(self) -> None:
        """Begin to listen anew."""
        self.seen.clear()


@dataclass
class Plain(Recorder):
    """A server of fixed answers by path; anything else is 404."""

    answers: dict[str, Answer | Callable[[Request], Answer]] = field(default_factory=dict)

    def answer(self, request: Request) -> Answer:
        found = self.answers.get(request.path, Answer(404, b"nothing here"))
        return found(request) if callable(found) else found


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Answer(status, json.dumps(value).encode(), kind | dict(headers or {}))


@contextmanager
def serving(stand_in: StandIn) -> Iterator[str]:
    """Serve it on a free port until the block ends; gives the address, which it also has itself."""
    released = threading.Event()

    class Handler(_Handler):
        upstream = stand_in
        over = released

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def handle_error(self, *_: Any) -> None:
            """A client that hung up is no news."""

    with Server(("127.0.0.1", 0), Handler) as server:
        stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stand_in.url
        finally:
            released.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    upstream: StandIn
    over: threading.Event

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        pairs = tuple(parse_qsl(address.query))
        request = Request(self.command, unquote(address.path), dict(pairs), self.headers, body, pairs)
        self.upstream.seen.append(request)
        fault = self._fault(unquote(self.path))
        if fault.status:
            answer = Answer(fault.status, fault.body or b"", fault.headers)
        else:
            answer = self._asked_for(self.upstream.answer(request))
            if fault.body is not None:
                answer = Answer(answer.status, fault.body, answer.headers)
        self._send(answer, fault)

    do_POST = do_GET  # noqa: N815 - as http.server wants it

    def log_message(self, *_: Any) -> None:
        pass

    def _fault(self, target: str) -> Fault:
        for number, (part, fault) in enumerate(self.upstream.faults):
            if part in target:
                if not fault.stays:
                    del self.upstream.faults[number]
                return fault
        return Fault()

    def _asked_for(self, answer: Answer) -> Answer:
        """The answer as its tag lets it be given: unchanged, or the part that is missing."""
        tag = answer.headers.get("ETag")
        if answer.status != 200 or tag is None:
            return answer
        if self.headers["If-None-Match"] == tag:
            return Answer(304, b"", answer.headers)
        wanted = self.headers["Range"]
        if wanted is None or self.headers["If-Range"] not in (None, tag) or tag.startswith("W/"):
            return answer
        first, size = int(wanted.removeprefix("bytes=").split("-")[0]), len(answer.body)
        if first >= size:
            return Answer(416, b"", {"Content-Range": f"bytes */{size}"})
        part = {"Content-Range": f"bytes {first}-{size - 1}/{size}"}
        return Answer(206, answer.body[first:], {**answer.headers, **part})

    def _send(self, answer: Answer, fault: Fault) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2 if fault.stalls else fault.cut])
        self.wfile.flush()
        if fault.stalls:
            self.over.wait()
