"""What may happen to an API upstream: five kinds of change, made to docs of a catalogue.

A change says what the asked doc becomes, what other docs change with it (all entrypoints of a repository that
moves, all that are loaded by an entrypoint that is renamed), and what nobody may say who asks for it. Names
that did not exist before are made up. Works on docs; knows nothing about indexes, services or instructions.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from api_docs.call import Call
from api_docs.catalogue import Catalogue, Entry, repository, text_of
from api_docs.models import ApiDoc, Argument, Hub
from api_docs.snapshot_build import described
from service.generators.arguments import FAMILIES


class Kind(StrEnum):
    """What changes."""

    MODEL = "a new model"
    ENTRYPOINT = "another entrypoint"
    REPOSITORY = "another repository"
    VERSION = "a new version URL"
    ARGUMENT = "a renamed or removed argument"


@dataclass(frozen=True, slots=True)
class ArgumentChange:
    """One argument: its name before, and now, None where it is gone.

    `statement` asks for it in words where the call's template doesn't set it; else it is empty.
    """

    name: str
    now: str | None
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change upstream.

    `before` is the doc that is asked for, None of a new model, and `after` what it becomes. `docs` maps the
    ids of all docs that change to what they become. No instruction may say anything of `unsaid`.
    """

    kind: Kind
    after: ApiDoc
    docs: Mapping[str, ApiDoc]
    unsaid: frozenset[str]
    before: ApiDoc | None = None
    argument: ArgumentChange | None = None

    @property
    def asked(self) -> ApiDoc:
        """The doc that is to answer before the change; of a new model the one that is to answer after it."""
        return self.before or self.after


Make = Callable[[Entry, Catalogue, random.Random], Change | None]
"""The change of a doc, None where the kind doesn't apply to it."""

_OWNERS: Final = (
    *(
        "fernhollow",
        "quarrystone",
        "lapwingworks",
        "saltmarsh-labs",
        "brackenridge",
        "umberfield",
        "tidepool",
    ),
    *(
        "hazelcombe",
        "ironwood-collective",
        "northgable",
        "pebbleworks",
        "rookery",
        "sandpiper-labs",
        "thistledown",
    ),
)
_NAMES: Final = (
    *("alder", "basalt", "cobble", "driftwood", "ember", "feldspar", "gorse", "heron", "inkwell", "juniper"),
    *("kelp", "larkspur", "marl", "nettle", "obsidian", "plover", "quartz", "reedbed", "sorrel", "tamarisk"),
)
_RENAMED: Final[Mapping[str, str]] = {
    "bpe": "subwords",
    "channels": "in_chans",
    "classes": "n_classes",
    "dataset": "task_data",
    "device": "map_location",
    "in_channels": "in_chans",
    "language": "lang",
    "model_math": "precision",
    "model_name": "variant",
    "model_type": "variant",
    "name": "variant",
    "num_classes": "n_classes",
    "out_channels": "output_channels",
    "pretrained": "load_weights",
    "progress": "show_progress",
    "speaker": "voice",
    "tokenizer": "tokeniser",
    "topN": "top_n",
    "weights": "checkpoint",
}
"""What arguments are called after they were renamed; as libraries have called them, where they did."""
_STATEMENTS: Final[Mapping[str, str]] = {
    "num_classes": "It is to be trained for {number} classes.",
    "device": "Run it on the GPU.",
}
"""Words that ask for an argument which the template doesn't set; `arguments.FAMILIES` recognises them."""
_LOADERS: Final[tuple[tuple[str, str, str], ...]] = (
    # callee of a call, its new callee, what the new one wants gone from the model's name
    (r"pipeline", "AutoModel.from_pretrained", ""),
    (r"AutoModel\.from_pretrained", "AutoModelForPreTraining.from_pretrained", ""),
    (r"AutoModelFor\w+\.from_pretrained", "AutoModel.from_pretrained", ""),
    (r"(?:Diffusion|DDPM)Pipeline\.from_pretrained", "AutoPipelineForText2Image.from_pretrained", ""),
    (r"SentenceTransformer", "SparseEncoder", ""),
    (r"timm\.create_model", "AutoModelForImageClassification.from_pretrained", "hf_hub:"),
    (r"hub\.load", "hub.KerasLayer", ""),
    (r"hub\.KerasLayer", "hub.load", ""),
)
_VERSIONED: Final = re.compile(r"(?P<stem>https://\S+/)(?P<version>\d+)")


def new_model(entry: Entry, catalogue: Catalogue, draw: random.Random) -> Change | None:
    """The doc itself, which the catalogue before lacks."""
    del catalogue, draw
    unsaid = {entry.doc.name, _own_name(entry.doc), _path(entry.doc)}
    return Change(Kind.MODEL, entry.doc, {entry.doc.id: entry.doc}, frozenset(unsaid))


