"""Conversations to learn from: an instruction, the docs beside it, and the one right answer.

Kinds, by the docs that the prompt shows:

- `none`: no doc. What is learnt is the API itself.
- `right`: the right doc alone.
- `retrieved`: the best docs by the retriever, in their order. The right one stands where it ranks; where it
  isn't among them, the best one of the instruction's domain is right. Of docs that say all that a composed
  instruction repeats, the first is.
- `distractors`: the right doc among docs of other domains, in any order.
- `same_domain`: the right doc among docs of its own domain, in any order; only where the instruction repeats
  something of the right doc that the others don't say.
- `wrong`: docs of tasks that could not serve the instruction. The answer is that none does.
- `echo`: one doc whose call is no call but words in no order, which the answer repeats. Rows to learn from
  may begin with these: only copying helps, so a model from random weights finds out how within minutes.
- `topic`: no doc, and the answer is the instruction's domain alone. Such rows stand among the echoes: of so
  few words it is soonest learnt what people ask of which domain.
- `mutated`: any of these (but `none` and `wrong`) with docs that were changed, all that the prompt shows: a
  name that looks made up tells nothing.

The call is the one that the service's own reading of the instruction gives (`service.generators.arguments`).
Every conversation is drawn by its number alone, so that they can be made in any order, with the same bytes.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, Final

from api_docs.catalogue import Entry
from api_docs.domains import Domain
from api_docs.models import ApiDoc
from finetune.dataset.completions import answer_about, answer_with, answer_without
from finetune.dataset.described import compose
from finetune.dataset.exact import is_exact
from finetune.dataset.mutations import Names, mutate
from finetune.dataset.settings import Answer, DataSettings
from finetune.dataset.splits import Draw, Split
from finetune.dataset.stating import follow, state
from finetune.dataset.unlike import unlike
from finetune.instructions.instruction import Instruction, Source
from retriever.prompt import Prompt, PromptStyle, build_prompt, compact_json, doc_json

Rank = Callable[[str, int, Domain | None, str | None], Sequence[str]]
"""Ids of the best docs for an instruction, best first: at most so many, of this domain and hub if given."""


class Kind(StrEnum):
    """Which docs a prompt shows; see the module's head."""

    NONE = "none"
    RIGHT = "right"
    RETRIEVED = "retrieved"
    DISTRACTORS = "distractors"
    SAME_DOMAIN = "same_domain"
    WRONG = "wrong"
    MUTATED = "mutated"
    ECHO = "echo"
    TOPIC = "topic"


SEVERAL: Final = frozenset({Kind.RETRIEVED, Kind.DISTRACTORS, Kind.SAME_DOMAIN})
"""Kinds whose prompts show several docs."""
_TRIES: Final = 24
"""Draws for one conversation until one fits together."""
_WORDINGS: Final = 60
"""Instructions that are composed for a doc until one belongs to the split."""
_RANKED: Final = 50
"""Docs that the retriever is asked for, of which those of other splits are left out."""
_ECHOED: Final = (4, 10)
"""Words of an echo."""
_AROUND: Final = (1, 6)
"""Words before it, and behind it."""
_WORD: Final = re.compile(r"[^\s\"'()\[\]{},<>]+")
_LEAST_WORDS: Final = 3
"""Words that are left of an instruction that loses some, else it loses none."""
_FITTING: Final = 3
"""Best docs of a domain of which one is drawn for an instruction that names none."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One row of a dataset.

    `layout` is the kind before docs were changed. `call` is the right one by the docs of the prompt, `doc_id`
    the id that its API has in the catalogue; both and `hub` are empty where no API is called, and `domain` is
    the instruction's there. `stated` is the argument that a sentence was added for, else empty.
    """

    prompt: Prompt
    completion: str
    kind: Kind
    layout: Kind
    doc_id: str
    call: str
    domain: Domain
    hub: str
    source: Source
    stated: str

    def row(self) -> dict[str, Any]:
        """For a file."""
        return {
            "prompt": self.prompt.text,
            "completion": self.completion,
            "kind": self.kind.value,
            "doc_id": self.doc_id,
            "call": self.call,
            "domain": self.domain.value,
            "hub": self.hub,
            "layout": self.layout.value,
            "docs": len(self.prompt.docs),
            "instruction": self.prompt.instruction,
            "source": self.source.value,
            "stated": self.stated,
        }


