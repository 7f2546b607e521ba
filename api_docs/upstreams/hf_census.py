"""Which models there are, from what was kept, what is listed and what the hub says when asked by name.

Asks nobody: it says who is to be asked, and is told the answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from api_docs.sources.hf_hub import HubModel
from api_docs.sources.hf_records import lock_of
from api_docs.upstreams.hf_api import Answer
from api_docs.upstreams.hf_listing import Chosen

OUTRANKED: Final = "downloaded too seldom"
"""Why models are let go of that still exist."""

_POPULARITY: Final = ("downloads", "likes")


@dataclass(frozen=True, slots=True)
class Question:
    """A name that the hub is to be asked for, and the record that was kept of it, if any."""

    name: str
    kept: HubModel | None = None


class Census:
    """One run's count of models. `before` and `renamed` are what the folder holds."""

    def __init__(self, before: Iterable[HubModel], renamed: Mapping[str, str], chosen: Chosen) -> None:
        self.skipped: Counter[str] = Counter(chosen.skipped)
        self.gone: list[str] = []
        self.open: list[str] = []
        """Known names that nothing is known of yet: as long as there are any, absence means nothing."""
        self._before = {model.key: model for model in before}
        self._renamed = dict(renamed)
        self._locked = chosen.locked
        self._present: dict[str, HubModel] = {}
        for model in chosen.models:
            self._admit(model)

    @property
    def changed(self) -> int:
        """How many of the models are new, or were modified since they were kept."""
        return sum(
            (old := self._before.get(key)) is None or old.modified != model.modified
            for key, model in self._present.items()
        )

    def questions(self, known: Iterable[str]) -> list[Question]:
        """Who is to be asked for: known names without a record, then kept ones, asked longest ago first."""
        listed = {model.id.lower() for model in self._present.values()}
        kept = []
        for key, model in self._before.items():
            if key in self._present or key in self._locked:
                continue
            if model.id.lower() in listed:  # its name is another record's by now
                self.gone.append(model.id)
            else:
                kept.append(model)
        kept.sort(key=lambda model: (model.checked, model.id))
        answered = listed | {name.lower() for name in (*(model.id for model in kept), *self._locked.values())}
        unknown = sorted(
            name for name in set(known) if not {name.lower(), self._led(name).lower()} & answered
        )
        return [*map(Question, unknown), *(Question(model.id, model) for model in kept)]

    def told(self, question: Question, answer: Answer, day: date) -> None:
        """Take an answer in."""
        model = None if answer.body is None else HubModel(answer.body, day, listed=False)
        why = answer.why if model is None else lock_of(model.body)
        same = model is not None and (question.kept is None or question.kept.key == model.key)
        if why == "gone" or (model is not None and not same):
            self.gone.append(question.name)
        elif why:
            self.skipped[why] += 1
        if model is None or lock_of(model.body):
            return
        if model.key not in self._present:
            self._admit(model)
        if same and model.id != question.name:
            self._renamed[question.name] = model.id

    def unasked(self, question: Question) -> None:
        """Leave somebody as they were."""
        if question.kept is None:
            self.open.append(question.name)
        elif question.kept.key not in self._present:
            self._present[question.kept.key] = replace(question.kept, listed=False)

    def models(self, kept: int) -> list[HubModel]:
        """All models, the listed first; of the others the `kept` most downloaded."""
        listed = [model for model in self._present.values() if model.listed]
        others = [model for model in self._present.values() if not model.listed]
        others.sort(key=lambda model: (-model.downloads, model.id))
        if len(others) > kept:
            self.skipped[OUTRANKED] += len(others) - kept
        return [*listed, *others[:kept]]

    def names(self, models: Iterable[HubModel]) -> dict[str, str]:
        """Former name → present name, of these models."""
        present = {model.id.lower() for model in models}
        led = {old: self._led(old) for old in self._renamed if old.lower() not in present}
        return {old: new for old, new in led.items() if new.lower() in present}

    def _admit(self, model: HubModel) -> None:
        before = self._before.get(model.key)
        if before is not None and before.id != model.id:
            self._renamed[before.id] = model.id
        self._present[model.key] = _settled(before, model)

    def _led(self, name: str) -> str:
        """Where a name leads, through every renaming since."""
        seen = {name}
        while (following := self._renamed.get(name, name)) not in seen:
            seen.add(name := following)
        return name


def _settled(before: HubModel | None, now: HubModel) -> HubModel:
    """A model as it is now; its popularity as it was, unless that changed by more than a half.

    Downloads move every night, of every model. Taken as they come they would change every doc, and a report
    of what changed would name them all.
    """
    if before is None or before.modified != now.modified:
        return now
    body: dict[str, Any] = dict(now.body)
    for name in _POPULARITY:
        old, new = before.body.get(name), body.get(name)
        if isinstance(old, int) and isinstance(new, int) and abs(new - old) * 2 <= old:
            body[name] = old
    return replace(now, body=body)