def other_entrypoint(entry: Entry, catalogue: Catalogue, draw: random.Random) -> Change | None:
    """Another entrypoint of the repository, else another function that loads the model."""
    if entry.doc.hub != Hub.TORCHHUB:
        return _other_loader(entry)
    old = text_of(entry.identifying["model"])
    new = draw.choice((f"{old}_v{draw.randint(2, 4)}", f"{draw.choice(_NAMES)}_{draw.choice(_NAMES)}"))

    def changed(doc: ApiDoc, call: Call) -> ApiDoc:
        repo, name, *variant = _path(doc).split(":")
        return _remade(
            doc,
            id=f"{doc.hub}:{':'.join((repo, new if name == old else name, *variant))}",
            name=_with_word(doc.name, old, new),
            call=replace(call, positional=(call.positional[0], repr(new), *call.positional[2:])).render(),
        )

    return _of_group(
        Kind.ENTRYPOINT, entry, _same(entry, catalogue, "repo_or_dir", "model"), changed, (old, new)
    )


def other_repository(entry: Entry, catalogue: Catalogue, draw: random.Random) -> Change | None:
    """The repository has another owner, and sometimes another name."""
    old = _repository(entry)
    if old is None:
        return None
    owner, _, name = old.partition("/")
    to_owner = draw.choice([one for one in _OWNERS if one != owner])
    # What a TF Hub handle has behind its publisher says which model it is.
    new_name = f"{draw.choice(_NAMES)}-{draw.choice(_NAMES)}"
    to_name = name if entry.doc.hub == Hub.TFHUB or draw.random() < 0.5 else new_name
    new = f"{to_owner}/{to_name}"

    def changed(doc: ApiDoc, call: Call) -> ApiDoc:
        publisher = doc.facts.get("publisher")
        of_owner = isinstance(publisher, str) and publisher.casefold() == owner.casefold()
        return _remade(
            doc,
            id=_with_word(doc.id, old, new),
            name=_with_word(doc.name, old, new),
            call=_with_word(call.render(), old, new),
            source_url=_with_word(doc.source_url or "", old, new) or None,
            facts=doc.facts | ({"publisher": to_owner} if of_owner else {}),
        )

    others = _same(entry, catalogue, "repo_or_dir") if entry.doc.hub == Hub.TORCHHUB else [entry]
    said = {old, new, owner, to_owner} | ({name, to_name} if name != to_name else set())
    return _of_group(Kind.REPOSITORY, entry, others, changed, said)


def new_version(entry: Entry, catalogue: Catalogue, draw: random.Random) -> Change | None:
    """The model's address ends with a higher version."""
    del catalogue
    old = text_of(entry.identifying.get("handle", ""))
    if (match := _VERSIONED.fullmatch(old)) is None:
        return None
    version = str(int(match["version"]) + draw.randint(1, 3))
    new = match["stem"] + version

    def changed(doc: ApiDoc, call: Call) -> ApiDoc:
        positional = tuple(repr(new) if text_of(value) == old else value for value in call.positional)
        url = (doc.source_url or "").replace(old, new) or None
        return _remade(
            doc, call=replace(call, positional=positional).render(), source_url=url, source_revision=version
        )

    return _of_group(
        Kind.VERSION, entry, [entry], changed, (old, new, _path(entry.doc), _own_name(entry.doc))
    )


def other_argument(entry: Entry, catalogue: Catalogue, draw: random.Random) -> Change | None:
    """An argument is called otherwise, or gone; one that the template sets, or one that can be asked for."""
    if entry.doc.hub != Hub.TORCHHUB:
        return None
    options = list(_argument_options(entry, draw))
    return _change_of_argument(entry, catalogue, draw.choice(options)) if options else None


MAKERS: Final[Mapping[Kind, Make]] = {
    Kind.MODEL: new_model,
    Kind.ENTRYPOINT: other_entrypoint,
    Kind.REPOSITORY: other_repository,
    Kind.VERSION: new_version,
    Kind.ARGUMENT: other_argument,
}
"""In the order in which they happen: what is new has to be absent from the first catalogue on."""


def says(instruction: str, change: Change) -> str | None:
    """What the instruction says of that which it must not, None where it says nothing of it.

    Case, blanks and punctuation don't matter: "ResNet 50" says `resnet50`. Names of one or two letters would
    be in every text, so they count as words only.
    """
    squeezed, words = _squeezed(instruction), set(re.findall(r"\w+", instruction.casefold()))
    for one in sorted(change.unsaid):
        short = _squeezed(one)
        if short and (short in squeezed if len(short) > 2 else short in words):
            return one
    return None


