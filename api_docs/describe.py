"""Composes the description of an API doc from its facts, in our own words.

What sets a model apart comes first (what it is for, languages, data, build, figures), what its task is
good for in general last. Deterministic; copies no sentence from anywhere. What facts there are is the
sources' work, what people ask of a task stands in `tasks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from api_docs.lexicon.architectures import architecture_of
from api_docs.lexicon.datasets import dataset_of
from api_docs.lexicon.languages import language_names
from api_docs.models import ApiDoc, Fact
from api_docs.tasks import TASKS

MOST_WORDS = 90
"""Words at most, unless what sets the model apart needs more: encoders read about 250 word pieces."""

_GENERAL_USES, _GENERAL_USES_ALONE = 2, 4
"""How many of the task's uses follow: few behind a model's own, lest it seems good for everything."""
_MOST_USES, _MOST_DATASETS, _MOST_LANGUAGES, _MOST_TAGS = 4, 3, 6, 6
_PERCENTAGES = re.compile(
    r"acc|precision|recall|\bf1\b|\bf-?score|\bmap\b|iou|\bem\b|exact|auc|rouge|r@|top-?\d", re.IGNORECASE
)
_METRIC_NAMES = {
    "acc": "accuracy",
    "acc1": "top-1 accuracy",
    "acc@1": "top-1 accuracy",
    "acc@5": "top-5 accuracy",
    "bleu": "BLEU",
    "cer": "character error rate",
    "exact_match": "exact match",
    "f1": "F1",
    "mae": "mean absolute error",
    "map": "mAP",
    "miou": "mean IoU",
    "mse": "mean squared error",
    "r2": "R²",
    "rmse": "root mean squared error",
    "rouge1": "ROUGE-1",
    "rouge2": "ROUGE-2",
    "rougel": "ROUGE-L",
    "rougelsum": "ROUGE-Lsum",
    "wer": "word error rate",
}
_IDLE_METRICS = re.compile(
    r"loss|total|gen_len|runtime|samples|steps|latency|params|flops|epoch", re.IGNORECASE
)
_SIZES = (
    (6e6, "tiny"),
    (6e7, "small"),
    (2e8, "medium-sized"),
    (7e8, "large"),
    (3e9, "very large"),
    (float("inf"), "huge"),
)
_MAJOR = ("English", "Chinese", "Spanish", "French", "German", "Arabic", "Hindi", "Russian", "Japanese")


def describe(doc: ApiDoc) -> str:
    """The description of a doc, typically 40 to 90 words."""
    own = [part for part in _own_parts(doc) if part]
    words = sum(len(part.split()) for part in own)
    for use in _general_uses(doc):
        words += len(use.split())
        if words > MOST_WORDS:
            break
        own.append(_sentence(use))
    return " ".join(own)


def _general_uses(doc: ApiDoc) -> list[str]:
    """The task's uses that fit: none that names a language which the model doesn't speak."""
    spoken = set(language_names(_texts(doc, "language")))
    said = [_stems(use) for use in _texts(doc, "uses")]
    fitting = [
        use
        for use in TASKS[doc.domain].uses
        if (not spoken or set(language_names(re.findall(r"[A-Z]\w+", use))) <= spoken)
        and not any(_stems(use) <= own for own in said)
    ]
    return fitting[: _GENERAL_USES if "uses" in doc.facts else _GENERAL_USES_ALONE]


def _stems(text: str) -> set[str]:
    """Words cut to their beginnings: "recognise a face" says the same as "recognising a face"."""
    return {word[:6].lower() for word in re.findall(r"\w+", text)}


def _own_parts(doc: ApiDoc) -> Iterator[str]:
    """What sets this model apart, most telling first; empty where nothing is known."""
    yield _sentence("; ".join(_texts(doc, "uses")[:_MOST_USES]))
    yield _task(doc)
    yield _data(doc, "datasets", "Trained")
    yield _build(doc)
    yield _numbers(doc)
    yield _data(doc, "benchmarks", "Judged") if "datasets" not in doc.facts else ""
    yield _figures(doc)
    yield _terms(doc)


def _task(doc: ApiDoc) -> str:
    task = TASKS[doc.domain]
    name = doc.functionality or task.title
    names = language_names(_texts(doc, "language"))
    unsaid = [language for language in names if language.lower() not in name.lower()]
    spoken = f" in {_languages(names)}" if unsaid else ""
    synonym = "" if task.title.lower() in name.lower() else f" ({task.title.lower()})"
    return _sentence(f"{name}{synonym}{spoken}: takes {task.takes}, gives {task.gives}")


def _languages(names: Sequence[str]) -> str:
    if len(names) <= _MOST_LANGUAGES:
        several = names[0] if len(names) == 1 else ""
        named = [name for name in names if name != "many languages"]
        return several or _join([*named, *(["other languages"] if len(named) < len(names) else [])])
    known = [name for name in _MAJOR if name in names]
    shown = [*known, *(name for name in names if name not in known)][:_MOST_LANGUAGES]
    return f"{len(names)} languages, among them {_join(shown)}"


def _data(doc: ApiDoc, fact: str, verb: str) -> str:
    """The data sets of a fact, with what they hold."""
    told: dict[str, str] = {}
    for name in _texts(doc, fact):
        known = dataset_of(name)
        told.setdefault(known.name if known else _plain(name), known.holds if known else "")
    shown = [f"{name} ({holds})" if holds else name for name, holds in list(told.items())[:_MOST_DATASETS]]
    more = f" and {len(told) - len(shown)} more" if len(told) > len(shown) else ""
    return _sentence(f"{verb} on {', '.join(shown)}{more}") if shown else ""


def _build(doc: ApiDoc) -> str:
    """Architecture with what it is known for, and size."""
    said = _text(doc, "architecture")
    family = architecture_of(said) or architecture_of(doc.name)
    name = said or (family.name if family else "")
    if family and _squeezed(family.name) not in _squeezed(name):
        name = f"{name} ({family.name})"
    parts = [f"{name}: {family.known_for}" if family else name, _size(doc)]
    base = _text(doc, "base_model")
    if base and _plain(base).lower() != doc.name.lower():
        parts.append(f"built on {_plain(base)}")
    return _sentence("; ".join(filter(None, parts)))


def _size(doc: ApiDoc) -> str:
    count = doc.facts.get("parameters")
    if not isinstance(count, int | float) or count <= 0:
        return ""
    word = next(word for limit, word in _SIZES if count < limit)
    return f"{word}, {_count(count)} parameters"


def _count(number: float) -> str:
    for unit, word in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if number >= unit:
            return f"{number / unit:.3g} {word}"
    return f"{number:g}"


def _numbers(doc: ApiDoc) -> str:
    facts = doc.facts
    parts = []
    if size := facts.get("input_size"):
        parts.append(f"images of {size} × {size} pixels" if isinstance(size, int) else f"input of {size}")
    if isinstance(dimensions := facts.get("dimensions"), int):
        parts.append(f"vectors of {dimensions:,} numbers")
    if isinstance(classes := facts.get("num_classes"), int) and classes > 1:
        parts.append(f"{classes:,} classes")
    if isinstance(flops := facts.get("flops_g"), int | float):
        parts.append(f"{flops:.3g} GFLOPs")
    if isinstance(size_mb := facts.get("size_mb"), int | float):
        parts.append(f"{size_mb:.3g} MB")
    return _sentence(", ".join(parts))


def _figures(doc: ApiDoc) -> str:
    """Up to two figures on each of up to two data sets; of several parts of one, the first counts."""
    told: dict[str, str] = {}
    for dataset, metrics in doc.performance.items():
        shown = [
            _figure(name, value)
            for name, value in metrics.items()
            if isinstance(value, int | float) and not _IDLE_METRICS.search(name)
        ]
        if shown:
            known = dataset_of(dataset)
            on = "" if dataset == "unnamed" else f" on {known.name if known else _plain(dataset)}"
            told.setdefault(on, f"{_join(shown[:2])}{on}")
    return _sentence(f"Reaches {'; '.join(list(told.values())[:2])}") if told else ""


def _figure(name: str, value: float) -> str:
    label = _METRIC_NAMES.get(name.lower(), name.replace("_", " "))
    if _PERCENTAGES.search(name) and 0 < value <= 1:
        value *= 100
    percent = " %" if _PERCENTAGES.search(name) and value <= 100 else ""
    return f"{value:.3g}{percent} {label}"


def _terms(doc: ApiDoc) -> str:
    year = doc.facts.get("year")
    publisher = _text(doc, "publisher")
    parts = [f"By {publisher}{f', {year}' if year else ''}" if publisher else f"From {year}" if year else ""]
    if _text(doc, "fine_tunable").lower() in ("true", "yes", "1"):
        parts.append("can be fine-tuned")
    if doc.license and doc.license.lower() not in ("other", "unknown"):
        parts.append(f"licence {doc.license}")
    if tags := _texts(doc, "tags"):
        parts.append(f"keywords: {', '.join(tags[:_MOST_TAGS])}")
    return _sentence("; ".join(filter(None, parts)))


def _texts(doc: ApiDoc, name: str) -> tuple[str, ...]:
    value: Fact | None = doc.facts.get(name)
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (str(value),)


def _text(doc: ApiDoc, name: str) -> str:
    return ", ".join(_texts(doc, name))


def _plain(name: str) -> str:
    """A record's short name as words: no owner, no `autotrain-data`, blanks for underscores."""
    short = (
        name.strip().rpartition("/")[2] if re.fullmatch(r"[\w.-]+/[\w.-]+", name.strip()) else name.strip()
    )
    return re.sub(r"[_\s]+", " ", short.removeprefix("autotrain-data-")).strip()


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _join(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def _sentence(text: str) -> str:
    """Text with a capital and a full stop."""
    text = text.strip()
    return f"{text[0].upper()}{text[1:].rstrip('.')}." if text else ""
