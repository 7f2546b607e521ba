"""GitHub on loopback: commits by conditional request, renames, limits, single files and archives.

Shapes of answers and headers are those of GitHub's REST API, version 2022-11-28. Its three hosts are three
paths here.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from api_docs.upstreams.github import Addresses
from tests.upstreams.serving import Answer, Recorder, Request, json_answer

RESET = 1_900_000_000
"""When the hour of a limit ends, in seconds since 1970."""


@dataclass
class Repo:
    """A repository: its number, its commits as files by path, where its branches and tags stand."""

    number: int
    name: str
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)


@dataclass
class StandInGitHub(Recorder):
    """Serves `repos` by present name; `moved` leads from former names to numbers.

    With a `quota`, so many requests of the API are answered before 403. `token` is the one that is taken.
    """

    repos: dict[str, Repo] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)
    token: str = "gh_right"
    quota: int | None = None
    numbers: Iterator[int] = field(default_factory=lambda: count(1001), init=False)

    @property
    def addresses(self) -> Addresses:
        return Addresses(f"{self.url}/api", f"{self.url}/raw", f"{self.url}/archives")

    def commit(self, name: str, files: Mapping[str, str | bytes | None], ref: str = "HEAD") -> str:
        """Change files of a branch, None removes one; gives the commit. An unknown repository is made."""
        if name not in self.repos:
            self.repos[name] = Repo(next(self.numbers), name)
        repo = self.repos[name]
        tree = dict(repo.commits.get(repo.refs.get(ref, ""), {}))
        for path, content in files.items():
            if content is None:
                del tree[path]
            else:
                tree[path] = content.encode() if isinstance(content, str) else content
        said = json.dumps([name, ref, len(repo.commits), sorted(tree)]).encode()
        sha = hashlib.sha1(said).hexdigest()  # noqa: S324 - git's
        repo.commits[sha] = tree
        repo.refs[ref] = sha
        return sha

    def rename(self, old: str, new: str) -> None:
        """Give a repository another name, or another owner; the old name leads to it."""
        repo = self.repos.pop(old)
        self.moved[old] = repo.number
        repo.name = new
        self.repos[new] = repo

    def delete(self, name: str) -> None:
        del self.repos[name]

    def asked(self, part: str) -> list[str]:
        """The paths that contain a text, in order."""
        return [path for path in self.paths() if part in path]

    def answer(self, request: Request) -> Answer:
        kind, _, rest = request.path.lstrip("/").partition("/")
        if kind == "api":
            return self._limited(request, rest)
        if kind == "raw":
            owner, name, sha, path = rest.split("/", 3)
            return self._raw(f"{owner}/{name}", sha, path)
        owner, name, _, sha = rest.split("/", 3)
        return self._archive(f"{owner}/{name}", sha)

    def _limited(self, request: Request, rest: str) -> Answer:
        known = request.headers["Authorization"]
        if known is not None and known != f"Bearer {self.token}":
            return json_answer({"message": "Bad credentials"}, 401)
        if self.quota == 0:
            message = "API rate limit exceeded for 127.0.0.1. (But here's the good news: …)"
            return json_answer({"message": message}, 403, self._limits())
        answer = self._api(request, rest)
        unchanged = request.headers["If-None-Match"] == answer.headers.get("ETag")
        if self.quota is not None and not (unchanged and known):
            self.quota -= 1
        return Answer(answer.status, answer.body, {**answer.headers, **self._limits()})

    def _limits(self) -> dict[str, str]:
        left = 60 if self.quota is None else self.quota
        return {
            "X-RateLimit-Limit": "60",
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": str(RESET),
            "X-RateLimit-Resource": "core",
        }

    def _api(self, request: Request, rest: str) -> Answer:
        kind, *parts = rest.split("/")
        if kind == "repositories":
            number, after = int(parts[0]), parts[1:]
            repo = next((one for one in self.repos.values() if one.number == number), None)
        else:
            name, after = "/".join(parts[:2]), parts[2:]
            if name in self.moved and name not in self.repos:
                target = "/".join((f"{self.url}/api/repositories/{self.moved[name]}", *after))
                return json_answer({"message": "Moved Permanently", "url": target}, 301, {"Location": target})
            repo = self._repo(name)
        if repo is None:
            return json_answer({"message": "Not Found", "status": "404"}, 404)
        if not after:
            return _tagged(json_answer({"id": repo.number, "full_name": repo.name, "private": False}))
        return self._commit(request, repo, "/".join(after[1:]))

    def _repo(self, name: str) -> Repo | None:
        """GitHub takes names in any case of letters."""
        return next((repo for known, repo in self.repos.items() if known.lower() == name.lower()), None)

    def _commit(self, request: Request, repo: Repo, ref: str) -> Answer:
        if not repo.commits:
            return json_answer({"message": "Git Repository is empty."}, 409)
        if (sha := repo.refs.get(ref)) is None:
            return json_answer({"message": f"No commit found for SHA: {ref}"}, 422)
        headers = {"ETag": f'"{sha}"', "Content-Type": "application/vnd.github.sha; charset=utf-8"}
        assert request.headers["Accept"] == "application/vnd.github.sha"
        return Answer(200, sha.encode(), headers)

    def _raw(self, name: str, sha: str, path: str) -> Answer:
        repo = self._repo(name) or next(
            (one for one in self.repos.values() if one.number == self.moved.get(name)), None
        )
        content = repo.commits.get(sha, {}).get(path) if repo else None
        if content is None:
            return Answer(404, b"404: Not Found")
        return _tagged(Answer(200, content, {"Content-Type": "text/plain; charset=utf-8"}))

    def _archive(self, name: str, sha: str) -> Answer:
        repo = self._repo(name)
        if repo is None or sha not in repo.commits:
            return Answer(404, b"404: Not Found")
        body = archive_of(repo.commits[sha], f"{name.partition('/')[2]}-{sha}")
        # GitHub's archives are made when they are asked for: their tag is a weak one.
        tag = f'W/"{hashlib.sha256(body).hexdigest()}"'
        return Answer(200, body, {"ETag": tag, "Content-Type": "application/x-gzip"})


def archive_of(files: Mapping[str, bytes], top: str = "", members: Iterable[tarfile.TarInfo] = ()) -> bytes:
    """A `.tar.gz` of files below a folder, and of further members without content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for path, content in files.items():
            info = tarfile.TarInfo(f"{top}/{path}" if top else path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for member in members:
            archive.addfile(member)
    return buffer.getvalue()


def page(repository: str, *calls: str, **fields: Any) -> str:
    """A page of pytorch/hub about one repository, with code that makes the given calls."""
    head = {
        "title": repository.partition("/")[2],
        "summary": "Tells one thing from another",
        "author": "Its makers",
        "tags": "[vision]",
        "github-id": repository,
        **fields,
    }
    lines = ["---", "layout: hub_detail", *(f"{name}: {value}" for name, value in head.items()), "---", ""]
    return "\n".join([*lines, "```python", "import torch", *(f"model = {call}" for call in calls), "```", ""])


def recorded(upstream: Path) -> StandInGitHub:
    """All of pytorch/hub, tensorflow/tfhub.dev and the repositories that other people recorded.

    Where only an export of a hubconf was recorded, one is made that says the same.
    """
    github = StandInGitHub()
    files = _files(upstream / "pytorch_hub_md.tar.gz")
    pages = {path.removeprefix("pytorch_hub/"): text for path, text in files.items() if path.endswith(".md")}
    github.commit("pytorch/hub", pages)
    github.commit("tensorflow/tfhub.dev", _files(upstream / "tfhub_docs_md.tar.gz"))
    exports = json.loads((upstream / "hubconf_entrypoints.json").read_bytes())
    real = {
        Path(path).stem.replace("+", "/", 1): text
        for path, text in files.items()
        if path.startswith("hubconf/")
    }
    for name in sorted({*exports, *real}):
        export = exports.get(name, {})
        content = {"hubconf.py": real.get(name) or _hubconf(export).encode()}
        if export.get("hub_models"):
            content["library/models.py"] = _hub_models(export["hub_models"]).encode()
        for ref in ("HEAD", "hub", "torchhub", "v1.0.0"):
            github.commit(name, content, ref)
    return github


def _files(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as opened:
        found = {}
        for member in opened:
            handle = opened.extractfile(member) if member.isfile() else None
            if handle is not None:
                found[member.name.removeprefix("./")] = handle.read()
        return found


def _hubconf(export: Mapping[str, Any]) -> str:
    """A hubconf of which an export would say the same."""
    lines = [f"dependencies = {export.get('dependencies') or []!r}", "from functools import partial"]
    if names := export.get("imported_names"):
        lines.append(f"from library import {', '.join(names)}")
    for function in export.get("functions") or []:
        lines += [f"def {function['name']}({_parameters(function['arguments'])}):", "    return None"]
    lines += [f"{name} = partial(library, net_id={name!r})" for name in export.get("partials") or []]
    return "\n".join(lines) + "\n"


def _parameters(arguments: list[Mapping[str, Any]]) -> str:
    """Parameters without a default come first; after `*args` the order is free."""
    return ", ".join(
        one["name"] if one.get("default") is None else f"{one['name']}={one['default']}" for one in arguments
    )


def _hub_models(names: list[str]) -> str:
    entries = ", ".join(f"{name!r}: 'https://models.invalid/{number}'" for number, name in enumerate(names))
    return f"class Model:\n    @classmethod\n    def hub_models(cls):\n        return {{{entries}}}\n"


def _tagged(answer: Answer) -> Answer:
    tag = f'"{hashlib.sha256(answer.body).hexdigest()[:40]}"'
    return Answer(answer.status, answer.body, {**answer.headers, "ETag": tag})
