"""What a refresh remembers until the next one: which record each doc was made of, and what was missing.

It helps to tell a rename from a loss and to be patient with gaps. It is never needed: without it ids are all
that is known of docs, absences are counted from the start, and the next refresh remembers anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api_docs.files import write_file
from api_docs.storage import first_error

STATE = "state.json"
"""Name of the file."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HubState(_Frozen):
    """One hub, by doc id.

    `records` names the upstream's record that a doc was made of, retired ids included for as long as an alias
    leads from them: after a rollback they are docs again. `absent` counts the complete listings in a row that
    lacked a doc.
    """

    records: dict[str, str] = {}
    absent: dict[str, Annotated[int, Field(ge=1)]] = {}


class RefreshState(_Frozen):
    """All hubs, by name."""

    schema_version: Literal[1] = 1
    hubs: dict[str, HubState] = {}

    def of(self, hub: str) -> HubState:
        """What is remembered of a hub; nothing of one that is new."""
        return self.hubs.get(hub, HubState())


def read_state(path: Path) -> tuple[RefreshState, str]:
    """What was remembered, and why it is less than it should be: empty where nothing was lost."""
    try:
        return RefreshState.model_validate_json(path.read_bytes()), ""
    except FileNotFoundError:
        return RefreshState(), ""
    except (OSError, ValidationError) as exc:
        reason = first_error(exc) if isinstance(exc, ValidationError) else exc.strerror
        said = (
            f"can't read {str(path)!r} ({reason}); absences are counted anew, and renames told by calls only"
        )
        return RefreshState(), said


def write_state(path: Path, state: RefreshState) -> None:
    """Remember for the next refresh, all or nothing.

    Raises:
        StorageError: when the disk is full or read-only.
    """
    write_file(path, state.model_dump_json().encode() + b"\n")