# --- arguments ----------------------------------------------------------------------------------------------


def _argument_options(entry: Entry, draw: random.Random) -> Iterator[ArgumentChange]:
    documented = {argument.name for argument in entry.doc.arguments}
    given = {name for name, _ in entry.call.keywords}
    for name in sorted(documented & _RENAMED.keys()):
        now = _RENAMED[name]
        if now in documented or name in entry.loader.parameters:
            continue
        if name in given:
            yield ArgumentChange(name, now)
            if name not in entry.identifying:
                yield ArgumentChange(name, None)
        elif name in _STATEMENTS:
            statement = _STATEMENTS[name].format(number=draw.randint(11, 99))
            yield ArgumentChange(name, None, statement)
            if now in _fillable_by_the_same(name):
                yield ArgumentChange(name, now, statement)


def _fillable_by_the_same(name: str) -> set[str]:
    """The arguments that `grounded` fills from the same words as this one."""
    return {other for family in FAMILIES if name in family.arguments for other in family.arguments}


def _change_of_argument(entry: Entry, catalogue: Catalogue, argument: ArgumentChange) -> Change:
    """All that the entrypoint loads has the same signature."""

    def changed(doc: ApiDoc, call: Call) -> ApiDoc:
        named = ((argument.now if name == argument.name else name, value) for name, value in call.keywords)
        return _remade(
            doc,
            call=replace(call, keywords=tuple((name, value) for name, value in named if name)).render(),
            arguments=[one.model_dump() for one in _arguments(doc, argument)],
        )

    found = _of_group(
        Kind.ARGUMENT,
        entry,
        _same(entry, catalogue, "repo_or_dir", "model"),
        changed,
        [name for name in (argument.name, argument.now) if name],
    )
    return replace(found, argument=argument)


def _arguments(doc: ApiDoc, change: ArgumentChange) -> Iterator[Argument]:
    for one in doc.arguments:
        if one.name != change.name:
            yield one
        elif change.now is not None:
            yield one.model_copy(update={"name": change.now})


# --- what all share -----------------------------------------------------------------------------------------


def _other_loader(entry: Entry) -> Change | None:
    call = entry.call
    model = text_of(entry.identifying.get("model") or (call.positional[0] if call.positional else ""))
    for pattern, callee, superfluous in _LOADERS:
        if re.fullmatch(pattern, call.callee) and model:
            new = Call(callee, (repr(model.removeprefix(superfluous)),))
            after = _remade(entry.doc, call=new.render())
            said = frozenset({call.callee, callee})
            return Change(Kind.ENTRYPOINT, after, {entry.doc.id: after}, said, entry.doc)
    return None


def _of_group(
    kind: Kind,
    entry: Entry,
    group: Iterable[Entry],
    changed: Callable[[ApiDoc, Call], ApiDoc],
    unsaid: Iterable[str],
) -> Change:
    docs = {one.doc.id: changed(one.doc, one.call) for one in group}
    return Change(kind, docs[entry.doc.id], docs, frozenset(unsaid), entry.doc)


def _same(entry: Entry, catalogue: Catalogue, *names: str) -> list[Entry]:
    """The entries of a callee that have the same values of these identifying arguments, itself included."""
    return [
        one
        for one in catalogue.with_callee(entry.call.callee)
        if all(one.identifying.get(name) == entry.identifying.get(name) for name in names)
    ]


def _repository(entry: Entry) -> str | None:
    """`owner/name` as the call has it; of TF Hub the whole path of a handle."""
    if entry.doc.hub == Hub.TORCHHUB:
        return repository(entry.identifying["repo_or_dir"])[0]
    path = _path(entry.doc)
    return path if "/" in path and path in entry.call.render() else None


def _path(doc: ApiDoc) -> str:
    """A doc's id without its hub, and without what tells docs of the same model apart."""
    return doc.id.partition(":")[2].partition("#")[0]


def _own_name(doc: ApiDoc) -> str:
    return re.split(r"[/:]", _path(doc))[-1]


def _with_word(text: str, old: str, new: str) -> str:
    """The text with another name in the place of one, where it stands as a whole."""
    return re.sub(rf"(?<![\w.-]){re.escape(old)}(?![\w-])", lambda _: new, text)


def _remade(doc: ApiDoc, **fields: Any) -> ApiDoc:
    """The doc with other fields, described anew, checked like any other."""
    return described(ApiDoc.model_validate(doc.model_dump(exclude={"content_hash"}) | fields))


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())
