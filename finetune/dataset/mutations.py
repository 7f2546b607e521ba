"""Docs of APIs that could be, made from those that are: so that a model learns to read and not to remember.

A changed doc has another entrypoint, owner, model id, address or loading function, and sometimes other
arguments or defaults. It holds together: name, id, call, example and text say the same, its call verifies,
and the call that the real doc has does not verify against it any more. Whatever is new is made up, and is no
identifier of the catalogue. What is asked something (requests, tools) stays as it is: its documents' words
are what it is chosen by.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from api_docs.call import Call, literal
from api_docs.catalogue import Catalogue, Entry, repository, text_of
from api_docs.errors import CallError, InvalidDoc
from api_docs.models import ApiDoc, Argument, ArgumentType, Fact, Hub
from api_docs.verification import check_call, check_doc
from finetune.dataset.made_up import MadeUp
from finetune.dataset.renaming import renaming
from finetune.dataset.splits import telling
from service.generators.arguments import FAMILIES

_OF_THE_LIBRARY: Final = ("library", "framework")
"""Facts that follow from which function loads a model."""
_TRIES: Final = 4
"""Changes that are tried on a doc until one holds together."""
_ORDINARY: Final = re.compile(r"[a-z]+")
"""A name that may be a word of a sentence, where nothing is to be replaced."""
_HANDLE: Final = re.compile(r"(?P<site>https?://[^/]+/)(?P<owner>[^/]+)/(?P<path>.+?)(?P<version>/\d+)?")
_MODEL_ID: Final = re.compile(r"(?P<site>hf[-_]hub:)?(?P<owner>[\w.-]+)/(?P<path>[\w.-]+)(?P<version>)")


class Kind(StrEnum):
    """What changes."""

    ENTRYPOINT = "another entrypoint"
    OWNER = "another owner"
    MODEL = "another model id"
    VERSION = "another version"
    LOADER = "another loading function"
    RENAMED = "a renamed argument"
    REMOVED = "a removed argument"
    ADDED = "an added argument"
    DEFAULT = "another default"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A changed doc, taken apart, and what changed."""

    entry: Entry
    kinds: tuple[Kind, ...]


class Names:
    """What new identifiers are made of, from the docs of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        paths = [doc.id.partition(":")[2].partition("#")[0] for doc in catalogue.docs]
        real = {name for entry in catalogue.entries for name in telling(entry)} | set(paths)
        self.real: Final = frozenset(real)
        parts = {part for name in real for part in re.split(r"[/:]", name) if len(part) > 2}
        owners = sorted({path.partition("/")[0] for path in paths if "/" in path})
        arguments = sorted({one.name.lstrip("*") for doc in catalogue.docs for one in doc.arguments})
        self.models = MadeUp(real | parts)
        self.owners = MadeUp(real | parts, owners)
        self.arguments = MadeUp(arguments, [*arguments, *_ARGUMENT_SHAPES])
        by_id = {entry.call.callee: entry for entry in catalogue.entries if _loads_by_id_alone(entry)}
        self.loaders = [by_id[callee] for callee in sorted(by_id)]


_ARGUMENT_SHAPES: Final = (
    *("window_size", "num_heads", "beam_width", "sample_rate", "use_cache", "frame_skip", "patch_len"),
    *("drop_rate", "hidden_dim", "keep_ratio", "max_depth", "warm_start", "level", "seed"),
)
"""Beside those of the catalogue, so that there are some where it documents none."""


@dataclass(slots=True)
class _Draft:
    """A doc while it changes: its call and arguments as they are now, and which texts became which."""

    entry: Entry
    call: Call
    arguments: list[Argument]
    renamed: dict[str, str] = field(default_factory=dict)
    loaded_like: ApiDoc | None = None  # whose loading function it has, and so whose library

    def set_argument(self, name: str, value: str) -> None:
        """Give a keyword argument another value, in its place or at the end."""
        keywords = tuple({**dict(self.call.keywords), name: value}.items())
        self.call = replace(self.call, keywords=keywords)


_Change = Callable[[_Draft, Names, random.Random], bool]
"""Changes a draft; False where the kind doesn't apply to it."""


def mutate(entry: Entry, names: Names, draw: random.Random) -> Mutation | None:
    """A changed doc, None where it is asked something or no change held together.

    One change at least of what identifies the API, mostly two or three in all; of the arguments one more in a
    third of the cases.
    """
    if entry.takes_inputs:
        return None
    for _ in range(_TRIES):
        draft = _Draft(entry, entry.call, list(entry.doc.arguments))
        kinds = [kind for kind in _drawn(draft, draw) if _CHANGES[kind](draft, names, draw)]
        if kinds and (changed := _finished(draft, names)) is not None:
            return Mutation(changed, tuple(kinds))
    return None


