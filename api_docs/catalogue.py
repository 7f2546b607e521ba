"""A catalogue in memory: validated API docs, found by id and by what identifies their call.

Reading and writing files is `api_docs.storage`'s work; judging a call is `api_docs.verification`'s.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from api_docs.call import Call, literal, parse_call
from api_docs.errors import BrokenCatalogue, NotFound
from api_docs.loaders import GENERIC, Bound, Loader, bind, loader_of
from api_docs.models import ApiDoc
from api_docs.pacing import paced
from api_docs.similarity import TrigramIndex, likeness
from api_docs.url_templates import UrlTemplate, origin_of, template_of

Identity = tuple[str, tuple[tuple[str, str], ...]]
"""Callee (or library) and the identifying arguments by name: equal for calls that load the same thing."""


_Key = tuple[str | None, ...]
"""Callee and the values of the loader's own identifying parameters, in the table's order."""


@dataclass(frozen=True)
class Entry:
    """A doc with its call template taken apart."""

    doc: ApiDoc
    call: Call
    loader: Loader
    bound: Bound

    @cached_property
    def identifying(self) -> dict[str, str]:
        """Identifying argument → source text of its value.

        Those of the loader, and every required argument of the doc that the template sets. A callee
        that no loader knows is identified by all that its template says. Inputs identify nothing.
        """
        if self.loader is GENERIC:
            inputs = {argument.name for argument in self.doc.arguments if argument.is_input}
            return {name: value for name, value in self.bound.values.items() if name not in inputs}
        chosen = (a.name for a in self.doc.arguments if a.required and not a.is_input)
        names = [*self.loader.identity, *chosen]
        return {name: self.bound.values[name] for name in names if name in self.bound.values}

    @cached_property
    def identity(self) -> Identity:
        """What two docs share when they are the same API.

        A TF Hub handle is one model, whether `hub.load` or `hub.KerasLayer` brings it to life.
        """
        same = self.loader.library == "tensorflow-hub"
        return self.loader.library if same else self.call.callee, tuple(sorted(self.identifying.items()))

    @cached_property
    def revision(self) -> str | None:
        """Source text of the revision that the doc recorded, None where it recorded none."""
        return repr(self.doc.source_revision) if self.doc.source_revision else None

    @cached_property
    def pinned_repository(self) -> str | None:
        """Source text of a torch.hub template's repository at the recorded revision, None elsewhere."""
        found = self.identifying.get("repo_or_dir")
        if found is None or not self.doc.source_revision:
            return None
        return repr(f"{repository(found)[0]}:{self.doc.source_revision}")

    @cached_property
    def takes_inputs(self) -> bool:
        """Whether it is asked something: a tool or a request, not a model that is loaded."""
        return any(argument.is_input for argument in self.doc.arguments)

    @cached_property
    def url(self) -> UrlTemplate | None:
        """The address of a request with its places to fill in, None of any other call."""
        found = self.loader.value_of(self.call, "url") if self.loader.is_request else None
        return None if found is None else template_of(found)

    def accepts(self, name: str, value: str | None) -> bool:
        """Whether a value of an identifying argument is the template's.

        Or the repository at the recorded revision, or the address with its places filled.
        """
        if value == self.identifying.get(name):
            return True
        if value is None:
            return False
        if name == "url" and self.url is not None:
            return self.url.match(text_of(value)) is not None
        return name == "repo_or_dir" and value == self.pinned_repository


def entry_of(doc: ApiDoc) -> Entry:
    """Take a doc's call template apart.

    Raises:
        UnparseableCall: when the template is no call expression.
    """
    call = parse_call(doc.call)
    loader = loader_of(call.callee)
    return Entry(doc, call, loader, bind(call, loader, doc.arguments))


