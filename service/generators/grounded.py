"""The generator without a model: the best doc's call, with the arguments that the instruction states plainly.

It writes Gorilla's four lines, so that its answer goes the way of every model's: parsed, then verified. What
doc and instruction say is only text in them: nothing in it can begin a line, a field or another answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from anyio import to_thread

from api_docs.catalogue import Entry, entry_of
from api_docs.errors import InvalidRequest
from api_docs.lexicon.languages import language_name
from api_docs.models import ApiDoc
from retriever.prompt import Prompt, framework_of
from service.generators import statements
from service.generators.arguments import Change, carry
from service.generators.base import Constraint, Generation, Tell
from service.generators.said import Said

_LANGUAGE_ARGUMENTS = ("language", "lang", "language_code", "lang_code")
# What could begin a field, a JSON object or a code block, or stand for a line end.
_FRAME = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")", "`": "'", "\\": "/"})


class GroundedGenerator:
    """Deterministic, needs nothing but the prompt's docs, and never invents a call."""

    name = "grounded"
    model = None

    async def generate(  # noqa: PLR0913 - what may be asked of a generator, by name
        self,
        prompt: Prompt,
        *,
        constraint: Constraint | None = None,
        temperature: float = 0.0,
        max_tokens: int = 512,
        tell: Tell | None = None,
        within: float | None = None,
    ) -> Generation:
        """What `write` answers. A constraint is met by nature, and there is nothing to sample or to wait for.

        Raises:
            InvalidRequest: when the prompt has no docs.
        """
        del constraint, temperature, max_tokens, tell, within
        return await to_thread.run_sync(self.write, prompt)

    def write(self, prompt: Prompt) -> Generation:
        """Answer with the first doc of the prompt, or with its twin in the language that is stated.

        Raises:
            InvalidRequest: when the prompt has no docs.
        """
        if not prompt.docs:
            raise InvalidRequest(
                "generator 'grounded' answers from retrieved API docs and got none; choose another retriever "
                "than 'none', or generator 'vllm'",
                "generator",
            )
        entry, chosen = _in_stated_language(prompt.instruction, prompt.docs)
        call, changes = carry(prompt.instruction, entry)
        reasons = tuple(map(_sentence, (*chosen, *changes)))
        return Generation(_answer(entry.doc, call.render(), reasons), None, "stop", reasons=reasons)


def _in_stated_language(instruction: str, docs: Sequence[ApiDoc]) -> tuple[Entry, tuple[Change, ...]]:
    """The best doc; where its language is part of what it is and another is stated, its twin in that one.

    Twins share callee and the loader's identifying arguments, as Silero's models for several languages do.
    """
    best = entry_of(docs[0])
    argument = next((name for name in _LANGUAGE_ARGUMENTS if name in best.identifying), None)
    if argument is None or (stated := statements.language(Said(instruction))) is None:
        return best, ()
    if _language(best, argument) == stated.value:
        return best, ()
    for doc in docs[1:]:
        twin = entry_of(doc)
        if _load_the_same(twin, best) and _language(twin, argument) == stated.value:
            value = twin.identifying[argument]
            return twin, (Change(argument, value, f"the instruction says “{stated.words}”"),)
    return best, ()


def _load_the_same(one: Entry, other: Entry) -> bool:
    return one.call.callee == other.call.callee and all(
        one.bound.values.get(name) == other.bound.values.get(name) for name in one.loader.identity
    )


def _language(entry: Entry, argument: str) -> str | None:
    return language_name(entry.identifying.get(argument, "").strip("'\""))


def _sentence(change: Change) -> str:
    return f"{change.argument} is {change.value}: {change.reason}."


def _answer(doc: ApiDoc, call: str, reasons: Sequence[str]) -> str:
    what = f" ({_plain(doc.functionality)})" if doc.functionality else ""
    why = " ".join(
        [f"{_plain(doc.name)}{what} is the API doc that fits the instruction best.", *map(_plain, reasons)]
    )
    return (
        f"<<<domain>>>: {_plain(doc.source_domain or doc.domain.value)}\n"
        f"<<<api_call>>>: {call}\n"
        f"<<<api_provider>>>: {_plain(framework_of(doc))}\n"
        f"<<<explanation>>>: {why}"
    )


def _plain(text: str) -> str:
    """One line of text in which nothing means anything to whoever parses the answer."""
    return re.sub(r"\s+", " ", text).strip().translate(_FRAME)
