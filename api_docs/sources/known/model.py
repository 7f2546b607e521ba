"""The shape of what is known of model hubs beyond what their files say.

Facts in our own words, keyed by name; figures come from upstream's files, domains from
`api_docs.domains`. The tables themselves are this folder's other modules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

LANGUAGES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "iu": "Inuktitut",
    "ru": "Russian",
    "ta": "Tamil",
    "zh": "Chinese",
}


@dataclass(frozen=True, slots=True)
class Family:
    """Entrypoints (or, where an argument chooses, choices) whose whole name matches `pattern`.

    Texts may hold `{0}`, `{1}` … for the pattern's groups, `{0:u}` in upper case, `{0:t}` in title case;
    in `functionality` and `uses` language codes are spelled out. `input_size` is the side of a square
    image in pixels.
    """

    pattern: str
    functionality: str
    architecture: str = ""
    datasets: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    year: int | None = None
    input_size: int | None = None
    num_classes: int | None = None
    license: str | None = None

    def match(self, name: str) -> Family | None:
        """This family with the groups of `name` filled in, or None."""
        found = re.fullmatch(self.pattern, name)
        if found is None:
            return None
        groups = [_Group(group) for group in found.groups("")]
        named = [_Group(LANGUAGES.get(group, group)) for group in groups]
        return Family(
            self.pattern,
            self.functionality.format(*named),
            self.architecture.format(*groups),
            _filled(self.datasets, groups),
            _filled(self.uses, named),
            _filled(self.language, groups),
            self.year,
            self.input_size,
            self.num_classes,
            self.license,
        )


class _Group(str):
    """A group of a pattern as it goes into a text: blanks for underscores, `u` upper, `t` title case."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        text = self.replace("_", " ")
        return {"u": text.upper(), "t": text.title()}.get(spec, text)


def _filled(texts: tuple[str, ...], groups: list[_Group]) -> tuple[str, ...]:
    """The texts with their groups; what is empty then (an optional group) is left out."""
    return tuple(filled for text in texts if (filled := text.format(*groups).strip()))


@dataclass(frozen=True, slots=True)
class Choice:
    """An entrypoint that serves several models: the arguments that choose, and their values."""

    entrypoint: str
    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    positional: bool = False


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository. `signature` (`name:type=default …`) is that of entrypoints hubconf only imports.

    `ref` is the branch or tag that has the hubconf, where the default one hasn't; `refs` are exceptions
    from it by entrypoint. `same` maps a name to
    the one under which the same model is kept, `left_out` a name to why it is no model of its own,
    `doubted` one to why its stated figures are not believed. `rows`
    maps labels of table rows (squeezed) to what they mean, `columns` likewise header cells.
    """

    publisher: str
    families: tuple[Family, ...]
    license: str | None = None
    ref: str = ""
    refs: Mapping[str, str] = field(default_factory=dict)
    former: tuple[str, ...] = ()
    benchmark: str = "ImageNet-1K"
    signature: str = ""
    requirements: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    same: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    doubted: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