class Catalogue:
    """A fixed set of API docs with a version made from their content.

    `aliases` maps retired ids to the ids that replaced them, `former_calls` calls that no longer verify to
    the ids of the docs that they loaded. `created` is when it was written, None for one that never was.
    What a `known` catalogue has of docs that say the same is taken over: few change from one version to the
    next, and taking calls apart is most of the work.
    """

    def __init__(
        self,
        docs: Iterable[ApiDoc],
        aliases: Mapping[str, str] | None = None,
        created: datetime | None = None,
        former_calls: Mapping[str, str] | None = None,
        *,
        known: Catalogue | None = None,
    ) -> None:
        self.docs: tuple[ApiDoc, ...] = tuple(docs)
        self.aliases: dict[str, str] = dict(aliases or {})
        self.former_calls: dict[str, str] = dict(former_calls or {})
        self.created = created
        before: Mapping[str, Entry] = known._by_id if known is not None else {}
        self.entries: tuple[Entry, ...] = tuple(_entry(doc, before.get(doc.id)) for doc in paced(self.docs))
        self._by_id: dict[str, Entry] = {entry.doc.id: entry for entry in paced(self.entries)}
        if len(self._by_id) != len(self.docs):
            (twice, _), *_ = Counter(doc.id for doc in self.docs).most_common(1)
            raise BrokenCatalogue(f"two API docs have the id {twice!r}; ids must be unique")
        self._by_callee: dict[str, list[Entry]] = defaultdict(list)
        self._by_identity: dict[Identity, list[Entry]] = defaultdict(list)
        self._by_key: dict[_Key, list[Entry]] = defaultdict(list)
        self._by_target: dict[str, list[Entry]] = defaultdict(list)
        for entry in paced(self.entries):
            self._by_callee[entry.call.callee].append(entry)
            self._by_identity[entry.identity].append(entry)
            for key in _keys(entry):
                self._by_key[key].append(entry)
            if not entry.takes_inputs and (target := target_of(entry.call, entry.loader)) is not None:
                self._by_target[target].append(entry)
        self._former: dict[_Key, list[tuple[str, Entry]]] = defaultdict(list)
        for text, doc_id in self.former_calls.items():
            if doc_id in self._by_id:
                self._former[_former_key(parse_call(text))].append((text, self._by_id[doc_id]))

    def __len__(self) -> int:
        return len(self.docs)

    def __contains__(self, doc_id: object) -> bool:
        return doc_id in self._by_id

    def entry(self, doc_id: str) -> Entry:
        """The entry of an id or of an alias of it.

        Raises:
            NotFound: when neither is known.
        """
        found = self._by_id.get(self.aliases.get(doc_id, doc_id))
        if found is None:
            raise NotFound(f"no API doc {doc_id!r}; `callsmith search` finds ids, GET /api_docs lists them")
        return found

    def doc(self, doc_id: str) -> ApiDoc:
        """The doc of an id or of an alias of it; raises `NotFound`."""
        return self.entry(doc_id).doc

    def with_callee(self, callee: str) -> Sequence[Entry]:
        """Every entry whose template has this callee."""
        return self._by_callee.get(callee, ())

    def candidates(self, call: Call) -> Sequence[Entry]:
        """The entries whose template has the callee and the loader's identifying arguments of a call.

        Arguments that choose a model behind an entrypoint, and all others, are still to be checked. Of
        several addresses that a request may mean, the one with the fewest places to fill in counts, as in
        OpenAPI.
        """
        loader = loader_of(call.callee)
        found: Sequence[Entry] = self._by_key.get(_key(call, loader), ())
        if loader is GENERIC and call.positional and not found:
            # A tool's arguments all have names; told of that, one can name them.
            return [entry for entry in self.with_callee(call.callee) if entry.takes_inputs]
        if not loader.is_request:
            return found
        meant = _at(loader.value_of(call, "url"), found)
        fewest = min((_places(entry) for entry in meant), default=0)
        return [entry for entry in meant if _places(entry) == fewest]

    def with_address(self, call: Call) -> Sequence[Entry]:
        """The entries that a request to this address may mean, whatever its method."""
        loader = loader_of(call.callee)
        return _at(loader.value_of(call, "url"), self.with_callee(call.callee)) if loader.is_request else ()

    def otherwise_called(self, call: Call) -> Sequence[Entry]:
        """The entries that name the model that a call names, but load it with another callee."""
        target = target_of(call, loader_of(call.callee))
        found = self._by_target.get(target, ()) if target is not None else ()
        return [entry for entry in found if entry.call.callee != call.callee]

    def formerly(self, call: Call) -> Entry | None:
        """The entry of what a call loaded before it was renamed or moved, None where nobody knows.

        Where several docs were called with the same callee and identifying arguments, the one whose
        former call is most like this one.
        """
        found: Sequence[tuple[str, Entry]] = self._former.get(_former_key(call), ())
        if (loader := loader_of(call.callee)).is_request:
            url = text_of(loader.value_of(call, "url") or "")
            found = [former for former in found if _leads_to(former[0], url)]
        wanted = call.render()
        return max(found, key=lambda former: likeness(wanted, former[0]))[1] if found else None

    def with_identity(self, identity: Identity) -> Sequence[Entry]:
        """Every entry that loads the same thing, in catalogue order."""
        return self._by_identity.get(identity, ())

    def same_call(self, doc_id: str) -> Sequence[Entry]:
        """The entries whose calls equal that of this doc, itself included."""
        return self.with_identity(self.entry(doc_id).identity)

    def similar(self, text: str, limit: int = 8) -> list[Entry]:
        """The entries whose calls look most like a text, best first; none where nothing looks like it."""
        return [self.entries[place] for place in self._trigrams.most_like(text, limit)]

    @cached_property
    def _trigrams(self) -> TrigramIndex:
        return TrigramIndex(entry.call.render() for entry in self.entries)

    @cached_property
    def hubs(self) -> tuple[str, ...]:
        """The hubs that have docs, in order of first appearance."""
        return tuple(dict.fromkeys(doc.hub for doc in paced(self.docs)))

    @cached_property
    def version(self) -> str:
        """Twelve hex digits that change whenever what the docs say changes."""
        digest = hashlib.sha256()
        for doc in paced(sorted(self.docs, key=lambda doc: doc.id)):
            digest.update(f"{doc.id} {doc.content_hash} {doc.alive}\n".encode())
        for old, new in sorted(self.aliases.items()):
            digest.update(f"{old} -> {new}\n".encode())
        for call, doc_id in sorted(self.former_calls.items()):
            digest.update(f"{call} => {doc_id}\n".encode())
        return digest.hexdigest()[:12]


