"""Folds grouped by API, so that what was trained on some APIs is measured on others.

What loads the same, is another version of it or bears its name is never on both sides. Which fold an API has
follows from a hash: it stays the same when docs are added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from api_docs.catalogue import Catalogue, Identity
from finetune.dataset.splits import groups

FOLDS: Final = 5


def folds_by_api(catalogue: Catalogue, count: int = FOLDS, seed: int = 0) -> dict[Identity, int]:
    """The fold, from 0, of every API of a catalogue."""
    found: dict[Identity, int] = {}
    for group in groups(catalogue):
        identities = [catalogue.entry(doc_id).identity for doc_id in group]
        number = fold_of(min(map(repr, identities)), count, seed)
        found.update(dict.fromkeys(identities, number))
    return found


def fold_of(key: str, count: int = FOLDS, seed: int = 0) -> int:
    """The fold, from 0, of a key."""
    digest = hashlib.sha256(f"{seed}\n{key}".encode()).digest()
    return int.from_bytes(digest[:8]) % count


def in_folds(folds: Sequence[int | None], values: Sequence[float], count: int = FOLDS) -> list[float | None]:
    """The mean of the values of each fold, None of none; values without a fold are left out."""
    by_fold: list[list[float]] = [[] for _ in range(count)]
    for fold, value in zip(folds, values, strict=True):
        if fold is not None:
            by_fold[fold].append(value)
    return [sum(found) / len(found) if found else None for found in by_fold]
