"""What the Hugging Face hub said of its models, as a folder: where it lies, and reading it.

The upstream writes the folder, the source reads it, and both know its layout from here: one line a model with
the hub's own answer, the model cards by record and revision, and the names that models had before. A record
is known by the hub's internal `_id`, which stays when a model is renamed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import orjson

from api_docs.errors import InvalidDoc, SourceError
from api_docs.files import translated, write_file
from api_docs.sources.base import MAX_FILE_BYTES, Quarantined
from api_docs.sources.hf_records import ModelRecord, Records, from_api, from_card, merge
from api_docs.sources.model_cards import parse_card

FOLDER: Final = "hf_hub"
"""The name of the folder, in the one that a source reads."""

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9]")
_REVISION_SHOWN: Final = 12  # characters of a commit that tell it from all others of a repository


@dataclass(frozen=True, slots=True)
class HubModel:
    """One model as the hub told of it.

    `body` is the hub's answer, `checked` the day on which it last said so, `listed` whether the listing
    showed it then; the others were asked for by name.
    """

    body: Mapping[str, Any]
    checked: date
    listed: bool = True

    @property
    def id(self) -> str:
        """The present name, `owner/name`."""
        return _text(self.body.get("id") or self.body.get("modelId"))

    @property
    def key(self) -> str:
        """What identifies the record at the hub, whatever the model is called."""
        return _text(self.body.get("_id")) or f"id:{self.id.lower()}"

    @property
    def revision(self) -> str:
        """The commit."""
        return _text(self.body.get("sha"))

    @property
    def modified(self) -> str:
        """When it last changed, as the hub writes it: such texts sort by time."""
        return _text(self.body.get("lastModified"))

    @property
    def downloads(self) -> int:
        """Of the last thirty days."""
        value = self.body.get("downloads")
        return value if isinstance(value, int) else 0


class HubFolder:
    """The folder at `path`, there or not; its files are whole or not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._models = path / "models.jsonl"
        self._renamed = path / "renamed.json"
        self._cards = path / "cards"

    def models(self) -> list[HubModel]:
        """All models, in the order in which they were written; none where there is no such folder.

        Raises:
            SourceError: when what lies there is not what was written.
        """
        found = []
        for number, line in enumerate(_read(self._models).splitlines(), start=1):
            try:
                entry = orjson.loads(line)
                checked = date.fromisoformat(entry["checked"])
                found.append(HubModel(dict(entry["body"]), checked, bool(entry["listed"])))
            except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as exc:
                raise SourceError(
                    f"{str(self._models)!r}, line {number}: {exc}; expected a model. Remove the file: "
                    "the next refresh fetches it again"
                ) from exc
        return found

    def renamed(self) -> dict[str, str]:
        """Former name → present name.

        Raises:
            SourceError: when what lies there is not what was written.
        """
        data = _read(self._renamed)
        try:
            return {str(old): str(new) for old, new in dict(orjson.loads(data)).items()} if data else {}
        except (orjson.JSONDecodeError, TypeError, ValueError) as exc:
            raise SourceError(
                f"{str(self._renamed)!r}: {exc}; expected names by former name. Remove the file"
            ) from exc

    def write(self, models: Iterable[HubModel], renamed: Mapping[str, str]) -> None:
        """Put these in place of what lies there.

        Raises:
            StorageError: when the disk is full or read-only.
        """
        lines = [
            orjson.dumps({"body": model.body, "checked": model.checked, "listed": model.listed})
            for model in models
        ]
        # Names first: a reader between the two finds a name that leads nowhere yet, which does no harm.
        write_file(self._renamed, orjson.dumps(renamed, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2))
        write_file(self._models, b"".join(line + b"\n" for line in lines))

    def card_file(self, model: HubModel) -> Path:
        """Where the card of a model's present revision lies, or will; empty where the model has none."""
        return self._cards / f"{_plain(model.key)}-{_plain(model.revision)[:_REVISION_SHOWN]}.md"

    def tidy_cards(self, models: Iterable[HubModel]) -> None:
        """Throw away cards of models that are no more, and those that have a newer one.

        Raises:
            StorageError: when the disk is read-only.
        """
        kept = set()
        for model in models:
            present = self.card_file(model)
            kept.add(present if present.is_file() else self.cards_by_record.get(_plain(model.key)))
        with translated(self._cards):
            for path in self._cards.glob("*"):
                if path not in kept:
                    path.unlink(missing_ok=True)

    @cached_property
    def cards_by_record(self) -> dict[str, Path]:
        """Any card that lies here, by record: an older one where the present revision's was not fetched."""
        return {path.name.rpartition("-")[0]: path for path in sorted(self._cards.glob("[!.]*.md"))}

    def card(self, model: HubModel) -> str | None:
        """The text of a model's card, an older one where the present one isn't here; None where it has none.

        Raises:
            InvalidDoc: when it is no text, or too large.
        """
        present = self.card_file(model)
        path = present if present.is_file() else self.cards_by_record.get(_plain(model.key))
        data = b"" if path is None else _read(path)
        if len(data) > MAX_FILE_BYTES:
            raise InvalidDoc(f"the card has {len(data)} bytes; at most {MAX_FILE_BYTES} are read")
        try:
            return data.decode("utf-8-sig") or None
        except UnicodeDecodeError as exc:
            raise InvalidDoc(f"the card is not UTF-8 text: {exc.reason} at byte {exc.start}") from exc


def read_hub(path: Path) -> Records:
    """The models of a folder that was fetched from the hub, with their cards; a broken card is set aside.

    Raises:
        SourceError: when what lies there is not what was written.
    """
    folder = HubFolder(path)
    records = Records(renamed=folder.renamed())
    for model in folder.models():
        try:
            record = from_api(_with_figures(model.body))
        except InvalidDoc as exc:
            records.quarantined.append(Quarantined(model.id or model.key, str(exc)))
            continue
        try:
            text = folder.card(model)
            records.found.append(record if text is None else _with_card(record, text))
        except InvalidDoc as exc:
            records.quarantined.append(Quarantined(f"{model.id}, README.md", str(exc)))
            records.found.append(record)
    return records


def _with_card(record: ModelRecord, text: str) -> ModelRecord:
    """What the hub told, and what only the card tells. A card need not have metadata: the hub has its own."""
    text = text.replace("\r\n", "\n")
    if not text.lstrip().startswith("---") and "{{" not in text[:200]:
        return replace(record, text=text.strip())
    card = parse_card(text)
    return merge([record, replace(from_card(record.id, card.meta), text=card.text.strip())])


def _with_figures(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The hub takes a card's `model-index` out of its metadata; back where cards have it."""
    card, index = body.get("cardData"), body.get("model-index")
    if not isinstance(index, list):
        return body
    return {**body, "cardData": {**(card if isinstance(card, Mapping) else {}), "model-index": index}}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as exc:
        raise SourceError(f"can't read {str(path)!r}: {exc}; make it readable, or remove it") from exc


def _plain(text: str) -> str:
    """As part of a file's name."""
    return _UNSAFE.sub("_", text)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
