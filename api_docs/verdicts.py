"""What can be said against a call: the reasons, and one problem."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Reason(StrEnum):
    """Why a call was refused; `VERIFIED` when it was not."""

    VERIFIED = "verified"
    NO_CALL = "no_call"
    NOT_A_CALL = "not_a_call"
    UNKNOWN_CALLEE = "unknown_callee"
    UNKNOWN_API = "unknown_api"
    WRONG_IDENTITY = "wrong_identity"
    UNKNOWN_ARGUMENT = "unknown_argument"
    REPEATED_ARGUMENT = "repeated_argument"
    MISSING_ARGUMENT = "missing_argument"
    WRONG_TYPE = "wrong_type"
    WRONG_VALUE = "wrong_value"
    UNSAFE_VALUE = "unsafe_value"


class Problem(BaseModel):
    """One thing that is wrong with a call."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Reason
    message: str
    argument: str | None = None


def problem(reason: Reason, argument: str | None, message: str) -> Problem:
    """A problem; `argument` names what it is about."""
    return Problem(reason=reason, argument=argument, message=message)


def short(source: str) -> str:
    """Source text of a call as a message quotes it."""
    return source if len(source) <= 120 else f"{source[:117]}…"
