"""A hub on loopback: the part of the Hugging Face hub's HTTP API that a download uses, with its faults."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34
"""The commit of every model here, unless `commits` says otherwise."""


@dataclass(frozen=True)
class Seen:
    """One request."""

    method: str
    path: str
    range: str | None
    authorization: str | None


@dataclass
class FakeHub:
    """Serves the folders in `models` by id; everything else is a fault to be had."""

    models: dict[str, Path] = field(default_factory=dict)
    commits: dict[str, dict[str | None, str]] = field(default_factory=lambda: defaultdict(dict))
    gated: dict[str, str] = field(default_factory=dict)  # model → the token that opens it
    private: dict[str, str] = field(default_factory=dict)
    cuts: dict[str, list[int]] = field(
        default_factory=dict
    )  # file → after how many bytes to hang up, in turn
    altered: set[str] = field(default_factory=set)  # files that come with a byte changed
    failing: int | None = None  # status of every answer
    ranges: bool = True  # whether parts of files can be asked for
    elsewhere: str | None = None  # where files are, if not here
    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    sent: int = 0  # bytes of files

    def files_asked_for(self) -> list[str]:
        return [Path(seen.path).name for seen in self.seen if "/resolve/" in seen.path]

    def commit(self, model: str, revision: str | None) -> str | None:
        known = self.commits.get(model) or {None: COMMIT, "main": COMMIT, COMMIT: COMMIT}
        return known.get(revision) or (revision if revision in known.values() else None)


@contextmanager
def serving(hub: FakeHub) -> Iterator[FakeHub]:
    class Handler(_Handler):
        faults = hub

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    faults: FakeHub

    def do_GET(self) -> None:
        hub = self.faults
        path = unquote(urlsplit(self.path).path)
        hub.seen.append(Seen("GET", path, self.headers["Range"], self.headers["Authorization"]))
        if hub.failing is not None:
            self._refuse(hub.failing, None)
        elif path.startswith("/api/models/"):
            self._listing(*_parts(path.removeprefix("/api/models/"), "/revision/"))
        elif "/resolve/" in path:
            model, rest = _parts(path[1:], "/resolve/")
            commit, name = str(rest).split("/", 1)
            self._file(model, commit, name)
        else:
            self._refuse(404, None)

    def log_message(self, *_: Any) -> None:
        pass

    def _listing(self, model: str, revision: str | None) -> None:
        hub = self.faults
        if model not in hub.models or not self._may(model, hub.private):
            self._refuse(401 if self.headers["Authorization"] is None else 404, "RepoNotFound")
        elif (commit := hub.commit(model, revision)) is None:
            self._refuse(404, "RevisionNotFound")
        else:
            files = sorted(path for path in hub.models[model].rglob("*") if path.is_file())
            siblings = [_sibling(path, str(path.relative_to(hub.models[model]))) for path in files]
            body = json.dumps({"_id": "0", "id": model, "sha": commit, "siblings": siblings}).encode()
            self._answer(200, body, {"Content-Type": "application/json"})

    def _file(self, model: str, commit: str, name: str) -> None:
        hub = self.faults
        if not self._may(model, hub.gated):
            self._refuse(401 if self.headers["Authorization"] is None else 403, "GatedRepo")
            return
        if hub.elsewhere:
            self._answer(302, b"", {"Location": f"{hub.elsewhere}/{model}/resolve/{commit}/{name}"})
            return
        data = (hub.models[model] / name).read_bytes()
        if name in hub.altered:
            data = data[:-1] + bytes([data[-1] ^ 1])
        first = int(self.headers["Range"].removeprefix("bytes=").split("-")[0]) if self._ranged() else 0
        headers = {"Content-Range": f"bytes {first}-{len(data) - 1}/{len(data)}"} if self._ranged() else {}
        self._answer(206 if self._ranged() else 200, data[first:], headers, name)

    def _ranged(self) -> bool:
        return self.faults.ranges and self.headers["Range"] is not None

    def _may(self, model: str, closed: dict[str, str]) -> bool:
        return model not in closed or self.headers["Authorization"] == f"Bearer {closed[model]}"

    def _refuse(self, status: int, code: str | None) -> None:
        self._answer(status, b"{}", {"X-Error-Code": code} if code else {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str], file: str | None = None) -> None:
        cuts = self.faults.cuts.get(file or "")
        sent = body[: cuts.pop(0)] if cuts else body
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(sent)
        self.faults.sent += len(sent) if file else 0


def _parts(path: str, mark: str) -> tuple[str, str | None]:
    model, found, rest = path.partition(mark)
    return model, rest if found else None


def _sibling(path: Path, name: str) -> dict[str, Any]:
    data = path.read_bytes()
    found: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": git_sha1(data)}
    if path.suffix in (".safetensors", ".bin"):
        sha256 = hashlib.sha256(data).hexdigest()
        found["lfs"] = {"sha256": sha256, "size": len(data), "pointerSize": 134}
    return found


def git_sha1(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()  # noqa: S324 - git's