class Shelf:
    """The docs of one split: those that may be right, and those that may be shown beside them.

    Domains are drawn by the square root of how many docs they have, so that the few large ones don't crowd
    out all others.
    """

    def __init__(self, own: Iterable[Entry], shown: Iterable[Entry]) -> None:
        self.own = {entry.doc.id: entry for entry in own}
        self.shown = {entry.doc.id: entry for entry in shown} | self.own
        self._own_of = _by_domain(self.own.values())
        self._shown_of = _by_domain(self.shown.values())

    def draw_own(self, draw: random.Random) -> Entry:
        """A doc that may be right."""
        return draw.choice(self._own_of[_drawn_domain(self._own_of, draw)])

    def draw_shown(self, draw: random.Random, fits: Callable[[Domain], bool]) -> Entry | None:
        """A doc of one of the domains that fit, None where there is none."""
        fitting = {domain: entries for domain, entries in self._shown_of.items() if fits(domain)}
        return draw.choice(fitting[_drawn_domain(fitting, draw)]) if fitting else None

    def of_domain(self, domain: Domain, hub: str | None = None) -> list[Entry]:
        """The docs that may be right of a domain, and of a hub if one is named."""
        return [entry for entry in self._own_of.get(domain, ()) if hub is None or entry.doc.hub == hub]

    def may_stand_beside(self, doc_id: str, domain: Domain) -> bool:
        """Whether a doc may be shown for an instruction of a domain: one of another split's, only where its
        domain is another, for it would be as right as this split's."""
        return doc_id in self.own or (doc_id in self.shown and self.shown[doc_id].doc.domain is not domain)


