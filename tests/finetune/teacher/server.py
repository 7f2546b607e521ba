"""A teacher on loopback: the chat completions API, with what goes wrong with such endpoints."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Say:
    """One answer of the stand-in."""

    text: str = ""
    status: int = 200
    finish_reason: str = "stop"
    prompt_tokens: int | None = 5  # None: nothing is said of the cost
    completion_tokens: int = 45
    headers: dict[str, str] = field(default_factory=dict)
    code: str | None = None  # of an error
    raw: str | None = None  # instead of everything else


@dataclass
class FakeTeacher:
    """Answers with `answer`, after the answers in `first` are used up, and remembers every request."""

    answer: Callable[[dict[str, Any]], Say] = lambda _: Say("1. read it")
    first: list[Say] = field(default_factory=list)
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, body: dict[str, Any], headers: dict[str, str]) -> Say:
        with self.lock:
            self.bodies.append(body)
            self.headers.append(headers)
            return self.first.pop(0) if self.first else self.answer(body)


@contextmanager
def teaching(teacher: FakeTeacher) -> Iterator[FakeTeacher]:
    class Handler(_Handler):
        fake = teacher

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    teacher.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield teacher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    fake: FakeTeacher

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        said = self.fake.say(body, {name.lower(): value for name, value in self.headers.items()})
        data = (said.raw if said.raw is not None else json.dumps(_shape(said, body))).encode()
        self.send_response(said.status if self.path == "/v1/chat/completions" else 404)
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def _shape(said: Say, body: dict[str, Any]) -> dict[str, Any]:
    if said.status != 200:
        return {"error": {"message": said.text or "no", "type": "error", "code": said.code}}
    usage = {"prompt_tokens": said.prompt_tokens, "completion_tokens": said.completion_tokens}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "finish_reason": said.finish_reason,
                "message": {"role": "assistant", "content": said.text},
            }
        ],
        **({} if said.prompt_tokens is None else {"usage": usage}),
    }
