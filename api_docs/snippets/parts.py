"""What a snippet is made of: code, how a loaded model is used, and what a recipe may ask about a call.

A recipe turns a `Subject` into a `Use`. Text of a doc reaches code only as the `repr()` of a value
(`Subject.quoted`, `Subject.companion`), so that nothing a doc says can become code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from api_docs.call import Call, literal
from api_docs.catalogue import Entry
from api_docs.domains import Domain
from api_docs.loaders import Bound, bind

_COMPANION_KEYWORDS = ("revision", "trust_remote_code", "token", "use_auth_token", "cache_dir")
"""What a model's tokenizer or processor must be loaded with when the model is."""


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of Python and the import statements that they need."""

    lines: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


def code(*parts: str | Code, imports: tuple[str, ...] = ()) -> Code:
    """Join lines and pieces of code in order; their imports come along."""
    lines: list[str] = []
    needed = [*imports]
    for part in parts:
        if isinstance(part, Code):
            lines.extend(part.lines)
            needed.extend(part.imports)
        else:
            lines.append(part)
    return Code(tuple(lines), tuple(dict.fromkeys(needed)))


@dataclass(frozen=True, slots=True)
class Use:
    """How a call's result is used.

    `target` is what the call is assigned to, `before` runs ahead of it, `notes` are comments above it.
    `requirements` are pip requirements beyond those that the imports imply; `names` say where names of the
    call are imported from, where that is not what `imports` would say; `defines` are those that `before`
    defines.
    """

    after: Code
    target: str = "model"
    before: Code = Code()
    requirements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    defines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """A verified call and the entry of its doc, as recipes look at them."""

    call: Call
    entry: Entry

    @cached_property
    def bound(self) -> Bound:
        """The call's arguments by parameter name."""
        return bind(self.call, self.entry.loader, self.entry.doc.arguments)

    @property
    def domain(self) -> Domain:
        """The doc's domain."""
        return self.entry.doc.domain

    @property
    def owner(self) -> str:
        """What the callee's last name belongs to: `AutoModel` of `AutoModel.from_pretrained`."""
        return self.call.callee.rpartition(".")[0]

    @cached_property
    def model_id(self) -> str:
        """The value that names the model, as plain text for comparing; empty where none is literal.

        The loader's last identifying argument that is given (a torch.hub entrypoint, not its repository),
        or a callee's first text argument where no loader says which it is.
        """
        names = [name for name in self.entry.loader.identity if name in self.bound.values]
        sources = [self.bound.values[name] for name in reversed(names)]
        if not names:
            sources = [*self.call.positional, *(value for _, value in self.call.keywords)]
        return next((text for text in map(_text, sources) if text), "")

    def text(self, name: str) -> str:
        """The text that an argument is given, for comparing; empty where it is no literal text."""
        source = self.bound.values.get(name)
        return "" if source is None else _text(source)

    def given(self, name: str) -> str | None:
        """The source text that an argument is given."""
        return self.bound.values.get(name)

    @property
    def quoted(self) -> str:
        """Source text of the model id: a string literal."""
        return repr(self.model_id)

    @property
    def companion(self) -> str:
        """Arguments of the model's tokenizer or processor: its id, revision and trust."""
        given = dict(self.call.keywords)
        extra = "".join(f", {name}={given[name]}" for name in _COMPANION_KEYWORDS if name in given)
        return self.quoted + extra

    def fact(self, name: str) -> str:
        """A fact of the doc in lower case, the first of several; empty where there is none."""
        value = self.entry.doc.facts.get(name, "")
        first = next(iter(value), "") if isinstance(value, tuple) else value
        return str(first).strip().lower()

    def number(self, name: str, default: int) -> int:
        """A fact that is a whole number (the first one of a text such as `224x224`), else the default."""
        found = re.match(r"\d{1,6}", self.fact(name))
        return int(found[0]) if found else default

    @property
    def languages(self) -> tuple[str, ...]:
        """The doc's languages in lower case."""
        value = self.entry.doc.facts.get("language", ())
        values = value if isinstance(value, tuple) else (str(value),)
        return tuple(text.strip().lower() for text in values)


Recipe = Callable[[Subject], Use]


def always(use: Use) -> Recipe:
    """A recipe that gives the same use whatever the call."""
    return lambda _: use


def _text(source: str) -> str:
    try:
        value = literal(source)
    except ValueError:
        return ""
    return value if isinstance(value, str) else ""
