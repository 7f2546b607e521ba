"""Which of tfhub.dev's handles Kaggle still has: handles and Kaggle's variations of models, put together.

Kaggle took TFHub's models over under names of its own: `google/nnlm-en-dim50` became the variation `en-dim50`
of the model `google/nnlm`. A handle is put together with the one variation whose texts name it, else with the
one whose name has the same words, and what was found is remembered. Dead is a handle that was found once, and
whose variation Kaggle says is gone; of handles that were never found nothing is known.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Protocol

from api_docs.files import write_file

_COLLECTIONS: Final = frozenset({"imagenet"})
"""Words of handles that name a collection of models; Kaggle left them out."""

_ADDRESS: Final = re.compile(r"tfhub\.dev/((?:[\w.+-]+/)+)\d+")


@dataclass(frozen=True, slots=True)
class Variation:
    """A model that can be loaded: `owner/model/variation`, its newest version, what is written about it."""

    name: str
    version: int
    text: str = ""


class Models(Protocol):
    """What Kaggle is asked."""

    def variations(self, owner: str) -> list[Variation]:
        """All variations of an owner's models that TensorFlow loads."""
        ...

    def has(self, name: str) -> bool:
        """Whether a variation is there, be it listed or not."""
        ...


@dataclass(slots=True)
class _Known:
    """What a handle was put together with, its newest version that was seen, whether it is gone."""

    variation: str
    version: int
    gone: bool = False


class Handles:
    """What is known of handles, in a file that outlasts the runs; a broken one is made anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)

    def dead(self) -> set[str]:
        """Handles whose variation is gone."""
        return {handle for handle, known in self._known.items() if known.gone}

    def update(self, models: Models, handles: Iterable[str]) -> tuple[str, ...]:
        """Ask after all handles; gives what a person should know.

        Raises:
            SourceError: when Kaggle can't be asked; what was known before stays.
            StorageError: when the disk is full or read-only.
        """
        by_owner: dict[str, list[str]] = defaultdict(list)
        for handle in sorted(handles):
            by_owner[handle.partition("/")[0]].append(handle)
        found: dict[str, _Known] = {}
        newer: list[str] = []
        for owner, own in by_owner.items():
            listed = {variation.name: variation for variation in models.variations(owner)}
            match = _matcher(listed.values())
            for handle in own:
                before = self._known.get(handle)
                if (known := _present(before, listed, match(handle), models)) is not None:
                    found[handle] = known
                    if before is not None and known.version > before.version:
                        newer.append(f"{handle} ({known.version})")
        self._known = found
        write_file(self._path, json.dumps({name: asdict(one) for name, one in found.items()}).encode())
        return tuple(self._notes(sum(map(len, by_owner.values())), newer))

    def _notes(self, asked: int, newer: list[str]) -> Iterator[str]:
        yield f"of {asked} handles Kaggle names {len(self._known)} so that they are known again"
        if newer:
            yield f"Kaggle has newer versions than before of {', '.join(newer)}"
        if dead := self.dead():
            yield f"Kaggle has no longer {', '.join(sorted(dead))}"


def _present(
    before: _Known | None, listed: Mapping[str, Variation], match: Variation | None, models: Models
) -> _Known | None:
    """What a handle is now; None where it was never found."""
    variation = match if before is None else listed.get(before.variation, match)
    if variation is not None:
        return _Known(variation.name, variation.version)
    if before is None:
        return None
    return _Known(before.variation, before.version, gone=not models.has(before.variation))


def _matcher(listed: Iterable[Variation]) -> Callable[[str], Variation | None]:
    """Finds the one variation that is a handle's, None where there is none or several may be."""
    by_address: dict[str, list[Variation]] = defaultdict(list)
    by_words: dict[frozenset[str], list[Variation]] = defaultdict(list)
    for variation in listed:
        for handle in {address.rstrip("/") for address in _ADDRESS.findall(variation.text)}:
            by_address[handle].append(variation)
        by_words[_words(variation.name)].append(variation)

    def match(handle: str) -> Variation | None:
        words = _words(handle)
        for found in (by_address.get(handle), by_words.get(words), by_words.get(words - _COLLECTIONS)):
            if found:
                return found[0] if len(found) == 1 else None
        return None

    return match


def _words(name: str) -> frozenset[str]:
    """The words of a name below its owner."""
    return frozenset(re.findall(r"[a-z0-9.+]+", name.partition("/")[2].lower()))


def _read(path: Path) -> dict[str, _Known]:
    try:
        found = {str(name): _Known(**known) for name, known in json.loads(path.read_bytes()).items()}
        return {name: known for name, known in found.items() if isinstance(known.version, int)}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
