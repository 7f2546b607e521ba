"""Which docs have what is preferred: the docs' facts → how well each doc serves a wish.

A preference orders docs of the leading domain whose scores are near the best and which are as much about the
subject; it brings no other domain and nothing far. Knows nothing about words, nor how scores come about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from api_docs.models import ApiDoc
from api_docs.pacing import paced
from retriever.bm25 import Scores
from retriever.wishes import HUBS, Preference, Wish

Rows = NDArray[np.int64]

UNKNOWN: Final = 0.5
"""How well a doc without the fact serves a preference: as one in the middle of those that have it. It comes
before whatever plainly contradicts, and behind whatever plainly serves."""
WINDOW: Final = 0.1
"""Docs whose score is so near to the best are put in another order by a figure."""
HUB_WINDOW: Final = 0.2
"""The same for a hub, which is named on purpose and by its name."""
SUBJECT_WINDOW: Final = 0.08
"""Docs whose likeness to what an instruction says besides preferences is so near to the best doc's are as
much about it. The words of preferences bring docs near that are small, or of TensorFlow, whatever else they
do; without them, what is for flowers stands out. Chosen on the choosing half of the questions, where all from
0.075 to 0.085 give the same figures."""
WORDS_ALONE: Final = 0.7
"""What windows are multiplied by where no vectors are heard: scores lie closer together there."""
_BYTES_PER_PARAMETER: Final = 4
_COMPARABLE: Final = 3
"""So many docs have a figure on one data set before it orders them."""
_HIGHER: Final = re.compile(
    r"accuracy|^top-\d$|\bm?ap\b|^map_at|\bf1\b|exact match|rouge|bleu|chr-?f|iou|^si_sdr|^s[dia]r|^stoi"
    r"|spearman|pearson|v_measure|^ndcg|^mrr|^recall|^precision|^delta\d|^r2$|inception score"
)
_LOWER: Final = re.compile(
    r"error|\bwer\b|\bcer\b|\bfid\b|^loss$|^(?:log )?(?:rmse|mae)$|^mse$|^rmsle$|^abs rel$"
)


class Preferring:
    """Which docs of a catalogue serve which preference, read once; docs of one call share what is known.

    `call_of` and `task_of` number each row's call and domain.
    """

    def __init__(self, docs: Sequence[ApiDoc], call_of: Rows, task_of: Rows) -> None:
        self._task_of = task_of
        self._dead = np.fromiter((not doc.alive for doc in docs), bool, len(docs))
        self._languages = [_codes(doc.facts.get("language")) for doc in paced(docs)]
        size, operations, downloads, likes, year = _facts(docs, call_of)
        small = _standing(-size, task_of)
        fast = _first_known(_standing(-operations, task_of), small)
        popular = _first_known(_standing(downloads, task_of), _standing(likes, task_of))
        self._standings: dict[Preference, Scores] = {
            Preference.SMALLEST: small,
            Preference.LARGEST: 1 - small,
            Preference.FASTEST: fast,
            Preference.MOST_ACCURATE: _shared(_accuracies(docs, task_of), call_of),
            Preference.MOST_POPULAR: popular,
            Preference.NEWEST: _standing(year, task_of),
        }
        for hub in HUBS:
            self._standings[hub] = np.fromiter((doc.hub == hub for doc in docs), np.float32, len(docs))

    def standing(self, preference: Preference) -> Scores:
        """How well each doc serves it among those of its domain: 1 best, 0 worst, nan unknown; (rows,)."""
        return self._standings[preference]

    def lift(self, wish: Wish, rows: Rows, scores: Scores, best: int, about: Scores | None) -> Scores:
        """What a wish adds to the scores of candidates, shape (rows,): nothing to most.

        `best` is the place of the best candidate, whose domain all that is lifted has; `about` is how like
        the candidates are to the wish's subject, None where no vectors are heard. Translations that go the
        right way come before others; then docs of the hub, by so much that figures choose among them; a
        figure adds up to twice its window, so that what serves it best comes before whatever is unknown.
        """
        scale = WORDS_ALONE if about is None else 1.0
        window, hub_window = scale * WINDOW, scale * HUB_WINDOW
        near = (self._task_of[rows] == self._task_of[rows[best]]) & (
            self._dead[rows] == self._dead[rows[best]]
        )
        near &= scores >= scores[best] - hub_window
        places = np.flatnonzero(near)
        rows, before = rows[places], scores[places]
        after = before.copy()
        fits = np.fromiter((_fits(self._languages[row], wish) for row in rows.tolist()), bool, len(rows))
        if wish.direction is not None:
            after += np.where(fits & (before >= before.max() - window), window, 0)
        first = int(after.argmax())
        # A preference brings nothing that speaks other languages, where the best doc speaks the right ones.
        leading = fits if fits[first] else np.ones_like(fits)
        if about is not None:
            leading &= about[places] >= about[places[first]] - SUBJECT_WINDOW
        for hub in HUBS.intersection(wish.preferences):
            after += (hub_window + window) * np.where(leading, self._standings[hub][rows], 0)
        if figures := [self._standings[one][rows] for one in wish.preferences if one not in HUBS]:
            leading &= after >= after[leading].max() - window
            after += 2 * window * np.where(leading, np.nan_to_num(figures, nan=UNKNOWN).mean(axis=0), 0)
        lifted = np.zeros(len(scores), dtype=np.float32)
        lifted[places] = after - before
        return lifted


def _fits(languages: tuple[str, ...], wish: Wish) -> bool:
    """Whether a doc of these languages speaks those that are wanted: English, where none is named."""
    if not languages or not wish.languages:
        return not wish.languages and (not languages or "en" in languages or "multilingual" in languages)
    if wish.direction is not None and len(languages) == 2:
        return languages == wish.direction
    return wish.languages <= frozenset(languages) or "multilingual" in languages


def _facts(docs: Sequence[ApiDoc], call_of: Rows) -> list[Scores]:
    """Size in parameters, floating-point operations, downloads, likes and year, nan where nobody says."""
    numbers = np.full((5, len(docs)), np.nan)
    for row, doc in enumerate(paced(docs)):
        facts = doc.facts
        megabytes = _number(facts.get("size_mb"))
        said = (
            _number(facts.get("parameters")),
            _number(facts.get("flops_g")),
            _number(facts.get("downloads")),
            _number(facts.get("likes")),
            _number(facts.get("year")),
        )
        numbers[:, row] = said
        if np.isnan(said[0]):
            numbers[0, row] = megabytes * 1e6 / _BYTES_PER_PARAMETER
    return [_shared(of_rows, call_of) for of_rows in numbers]


def _codes(fact: object) -> tuple[str, ...]:
    """Codes of languages without their regions: `zh-cn` is `zh`."""
    return tuple(code.partition("-")[0] for code in fact) if isinstance(fact, tuple) else ()


def _number(fact: object) -> float:
    return float(fact) if isinstance(fact, int | float) else np.nan


def _shared(known: Scores, call_of: Rows) -> Scores:
    """Numbers of rows, each that has none with that of the first row of its call that has one."""
    of_calls = np.full(int(call_of.max(initial=-1)) + 1, np.nan)
    rows = np.flatnonzero(~np.isnan(known))[::-1]
    # From the end on: of several values for one call the first one stays.
    of_calls[call_of[rows]] = known[rows]
    return _first_known(known, of_calls[call_of])


def _first_known(first: Scores, second: Scores) -> Scores:
    return np.where(np.isnan(first), second, first)


def _standing(numbers: Scores, group_of: Rows) -> Scores:
    """The share of the others of its group that a row is above, ties counting half; nan where unknown."""
    standing = np.full(len(numbers), np.nan)
    known = np.flatnonzero(~np.isnan(numbers))
    order = known[np.argsort(group_of[known], kind="stable")]
    groups = group_of[order]
    for rows in np.split(order, np.flatnonzero(np.diff(groups)) + 1):
        if len(rows) > 1:
            _, place, counts = np.unique(numbers[rows], return_inverse=True, return_counts=True)
            below = np.cumsum(counts) - counts
            standing[rows] = (below + (counts - 1) / 2)[place] / (len(rows) - 1)
    return standing


def _accuracies(docs: Sequence[ApiDoc], task_of: Rows) -> Scores:
    """How well each doc does beside others of its domain on the same data set and metric, on average."""
    figures: dict[tuple[int, str, str], list[tuple[int, float]]] = {}
    for row, doc in enumerate(paced(docs)):
        for dataset, values in doc.performance.items():
            for metric, value in values.items():
                sign = _direction(metric.casefold())
                if sign and isinstance(value, float):
                    key = (int(task_of[row]), dataset.casefold(), metric.casefold())
                    figures.setdefault(key, []).append((row, sign * value))
    total, count = np.zeros(len(docs)), np.zeros(len(docs))
    for each in figures.values():
        if len(each) >= _COMPARABLE:
            rows = np.array([row for row, _ in each])
            total[rows] += _standing(np.array([value for _, value in each]), np.zeros(len(each), np.int64))
            count[rows] += 1
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _direction(metric: str) -> int:
    """1 where more is better, −1 where less is, 0 where nobody knows."""
    return -1 if _LOWER.search(metric) else int(bool(_HIGHER.search(metric)))