def _drawn(draft: _Draft, draw: random.Random) -> Iterator[Kind]:
    """Which kinds are tried, in order: arguments first, for a new loading function takes none along."""
    if draft.arguments and draw.random() < 0.5:
        yield draw.choice((Kind.RENAMED, Kind.RENAMED, Kind.REMOVED, Kind.DEFAULT))
    if draw.random() < 0.15:
        yield Kind.ADDED
    if draw.random() < 0.15:
        yield Kind.LOADER
    identity = [Kind.ENTRYPOINT, Kind.MODEL, Kind.OWNER, Kind.VERSION]
    first = draw.choice((Kind.ENTRYPOINT, Kind.ENTRYPOINT, Kind.OWNER))
    for kind in identity:
        # Torch hubs have entrypoints and the others have model ids, so one of both is always tried.
        if kind in (first, Kind.MODEL) or draw.random() < 0.5:
            yield kind


def _finished(draft: _Draft, names: Names) -> Entry | None:
    """The changed doc, if it holds together and is another API, and none of the catalogue's."""
    try:
        changed = check_doc(_written(draft))
    except (InvalidDoc, CallError, ValueError):
        return None
    # Parts that are made up by themselves may make a real name together: efficientdet/d0 is one away from d1.
    if any(name in names.real for name in telling(changed) if name not in telling(draft.entry)):
        return None
    return changed if check_call(draft.entry.call, changed) is not None else None


# --- what identifies the API ------------------------------------------------------------------------------


def _other_entrypoint(draft: _Draft, names: Names, draw: random.Random) -> bool:
    """Of torch.hub; where a further argument chooses the model, that one changes, too."""
    if not draft.entry.loader.forwards:
        return False
    identifying = draft.entry.identifying
    for name in identifying:
        old = text_of(identifying[name])
        if name == "repo_or_dir" or (name != "model" and (_is_a_word(old) or draw.random() < 0.5)):
            continue
        draft.renamed[old] = names.models.like(old, draw)
    return True


def _other_owner(draft: _Draft, names: Names, draw: random.Random) -> bool:
    """The repository, model or publisher is somebody else's."""
    if draft.entry.loader.forwards:
        repo, _ = repository(draft.entry.identifying["repo_or_dir"])
        _, slash, name = repo.partition("/")
        if not slash:
            return False
        # A repository that moves is sometimes renamed as well.
        moved = names.models.like(name, draw) if draw.random() < 0.5 else name
        draft.renamed[repo] = f"{names.owners.name(draw)}/{moved}"
        return True
    return _with_another(draft, "owner", lambda _: names.owners.name(draw))


def _other_model(draft: _Draft, names: Names, draw: random.Random) -> bool:
    """The model has another id or path; torch.hub's have entrypoints."""
    if draft.entry.loader.forwards:
        return False
    if _with_another(draft, "path", lambda path: names.models.like(path, draw)):
        return True
    # Ids without an owner, and names of files.
    found = [name for name in telling(draft.entry) if not _is_a_word(name)]
    for name in found:
        draft.renamed[name] = names.models.like(name, draw)
    return bool(found)


def _other_version(draft: _Draft, names: Names, draw: random.Random) -> bool:
    """The address ends with another version, or the repository stands at another tag."""
    if draft.entry.loader.forwards:
        repo, ref = repository(draft.entry.identifying["repo_or_dir"])
        if not ref:
            return False
        now = draft.renamed.get(repo, repo)
        draft.renamed[f"{repo}:{ref}"] = f"{now}:{names.models.like(ref, draw)}"
        return True
    return _with_another(
        draft, "version", lambda version: f"/{_another_number(version.removeprefix('/'), draw)}"
    )


def _other_loader(draft: _Draft, names: Names, draw: random.Random) -> bool:
    """Another function loads the model: TF Hub's other one, or one of those that take an id alone."""
    entry, call = draft.entry, draft.call
    if entry.loader.library == "tensorflow-hub":
        other = "hub.KerasLayer" if call.callee == "hub.load" else "hub.load"
        draft.call = Call(other, call.positional[:1])
        return True
    found = telling(entry)
    if entry.doc.hub != Hub.HUGGINGFACE or not found or not names.loaders:
        return False
    other_doc = draw.choice(names.loaders)
    if other_doc.call.callee == call.callee:
        return False
    draft.call = Call(other_doc.call.callee, (repr(found[0]),))
    draft.loaded_like = other_doc.doc
    return True


def _loads_by_id_alone(entry: Entry) -> bool:
    return (
        entry.doc.hub == Hub.HUGGINGFACE
        and len(entry.call.positional) == 1
        and not entry.call.keywords
        and entry.loader.identity != ()
        and text_of(entry.call.positional[0]) in telling(entry)
    )


