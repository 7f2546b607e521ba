"""What the answers before and after a change are worth, and what is said of the call from before.

The changed doc itself says what is right: the call has to verify against it, and not against what it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from api_docs.call import Call, parse_call
from api_docs.catalogue import Catalogue, entry_of
from api_docs.models import Hub
from api_docs.verification import Verification, check_call, verify
from evaluation.refresh.changes import Change
from evaluation.refresh.choosing import Answer, Case


@dataclass(frozen=True, slots=True)
class Judged:
    """One case with what was answered, and what that is worth.

    `missed` says why the answer did not follow, empty where it did. `old_call_refused` and `names_the_new`
    are None of a new model, which had no call before.
    """

    case: Case
    before: Answer
    after: Answer
    missed: str
    old_call_refused: bool | None = None
    names_the_new: bool | None = None
    verdict: str = ""

    def row(self) -> dict[str, Any]:
        """For the file."""
        change = self.case.change
        return {
            "change": change.kind.value,
            "hub": change.after.hub,
            "doc": change.before.id if change.before is not None else None,
            "doc_now": change.after.id,
            "docs_changed": len(change.docs),
            "argument": asdict(change.argument) if change.argument is not None else None,
            "instruction": self.case.instruction,
            "lead": round(self.case.lead, 3),
            "call_before": self.before.call,
            "call_after": self.after.call,
            "followed": not self.missed,
            "missed": self.missed or None,
            "old_call_refused": self.old_call_refused,
            "verdict_names_the_new_one": self.names_the_new,
            "verdict": self.verdict or None,
        }


def judge(case: Case, before: Answer, after: Answer, published: Catalogue, index_version: str) -> Judged:
    """What the answers before and after a change are worth; `published` is the catalogue after it."""
    change = case.change
    missed = _missed(change, before, after, index_version)
    if change.before is None or before.call is None:
        return Judged(case, before, after, missed)
    verdict = verify(before.call, published)
    return Judged(
        case, before, after, missed, not verdict.verified, _names_the_new(verdict, change), verdict.message
    )


def row_of(kind: str, judged: Sequence[Judged], passed_over: int) -> dict[str, Any]:
    """Cases in figures; `passed_over` is for how many docs no instruction was found."""
    hubs = Counter(one.case.change.after.hub for one in judged)
    had_a_call = [one for one in judged if one.old_call_refused is not None]
    return {
        "change": kind,
        "changes": len(judged),
        **{hub.value: hubs[hub] for hub in Hub},
        "docs passed over": passed_over,
        "followed": sum(not one.missed for one in judged),
        "calls of before": len(had_a_call),
        "refused now": sum(one.old_call_refused is True for one in had_a_call),
        "verdict names the new one": sum(one.names_the_new is True for one in had_a_call),
    }


def _missed(change: Change, before: Answer, after: Answer, index_version: str) -> str:
    """Why an answer did not follow a change, empty where it did."""
    if change.before is not None and before.doc_id != change.before.id:
        return f"the service answered {before.call!r} before the change"
    if change.before is None and before.doc_id == change.after.id:
        return "the model was known before"
    if after.index_version != index_version:
        return f"version {after.index_version!r} answered, not {index_version!r}"
    if after.call is None:
        return f"the answer is {after.status}"
    call = parse_call(after.call)
    if (wrong := check_call(call, entry_of(change.after))) is not None:
        return f"{after.doc_id} answered {after.call}: {wrong.message}"
    return _still_the_old(change, call, parse_call(before.call) if before.call is not None else None)


def _still_the_old(change: Change, call: Call, earlier: Call | None) -> str:
    """What of a call of the changed API is as it was before."""
    if change.before is None or earlier is None:
        return ""
    if (argument := change.argument) is None:
        same = check_call(call, entry_of(change.before)) is None
        return "the call is that of before" if same else ""
    given, before = dict(call.keywords), dict(earlier.keywords)
    if argument.name not in before:
        return f"argument {argument.name!r} was not given before the change"
    if argument.name in given:
        return f"argument {argument.name!r} is still given"
    expected = before[argument.name]
    if argument.now is not None and given.get(argument.now) != expected:
        return f"argument {argument.now!r} is {given.get(argument.now)}, expected {expected}"
    return ""


def _names_the_new(verdict: Verification, change: Change) -> bool:
    """Whether a refusal leads to the API as it is called now, and to an argument's new name."""
    if verdict.verified or verdict.nearest is None:
        return False
    leads = check_call(parse_call(verdict.nearest), entry_of(change.after)) is None
    if (argument := change.argument) is None:
        return leads
    if argument.now is None:
        return leads and argument.name not in dict(parse_call(verdict.nearest).keywords)
    return leads and (argument.now in verdict.message or argument.now in verdict.nearest)