def _entry(doc: ApiDoc, before: Entry | None) -> Entry:
    """The doc's entry: the one that there was before, or its parts, where both docs say the same."""
    if before is None or before.doc.content_hash != doc.content_hash:
        return entry_of(doc)
    if before.doc is doc:
        return before
    found = copy(before)  # with what was worked out of it already
    object.__setattr__(found, "doc", doc)
    return found


def _key(call: Call, loader: Loader) -> _Key:
    if loader is GENERIC:
        return call.callee, *call.positional[:1]
    if loader.is_request:
        return call.callee, loader.value_of(call, "method"), origin_of(loader.value_of(call, "url"))
    values = (loader.value_of(call, name) for name in loader.identity)
    return call.callee, *(None if value == "None" else value for value in values)


def _former_key(call: Call) -> _Key:
    """As `_key`; a callee that no loader knows is known by all its positional values."""
    loader = loader_of(call.callee)
    return (call.callee, *call.positional) if loader is GENERIC else _key(call, loader)


def _at(url: str | None, entries: Iterable[Entry]) -> list[Entry]:
    """Those of some requests that go to an address, which is read once for all of them."""
    text = text_of(url or "")
    return [
        entry
        for entry in entries
        if (entry.url is not None and entry.url.match(text) is not None)
        or entry.identifying.get("url") == url
    ]


def _places(entry: Entry) -> int:
    return len(entry.url.openings) if entry.url is not None else 0


def _leads_to(former: str, url: str) -> bool:
    """Whether a request as it was written before went to an address."""
    call = parse_call(former)
    template = template_of(loader_of(call.callee).value_of(call, "url") or "")
    return template is not None and template.match(url) is not None


def target_of(call: Call, loader: Loader) -> str | None:
    """Source text of the value that names the model: the last identifying argument that is given.

    None for torch.hub, whose entrypoints name a model only within their repository.
    """
    if loader is GENERIC:
        return next(iter((*call.positional, *(value for _, value in call.keywords))), None)
    if loader.forwards:
        return None
    values = (loader.value_of(call, name) for name in reversed(loader.identity))
    return next(filter(None, values), None)


def _keys(entry: Entry) -> set[_Key]:
    """The key of the template, and that of the same call at the recorded revision."""
    key, pinned = _key(entry.call, entry.loader), entry.pinned_repository
    return {key} if pinned is None else {key, (key[0], pinned, *key[2:])}


def repository(value: str) -> tuple[str, str]:
    """Split the source text of a torch.hub repository, `'owner/name:ref'`, into name and ref."""
    name, _, ref = text_of(value).partition(":")
    return name, ref


@lru_cache(maxsize=4096)
def text_of(source: str) -> str:
    """The value of a literal as text, the source text itself where it is none."""
    try:
        return str(literal(source))
    except ValueError:
        return source
