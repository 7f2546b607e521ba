"""Mends the calls of APIBench where a person sees what was meant.

Its `api_call` was written by a language model: full stops behind calls, model ids without quotes, undefined
variables. What can't be mended to a Python call (shell commands) is refused with the reason.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from api_docs.call import Call, dotted_name, literal, parse_call
from api_docs.errors import UnparseableCall
from api_docs.loaders import GENERIC, Loader, loader_of

_QUOTED_OR_BARE = re.compile(
    r"""('[^']*'|"[^"]*")"""  # left alone
    r"""|(?<=[(=,\s])([A-Za-z][\w.-]*/[\w.@-]*\w|[a-z]+(?:-[a-z]+)+)(?=\s*[,)])"""
)
_QUOTED_CALL = re.compile(r"""(['"])(\w+\.from_pretrained\([^'"]*\))\1""")
_TEXT_KEYWORDS = frozenset({"subfolder", "revision", "variant"})
_BUILTIN_NAMES = frozenset({"True", "False", "None"})
_MODEL_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.@-]+")


@dataclass(frozen=True, slots=True)
class Mended:
    """A call that parses; `selectors` are its arguments, beyond the loader's, that choose the model."""

    call: Call
    selectors: tuple[str, ...] = ()

    @property
    def loader(self) -> Loader:
        """The loader of the call."""
        return loader_of(self.call.callee)

    def model(self) -> str | None:
        """The model that the call names: a nested loader's before its own (`vae=….from_pretrained(id)`)."""
        nested = [value for name, value in self.call.keywords if name in self.selectors]
        loader = self.loader
        own = [loader.value_of(self.call, name) or "" for name in reversed(loader.identity)]
        every = [value for _, value in self.call.keywords] if loader is GENERIC else []
        for value in filter(None, (*nested, *own, *self.call.positional, *every)):
            if (found := _model_id(value)) is not None:
                return found
        return None


def mend(text: str, example: str = "") -> Mended:
    """Make a call of an upstream's text; `example` may define the names that it uses.

    Raises:
        UnparseableCall: when there is no Python call to be seen.
    """
    source = _mend_text(text)
    assigned = _assignments(example)
    try:
        call = parse_call(source)
    except UnparseableCall:
        call = parse_call(_positional_first(source))
    if call.callee in assigned and loader_of(call.callee) is GENERIC:
        # `classifier(sequence)`: the API is the call that made the classifier.
        call = parse_call(_mend_text(assigned[call.callee]))
    return _choose_selectors(_resolve_names(call, assigned))


def _mend_text(text: str) -> str:
    """Quotes where they are missing, no full stop behind."""
    source = text.strip().rstrip(".")
    if "(" not in source:
        raise UnparseableCall(f"{text!r} is no Python call but a shell command or a name")
    for quote in "'\"":
        if source.count(quote) % 2:
            source = f"{source.removesuffix(')')}{quote})"
    source = _QUOTED_CALL.sub(r"\2", source)
    return _QUOTED_OR_BARE.sub(lambda match: match[1] or repr(match[2]), source)


def _positional_first(source: str) -> str:
    """`f(a=1, 2, b=3, c=4)` as `f(1, 2, 3, c=4)`: names given before a positional argument are dropped.

    So is the name behind it where the loader has that parameter: its place is taken already.
    """
    head, opening, rest = source.partition("(")
    parts = _split_arguments(rest.removesuffix(")"))
    last = max((i for i, part in enumerate(parts) if not _keyword(part)), default=-1)
    if not opening or last < 1:
        raise UnparseableCall(f"{source!r} is not a Python expression")
    known = {p.name for p in loader_of(head.strip()).positional}
    kept = [
        part.partition("=")[2] if (name := _keyword(part)) and (i < last or name in known) else part
        for i, part in enumerate(parts)
    ]
    return f"{head}({', '.join(part.strip() for part in kept)})"


def _split_arguments(text: str) -> list[str]:
    """Arguments of a call's text, split at commas outside of quotes and brackets."""
    parts, depth, quote = [""], 0, ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        if char == "," and not quote and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def _keyword(part: str) -> str | None:
    match = re.match(r"\s*([A-Za-z_]\w*)\s*=(?!=)", part)
    return match[1] if match else None


def _assignments(example: str) -> dict[str, str]:
    """Simple assignments of the example code: name → source text of the value."""
    return dict(re.findall(r"^\s*([A-Za-z_]\w*)\s*=\s*(\S.*?)\s*$", example, re.MULTILINE))


def _resolve_names(call: Call, assigned: dict[str, str]) -> Call:
    """Undefined names: the string that the example gives them, else keywords with one are dropped."""
    positional = tuple(_string_of(value, assigned) or value for value in call.positional)
    keywords = []
    for name, value in call.keywords:
        if not _is_placeholder(value):
            keywords.append((name, _quote_subfolder(value)))
        elif (found := _string_of(value, assigned)) is not None:
            keywords.append((name, found))
        elif name in _TEXT_KEYWORDS:
            keywords.append((name, repr(value)))
    return Call(call.callee, positional, tuple(keywords))


def _is_placeholder(value: str) -> bool:
    return value.isidentifier() and value not in _BUILTIN_NAMES


def _string_of(value: str, assigned: dict[str, str]) -> str | None:
    if not _is_placeholder(value) or value not in assigned:
        return None
    try:
        found = literal(assigned[value])
    except ValueError:
        return None
    return repr(found) if isinstance(found, str) else None


def _quote_subfolder(value: str) -> str:
    """`X.from_pretrained('…', subfolder=scheduler)`: such names are folders, not variables."""
    pattern = rf"\b({'|'.join(sorted(_TEXT_KEYWORDS))})=([A-Za-z_]\w*)\b(?![.(])"
    return re.sub(pattern, lambda match: f"{match[1]}={match[2]!r}", value)


def _choose_selectors(call: Call) -> Mended:
    """Nested loaders that bring in another model than the call's own choose the API with it."""
    loader = loader_of(call.callee)
    own = {_model_id(value) for name in loader.identity if (value := loader.value_of(call, name))}
    names = []
    for name, value in call.keywords:
        node = ast.parse(value, mode="eval").body
        if name in loader.identity or not isinstance(node, ast.Call) or not node.args:
            continue
        if (dotted_name(node.func) or "").endswith(".from_pretrained") and ast.unparse(
            node.args[0]
        ) not in own:
            names.append(name)
    return Mended(call, tuple(names) if loader is not GENERIC else ())


def _model_id(value: str) -> str | None:
    """The owner/name in an argument's source text, nested calls included."""
    for node in ast.walk(ast.parse(value, mode="eval")):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value.removeprefix("hf_hub:").removeprefix("hf-hub:")
            if _MODEL_ID.fullmatch(text) and not text.startswith("path_to"):
                return text
    return None
