"""Make a dataset: a folder of rows to train with, to choose by, and to try a model on, and what they are.

    FOLDER/
      train.jsonl        a row a line: prompt, completion, kind, doc_id, call, domain, hub; and layout, docs,
      validation.jsonl   instruction, source, stated (`conversations.Conversation` explains them)
      test.jsonl
      apis.json          the split of every API: id → train, validation or test
      manifest.json      written last: seed, settings, statistics, SHA-256 of sources and files

Rows are written one by one, whatever their number, and read again for leaks before the folder appears. The
same settings, catalogue and instructions give the same bytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import ValidationError

from api_docs.catalogue import Catalogue, Entry
from api_docs.domains import Domain
from api_docs.errors import ConfigurationError, TrainingDataError
from api_docs.files import publish_folder, sha256_of
from finetune.dataset.conversations import Conversation, Conversations, Rank, Shelf
from finetune.dataset.leaks import check_leaks
from finetune.dataset.mutations import Names
from finetune.dataset.settings import Answer, DataSettings, Mixture, Sources
from finetune.dataset.splits import Draw, Split, counted, split_apis, words_of
from finetune.instructions.instruction import Instruction, Source, line_of
from retriever.searcher import Searcher

__all__ = [
    "Answer",
    "DataSettings",
    "Mixture",
    "Sources",
    "data_settings",
    "fewer",
    "make_dataset",
    "rank_with",
]

SCHEMA: Final = 1
"""Raise it when what a row says changes."""
MANIFEST: Final = "manifest.json"
APIS: Final = "apis.json"
_EVERY: Final = 500
"""Rows between two reports of progress."""

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, how much of it is done, in all)."""


def data_settings(stated: Mapping[str, Any], **changes: Any) -> DataSettings:
    """Section [data] of a config, with changes; a config without one gets the defaults.

    Raises:
        ConfigurationError: naming the setting, what it is and what is expected.
    """
    try:
        return DataSettings.model_validate({**stated, **changes})
    except ValidationError as exc:
        told = "; ".join(
            f"data.{'.'.join(map(str, error['loc']))} is {error['input']!r}: {error['msg']}"
            if error["loc"]
            else f"data: {error['msg']}"
            for error in exc.errors(include_url=False)
        )
        raise ConfigurationError(f"section [data] can't be used: {told}; mend the config") from exc


def fewer(settings: DataSettings, samples: int | None) -> DataSettings:
    """The settings with so many rows to train with, and at most as many to validate and to test."""
    if samples is None:
        return settings
    most = {name: min(samples, getattr(settings, name)) for name in ("validation_samples", "test_samples")}
    return settings.model_copy(update={"samples": samples, **most})


def rank_with(searcher: Searcher) -> Rank:
    """The retriever of the service, for conversations."""

    def rank(instruction: str, k: int, domain: Domain | None, hub: str | None) -> Sequence[str]:
        return tuple(hit.doc_id for hit in searcher.search(instruction, k=k, domain=domain, hub=hub))

    return rank


