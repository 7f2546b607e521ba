"""The Hugging Face hub on loopback: what it is asked for when models are collected, and its refusals.

Shapes of answers, headers and refusals are those of recorded exchanges with the real one; the real client,
`huggingface_hub`, is held against it in its tests.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from api_docs.sources.known.huggingface import canonical_id
from tests.upstreams.serving import Answer, Recorder, Request, json_answer

UNEXPANDED = ("likes", "private", "downloads", "tags", "pipeline_tag", "library_name", "createdAt", "modelId")
"""What the hub says of a listed model when it isn't told what to say."""

WINDOW = 300  # seconds of a quota
PAGE = 1_000  # models a page at most, whatever is asked for


@dataclass
class Model:
    """A model of the hub: what its API says of it, and its card."""

    body: dict[str, Any]
    card: bytes | None = None

    @property
    def id(self) -> str:
        return str(self.body["id"])


@dataclass
class StandInHub(Recorder):
    """Serves `models` by present name; `moved` leads from former names.

    With a `quota`, so many requests are answered before 429; `refill` opens the next window.
    """

    models: dict[str, Model] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    token: str = "hf_right"  # the one that is taken, and shows private models
    keeps_query: bool = True  # on redirects
    tells_self: str = ""  # how the hub calls itself in `Link`, if not by its address
    page: int = PAGE
    quota: int | None = None
    left: int = 0

    def add(self, *models: Model) -> None:
        for model in models:
            self.models[model.id] = model

    def rename(self, old: str, new: str) -> None:
        """Move a model, as its owner would: its record stays the same one."""
        model = self.models.pop(old)
        model.body |= {"id": new, "modelId": new}
        self.models[new] = model
        self.moved[old] = new

    def change(self, name: str, card: bytes | None = None, **fields: Any) -> None:
        """Commit something to a model."""
        model = self.models[name]
        number = int(str(model.body["sha"])[:8], 16) + 1
        day = f"2026-02-{number % 28 + 1:02d}T00:00:00.000Z"
        model.body |= {**fields, "sha": f"{number:08x}{'0' * 32}", "lastModified": day}
        model.card = model.card if card is None else card

    def refill(self) -> None:
        self.left = self.quota or 0

    def asked(self, part: str) -> list[Request]:
        """The requests whose path contains a text."""
        return [request for request in self.seen if part in request.path]

    def answer(self, request: Request) -> Answer:
        if self.quota is not None and self.left == 0:
            return Answer(
                429, b'{"error":"too many requests"}', {"Retry-After": str(WINDOW), **self._limit()}
            )
        self.left -= self.left > 0
        answer = self._answer(request)
        return Answer(answer.status, answer.body, {**self._limit(), **answer.headers})

    def _limit(self) -> dict[str, str]:
        left = 500 if self.quota is None else self.left
        policy = f'"fixed window";"api";q=500;w={WINDOW}'
        return {"RateLimit": f'"api";r={left};t={WINDOW}', "RateLimit-Policy": policy}

    def _answer(self, request: Request) -> Answer:
        token = request.headers["Authorization"]
        if token not in (None, f"Bearer {self.token}"):
            return _refusal(401, "", "Invalid credentials in Authorization header")
        if request.path == "/api/models":
            return self._listing(request, friend=token is not None)
        if request.path.startswith("/api/models/"):
            return self._model(request, friend=token is not None)
        return self._file(request.path[1:], friend=token is not None)

    def _listing(self, request: Request, *, friend: bool) -> Answer:
        one = request.query.get
        found = [model.body for model in self.models.values() if friend or not model.body["private"]]
        if task := one("pipeline_tag"):
            found = [body for body in found if body.get("pipeline_tag") == task]
        for tag in _values(request, "filter"):
            found = [body for body in found if tag in (*body.get("tags", []), body.get("pipeline_tag"))]
        if author := one("author"):
            found = [body for body in found if body["id"].startswith(f"{author}/")]
        if gated := one("gated"):
            found = [body for body in found if bool(body.get("gated")) == (gated == "true")]
        sort = one("sort", "lastModified")
        keyed = sorted(((_sort_key(body, sort), body) for body in found), key=lambda pair: pair[0])
        try:
            after = json.loads(base64.b64decode(one("cursor", ""))) if "cursor" in request.query else None
        except ValueError:
            return _refusal(400, "", "Invalid cursor")
        if after is not None:
            keyed = [pair for pair in keyed if pair[0] > after]
        limit = min(int(one("limit", str(PAGE))), self.page)
        page, links = keyed[:limit], {}
        if len(keyed) > limit:
            cursor = base64.b64encode(json.dumps(page[-1][0]).encode()).decode()
            pairs = [pair for pair in request.pairs if pair[0] != "cursor"]
            query = urlencode([*pairs, ("cursor", cursor)])
            links["Link"] = f'<{self.tells_self or self.url}/api/models?{query}>; rel="next"'
        return _tagged([_told(body, _values(request, "expand")) for _, body in page], links)

    def _model(self, request: Request, *, friend: bool) -> Answer:
        name = request.path.removeprefix("/api/models/")
        model = self.models.get(name)
        if (now := self.moved.get(name)) is not None:
            target = f"/api/models/{now}"
            query = f"?{urlencode(request.pairs)}" if self.keeps_query else ""
            said = f"Temporary Redirect. Redirecting to {target}".encode()
            kind = {"Content-Type": "text/plain; charset=utf-8"}
            return Answer(307, said, {"Location": target + query, **kind})
        if model is None or (model.body["private"] and not friend):
            return _not_found(friend=friend)
        if model.body.get("disabled"):
            return _refusal(403, "", "Access to this resource is disabled.")
        expand = _values(request, "expand")
        return _tagged(_told(model.body, expand) if expand else model.body)

    def _file(self, path: str, *, friend: bool) -> Answer:
        """A file of a repository, as `/owner/name/resolve/revision/file`, or `raw` for `resolve`."""
        kind = "resolve" if "/resolve/" in path else "raw"
        name, _, rest = path.partition(f"/{kind}/")
        revision, _, file = rest.partition("/")
        model = self.models.get(name)
        if name in self.moved:
            return Answer(307, b"", {"Location": f"/{self.moved[name]}/{kind}/{rest}"})
        if model is None or (model.body["private"] and not friend):
            return _not_found(friend=friend)
        if model.body.get("gated"):
            return _refusal(401, "GatedRepo", f"Access to model {name} is restricted.")
        if revision not in ("main", model.body["sha"]):
            return _refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        if file != "README.md" or model.card is None:
            return _refusal(404, "EntryNotFound", "Entry not found")
        # git's own name of the bytes, as the hub tags what lies in git
        tag = hashlib.sha1(b"blob %d\0" % len(model.card) + model.card).hexdigest()  # noqa: S324
        headers = {"ETag": f'"{tag}"', "X-Repo-Commit": str(model.body["sha"])}
        return Answer(200, model.card, {**headers, "Content-Type": "text/plain; charset=utf-8"})


