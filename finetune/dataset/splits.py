"""Which APIs and which instructions a model is taught with, and which are kept to try it on.

APIs are drawn by hash in groups: what loads the same, or is called by the same name, is never on both sides.
Instructions are drawn by hash of their words. Works on docs and texts; knows nothing about prompts.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from api_docs.catalogue import Catalogue, Entry
from api_docs.loaders import GENERIC

_QUOTED: Final = re.compile(r"'([^'\\]*)'")
_PREFIX: Final = re.compile(r"hf[-_]hub:|https?://(?:www\.)?(?:tfhub\.dev|kaggle\.com/models)/")
_VERSION: Final = re.compile(r"(?<=/)(?P<path>[^/]+)/\d+\Z")


class Split(StrEnum):
    """What rows are for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Draw:
    """Gives every key one split, by its SHA-256: with the same seed and shares always the same one.

    `validation` and `test` are shares, between 0 and 1 together.
    """

    def __init__(self, seed: int, validation: float, test: float) -> None:
        self._seed = seed
        self._test = test
        self._kept = test + validation

    def split(self, key: str) -> Split:
        """The split of a key."""
        digest = hashlib.sha256(f"{self._seed}\n{key}".encode()).digest()
        place = int.from_bytes(digest[:8]) / 2**64
        if place < self._test:
            return Split.TEST
        return Split.VALIDATION if place < self._kept else Split.TRAIN

    def split_of_instruction(self, text: str) -> Split:
        """The split of an instruction; case, blanks and punctuation make no other instruction of it."""
        return self.split(words_of(text))


def words_of(text: str) -> str:
    """An instruction's words alone: what two must not share that are to count as different."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def split_apis(catalogue: Catalogue, draw: Draw) -> dict[str, Split]:
    """The split of every doc of a catalogue, by id; docs of one group have the same."""
    return {doc_id: draw.split(group[0]) for group in groups(catalogue) for doc_id in group}


def groups(catalogue: Catalogue) -> list[list[str]]:
    """Ids of docs that must stay together, each group and the whole sorted.

    Together are: equal calls; versions of one model; models of one name, whoever has them (a model that
    moved is often still there under its old owner); and docs whose calls or defaults say the name by which
    another one is known.
    """
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    names = {name for entry in catalogue.entries for name in telling(entry)}
    for entry in catalogue.entries:
        mine = root(f"doc {entry.doc.id}")
        for key in _keys(entry, names):
            parent[root(key)] = mine
    found: dict[str, list[str]] = defaultdict(list)
    for doc in catalogue.docs:
        found[root(f"doc {doc.id}")].append(doc.id)
    return sorted(sorted(group) for group in found.values())


def telling(entry: Entry) -> tuple[str, ...]:
    """The texts of a call that say which API it is, without the version: model id, handle or entrypoint.

    An entrypoint's further arguments that choose a model belong to it. Empty where a call says nothing so.
    """
    if entry.loader.forwards:
        chosen = [value for name, value in entry.identifying.items() if name != "repo_or_dir"]
        found = [bare(text) for text in _strings(chosen[:1])]
    else:
        found = [bare(text) for text in _strings(_identifying(entry))]
        # Of several, one with an owner: the others are names of tasks and files, which many share.
        found = [text for text in found if "/" in text][:1] or found[-1:]
    return tuple(filter(None, found))


def bare(text: str) -> str:
    """A model's id or address without what comes before it and which version of it is meant."""
    return _VERSION.sub(r"\g<path>", _PREFIX.sub("", text, count=1))


def _identifying(entry: Entry) -> Iterable[str]:
    if entry.loader is GENERIC:
        return (*entry.call.positional, *(value for _, value in entry.call.keywords))
    return entry.identifying.values()


def _strings(values: Iterable[str]) -> Iterator[str]:
    """The strings in some source texts of values."""
    for value in values:
        yield from _QUOTED.findall(value)


def _keys(entry: Entry, names: Iterable[str]) -> Iterator[str]:
    """What a doc shares with those that it must stay with."""
    yield f"call {entry.identity}"
    for name in telling(entry):
        yield f"name {_squeezed(name.partition('/')[2] or name)}"
    said = [*entry.call.positional, *(value for _, value in entry.call.keywords)]
    said += [argument.default for argument in entry.doc.arguments if argument.default]
    for text in map(bare, _strings(said)):
        if text in names:
            yield f"name {_squeezed(text.partition('/')[2] or text)}"


def _squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold()) or name


def counted(splits: Mapping[str, Split]) -> dict[str, int]:
    """How many APIs each split has."""
    return {split.value: sum(one is split for one in splits.values()) for split in Split}
