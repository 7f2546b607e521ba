"""Reads APIBench's API docs (`*_api.jsonl`): 94 of TorchHub, 696 of TFHub, 936 of Hugging Face.

An importer that people run on their own copy: it keeps upstream's text. Docs stay in file order and equal
calls stay apart (an instruction's right answer is one of those rows); `facts['api_call']` holds the call
as published, `call` the mended one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from api_docs.call import literal
from api_docs.domains import Domain, apibench_domain
from api_docs.errors import InvalidDoc, SourceError
from api_docs.loaders import GENERIC
from api_docs.models import ApiDoc, Argument, ArgumentType, Fact, Hub
from api_docs.sources.apibench_calls import Mended, mend
from api_docs.sources.base import Collector, Progress, SourceResult, as_texts
from api_docs.sources.drift import arguments_of, code_of, performance_of, requirements_of, text_of, type_of
from api_docs.verification import check_doc

FILES = {
    Hub.TORCHHUB: "torchhub_api.jsonl",
    Hub.TFHUB: "tensorflowhub_api.jsonl",
    Hub.HUGGINGFACE: "huggingface_api.jsonl",
}


_NO_NAME = re.compile(
    r"model_?id|torch\.hub\.load|hub\.\w+|tensorflow_?hub|.*\(.*", re.IGNORECASE | re.DOTALL
)
"""Placeholders and calls that stand where a name should."""
_OWNER_AND_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.@-]+")


@dataclass(frozen=True, slots=True)
class ApiBench:
    """APIBench's docs of one hub as a source."""

    hub: Hub
    name: str = "apibench"

    def read(self, path: Path, progress: Progress | None = None) -> SourceResult:
        """Read one `*_api.jsonl`, or this hub's file of a folder.

        Raises:
            SourceError: when nothing can be read there.
        """
        return read_apibench(path, self.hub, progress)


def read_apibench(path: Path, hub: Hub, progress: Progress | None = None) -> SourceResult:
    """Every line of a hub's file as a doc, in file order, or quarantined with its number and the reason.

    Raises:
        SourceError: when nothing can be read there.
    """
    file = path / FILES[hub] if path.is_dir() else path
    try:
        lines = file.read_bytes().splitlines()
    except OSError as exc:
        raise SourceError(
            f"can't read {str(file)!r}: {exc.strerror}; expected APIBench's {FILES[hub]} or its folder"
        ) from exc
    collector = Collector(equal_calls=True)
    ids: Counter[str] = Counter()
    for number, line in enumerate(lines, start=1):
        if line.strip():
            with collector.guard(f"{file.name}, line {number}"):
                doc = doc_of(record_of(line), hub, ids)
                check_doc(doc)
                collector.add(doc)
        if progress is not None:
            progress(number, len(lines))
    return collector.result()


