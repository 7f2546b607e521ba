"""A package index on loopback: what is known of a package as JSON, and the files of its newest release."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.upstreams.serving import Answer, Recorder, Request, json_answer

PACKAGE = "torchvision"


@dataclass
class StandInIndex(Recorder):
    """Serves the files of the newest release; `altered` ones come with a byte changed."""

    version: str = "0.1.0"
    files: dict[str, bytes] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)  # of files that are no wheels
    yanked: set[str] = field(default_factory=set)
    altered: set[str] = field(default_factory=set)

    def release(self, version: str, modules: Mapping[str, str]) -> str:
        """Publish a release of one wheel whose `torchvision/models` has these modules; gives its name."""
        name = f"{PACKAGE}-{version}-cp311-cp311-manylinux_2_28_x86_64.whl"
        self.version, self.files = version, {name: wheel_of(modules)}
        return name

    def answer(self, request: Request) -> Answer:
        if request.path == f"/pypi/{PACKAGE}/json":
            answer = json_answer(self._described())
            tag = hashlib.md5(answer.body, usedforsecurity=False).hexdigest()
            return Answer(200, answer.body, {**answer.headers, "ETag": f'"{tag}"'})
        name = request.path.removeprefix("/files/")
        if name not in self.files:
            return json_answer({"message": "Not Found"}, 404)
        body = self.files[name]
        if name in self.altered:
            body = body[:-1] + bytes([body[-1] ^ 1])
        tag = f'"{hashlib.sha256(self.files[name]).hexdigest()}"'
        return Answer(200, body, {"ETag": tag, "Content-Type": "application/octet-stream"})

    def _described(self) -> dict[str, Any]:
        return {
            "info": {"name": PACKAGE, "version": self.version, "yanked": False},
            "last_serial": 1,
            "urls": [
                {
                    "filename": name,
                    "packagetype": self.kinds.get(name, "bdist_wheel"),
                    "size": len(content),
                    "url": f"{self.url}/files/{name}",
                    "digests": {"sha256": hashlib.sha256(content).hexdigest()},
                    "yanked": name in self.yanked,
                }
                for name, content in self.files.items()
            ],
            "vulnerabilities": [],
        }


def wheel_of(modules: Mapping[str, str]) -> bytes:
    """A wheel whose `torchvision/models` has these modules."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "torchvision/__init__.py", "raise RuntimeError('a wheel is read, and never imported')\n"
        )
        for path, text in modules.items():
            archive.writestr(f"torchvision/models/{path}", text)
    return buffer.getvalue()


def recorded_modules(upstream: Path) -> dict[str, str]:
    """Modules of which the recorded registry of torchvision would be read again."""
    modules: dict[str, list[str]] = defaultdict(list)
    for record in json.loads((upstream / "torchvision_0.29.2_models.json").read_bytes()):
        enumerations = re.findall(r"\w*Weights\b", " ".join(record["weights_annotation"]))
        if record["weights"] is not None:
            modules[record["file"]].append(_enumeration(enumerations[0], record["weights"]))
        modules[record["file"]].append(_builder(record))
    return {file: "\n\n".join(parts) for file, parts in modules.items()}


def _enumeration(name: str, weights: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [f"class {name}(WeightsEnum):"]
    for member, value in weights.items():
        if "alias" in value:
            lines.append(f"    {member} = {value['alias']}")
            continue
        # Recorded transforms end after 80 characters; what a doc takes of them stands at their beginning.
        size = re.search(r"(crop_size|resize_size)=\(?(\d+)", value["transforms"])
        task = f"partial(Task, {size.group(1)}={size.group(2)})" if size else "Task"
        lines.append(
            f"    {member} = Weights(url={value['url']!r}, transforms={task}, meta={_source(value['meta'])})"
        )
    return "\n".join(lines)


def _source(value: Any) -> str:
    """The text of a literal, and of what is none as it was recorded."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_source(item)}" for key, item in value.items()) + "}"
    if isinstance(value, str) and value.startswith("EXPR:"):
        return value.removeprefix("EXPR:")
    return repr(value)


def _builder(record: Mapping[str, Any]) -> str:
    annotation = record["weights_annotation"][0]
    return (
        f"@register_model(name={record['name']!r})\n"
        f"def {record['name']}(*, weights: {annotation} = None, progress: bool = True, **kwargs):\n"
        f"    {record['doc']!r}\n"
    )