def made(name: str, number: int, **fields: Any) -> Model:
    """A model as the hub tells of one; `number` makes its record, its commit and its downloads."""
    body: dict[str, Any] = {
        "_id": f"{number:024x}",
        "id": name,
        "modelId": name,
        "author": name.partition("/")[0],
        "sha": f"{number << 8:08x}{'0' * 32}",
        "lastModified": "2026-01-01T00:00:00.000Z",
        "createdAt": "2025-01-01T00:00:00.000Z",
        "private": False,
        "gated": False,
        "disabled": False,
        "pipeline_tag": "text-classification",
        "library_name": "transformers",
        "tags": ["transformers", "safetensors", "license:mit"],
        "downloads": 10_000 - number,
        "likes": number,
        "model-index": None,
        "config": {"model_type": "bert", "tokenizer_config": {"chat_template": "{{ words }}"}},
        "cardData": {"license": "mit", "language": ["en"]},
        "transformersInfo": {"auto_model": "AutoModelForSequenceClassification"},
        "safetensors": {"parameters": {"F32": 110_000_000}, "total": 110_000_000},
        "siblings": [{"rfilename": "README.md"}],
        "widgetData": [{"text": "I like it"}],
    }
    return Model(body | fields, f"---\nlicense: mit\n---\n# {name}\n".encode())