@dataclass(frozen=True, slots=True)
class _Asked:
    """An instruction, the doc that it was written for or is given, and what it repeats of that doc."""

    text: str
    domain: Domain
    source: Source
    language: str
    hub: str | None
    right: Entry
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a prompt shows: docs in order, which of them is right (None where none is), and the right one as
    the catalogue has it."""

    docs: tuple[Entry, ...]
    right: Entry | None
    original: Entry | None


class Conversations:
    """Makes the conversations of one split.

    `instructions` are those of the split, by whoever wrote them; those that are composed come of themselves.
    Without `rank` there are no retrieved docs, and docs are drawn for the bank's instructions.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what conversations are made of, by name
        self,
        split: Split,
        shelf: Shelf,
        instructions: Iterable[Instruction],
        names: Names,
        settings: DataSettings,
        drawn: Draw,
        rank: Rank | None = None,
    ) -> None:
        self._split, self._shelf, self._names, self._settings = split, shelf, names, settings
        self._drawn = drawn
        self._rank = None if rank is None else lru_cache(maxsize=20_000)(rank)
        self._written: dict[Source, list[Instruction]] = defaultdict(list)
        for one in instructions:
            if one.doc_id in shelf.own if one.doc_id else shelf.of_domain(one.domain, one.hub):
                self._written[one.source].append(one)
        self._texts: dict[str, str] = {}
        self.left_out: Counter[str] = Counter()

    def conversation(self, number: int, place: float = 1.0) -> Conversation | None:
        """The conversation of a number, None where no draw fits together (`left_out` counts why).

        `place` says how far on the row is, from 0 to 1, for the curriculum.
        """
        seed = f"{self._settings.seed} {self._split.value} {number}"
        settings = self._settings
        first = settings.echo + settings.topic
        if self._split is Split.TRAIN and place < first:
            draw = _random(seed)
            return self._echo(draw) if draw.random() * first < settings.echo else self._topic(draw)
        brief = self._split is Split.TRAIN and place < first + settings.brief
        layout = self._layout(place - first, _random(seed))
        for attempt in range(_TRIES):
            found = self._tried(layout, _random(f"{seed} {attempt}"), brief=brief)
            if isinstance(found, Conversation):
                return found
            self.left_out[found] += 1
        return None

    def _echo(self, draw: random.Random) -> Conversation:
        entry = self._shelf.draw_own(draw)
        passage, before, behind = (
            " ".join(draw.choices(self._words, k=draw.randint(*between)))
            for between in (_ECHOED, _AROUND, _AROUND)
        )
        doc = _in_brief(entry.doc).model_copy(update={"description": before, "call": passage})
        return _without_call(
            Kind.ECHO,
            build_prompt(behind, [doc], self._settings.style),
            answer_with(passage, behind, entry, Answer.SHORT),
            entry.doc.domain,
            Source.DESCRIBED,
        )

    def _topic(self, draw: random.Random) -> Conversation | None:
        asked = self._asked(Kind.TOPIC, draw)
        if isinstance(asked, str):
            self.left_out[asked] += 1
            return None
        prompt = build_prompt(self._put(asked, draw), [], self._settings.style)
        return _without_call(Kind.TOPIC, prompt, answer_about(asked.domain), asked.domain, asked.source)

    @cached_property
    def _words(self) -> list[str]:
        """What the docs that may be right are written with, each word once; names stay whole."""
        return sorted(
            {word for entry in self._shelf.own.values() for word in _WORD.findall(self._said(entry))}
        )

    def _layout(self, behind: float, draw: random.Random) -> Kind:
        """Which docs, so far behind the first rows: by the mixture, where several set in little by little."""
        weights = {Kind(name): weight for name, weight in self._settings.mixture.model_dump().items()}
        curriculum = self._settings.curriculum
        if self._split is Split.TRAIN and behind < curriculum:
            for kind in SEVERAL:
                later = weights[kind] * (1 - behind / curriculum)
                weights[kind] -= later
                weights[Kind.RIGHT] += later
        return draw.choices(list(weights), list(weights.values()))[0]

    def _tried(self, layout: Kind, draw: random.Random, *, brief: bool) -> Conversation | str:
        """A conversation, or why there is none this time."""
        asked = self._asked(layout, draw)
        if isinstance(asked, str):
            return asked
        scene = self._scene(layout, asked, draw)
        if scene is None:
            return f"no docs for layout {layout.value}"
        share = self._settings.mutated if self._split is Split.TRAIN else self._settings.mutated_in_tests
        if draw.random() < share:
            scene = self._changed(scene, draw)
        text, stated = self._put(asked, draw), ""
        if scene.right is None or scene.original is None:
            return self._answered_with_nothing(text, asked, scene, brief=brief)
        if asked.language == "en" and draw.random() < self._settings.stated:
            found = state(text, scene.right, draw)
            if found is not None:
                text, stated = found.text, found.argument
        call = follow(text, scene.right).render()
        completion = answer_with(call, text, scene.right, self._settings.answer)
        if not is_exact(completion, call):
            return "an answer that can't be read back"
        return Conversation(
            prompt=self._prompt(text, scene, brief=brief),
            completion=completion,
            kind=layout if scene.right is scene.original else Kind.MUTATED,
            layout=layout,
            doc_id=scene.original.doc.id,
            call=call,
            domain=scene.right.doc.domain,
            hub=scene.right.doc.hub,
            source=asked.source,
            stated=stated,
        )

    def _answered_with_nothing(self, text: str, asked: _Asked, scene: _Scene, *, brief: bool) -> Conversation:
        prompt = self._prompt(text, scene, brief=brief)
        answer = answer_without(self._settings.answer)
        return _without_call(Kind.WRONG, prompt, answer, asked.domain, asked.source)

    def _prompt(self, text: str, scene: _Scene, *, brief: bool) -> Prompt:
        docs = [_in_brief(entry.doc) if brief else entry.doc for entry in scene.docs]
        return build_prompt(text, docs, self._settings.style, k_docs=len(docs))

    # --- instructions -------------------------------------------------------------------------------------

    def _asked(self, layout: Kind, draw: random.Random) -> _Asked | str:
        source = Source.DESCRIBED if layout is Kind.SAME_DOMAIN else self._source(draw)
        if source is Source.DESCRIBED:
            return self._composed(layout, draw)
        one = draw.choice(self._written[source])
        right = self._shelf.own[one.doc_id] if one.doc_id else draw.choice(self._fitting(one))
        return _Asked(one.text, right.doc.domain, source, one.language, one.hub, right)

    def _put(self, asked: _Asked, draw: random.Random) -> str:
        """The instruction as a prompt has it: one by people may lack words, in rows to learn from.

        Word dropout (Iyyer et al. 2015, "Deep Unordered Composition…", section 3.2): there are few
        instructions by people, and each is met many times; without it a model learns them by heart.
        """
        most = self._settings.word_dropout
        if not most or self._split is not Split.TRAIN or asked.source is Source.DESCRIBED:
            return asked.text
        share, words = draw.uniform(0, most), asked.text.split()
        kept = [word for word in words if draw.random() >= share]
        return " ".join(kept) if len(kept) >= _LEAST_WORDS else asked.text

    def _source(self, draw: random.Random) -> Source:
        """Where the instruction comes from; composed ones stand in for those that there are none of."""
        weights = {Source(name): weight for name, weight in self._settings.sources.model_dump().items()}
        chosen = draw.choices(list(weights), list(weights.values()))[0]
        return chosen if self._written[chosen] else Source.DESCRIBED

    def _composed(self, layout: Kind, draw: random.Random) -> _Asked | str:
        right = self._shelf.draw_own(draw)
        for _ in range(_WORDINGS):
            made = compose(right.doc, draw, specific=layout is Kind.SAME_DOMAIN)
            if self._drawn.split_of_instruction(made.text) is self._split:
                return _Asked(made.text, right.doc.domain, Source.DESCRIBED, "en", made.hub, right, made.told)
        return "every wording composed for the doc belongs to another split"

    def _fitting(self, one: Instruction) -> list[Entry]:
        """The docs of which one is drawn for an instruction of the bank: the best of its domain."""
        of_domain = self._shelf.of_domain(one.domain, one.hub)
        if self._rank is None:
            return of_domain
        ids = self._rank(one.text, _RANKED, one.domain, one.hub)
        best = [self._shelf.own[doc_id] for doc_id in ids if doc_id in self._shelf.own]
        return best[:_FITTING] or of_domain

    # --- docs ---------------------------------------------------------------------------------------------

    def _scene(self, layout: Kind, asked: _Asked, draw: random.Random) -> _Scene | None:
        """The docs of a layout, None where there are none that make it."""
        if layout is Kind.NONE:
            return _Scene((), asked.right, asked.right)
        if layout is Kind.RIGHT:
            return _Scene((asked.right,), asked.right, asked.right)
        if layout is Kind.RETRIEVED:
            return self._retrieved(asked)
        if layout is Kind.WRONG:
            count = draw.randint(1, self._settings.docs)
            docs = self._others(count, draw, lambda domain: unlike(domain, asked.domain))
            return _Scene(tuple(docs), None, None) if docs else None
        wanted = self._settings.docs - 1
        if layout is Kind.DISTRACTORS:
            others = self._others(wanted, draw, lambda domain: domain is not asked.domain)
        else:
            others = self._of_the_same_domain(wanted, asked, draw)
        if len(others) < wanted:
            return None
        docs = [asked.right, *others]
        draw.shuffle(docs)
        return _Scene(tuple(docs), asked.right, asked.right)

    def _retrieved(self, asked: _Asked) -> _Scene | None:
        if self._rank is None:
            return None
        ids = [
            doc_id
            for doc_id in self._rank(asked.text, _RANKED, None, asked.hub)
            if self._shelf.may_stand_beside(doc_id, asked.domain)
        ]
        docs = tuple(self._shelf.shown[doc_id] for doc_id in ids[: self._settings.docs])
        of_domain = [entry for entry in docs if entry.doc.domain is asked.domain]
        if asked.source is Source.TEACHER and asked.right in docs:
            return _Scene(docs, asked.right, asked.right)
        # A composed instruction repeats what may be true of several: then the first of them is right.
        told = self._told(asked)
        says_all = [entry for entry in of_domain if all(phrase in self._said(entry) for phrase in told)]
        best = next(iter(says_all or of_domain), None)
        return _Scene(docs, best, best) if best is not None else None

    def _others(self, count: int, draw: random.Random, fits: Callable[[Domain], bool]) -> list[Entry]:
        """So many different docs of domains that fit, or as many as there are."""
        found: dict[str, Entry] = {}
        for _ in range(4 * count):
            entry = self._shelf.draw_shown(draw, fits)
            if entry is None or len(found) == count:
                break
            found[entry.doc.id] = entry
        return list(found.values())[:count]

    def _of_the_same_domain(self, count: int, asked: _Asked, draw: random.Random) -> list[Entry]:
        """Docs of the domain that lack something which the instruction repeats of the right one."""
        told = self._told(asked)
        others = [entry for entry in self._shelf.of_domain(asked.domain) if entry is not asked.right]
        draw.shuffle(others)
        found: list[Entry] = []
        for entry in others:
            if len(found) == count:
                break
            theirs = self._said(entry)
            if any(phrase not in theirs for phrase in told):
                found.append(entry)
        return found

    def _told(self, asked: _Asked) -> list[str]:
        """What a composed instruction repeats of its doc, as far as a prompt shows it."""
        said = self._said(asked.right)
        return [phrase for phrase in map(str.casefold, asked.told) if phrase in said]

    def _said(self, entry: Entry) -> str:
        """What a prompt says of a doc, in lower case."""
        if (found := self._texts.get(entry.doc.id)) is None:
            written = compact_json if self._settings.style is PromptStyle.COMPACT else doc_json
            found = self._texts[entry.doc.id] = written(entry.doc).casefold()
        return found

    def _changed(self, scene: _Scene, draw: random.Random) -> _Scene:
        """The scene with all of its docs changed, but those that can't be."""
        docs, right = [], scene.right
        for entry in scene.docs:
            mutation = mutate(entry, self._names, draw)
            docs.append(entry if mutation is None else mutation.entry)
            if entry is scene.right:
                right = docs[-1]
        return _Scene(tuple(docs), right, scene.original)


def _without_call(
    kind: Kind, prompt: Prompt, completion: str, domain: Domain, source: Source
) -> Conversation:
    """A row in which no API is called."""
    return Conversation(
        prompt,
        completion,
        kind,
        layout=kind,
        doc_id="",
        call="",
        domain=domain,
        hub="",
        source=source,
        stated="",
    )


def _in_brief(doc: ApiDoc) -> ApiDoc:
    """A doc that says its domain and its call alone: of so few words copying is learnt soonest."""
    return doc.model_copy(update={"functionality": "", "description": "", "arguments": ()})


def _random(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a draw that can be repeated, no secret


def _by_domain(entries: Iterable[Entry]) -> dict[Domain, list[Entry]]:
    found: dict[Domain, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.doc.domain].append(entry)
    return dict(found)


def _drawn_domain(entries: Mapping[Domain, Sequence[Entry]], draw: random.Random) -> Domain:
    return draw.choices(list(entries), [len(some) ** 0.5 for some in entries.values()])[0]
