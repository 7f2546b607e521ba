"""Hugging Face as a source: one API doc for every model that a present library loads.

Joins what was fetched from the hub, exchanges with its API, the models that its task pages recommend,
JARVIS' list with model cards, folders of cards, timm's configurations and the ids in APIBench. Records of one
model are merged, the richest first. Reading is `hf_hub`'s, `hf_records`' and `timm`'s work, choosing the call
`hf_calls`'.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from api_docs.call import parse_call
from api_docs.domains import Domain, huggingface_domain
from api_docs.errors import InvalidDoc, SourceError
from api_docs.lexicon.architectures import Architecture, architecture_of
from api_docs.lexicon.languages import language_name, language_names, languages_of_name
from api_docs.lexicon.topics import topics_of
from api_docs.models import ApiDoc, Fact, Hub
from api_docs.sources.apibench import FILES, read_apibench
from api_docs.sources.base import Collector, Progress, SourceResult, as_texts
from api_docs.sources.drift import Performance
from api_docs.sources.hf_calls import Loading, loading_of
from api_docs.sources.hf_hub import FOLDER, read_hub
from api_docs.sources.hf_libraries import DIFFUSERS_DOMAINS
from api_docs.sources.hf_records import (
    MODEL_ID,
    ModelRecord,
    Records,
    merge,
    read_cards,
    read_exchanges,
    read_jarvis,
    read_recommended,
    read_snippets,
)
from api_docs.sources.hf_tasks import known_snippets
from api_docs.sources.known.hf_sizes import parameters_of
from api_docs.sources.known.huggingface import RENAMED, canonical_id, domain_of, left_out
from api_docs.sources.markdown import code_blocks, plain, prose
from api_docs.sources.timm import read_timm
from api_docs.tasks import TASKS

_LAYOUT = (
    "expected a folder that holds any of hf_hub/, hf_api/, hf_cards/, hf_jarvis_models*.jsonl(.gz), "
    f"timm_*_cfgs.json, hf_tasks_pipelines*.json and {FILES[Hub.HUGGINGFACE]}, or a folder of cards "
    "(owner/name/README.md)"
)
_PAIR = re.compile(r"(?:opus-mt|fugumt|mmt|wmt19)(?:-tc-big)?-([A-Za-z]{2,7})-([A-Za-z]{2,7})$")
_SPOKEN_PAIR = re.compile(r"(?:textless_sm|xm_transformer_(?:unity|s2ut))_([a-z]{2})[-_]([a-z]{2})$")
_FAMILY = 3  # so many models with the very same figures: the figures are their family's, not their own
_SPOKEN: Mapping[Domain, str] = {
    Domain.AUTOMATIC_SPEECH_RECOGNITION: "transcribing spoken {}",
    Domain.TEXT_TO_SPEECH: "reading {} text aloud",
}
"""What models of one language are for."""
_TASK_NAMES = frozenset(domain.value for domain in Domain)
_MOST_NAME_WORDS = 5  # of a data set's or metric's name; longer ones are sentences
_NO_NAME = re.compile(
    r"https?:|arxiv|various|multiple|validation metrics|not |custom|more information|^validation|unnamed"
    r"|unknown|n/a|^all$|generic|training data|test set|evaluation|benchmark|dataset$|languages|caption pairs"
    r"|\w\.\w+\.\w|,|%|\d{6}|[.:;]\s",
    re.IGNORECASE,
)
_HOUSES: Mapping[str, str] = {
    "FacebookAI": "Meta AI",
    "Helsinki-NLP": "University of Helsinki",
    "Intel": "Intel",
    "MIT": "MIT",
    "OFA-Sys": "Alibaba",
    "Salesforce": "Salesforce",
    "apple": "Apple",
    "facebook": "Meta AI",
    "google": "Google",
    "google-bert": "Google",
    "google-t5": "Google",
    "microsoft": "Microsoft",
    "nvidia": "NVIDIA",
    "openai": "OpenAI",
    "openai-community": "OpenAI",
    "stabilityai": "Stability AI",
    "timm": "timm",
}


@dataclass(frozen=True, slots=True)
class HuggingFace:
    """Reads Hugging Face's upstreams.

    With `own_words` no sentence of upstream's is kept; without, a card's first paragraph stays in
    `description` and its first code in `example`. `apibench` is a further file or folder of APIBench docs,
    `last_checked` the date of the files.
    """

    own_words: bool = True
    last_checked: date | None = None
    apibench: Path | None = None
    name: str = field(default="huggingface", init=False)
    hub: str = field(default=Hub.HUGGINGFACE.value, init=False)

    def read(self, path: Path, progress: Progress | None = None) -> SourceResult:
        """Read one of the files, or a folder of them.

        Raises:
            SourceError: when something there can't be read, or nothing there is Hugging Face's.
        """
        records, snippets = _read_upstream(path, self.apibench)
        if not records.found and not records.quarantined:
            raise SourceError(f"no Hugging Face model in {str(path)!r}; {_LAYOUT}")
        collector = Collector()
        for bad in records.quarantined:
            collector.quarantine(bad.record, bad.reason)
        for reason, count in records.passed_over.items():
            collector.pass_over(reason, count)
        models: dict[str, list[ModelRecord]] = defaultdict(list)
        for record in records.found:
            # The hub finds a model in whatever case its name is written.
            models[record.id.lower()].append(record)
        for done, same in enumerate(models.values(), start=1):
            merged = merge(same)
            with collector.guard(f"{merged.id} ({', '.join(merged.sources)})"):
                collector.add(self._doc(merged, snippets))
            for other in same:
                records.renamed.setdefault(other.id, merged.id)
            if progress is not None:
                progress(done, len(models))
        for old, new in (dict(RENAMED) | records.renamed).items():
            collector.alias(f"{self.hub}:{old}", f"{self.hub}:{canonical_id(new)}")
        return collector.result()

    def _doc(self, record: ModelRecord, snippets: Mapping[str, str]) -> ApiDoc:
        if (reason := left_out(record.id)) is not None:
            raise InvalidDoc(f"left out: {reason}")
        domain = domain_of(record.id) or huggingface_domain(record.task)
        loading = loading_of(record, domain, snippets)
        return ApiDoc(
            id=f"{self.hub}:{record.id}",
            hub=self.hub,
            domain=domain,
            source_domain=record.label or record.task,
            functionality=_functionality(record.id, domain),
            name=record.id,
            call=loading.call,
            environment=loading.environment,
            example="" if self.own_words else _first_code(record.text),
            performance=_figures(record.performance) if self.own_words else record.performance,
            description="" if self.own_words else _first_paragraph(record.text),
            license=record.license or None,
            source_url=f"https://huggingface.co/{record.id}",
            source_revision=record.revision or None,
            last_checked=self.last_checked,
            facts=_facts(record, domain, loading),
        )


def _read_upstream(path: Path, apibench: Path | None) -> tuple[Records, dict[str, str]]:
    """Every upstream there is, those that know a model best first, and the hub pages' snippets."""
    records = Records()
    snippets: dict[str, str] = {}
    if (hub := path / FOLDER).is_dir():
        records.extend(read_hub(hub))
    if (exchanges := path / "hf_api").is_dir():
        records.extend(read_exchanges(exchanges))
    for file in _matching(path, "hf_tasks_pipelines*.json"):
        records.extend(read_recommended(file))
    for file in _matching(path, "hf_jarvis_models*.jsonl*"):
        records.extend(read_jarvis(file))
    for file in _matching(path, "timm_*_cfgs.json"):
        records.extend(read_timm(file))
    for file in _matching(path, "hf_tasks_libraries*.json"):
        snippets |= read_snippets(file)
    for file in [*_matching(path, FILES[Hub.HUGGINGFACE]), *([apibench] if apibench else [])]:
        records.extend(_from_apibench(file))
    if (cards := path / "hf_cards").is_dir():
        records.extend(read_cards(cards))
    elif path.is_dir() and not hub.is_dir() and not records.found:
        records.extend(read_cards(path))
    return records, snippets or known_snippets()