def recorded(upstream: Path) -> StandInHub:
    """A hub with the exchanges and the models of JARVIS' list that other people recorded, cards included."""
    hub = StandInHub()
    lines = gzip.decompress((upstream / "hf_jarvis_models.jsonl.gz").read_bytes()).splitlines()
    for number, line in enumerate(lines, start=1):
        model = _of_jarvis(json.loads(line), number)
        hub.add(model)
        if (former := str(json.loads(line)["id"])) != model.id:
            hub.moved[former] = model.id
    for path in sorted((upstream / "hf_api").glob("cassette_*.json")):
        exchange = json.loads(path.read_bytes())
        if exchange["status"]["code"] == 200:
            body = json.loads(exchange["body"])
            known = hub.models.get(body["id"])
            hub.add(Model(body, known.card if known else None))
        else:
            hub.moved[exchange["uri"].rpartition("/models/")[2]] = exchange["headers"]["Location"][
                0
            ].removeprefix("/api/models/")
    return hub


def _of_jarvis(record: dict[str, Any], number: int) -> Model:
    """What the hub would say of one of JARVIS' models: its list has cards, and no internals."""
    said = record["meta"] or {}
    meta = {name: value for name, value in said.items() if name != "model-index"}
    tags = meta.get("tags")
    fields = {
        "pipeline_tag": record["task"],
        "library_name": meta.get("library_name"),
        "tags": tags if isinstance(tags, list) else [],
        "downloads": record["downloads"],
        "likes": record["likes"],
        "model-index": said.get("model-index"),
        "cardData": meta,
        "config": None,
        "transformersInfo": None,
        "safetensors": None,
    }
    model = made(canonical_id(record["id"]), number, **fields)
    head = f"---\n{yaml.safe_dump(meta, allow_unicode=True, sort_keys=False)}---\n" if meta else ""
    return Model(model.body, f"{head}{record['description']}".encode())


def _values(request: Request, name: str) -> list[str]:
    return [value for key, value in request.pairs if key == name]


def _not_found(*, friend: bool) -> Answer:
    """Who has no token is told that they may not; who has one, that it isn't there."""
    if friend:
        return _refusal(404, "RepoNotFound", "Repository not found")
    return _refusal(401, "RepoNotFound", "Invalid username or password.")


def _refusal(status: int, code: str, message: str) -> Answer:
    headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
    return json_answer({"error": message}, status, headers)


def _tagged(value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """JSON with a weak tag, as the hub's API has them."""
    answer = json_answer(value)
    tag = base64.b64encode(hashlib.sha1(answer.body).digest()).decode().rstrip("=")  # noqa: S324 - a tag
    return json_answer(value, headers={"ETag": f'W/"{len(answer.body):x}-{tag}"', **(headers or {})})


def _sort_key(body: Mapping[str, Any], sort: str) -> list[Any]:
    """Greatest first, and records that are equal in that by their id."""
    value = body.get(sort) or 0
    return [-value if isinstance(value, int) else [-ord(letter) for letter in value], body["_id"]]


def _told(body: Mapping[str, Any], expand: Iterable[str]) -> dict[str, Any]:
    wanted = list(expand) or UNEXPANDED
    return {name: body[name] for name in ("_id", "id", *wanted) if name in body}
