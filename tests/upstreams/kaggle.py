"""Kaggle Models on loopback: the requests of its SDK, with pages, refusals, and models that go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.upstreams.serving import Answer, Recorder, Request, json_answer

SERVICE = "/v1/models.ModelApiService/"


@dataclass
class StandInKaggle(Recorder):
    """Serves `models`: by `owner/model`, its variations with their newest version.

    `hidden` models are there and in no list. With `bare`, lists tell no variations; they are asked for then.
    """

    models: dict[str, dict[str, int]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)  # by owner/model/variation, how it is used
    hidden: set[str] = field(default_factory=set)
    framework: str = "tensorFlow2"
    token: str = "kgl_right"
    page: int = 2
    bare: bool = False

    def answer(self, request: Request) -> Answer:
        if request.headers["Authorization"] != f"Bearer {self.token}":
            return json_answer({"code": 401, "message": "Unauthenticated"}, 401)
        return self._answer(request, request.json())

    def _answer(self, request: Request, asked: dict[str, Any]) -> Answer:
        match request.path.removeprefix(SERVICE):
            case "ListModels":
                names = [name for name in self.models if name.startswith(f"{asked['owner']}/")]
                shown = sorted(name for name in names if name not in self.hidden)
                if not names:
                    return json_answer({"code": 404, "message": "Owner not found"}, 404)
                return self._paged("models", [self._model(name, self.bare) for name in shown], asked)
            case "GetModel":
                name = f"{asked['ownerSlug']}/{asked['modelSlug']}"
                if name not in self.models:  # which Kaggle may also say in the body of a success
                    return json_answer({"code": 404, "message": "Model not found"})
                return json_answer(self._model(name, bare=False))
            case "ListModelInstances":
                name = f"{asked['ownerSlug']}/{asked['modelSlug']}"
                return self._paged("instances", self._variations(name), asked)
        return json_answer({"code": 404, "message": "no such method"}, 404)

    def _paged(self, kind: str, items: list[dict[str, Any]], asked: dict[str, Any]) -> Answer:
        first = int(asked.get("pageToken", "0"))
        following = first + self.page
        token = str(following) if following < len(items) else ""
        return json_answer({kind: items[first:following], "nextPageToken": token})

    def _model(self, name: str, bare: bool) -> dict[str, Any]:
        return {
            "id": 1 + list(self.models).index(name),
            "ref": name,
            "slug": name.partition("/")[2],
            "author": name.partition("/")[0].title(),
            "isPrivate": False,
            "instances": [] if bare else self._variations(name),
            "publishTime": "2023-03-01T00:00:00.123Z",
            "voteCount": 3,
            "somethingNew": {"that": "no SDK knows"},
        }

    def _variations(self, name: str) -> list[dict[str, Any]]:
        return [
            {
                "id": 10 + number,
                "slug": slug,
                "framework": self.framework,
                "versionNumber": version,
                "usage": self.texts.get(f"{name}/{slug}", ""),
                "licenseName": "Apache 2.0",
            }
            for number, (slug, version) in enumerate(self.models[name].items())
        ]
