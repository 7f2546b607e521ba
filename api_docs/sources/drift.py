"""Reads fields whose shape drifts: the same field as string, list, dict, list of dicts or null.

Language models and people fill such records by hand. Nothing here knows which upstream they come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from api_docs.models import Argument, ArgumentType

Performance = dict[str, dict[str, float | str]]

_NOTHING = re.compile(
    r"\s*(|-|n/?a|none|null|nan|unknown|not (provided|specified|mentioned|available|applicable|reported)"
    r"|no specific.*)[.\s]*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?\s*%?", re.IGNORECASE)
_VERSION = re.compile(r"[=<>~!]=?\s*\d.*|\d[\w.]*")
_PIP = re.compile(r"^!?\s*(python -m )?pip3? install\s+|(?<!\S)-{1,2}[a-z][\w-]*\s*", re.IGNORECASE)
_LISTS = frozenset({"packages", "libraries", "pip_install", "requirements", "dependencies"})
_NAMES = ("name", "model", "model_structure", "dataset", "language")

_TYPES = {
    "bool": ArgumentType.BOOL,
    "boolean": ArgumentType.BOOL,
    "int": ArgumentType.INT,
    "integer": ArgumentType.INT,
    "float": ArgumentType.FLOAT,
    "number": ArgumentType.FLOAT,
    "str": ArgumentType.STR,
    "string": ArgumentType.STR,
    "list": ArgumentType.LIST,
    "array": ArgumentType.LIST,
    "dict": ArgumentType.DICT,
}


def text_of(value: object) -> str:
    """Any value as plain text; nothing where upstream says `N/A`, null and the like."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return ", ".join(text for item in value if (text := text_of(item)))
    text = "" if value is None else str(value).strip()
    return "" if _NOTHING.fullmatch(text) else text


def code_of(value: object) -> str:
    """Example code: lists and dicts of code as lines, in order; code stored as keys is kept too."""
    if isinstance(value, Mapping):
        keys = [key for key, item in value.items() if item == "" and re.search(r"\W", str(key))]
        return "\n".join(part for item in (*keys, *value.values()) if (part := code_of(item)))
    if isinstance(value, list | tuple):
        return "\n".join(part for item in value if (part := code_of(item)))
    return text_of(value)


def requirements_of(value: object) -> tuple[str, ...]:
    """Pip requirements from a string, a list, or a dict of package → version (or imported names)."""
    return tuple(dict.fromkeys(_requirements(value)))


def _requirements(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if isinstance(item, Mapping) or str(name).lower() in _LISTS:
                yield from _requirements(item)
            elif isinstance(item, str) and _VERSION.fullmatch(item.strip()):
                yield f"{name}{'' if item.strip()[0] in '=<>~!' else '=='}{item.strip()}"
            else:
                yield str(name).strip()
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _requirements(item)
    else:
        for part in re.split(r"[,\n;]", text_of(value)):
            yield from filter(None, [_PIP.sub("", part.strip()).strip()])


def arguments_of(value: object) -> tuple[Argument, ...]:
    """Documented arguments, each name once, in order; texts that name no argument say nothing."""
    found: dict[str, Argument] = {}
    for name, said in _named(value):
        if re.fullmatch(r"\*{0,2}[A-Za-z_]\w*", name) and name not in found:
            found[name] = _argument(name, said)
    return tuple(found.values())


def _named(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        if "name" in value and isinstance(value["name"], str):
            yield value["name"].strip(), value
        else:
            for name, said in value.items():
                yield str(name).strip(), said
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _named(item)
    else:
        for part in re.split(r"[,\n]", text_of(value)):
            name, _, said = part.partition("=") if "=" in part else part.partition(":")
            yield name.strip(), said.strip()


def _argument(name: str, said: object) -> Argument:
    if isinstance(said, Mapping):
        default = said.get("default")
        return Argument(
            name=name,
            type=_TYPES.get(text_of(said.get("type")).lower(), ArgumentType.ANY),
            default=None if default is None else str(default),
            description=text_of(said.get("description")),
        )
    return Argument(name=name, type=type_of(said), description=text_of(said))


def type_of(value: object) -> ArgumentType:
    """The type that a value, or a word for a type, stands for."""
    if isinstance(value, str):
        word = value.strip().lower()
        return ArgumentType.BOOL if word in ("true", "false") else _TYPES.get(word, ArgumentType.ANY)
    return _TYPES.get(type(value).__name__, ArgumentType.ANY)


def performance_of(value: object) -> tuple[Performance, tuple[str, ...]]:
    """Figures as dataset → metric → value, and the datasets named (with or without a figure)."""
    figures: Performance = {}
    datasets: list[str] = []
    for record in value if isinstance(value, list) else [value]:
        if isinstance(record, Mapping):
            names, found = _record(record)
            datasets += names
            for name, metrics in found:
                figures.setdefault(name, {}).update(metrics)
    return {name: metrics for name, metrics in figures.items() if metrics}, tuple(dict.fromkeys(datasets))


def _record(record: Mapping[str, object]) -> tuple[list[str], list[tuple[str, dict[str, float | str]]]]:
    """One record: the datasets that it names, and the figures by dataset."""
    dataset = record.get("dataset", record.get("name"))
    rest = {key: item for key, item in record.items() if key not in ("dataset", "name")}
    names: list[str] = []
    found: list[tuple[str, dict[str, float | str]]] = []
    if isinstance(dataset, Mapping):
        dataset = [dataset] if "name" in dataset else [{"name": k, "accuracy": v} for k, v in dataset.items()]
    if isinstance(dataset, list):
        for item in dataset:
            if isinstance(item, Mapping):
                label = next((text_of(item[key]) for key in _NAMES if text_of(item.get(key))), "")
                metrics = _metrics({key: value for key, value in item.items() if key not in _NAMES})
                names += [label] if item.get("name") else []
                found.append((label or "unnamed", metrics))
            else:
                names += filter(None, [text_of(item)])
    else:
        names += filter(None, [text_of(dataset)])
    found.append((", ".join(names) or "unnamed", _metrics(rest)))
    return names, found


def _metrics(value: object, path: tuple[str, ...] = ()) -> dict[str, float | str]:
    """Nested figures flattened: `{'BLEU': {'en-fr': 34}}` → `{'BLEU en-fr': 34.0}`."""
    if not isinstance(value, Mapping | list):
        figure = _figure(value)
        return {} if figure == "" else {" ".join(path) or "value": figure}
    metrics: dict[str, float | str] = {}
    for key, item in _labelled(value):
        nested = isinstance(item, Mapping | list)
        metrics |= _metrics(item, path if key == "accuracy" and nested else (*path, key))
    return metrics


def _labelled(value: Mapping[str, object] | list[object]) -> Iterator[tuple[str, object]]:
    """The parts of a nested figure by name; a list's by what each part says it is of."""
    if isinstance(value, Mapping):
        yield from ((str(key), item) for key, item in value.items())
        return
    for number, item in enumerate(value, start=1):
        if isinstance(item, Mapping):
            label = next((text for key in _NAMES if (text := text_of(item.get(key)))), str(number))
            yield label, {key: part for key, part in item.items() if key not in _NAMES}
        else:
            yield str(number), item


def _figure(value: object) -> float | str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return float(value) if value == value else ""  # noqa: PLR0124 - NaN is the one value unlike itself
    text = text_of(value)
    return float(text.rstrip("% ").replace(",", "")) if _NUMBER.fullmatch(text) else text