def _with_another(draft: _Draft, part: str, other: Callable[[str], str]) -> bool:
    """Change a part of the model's id or address: `owner`, `path` or `version`."""
    for old in _ids(draft.entry):
        now = draft.renamed.get(old, old)
        match = _HANDLE.fullmatch(now) or _MODEL_ID.fullmatch(now)
        if match is None or not match[part]:
            continue
        parts = {name: match[name] or "" for name in ("site", "owner", "path", "version")}
        parts[part] = other(match[part])
        draft.renamed[old] = f"{parts['site']}{parts['owner']}/{parts['path']}{parts['version']}"
        return True
    return False


def _ids(entry: Entry) -> Iterator[str]:
    """The strings of a call that name the model, as they stand there."""
    names = telling(entry)
    for value in (*entry.call.positional, *(value for _, value in entry.call.keywords)):
        for text in re.findall(r"'([^'\\]*)'", value):
            if any(name in text for name in names):
                yield text


def _is_a_word(text: str) -> bool:
    """Whether it is a word rather than a name, such as a language's code: what follows from it must stay."""
    return _ORDINARY.fullmatch(text) is not None and len(text) < 4


def _another_number(number: str, draw: random.Random) -> int:
    known = int(number) if number.isdigit() else 0
    return draw.choice([one for one in range(1, 10) if one != known])


# --- arguments --------------------------------------------------------------------------------------------


def _renamed_argument(draft: _Draft, names: Names, draw: random.Random) -> bool:
    """Half of them get a name that others use for the same, if there is one: people state them alike."""
    if not (free := _free(draft)):
        return False
    old = draw.choice(free)
    taken = {one.name for one in draft.arguments} | draft.entry.loader.parameters.keys()
    alike = [name for name in _same_family(old.name) if name not in taken and name != old.name]
    new = draw.choice(alike) if alike and draw.random() < 0.5 else names.arguments.argument(draw, old.name)
    if new in taken:
        return False
    draft.arguments = [one.model_copy(update={"name": new}) if one is old else one for one in draft.arguments]
    keywords = tuple((new if name == old.name else name, value) for name, value in draft.call.keywords)
    draft.call = replace(draft.call, keywords=keywords)
    return True


def _removed_argument(draft: _Draft, names: Names, draw: random.Random) -> bool:
    del names
    if not (free := _free(draft)):
        return False
    gone = draw.choice(free)
    draft.arguments = [one for one in draft.arguments if one is not gone]
    keywords = tuple((name, value) for name, value in draft.call.keywords if name != gone.name)
    draft.call = replace(draft.call, keywords=keywords)
    return True


def _added_argument(draft: _Draft, names: Names, draw: random.Random) -> bool:
    """Two thirds of them stand in the call, too."""
    name = names.arguments.argument(draw)
    if name in {one.name for one in draft.arguments} | draft.entry.loader.parameters.keys():
        return False
    kind = draw.choice((ArgumentType.INT, ArgumentType.FLOAT, ArgumentType.BOOL, ArgumentType.STR))
    value, default = (_value(kind, names, draw) for _ in range(2))
    draft.arguments.append(Argument(name=name, type=kind, default=default))
    if value != default and draw.random() < 0.67:
        draft.set_argument(name, value)
    return True


def _other_default(draft: _Draft, names: Names, draw: random.Random) -> bool:
    """The default of an argument, or what the call gives it in its place."""
    given = dict(draft.call.keywords)
    options = [one for one in _free(draft) if one.default is not None or one.name in given]
    if not options:
        return False
    old = draw.choice(options)
    new = _like(given.get(old.name) or old.default or "", old.type, names, draw)
    if new is None:
        return False
    if old.name in given:
        draft.set_argument(old.name, new)
        return True
    draft.arguments = [
        one.model_copy(update={"default": new}) if one is old else one for one in draft.arguments
    ]
    return True


def _free(draft: _Draft) -> list[Argument]:
    """The arguments that may change: none that identifies the API, that the loader has too, or that the call
    gives by position."""
    entry = draft.entry
    fixed = {*entry.identifying, *entry.loader.parameters} | (
        entry.bound.values.keys() - dict(entry.call.keywords)
    )
    return [one for one in draft.arguments if one.name not in fixed and not one.name.startswith("*")]


def _same_family(name: str) -> list[str]:
    return [other for family in FAMILIES if name in family.arguments for other in family.arguments]


def _value(kind: ArgumentType, names: Names, draw: random.Random) -> str:
    """Source text of a value of a type."""
    if kind is ArgumentType.BOOL:
        return draw.choice(("True", "False"))
    if kind is ArgumentType.INT:
        return str(draw.choice((draw.randint(1, 16), 2 ** draw.randint(4, 10), draw.randint(1, 999))))
    if kind is ArgumentType.FLOAT:
        return repr(draw.choice((draw.randint(1, 99) / 100, draw.randint(1, 40) / 4)))
    return repr(names.arguments.name(draw))


