"""A doc in few words, for models that read little: what choosing and calling need, and nothing else.

Domain and functionality say what an API is for, `about` what sets it apart, the rest how it is called. Knows
nothing about prompts or escaping.
"""

from __future__ import annotations

import re
from typing import Final

from api_docs.models import ApiDoc, Argument, Place

_FUNCTIONALITY: Final = 60
"""Characters at most."""
_ABOUT: Final = 160
"""Characters of a description: the first one or two things that it says."""
_MOST_ARGUMENTS: Final = 8
"""Those of what is asked something: the required ones first, for a call without them is refused."""
_VALUE: Final = 40
"""Characters of a default; a longer one is told by its type."""
_MOST_CHOICES: Final = 4


def compact_record(doc: ApiDoc) -> dict[str, object]:
    """The doc as a JSON-ready dict of at most five fields; what it doesn't say, or says twice, is left out.

    `arguments` maps those that an instruction may set to their default, or else to their type. Required
    arguments of a loader choose the model: `api_call` has them already. The call stands behind the domain, as
    in an answer: who has written the one finds the other.
    """
    record: dict[str, object] = {}
    functionality = shortened(doc.functionality, _FUNCTIONALITY)
    if _squeezed(functionality) not in ("", _squeezed(doc.domain.value)):
        record["functionality"] = functionality
    if about := shortened(_set_apart(doc), _ABOUT):
        record["about"] = about
    record |= {"domain": doc.domain.value, "api_call": doc.call}
    if arguments := _arguments(doc):
        record["arguments"] = arguments
    return record


def shortened(text: str, most: int) -> str:
    """The first characters of a text on one line, at most so many, cut at the end of a word."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    cut = line[: most + 1].rpartition(" ")[0] or line[:most]
    return cut.rstrip(" .,;:(")


def _set_apart(doc: ApiDoc) -> str:
    """The description without the sentence that says again what domain and functionality say."""
    if not doc.functionality:
        return doc.description
    again = rf"(?:^|(?<=\. )){re.escape(doc.functionality)}[^.:]*: takes [^.]*\.\s*"
    return re.sub(again, "", doc.description, count=1, flags=re.IGNORECASE)


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())


def _arguments(doc: ApiDoc) -> dict[str, str]:
    inputs = [one for one in doc.arguments if one.is_input and not one.name.startswith("*")]
    inputs.sort(key=lambda one: not one.required)
    loading = [one for one in doc.arguments if not (one.is_input or one.required or one.name.startswith("*"))]
    told = [(one.wire, _input(one)) for one in inputs] + [(one.name, _loading(one)) for one in loading]
    return dict(told[:_MOST_ARGUMENTS])


def _loading(argument: Argument) -> str:
    default = argument.default
    return default if default is not None and len(default) <= _VALUE else argument.type.value


def _input(argument: Argument) -> str:
    place = "" if argument.place is Place.INPUT else f"{argument.place.value}, "
    choices = ", ".join(argument.choices[:_MOST_CHOICES])
    needed = ", required" if argument.required else ""
    return f"{place}{f'one of {choices}' if choices else argument.type.value}{needed}"
