"""Facts of a tfhub.dev model that its page states in prose and tables: sizes, dimensions, figures.

Every pattern is anchored in the words around the number: a number that could mean something else is left
alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from api_docs.models import Fact
from api_docs.sources.figures import read_row
from api_docs.sources.markdown import Table, number, quantity, squeezed
from api_docs.sources.tfhub_pages import ModulePage

_SIDES = r"(\d{2,4}) ?[x×] ?(\d{2,4})"
_INPUT_SIZE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"height x width` ?= {_SIDES}",
        rf"(?:input|image) sizes?(?: of| is)?:? \(?{_SIDES}",
        rf"images? of (?:fixed )?size {_SIDES}",
        rf"color images of size {_SIDES}",
        rf"resized to {_SIDES}",
        rf"images scaled to {_SIDES}",
        rf"tensor of shape:? \[?{_SIDES} ?x ?3\b",
        r"\[(?:batch[_ ]size|None|1), (\d{2,4}), (\d{2,4}), 3\]",
        rf"{_SIDES} pixel images",
        rf"trained on {_SIDES} ImageNet",
    )
)
_SIZE_IN_HANDLE = re.compile(r"_(\d{2,4})(?=_|/|$)|_(\d{3,4})x\d{3,4}(?=_|$)")
_DIMENSIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"num_features` = (\d+)",
        r"(\d[\d,]*)[- ]dimensional (?:\w+ ){0,2}(?:vector|embedding|feature|representation)",
        r"embeddings? (?:vectors? )?of (?:dimension|size) (\d+)",
        r"shape \[batch size, (\d+)\]",
        r"output is a (\d+) dimension",
    )
)
_DIMENSIONS_IN_HANDLE = re.compile(r"_H-(\d+)_(?!B-)|[-_]dim(\d+)|-(\d+)d(?:im)?\b|Wiki-words-(\d+)")
_PARAMETERS = re.compile(
    r"(\d[\d.,]*) ?(M|B|million|billion)\b(?: \w+){0,2} param|"
    r"number of ([\d.]+) ?(M|B|million|billion) parameters"
)
_CLASSES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:recognize|among|into|of|identify) (\d[\d,]*) (?:\w+ ){0,2}(?:species|classes|categories|dishes)",
        r"(\d[\d,]*) (?:different |unique |predefined )?(?:classes|labels|categories)\b",
    )
)
_RESULTS = (
    (re.compile(r"([\d.]+)% mIOU\** on (\w+)", re.IGNORECASE), "mean IoU"),
    (re.compile(r"([\d.]+)% top-1 accuracy\**(?: with [^.]*?)? on (\w+)", re.IGNORECASE), "top-1 accuracy"),
)
_SCORES = re.compile(r"\* (FID|Inception|MS-SSIM): (\d+(?:\.\d+)?)")
_SCORE_NAMES = {"Inception": "Inception score"}
_MAP = re.compile(r"mAP on (.+?)(?: (?:test|validation|eval) set)?(?: \(.*\))?\.?")


def stated_facts(page: ModulePage, *, image: bool, embedding: bool, classes: bool) -> dict[str, Fact]:
    """What prose, handle and tables say, as far as it makes sense for the kind of model."""
    facts: dict[str, Fact | None] = {
        "parameters": _parameters(page.text),
        "input_size": _input_size(page) if image else None,
        "dimensions": _dimensions(page) if embedding else None,
        # Pages of models that were fine-tuned to fewer classes repeat the count of the pre-training.
        "num_classes": _class_count(page.text) if classes and "_ft1k_" not in page.handle else None,
    }
    for table, row in _own_rows(page):
        facts |= read_row(table.header, row).facts
    return {name: value for name, value in facts.items() if value is not None}


def stated_performance(page: ModulePage, dataset: str) -> dict[str, dict[str, float]]:
    """Dataset → metric → value; `dataset` is what figures without one of their own are about."""
    found: dict[str, dict[str, float]] = {}
    for name, value in _SCORES.findall(page.text):
        found.setdefault(dataset, {})[_SCORE_NAMES.get(name, name)] = float(value)
    for pattern, metric in _RESULTS:
        if (match := pattern.search(page.text)) is not None:
            found.setdefault(match.group(2), {})[metric] = float(match.group(1))
    for table in page.tables:
        if table.header[:2] == ("Metric", "Value"):
            for row in table.rows:
                named = _MAP.fullmatch(row[0])
                if named is not None and (value := number(row[1])) is not None:
                    found.setdefault(named.group(1), {})["mAP"] = value
    for table, row in _own_rows(page):
        metrics = dict(read_row(table.header, row).metrics)
        if metrics:
            found.setdefault(dataset, {}).update(metrics)
    return found


def _own_rows(page: ModulePage) -> Iterator[tuple[Table, tuple[str, ...]]]:
    """Rows of the page's tables that are about this model and not a sibling."""
    names = _row_names(page)
    for table in page.tables:
        for row in table.rows:
            if {squeezed(row[0]), squeezed("".join(row[:2]))} & names:
                yield table, row


def _row_names(page: ModulePage) -> set[str]:
    """How tables call this model, squeezed."""
    last = page.handle.rsplit("/", maxsplit=1)[-1]
    names = {last, last.removesuffix("-cppe5"), f"{page.handle}/{page.version}"}
    if found := re.search(r"/efficientnet_v2_imagenet1k_(\w+)/classification$", page.handle):
        names.add(f"effnetv2{found.group(1)}")
    if found := re.search(r"/mobilenet_v3_(\w+)_(\d)(\d\d)_224/classification$", page.handle):
        size, whole, rest = found.groups()
        names.add(f"{size}{float(f'{whole}.{rest}')}")
    return {squeezed(name) for name in names}


def _input_size(page: ModulePage) -> int | tuple[str, ...] | None:
    """Side in pixels of a square input, or (height, width); from the prose, else from the handle."""
    for pattern in _INPUT_SIZE:
        if (found := pattern.search(page.text)) is not None:
            height, width = found.groups()
            return int(height) if height == width else (height, width)
    sides = [int(first or second) for first, second in _SIZE_IN_HANDLE.findall(page.handle)]
    # Depths and multipliers (resnet_v1_101, mobilenet_v1_025) are no multiples of 16, sides are.
    return next((side for side in reversed(sides) if side >= 96 and side % 16 == 0), None)


def _dimensions(page: ModulePage) -> int | None:
    if (found := _DIMENSIONS_IN_HANDLE.search(page.handle)) is not None:
        return int(next(group for group in found.groups() if group))
    for pattern in _DIMENSIONS:
        if (stated := pattern.search(page.text)) is not None:
            return int(stated.group(1).replace(",", ""))
    return None


def _parameters(text: str) -> int | None:
    found = _PARAMETERS.search(text)
    if found is None:
        return None
    amount, unit = found.group(1) or found.group(3), found.group(2) or found.group(4)
    value = quantity(f"{amount} {unit}")
    return round(value) if value else None


def _class_count(text: str) -> int | None:
    """The number of classes, where the page states exactly one."""
    for pattern in _CLASSES:
        counts = {int(count.replace(",", "")) for count in pattern.findall(text)}
        if len(counts) == 1:
            return counts.pop()
    return None