def _like(value: str, kind: ArgumentType, names: Names, draw: random.Random) -> str | None:
    """Source text of another value in the manner of one, None where it is none that others could take."""
    try:
        known = literal(value)
    except ValueError:
        return None
    if isinstance(known, str):
        # Languages, devices and the like mean something; names of weights and variants may be any.
        return (
            None if _is_a_word(known) or kind is ArgumentType.DEVICE else repr(names.models.like(known, draw))
        )
    kinds = {bool: ArgumentType.BOOL, int: ArgumentType.INT, float: ArgumentType.FLOAT}
    wanted = kinds.get(type(known))
    if wanted is None:
        return None
    new = _value(wanted, names, draw)
    return new if new != value else None


_CHANGES: Final[Mapping[Kind, _Change]] = {
    Kind.ENTRYPOINT: _other_entrypoint,
    Kind.OWNER: _other_owner,
    Kind.MODEL: _other_model,
    Kind.VERSION: _other_version,
    Kind.LOADER: _other_loader,
    Kind.RENAMED: _renamed_argument,
    Kind.REMOVED: _removed_argument,
    Kind.ADDED: _added_argument,
    Kind.DEFAULT: _other_default,
}


# --- the doc anew -----------------------------------------------------------------------------------------


def _written(draft: _Draft) -> ApiDoc:
    """The doc with its new call and arguments, and new names wherever it says the old ones."""
    doc, owners = draft.entry.doc, _owners(draft)
    renamed = {**_parts(draft.renamed), **draft.renamed}
    call = renaming(draft.call.render(), renamed, quoted=True)
    prose = {old: new for old, new in renamed.items() if not _ORDINARY.fullmatch(old)} | owners

    def told(text: str) -> str:
        return renaming(text, prose)

    found: dict[str, Any] = doc.model_dump(exclude={"content_hash"}) | {
        "id": f"{doc.hub}:{renaming(doc.id.partition(':')[2], renamed)}",
        "name": renaming(doc.name, renamed),
        "call": call,
        "arguments": [one.model_dump() for one in draft.arguments],
        "example": _example(draft, call, renamed),
        "functionality": told(doc.functionality),
        "description": told(doc.description),
        "source_url": told(doc.source_url) if doc.source_url else None,
        "source_revision": None,
        "facts": {name: _retold(fact, told) for name, fact in doc.facts.items()},
    }
    if draft.loaded_like is not None:
        other = draft.loaded_like
        found["environment"] = other.environment
        own = {name: fact for name, fact in found["facts"].items() if name not in _OF_THE_LIBRARY}
        theirs = {name: other.facts[name] for name in _OF_THE_LIBRARY if name in other.facts}
        found["facts"] = own | theirs
    return ApiDoc.model_validate(found)


def _retold(fact: Fact, told: Callable[[str], str]) -> Fact:
    if isinstance(fact, tuple):
        return tuple(map(told, fact))
    return told(fact) if isinstance(fact, str) else fact


def _owners(draft: _Draft) -> dict[str, str]:
    """The publisher's old name and new one, where it is that of the model's owner."""
    publisher = draft.entry.doc.facts.get("publisher")
    for old, new in draft.renamed.items():
        before, after = _owner(old), _owner(new)
        if isinstance(publisher, str) and before != after and publisher.casefold() == before.casefold():
            return {publisher: after}
    return {}


def _owner(name: str) -> str:
    match = _HANDLE.fullmatch(name) or _MODEL_ID.fullmatch(name.partition(":")[0] or name)
    return match["owner"] if match is not None else ""


def _parts(renamed: Mapping[str, str]) -> dict[str, str]:
    """Ids and addresses without site and version, and their paths alone: names and ids of docs are such."""
    found = {}
    for old, new in renamed.items():
        before, after = (_HANDLE.fullmatch(text) or _MODEL_ID.fullmatch(text) for text in (old, new))
        if before is None or after is None:
            continue
        found[f"{before['owner']}/{before['path']}"] = f"{after['owner']}/{after['path']}"
        if before["path"] != after["path"] and len(before["path"]) > 3:
            found[before["path"]] = after["path"]
    return found


def _example(draft: _Draft, call: str, renamed: Mapping[str, str]) -> str:
    """The example with the new call and the new names; nothing where it says more of what is gone."""
    doc = draft.entry.doc
    example = doc.example.replace(doc.call, call).replace(draft.entry.call.render(), call)
    example = renaming(example, renamed)
    now = {one.name for one in draft.arguments}
    gone = [one.name for one in doc.arguments if one.name not in now]
    if draft.call.callee != draft.entry.call.callee:
        gone.append(draft.entry.call.callee.rpartition(".")[2])
    return "" if any(re.search(rf"\b{re.escape(name)}\b", example) for name in gone) else example
