"""The records that upstreams hold of Hugging Face's models, in one shape, and how they are merged.

Reads four upstreams: JARVIS' list of models with their cards, exchanges with the hub's API, folders of
model cards, and the models that Hugging Face's own task pages recommend; `hf_hub` reads what was fetched from
the hub itself. Which call loads a model is `hf_calls`' knowledge, what becomes of a record `huggingface`'s.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path, PurePosixPath

import orjson

from api_docs.errors import InvalidDoc, SourceError
from api_docs.sources.base import Quarantined, as_texts, read_texts
from api_docs.sources.drift import Performance, text_of
from api_docs.sources.known.huggingface import canonical_id
from api_docs.sources.model_cards import card_facts, clean_tags, parse_card

MODEL_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """What one upstream, or several merged, know of a model.

    `label` is the upstream's own word for the task, `model_class` the class that loads it, `call` a call
    that an upstream gave, `text` the card (which is the author's, never ours). `datasets` are what it learned
    from, `benchmarks` what it was judged on.
    """

    id: str
    task: str = ""
    label: str = ""
    library: str = ""
    model_class: str = ""
    call: str = ""
    text: str = ""
    architecture: str = ""
    languages: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    benchmarks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    library_tags: tuple[str, ...] = ()
    license: str = ""
    base_model: str = ""
    performance: Performance = field(default_factory=dict)
    parameters: int = 0
    downloads: int = 0
    likes: int = 0
    revision: str = ""
    input_size: int = 0
    dimensions: int = 0
    num_classes: int = 0
    publisher: str = ""
    uses: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(slots=True)
class Records:
    """Records in order of richness, what was set aside or passed over, retired ids with the present ones."""

    found: list[ModelRecord] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    passed_over: Counter[str] = field(default_factory=Counter)

    def extend(self, other: Records) -> None:
        """Add another upstream's records behind these."""
        self.found += other.found
        self.quarantined += other.quarantined
        self.renamed |= other.renamed
        self.passed_over += other.passed_over


def merge(records: Iterable[ModelRecord]) -> ModelRecord:
    """One record of several of the same model: the first that says a thing counts; figures are joined."""
    first, *others = records
    values = {part.name: getattr(first, part.name) for part in fields(first)}
    performance = dict(first.performance)
    sources = list(first.sources)
    for other in others:
        for name, value in values.items():
            if not value:
                values[name] = getattr(other, name)
        for dataset, metrics in other.performance.items():
            performance.setdefault(dataset, metrics)
        sources += other.sources
    return replace(first, **(values | {"performance": performance, "sources": as_texts(sources)}))


def read_jarvis(path: Path) -> Records:
    """JARVIS' list of models, one JSON object a line: id, task, card metadata and card text."""
    records = Records()
    for number, line in enumerate(_lines(path), start=1):
        try:
            # The standard parser: figures in cards may be NaN, which strict JSON has not.
            raw = _mapping(json.loads(line), "record")
            meta = raw.get("meta")
            records.found.append(
                replace(
                    from_card(_model_id(raw.get("id")), meta if isinstance(meta, Mapping) else {}),
                    task=text_of(raw.get("task")),
                    label=text_of(raw.get("pipeline_tag")),
                    text=text_of(raw.get("description")),
                    downloads=_count(raw.get("downloads")),
                    likes=_count(raw.get("likes")),
                    sources=("jarvis",),
                )
            )
        except (ValueError, InvalidDoc) as exc:
            records.quarantined.append(Quarantined(f"{path.name}, line {number}", str(exc)))
    return records


def read_exchanges(folder: Path) -> Records:
    """Recorded exchanges with `/api/models/{id}`: models, and redirects as renames."""
    records = Records()
    for path in sorted(folder.glob("*.json")):
        try:
            exchange = _mapping(orjson.loads(path.read_bytes()), "exchange")
            status = _mapping(exchange.get("status"), "status").get("code")
            asked = text_of(exchange.get("uri")).rpartition("/api/models/")[2]
            if status in (301, 302, 307, 308):
                headers = _mapping(exchange.get("headers"), "headers")
                location = text_of(headers.get("Location") or headers.get("location"))
                records.renamed[asked] = _model_id(location.rpartition("/api/models/")[2])
            elif status == 200:
                body = orjson.loads(text_of(exchange.get("body")))
                records.found.append(from_api(_mapping(body, "body")))
            else:
                said = f"the hub answered {status!r}; expected 200 or a redirect"
                records.quarantined.append(Quarantined(path.name, said))
        except (orjson.JSONDecodeError, InvalidDoc) as exc:
            records.quarantined.append(Quarantined(path.name, str(exc)))
    return records


def read_cards(folder: Path) -> Records:
    """A folder of model cards: `owner/name/README.md`, `owner/name.md` or `owner--name.md`."""
    records = Records()
    texts = read_texts(folder, lambda path: path.suffix == ".md")
    records.quarantined += texts.quarantined
    for name, text in texts.texts.items():
        try:
            card = parse_card(text)
            record = from_card(_id_of_file(PurePosixPath(name)), card.meta)
            records.found.append(replace(record, text=card.text.strip(), sources=("cards",)))
        except InvalidDoc as exc:
            records.quarantined.append(Quarantined(name, str(exc)))
    return records


def read_recommended(path: Path) -> Records:
    """The models that Hugging Face's task pages recommend: id and task; their sentences are left alone."""
    records = Records()
    tasks = _mapping(_load(path), "file").get("TASKS_DATA")
    for task, page in _mapping(tasks, "TASKS_DATA").items():
        models = page.get("models") if isinstance(page, Mapping) else None
        for model in models if isinstance(models, list) else []:
            try:
                found = _model_id(_mapping(model, "model").get("id"))
            except InvalidDoc as exc:
                records.quarantined.append(Quarantined(f"{path.name}, {task}", str(exc)))
            else:
                records.found.append(ModelRecord(found, task=task, label=task, sources=("tasks",)))
    return records


def read_snippets(path: Path) -> dict[str, str]:
    """Library → the code by which Hugging Face's pages load a model of it, with a placeholder id."""
    snippets = {}
    for library, entry in _mapping(_load(path), "file").items():
        listed = entry.get("snippets") if isinstance(entry, Mapping) else None
        if isinstance(listed, list) and listed:
            snippets[library] = "\n".join(str(part) for part in listed)
    return snippets


def from_card(model_id: str, meta: Mapping[str, object]) -> ModelRecord:
    """What a card's metadata say of a model."""
    facts = card_facts(meta)
    tags = meta.get("tags")
    return ModelRecord(
        id=model_id,
        task=facts.task,
        label=facts.task,
        library=facts.library,
        languages=facts.languages,
        datasets=facts.datasets,
        tags=facts.tags,
        library_tags=as_texts(tags if isinstance(tags, list) else []),
        license=facts.license,
        base_model=facts.base_model,
        performance=facts.performance,
    )


def from_api(body: Mapping[str, object]) -> ModelRecord:
    """A model of the hub's API.

    Raises:
        InvalidDoc: when it is gated, private or disabled, or no model.
    """
    model_id = _model_id(body.get("id") or body.get("modelId"))
    if lock := lock_of(body):
        raise InvalidDoc(f"{model_id} is {lock}: it can't be loaded without its owner's consent")
    card = body.get("cardData")
    record = from_card(model_id, card if isinstance(card, Mapping) else {})
    tags = as_texts(body["tags"] if isinstance(body.get("tags"), list) else [])  # type: ignore[arg-type]
    info = body.get("transformersInfo")
    config = body.get("config")
    safetensors = body.get("safetensors")
    kind = text_of(config.get("model_type")) if isinstance(config, Mapping) else ""
    task = text_of(body.get("pipeline_tag")) or record.task
    return replace(
        record,
        task=task,
        label=task,
        library=text_of(body.get("library_name")).lower() or record.library,
        model_class=text_of(info.get("auto_model")) if isinstance(info, Mapping) else _pipeline_class(config),
        architecture="" if kind in record.id.lower() else kind,
        tags=record.tags or clean_tags(tags),
        library_tags=tags,
        parameters=_count(safetensors.get("total")) if isinstance(safetensors, Mapping) else 0,
        downloads=_count(body.get("downloads")),
        likes=_count(body.get("likes")),
        revision=text_of(body.get("sha")),
        sources=("api",),
    )


def lock_of(body: Mapping[str, object]) -> str:
    """Why not everybody may load a model of the hub's API; empty where everybody may."""
    return next((lock for lock in ("gated", "private", "disabled") if body.get(lock)), "")


def _pipeline_class(config: object) -> str:
    """diffusers' class, which the hub reads from the repository's `model_index.json`."""
    found = config.get("diffusers") if isinstance(config, Mapping) else None
    return text_of(found.get("_class_name")) if isinstance(found, Mapping) else ""


def _model_id(value: object) -> str:
    """The present name of a model; raises `InvalidDoc` where it is no name."""
    text = canonical_id(text_of(value))
    if not MODEL_ID.fullmatch(text):
        raise InvalidDoc(f"{text!r} is no model id; expected owner/name")
    return text


def _id_of_file(path: PurePosixPath) -> str:
    parts = [*path.parent.parts[-2:]] if path.name.lower() == "readme.md" else [*path.parts[-2:]]
    last = parts[-1].removesuffix(".md") if parts else ""
    if "--" in last:
        return _model_id(last.replace("--", "/", 1))
    if len(parts) == 2:
        return _model_id(f"{parts[0]}/{last}")
    raise InvalidDoc(f"{path.name!r} names no model; expected owner/name/README.md or owner--name.md")


def _count(value: object) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _mapping(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise InvalidDoc(f"the {what} is {type(value).__name__}; expected a JSON object")
    return value


def _lines(path: Path) -> Iterator[bytes]:
    try:
        data = path.read_bytes()
        lines = gzip.decompress(data).splitlines() if path.suffix == ".gz" else data.splitlines()
    except (OSError, EOFError) as exc:
        raise SourceError(f"can't read {str(path)!r}: {exc}; fetch it again") from exc
    return (line for line in lines if line.strip())


def _load(path: Path) -> object:
    try:
        return orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as exc:
        raise SourceError(f"can't read {str(path)!r}: {exc}; fetch it again") from exc