def record_of(line: bytes) -> Mapping[str, object]:
    """One line as a record; raises `InvalidDoc` where it is none with a call."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as exc:
        raise InvalidDoc(f"not JSON: {exc}") from exc
    if not isinstance(record, dict) or not text_of(record.get("api_call")):
        raise InvalidDoc("expected a JSON object with a string 'api_call'")
    return record


def doc_of(record: Mapping[str, object], hub: str, ids: Counter[str], domain: Domain | None = None) -> ApiDoc:
    """The doc of a record; `ids` counts those that were made, so that each is new.

    `domain` is ours for the record's label, which is looked up without it.

    Raises:
        InvalidDoc, UnparseableCall: with the reason, when the record can't become one.
    """
    published = text_of(record["api_call"])
    example = code_of(record.get("example_code"))
    mended = mend(published, example)
    name = text_of(record.get("api_name"))
    target = _target(mended, name, hub)
    label, functionality = text_of(record.get("domain")), text_of(record.get("functionality"))
    domain = domain or apibench_domain(hub, label, functionality)
    performance, datasets = performance_of(record.get("performance"))
    ids[target] += 1
    facts: dict[str, Fact] = {"api_call": published}
    if datasets:
        facts["datasets"] = as_texts(datasets)
    if framework := text_of(record.get("framework")):
        facts["framework"] = framework
    return ApiDoc(
        id=f"{hub}:{target}" + (f"#{ids[target]}" if ids[target] > 1 else ""),
        hub=hub,
        domain=domain,
        source_domain=label,
        functionality=functionality,
        name=target if not name or _NO_NAME.fullmatch(name) else name,
        call=mended.call.render(),
        arguments=_arguments(mended, record.get("api_arguments")),
        environment=requirements_of(record.get("python_environment_requirements")),
        example=example,
        performance=performance,
        description=text_of(record.get("description")),
        source_url=_source_url(hub, target),
        source_revision=_revision(mended, hub),
        facts=facts,
    )


def _target(mended: Mended, name: str, hub: str) -> str:
    """The readable part of the id: repository and entrypoint, TFHub handle, or the model's owner/name."""
    loader, call = mended.loader, mended.call
    identity = [value for part in loader.identity if (value := _text(loader.value_of(call, part)))]
    if hub == Hub.TORCHHUB:
        repository, *entrypoint = identity
        variants = [text for value in call.positional[2:] if (text := _text(value))]
        return ":".join([repository.partition(":")[0], *entrypoint, *variants])
    if hub == Hub.TFHUB:
        return (identity[0] if identity else name).removeprefix("https://tfhub.dev/")
    if loader.name == "timm.create_model" and "/" not in identity[0]:
        return f"timm/{identity[0]}"
    found = mended.model() or name
    return re.sub(r"\s+", "-", found) or call.callee


def _text(value: str | None) -> str:
    """The string that an argument's source text holds; the text itself where it holds none."""
    try:
        return str(literal(value)) if value is not None else ""
    except ValueError:
        return value or ""


def _source_url(hub: str, target: str) -> str | None:
    match hub:
        case Hub.TORCHHUB:
            return f"https://github.com/{target.partition(':')[0]}"
        case Hub.TFHUB:
            return f"https://tfhub.dev/{target}"
        case Hub.HUGGINGFACE:
            found = _OWNER_AND_NAME.fullmatch(target)
            return f"https://huggingface.co/{target.partition('@')[0]}" if found else None
        case _:
            return None


def _revision(mended: Mended, hub: str) -> str | None:
    """The branch or tag that a torch.hub repository is pinned to."""
    if hub != Hub.TORCHHUB:
        return None
    return _text(mended.loader.value_of(mended.call, "repo_or_dir")).partition(":")[2] or None


def _arguments(mended: Mended, said: object) -> tuple[Argument, ...]:
    """Documented arguments and those of the call itself; those that choose the model are required."""
    loader, call = mended.loader, mended.call
    given = dict(call.keywords)
    surplus = call.positional[len(loader.positional) :] if loader is not GENERIC else ()
    values = {_text(value) for value in (*call.positional, *given.values())}
    documented = {
        argument.name: argument
        for argument in arguments_of(said)
        if argument.name not in loader.identity and argument.name not in values
    }
    free = [name for name in documented if name not in loader.parameters and name not in given]
    chosen = [*(free or ["model_name"])[: len(surplus)], *mended.selectors]
    for name in chosen:
        known = documented.pop(name, Argument(name=name))
        documented[name] = known.model_copy(update={"required": True})
    for name, value in given.items():
        if name not in loader.parameters and name not in documented and loader is not GENERIC:
            documented[name] = Argument(name=name, type=_type(value))
    # A positional value belongs to the first argument that is documented.
    return tuple(sorted(documented.values(), key=lambda argument: argument.name not in chosen))


def _type(value: str) -> ArgumentType:
    try:
        return type_of(literal(value))
    except ValueError:
        return ArgumentType.ANY