def _matching(path: Path, pattern: str) -> list[Path]:
    if path.is_dir():
        return sorted(path.glob(pattern))
    return [path] if path.match(pattern) and path.exists() else []


def _from_apibench(path: Path) -> Records:
    """The models of APIBench's docs: id, task, call and data sets; its text only hints at the subject."""
    result = read_apibench(path, Hub.HUGGINGFACE)
    shared = Counter(_key(doc.performance) for doc in result.docs)
    records = Records(quarantined=list(result.quarantined))
    for doc in result.docs:
        name = doc.id.partition(":")[2].partition("#")[0].partition("@")[0]
        model_id = canonical_id(name)
        if MODEL_ID.fullmatch(model_id):
            owner, _, method = parse_call(doc.call).callee.rpartition(".")
            datasets = doc.facts.get("datasets", ())
            records.found.append(
                ModelRecord(
                    id=model_id,
                    task=doc.domain.value,
                    label=doc.source_domain,
                    call=doc.call,
                    # Auto classes count where the hub names them; these tell diffusers' pipelines apart.
                    model_class=owner if method == "from_pretrained" and "Auto" not in owner else "",
                    text=doc.description,
                    benchmarks=datasets if isinstance(datasets, tuple) else (),
                    performance=doc.performance if shared[_key(doc.performance)] < _FAMILY else {},
                    sources=("apibench",),
                )
            )
    return records


def _key(performance: Performance) -> str:
    return repr(sorted((name, sorted(metrics.items(), key=str)) for name, metrics in performance.items()))