def make_dataset(  # noqa: PLR0913 - what a dataset is made of, by name
    into: Path,
    settings: DataSettings,
    catalogue: Catalogue,
    instructions: Sequence[Instruction],
    *,
    rank: Rank | None = None,
    progress: Progress = lambda *_: None,
) -> dict[str, Any]:
    """Write a dataset's folder, replacing one that is there, all or nothing; gives its manifest.

    `instructions` are the bank's and a teacher's, without any that were held out. `rank` searches the
    catalogue, for prompts with retrieved docs and for instructions that were written for no doc.

    Raises:
        TrainingDataError: when there is nothing to make rows of, no `rank` where the settings want one, or
            the rows leak.
        StorageError: when the disk is full or read-only.
    """
    if settings.retriever and rank is None:
        raise TrainingDataError("data.retriever is true, and none was given; give one, or set it to false")
    plan = _plan(settings, catalogue, instructions, rank)
    manifests: list[dict[str, Any]] = []

    def fill(work: Path) -> None:
        written = {split.value: _write(work, split, plan, progress) for split in Split}
        (work / APIS).write_bytes(orjson.dumps(plan.splits, option=orjson.OPT_SORT_KEYS))
        progress("looking for leaks", 0, 0)
        checked = check_leaks(work, catalogue, plan.splits)
        manifest = {
            "schema_version": SCHEMA,
            "seed": settings.seed,
            "settings": settings.model_dump(mode="json"),
            "catalogue": {"version": catalogue.version, "sha256": _digest_of_docs(catalogue)},
            "instructions": _digests(instructions),
            "apis": counted(plan.splits),
            "rows": written,
            "leak_check": checked,
            "files": {
                name: {"sha256": sha256_of(work / name)}
                for name in (*(f"{split.value}.jsonl" for split in Split), APIS)
            },
        }
        (work / MANIFEST).write_bytes(
            orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
        )
        manifests.append(manifest)

    publish_folder(into, fill)
    return manifests[0]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is written: the split of every API, and for each split how many rows made by whom; and the number
    of the first row to train with."""

    splits: dict[str, Split]
    makers: dict[Split, Conversations]
    samples: dict[Split, int]
    first: int


def _plan(
    settings: DataSettings, catalogue: Catalogue, instructions: Iterable[Instruction], rank: Rank | None
) -> _Plan:
    drawn = Draw(settings.seed, settings.validation, settings.test)
    splits = split_apis(catalogue, drawn)
    samples = {
        Split.TRAIN: settings.samples,
        Split.VALIDATION: settings.validation_samples,
        Split.TEST: settings.test_samples,
    }
    alive = [entry for entry in catalogue.entries if entry.doc.alive]
    own = {
        split: [entry for entry in alive if splits[entry.doc.id] is split and _wanted(entry, settings)]
        for split in Split
    }
    for split, count in samples.items():
        if count and not own[split]:
            raise TrainingDataError(
                f"no API is drawn for split {split.value!r}, which is to have {count:,} rows; of "
                f"{len(alive):,} APIs, choose a greater data.{split.value}, other data.hubs, or no rows"
            )
    of_split = _instructions_of(instructions, splits, drawn, settings)
    names = Names(catalogue)
    makers = {
        split: Conversations(
            split,
            Shelf(own[split], _shown(split, alive, splits)),
            of_split[split],
            names,
            settings,
            drawn,
            rank,
        )
        for split in Split
        if samples[split]
    }
    return _Plan(splits, makers, samples, settings.first)


def _wanted(entry: Entry, settings: DataSettings) -> bool:
    return not settings.hubs or entry.doc.hub in settings.hubs


def _shown(split: Split, alive: Iterable[Entry], splits: Mapping[str, Split]) -> list[Entry]:
    """The docs that prompts of a split may show: what is kept apart for later ones is in none of them."""
    may = {
        Split.TRAIN: {Split.TRAIN},
        Split.VALIDATION: {Split.TRAIN, Split.VALIDATION},
        Split.TEST: set(Split),
    }[split]
    return [entry for entry in alive if splits[entry.doc.id] in may]


def _instructions_of(
    instructions: Iterable[Instruction], splits: Mapping[str, Split], drawn: Draw, settings: DataSettings
) -> dict[Split, list[Instruction]]:
    """The instructions of each split: with their doc where they were written for one, else by hash.

    Words that an instruction of another split has are taken once.
    """
    found: dict[Split, list[Instruction]] = {split: [] for split in Split}
    taken: dict[str, Split] = {}
    for one in instructions:
        if settings.languages and one.language not in settings.languages:
            continue
        hashed = drawn.split_of_instruction(one.text)
        split = splits.get(one.doc_id) if one.doc_id else hashed
        if split is not None and taken.setdefault(words_of(one.text), split) is split:
            found[split].append(one)
    return found


# --- rows -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Statistics:
    """Counts of the rows of one split."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    rows: int = 0
    stated: int = 0
    characters: Counter[str] = field(default_factory=Counter)
    longest: Counter[str] = field(default_factory=Counter)

    def take(self, row: Conversation) -> None:
        self.rows += 1
        self.stated += bool(row.stated)
        for name, value in (
            ("kind", row.kind.value),
            ("layout", row.layout.value),
            ("docs", str(len(row.prompt.docs))),
            ("hub", row.hub or "none"),
            ("domain", row.domain.value),
            ("source", row.source.value),
        ):
            self.counts.setdefault(name, Counter())[value] += 1
        for name, text in (("prompt", row.prompt.text), ("completion", row.completion)):
            self.characters[name] += len(text)
            self.longest[name] = max(self.longest[name], len(text))

    def summary(self) -> dict[str, Any]:
        """For the manifest: counts by kind, layout, docs, hub, domain and source; characters of the texts."""
        return {
            "rows": self.rows,
            "stated": self.stated,
            **{f"by_{name}": dict(sorted(counter.items())) for name, counter in self.counts.items()},
            "mean_characters": {name: round(count / self.rows, 1) for name, count in self.characters.items()},
            "most_characters": dict(self.longest),
        }


def _write(work: Path, split: Split, plan: _Plan, progress: Progress) -> dict[str, Any]:
    """One split's file, a row at a time."""
    statistics, wanted = _Statistics(), plan.samples[split]
    made_by = plan.makers.get(split)
    first = plan.first if split is Split.TRAIN else 0
    with (work / f"{split.value}.jsonl").open("wb") as file:
        for number in range(wanted if made_by is not None else 0):
            if number % _EVERY == 0:
                progress(f"rows of {split.value}", number, wanted)
            found = made_by.conversation(first + number, number / wanted) if made_by is not None else None
            if found is not None:
                statistics.take(found)
                file.write(orjson.dumps(found.row()) + b"\n")
    if wanted:
        progress(f"rows of {split.value}", wanted, wanted)
    if wanted and not statistics.rows:
        raise TrainingDataError(
            f"none of the {wanted:,} rows of split {split.value!r} could be made: "
            f"{_why(made_by)}; choose another mixture"
        )
    left_out = dict(sorted(made_by.left_out.items())) if made_by is not None else {}
    return {**statistics.summary(), "wanted": wanted, "draws_left_out": left_out}


def _why(made_by: Conversations | None) -> str:
    reasons = made_by.left_out.most_common(1) if made_by is not None else []
    return reasons[0][0] if reasons else "there is nothing to draw from"


# --- what it was made of ----------------------------------------------------------------------------------


def _digest_of_docs(catalogue: Catalogue) -> str:
    digest = hashlib.sha256()
    for doc in sorted(catalogue.docs, key=lambda doc: doc.id):
        digest.update(f"{doc.id} {doc.content_hash} {doc.alive}\n".encode())
    return digest.hexdigest()


def _digests(instructions: Iterable[Instruction]) -> dict[str, dict[str, Any]]:
    """How many instructions there are of each source, and the SHA-256 of their rows."""
    digests: dict[Source, Any] = {}
    counts: Counter[Source] = Counter()
    for one in instructions:
        digests.setdefault(one.source, hashlib.sha256()).update(line_of(one))
        counts[one.source] += 1
    return {
        source.value: {"rows": counts[source], "sha256": digest.hexdigest()}
        for source, digest in digests.items()
    }