def _facts(record: ModelRecord, domain: Domain, loading: Loading) -> dict[str, Fact]:
    """Structured facts; those that nobody states are left out."""
    family = architecture_of(record.architecture or record.id.partition("/")[2]) or architecture_of(record.id)
    pair = _languages_of_pair(record.id)
    facts: dict[str, Fact | None] = {
        "uses": _uses(record, domain, pair),
        "language": pair or _languages(record),
        "architecture": _architecture(record.architecture, family),
        "datasets": tuple(filter(_is_name, record.datasets)),
        "benchmarks": tuple(filter(_is_name, record.benchmarks)),
        "parameters": record.parameters or parameters_of(record.id),
        "input_size": record.input_size,
        "dimensions": record.dimensions,
        "num_classes": record.num_classes,
        "publisher": record.publisher or _publisher(record.id),
        "base_model": record.base_model,
        "library": loading.library,
        "tags": tuple(tag for tag in record.tags if not _says_task(tag)),
        "downloads": record.downloads,
        "likes": record.likes,
        "pickled": "true" if loading.pickled else "",
    }
    return {name: value for name, value in facts.items() if value}


def _functionality(model_id: str, domain: Domain) -> str:
    """The task's title; a translator of one pair says which."""
    names = [language_name(code) for code in _languages_of_pair(model_id)]
    title = TASKS[domain].title
    return f"{title} from {names[0]} to {names[1]}" if names and domain is Domain.TRANSLATION else title


def _architecture(stated: str, family: Architecture | None) -> str:
    """The stated architecture with its family's name in full: `vit base` → `Vision Transformer base`."""
    if family is None:
        return stated
    found = family.pattern.search(stated.lower())
    if found is None:
        return family.name
    return " ".join(f"{stated[: found.start()]} {family.name} {stated[found.end() :]}".split())


def _uses(record: ModelRecord, domain: Domain, pair: tuple[str, ...]) -> tuple[str, ...]:
    """What the model is for, in our own words, told from its names, languages and data."""
    if record.uses:
        return record.uses
    if pair and domain is Domain.TRANSLATION:
        source, target = (language_name(code) or code for code in pair)
        return (f"translating {source} into {target}",)
    if spoken := _SPOKEN_PAIR.search(record.id):
        source, target = (language_name(code) or code for code in spoken.groups())
        return (f"translating spoken {source} into spoken {target}",)
    name = record.id.partition("/")[2]
    languages = language_names(_languages(record))
    spoken_in = _SPOKEN.get(domain, "").format(*languages) if len(languages) == 1 else ""
    # Data sets tell what a classifier knows, but not what a generator is for.
    hints = () if domain in DIFFUSERS_DOMAINS else (*record.datasets, *record.benchmarks)
    return as_texts((spoken_in, *topics_of(domain, (name, *record.tags), hints)))


def _languages(record: ModelRecord) -> tuple[str, ...]:
    """Stated, or told from the name; timm's networks only see, and `pt` in their names means pretrained."""
    if record.languages or record.library == "timm":
        return record.languages
    return languages_of_name(record.id.partition("/")[2])


def _languages_of_pair(model_id: str) -> tuple[str, ...]:
    """Source and target of a translator of one pair, as codes."""
    found = _PAIR.search(model_id)
    codes = (found[1].lower(), found[2].lower()) if found else ()
    return codes if all(language_name(code) for code in codes) else ()


def _publisher(model_id: str) -> str:
    owner = model_id.partition("/")[0]
    return _HOUSES.get(owner, owner)


def _says_task(tag: str) -> bool:
    return tag.replace(" ", "-") in _TASK_NAMES


def _figures(performance: Performance) -> Performance:
    """Numbers only, under names that are names: texts of upstream's stay outside."""
    figures: Performance = {}
    for dataset, metrics in performance.items():
        kept: dict[str, float | str] = {
            name: value for name, value in metrics.items() if isinstance(value, float) and _is_name(name)
        }
        if kept and _is_name(dataset):
            figures[dataset] = kept
    return figures


def _is_name(text: str) -> bool:
    return len(text.split()) <= _MOST_NAME_WORDS and not _NO_NAME.search(text)


def _first_paragraph(text: str) -> str:
    """The first paragraph of a card that is prose: no heading, table, image or list."""
    for part in re.split(r"\n\s*\n", prose(text)):
        paragraph = plain(re.sub(r"^#+ .*$", "", part, flags=re.MULTILINE))
        if len(paragraph.split()) >= 8 and not re.match(r"[|!<*-]", paragraph):
            return paragraph[:2_000]
    return ""


def _first_code(text: str) -> str:
    blocks = (block.text for block in code_blocks(text) if block.language in ("", "python", "py"))
    return next(blocks, "").strip()[:8_000]
