"""How what was read about one torch.hub model becomes its `ApiDoc`: call, arguments, facts, figures.

Knows no files. Enumerating the models is `torchhub`'s work.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api_docs.domains import torchhub_domain
from api_docs.models import ApiDoc, Argument, ArgumentType, Fact, Hub
from api_docs.sources.figures import Figures, read_row
from api_docs.sources.hubconf import Entrypoint, Parameter
from api_docs.sources.known import TORCHVISION_FAMILIES, Choice, Family, Repository
from api_docs.sources.markdown import squeezed
from api_docs.sources.torchhub_pages import Page
from api_docs.sources.torchvision import REPOSITORY as TORCHVISION
from api_docs.sources.torchvision import Builder

_HOUSEKEEPING = frozenset({"force_reload", "verbose", "trust_repo", "skip_validation", "source"})
"""Arguments of `torch.hub.load` itself that a page's example sets; they belong to no model."""

_PIP_NAMES = {"hydra": "hydra-core", "PIL": "pillow", "cv2": "opencv-python", "sklearn": "scikit-learn"}
_NO_REQUIREMENT = re.compile(r"(?:dataclasses|matplotlib|validators)\b.*")
"""Part of Python, or only for drawing the pictures of a page."""

_TYPE_WORDS = {
    "bool": ArgumentType.BOOL,
    "int": ArgumentType.INT,
    "float": ArgumentType.FLOAT,
    "str": ArgumentType.STR,
    "string": ArgumentType.STR,
    "list": ArgumentType.LIST,
    "dict": ArgumentType.DICT,
    "device": ArgumentType.DEVICE,
}
_DEVICES = frozenset({"device", "map_location"})
_ARGUMENT_WORDS = {
    "pretrained": "load the published weights",
    "weights": "name of the published weights, or None for a model without training",
    "progress": "show a progress bar while the weights download",
    "num_classes": "number of classes that the model tells apart",
    "classes": "number of classes that the model tells apart",
    "channels": "number of channels of the input image",
    "in_channels": "number of channels of the input image",
    "out_channels": "number of channels of the output",
    "device": "where the model is put, such as 'cpu' or 'cuda'",
    "useGPU": "put the model on a GPU",
    "language": "language of the model",
    "speaker": "voice, or package of voices",
    "model_math": "numeric precision, 'fp32' or 'fp16'",
    "model_name": "which of the models to load",
    "model_type": "which of the models to load",
    "dataset": "data that the weights were trained on",
    "targets": "which sources to separate, all by default",
    "onnx": "load the ONNX version",
    "autoshape": "accept files, URLs and arrays as input, and filter the boxes",
    "version": "version of the model",
    "tokenizer": "how text is split into words",
    "bpe": "how words are split into pieces",
    "pretrained_model_name_or_path": "checkpoint to load",
}
_SWAG_LICENSE = "cc-by-nc-4.0"
_TORCHVISION_PAGES = "https://pytorch.org/vision/stable/models/generated/torchvision.models.{}.html"
_MODULES = {"classification": ""}
_KINDS = {"image classification": "classification/", "semantic segmentation": "segmentation/"}
_SPECIALISED = re.compile(r"MAC@([\d.]+)B_top1@([\d.]+)")


@dataclass(frozen=True, slots=True)
class Style:
    """What a source keeps of upstream's wording, and the date of its files."""

    own_words: bool
    last_checked: date | None


@dataclass(frozen=True, slots=True)
class Model:
    """Everything read and known about one model of a repository.

    `page` is the page that is about it, `pages` are all of its repository; `arguments` those of the
    page's call. Of a `choice`, `values` are the arguments that choose this model.
    """

    repository: str
    known: Repository
    entrypoint: Entrypoint
    dependencies: tuple[str, ...] = ()
    page: Page | None = None
    pages: tuple[Page, ...] = ()
    arguments: Mapping[str, str] | None = None
    choice: Choice | None = None
    values: tuple[str, ...] = ()


def model_id(model: Model, repository: str = "", entrypoint: str = "") -> str:
    """The stable id: repository, entrypoint, and what chooses the model behind it."""
    parts = (repository or model.repository, entrypoint or model.entrypoint.name, *model.values)
    return f"{Hub.TORCHHUB}:{':'.join(parts)}"


def model_doc(model: Model, style: Style) -> ApiDoc:
    """The doc of a model that pages and hubconf describe.

    Raises:
        InvalidDoc: when no domain is known for it.
    """
    name = model.entrypoint.name
    family = _family_of(model)
    figures = _figures_of(model)
    arguments = _arguments(model)
    page = model.page
    return ApiDoc(
        id=model_id(model),
        hub=Hub.TORCHHUB,
        domain=torchhub_domain(model.repository, _kind(model, family) + name),
        source_domain=", ".join(page.tags if page else _common_tags(model.pages)),
        functionality=family.functionality if family else "",
        name=" ".join((name, *model.values)),
        call=_call(model, arguments),
        arguments=arguments,
        environment=tuple(_requirements(model)),
        example="" if style.own_words or page is None else page.example,
        performance={model.known.benchmark: dict(figures.metrics)} if figures.metrics else {},
        description="" if style.own_words or page is None else page.summary,
        license=(family.license if family else None) or model.known.license,
        source_url=_source_url(model.repository, page),
        source_revision=model.known.refs.get(name, model.known.ref) or None,
        last_checked=style.last_checked,
        facts=_facts(model.known.publisher, family, figures.facts, page.year if page else None),
    )


def torchvision_doc(builder: Builder, page: Page | None, revision: str | None, style: Style) -> ApiDoc:
    """The doc of a torchvision builder, with the figures of its recommended weights.

    Raises:
        InvalidDoc: when no domain is known for its kind.
    """
    family = _first_match(TORCHVISION_FAMILIES, [builder.name])
    example = "" if style.own_words or page is None else page.example
    return ApiDoc(
        id=f"{Hub.TORCHHUB}:{TORCHVISION}:{builder.name}",
        hub=Hub.TORCHHUB,
        domain=torchhub_domain(TORCHVISION, f"{builder.kind}/{builder.name}"),
        source_domain=builder.kind,
        functionality=family.functionality if family else "",
        name=builder.name,
        call=f"torch.hub.load({TORCHVISION!r}, {builder.name!r}, weights={builder.weights!r})",
        arguments=_builder_arguments(builder),
        environment=("torch", "torchvision"),
        example=example,
        performance={dataset: dict(metrics) for dataset, metrics in builder.performance.items()},
        description="" if style.own_words else builder.summary,
        license=_SWAG_LICENSE if "SWAG" in builder.license else "bsd-3-clause",
        source_url=_TORCHVISION_PAGES.format(_MODULES.get(builder.kind, f"{builder.kind}.") + builder.name),
        source_revision=revision,
        last_checked=style.last_checked,
        facts=_facts("PyTorch", family, builder.facts, builder.year),
    )


def _call(model: Model, arguments: Sequence[Argument]) -> str:
    """The call template: what chooses the model, what the page's call sets, trained weights."""
    known = {argument.name: argument for argument in arguments}
    ref = model.known.refs.get(model.entrypoint.name, model.known.ref)
    repository = f"{model.repository}:{ref}" if ref else model.repository
    parts = [repr(repository), repr(model.entrypoint.name)]
    chosen = dict(zip(model.choice.names, model.values, strict=True)) if model.choice else {}
    positional = model.choice is not None and model.choice.positional
    parts += [repr(value) if positional else f"{name}={value!r}" for name, value in chosen.items()]
    given = {name: value for name, value in _page_arguments(model).items() if name not in chosen}
    if "pretrained" in known and known["pretrained"].default == "False":
        given.setdefault("pretrained", "True")
    parts += [f"{name}={value}" for name, value in given.items() if known[name].default != value]
    return f"torch.hub.load({', '.join(parts)})"


def _page_arguments(model: Model) -> dict[str, str]:
    """Named arguments of the page's call that are the model's own."""
    given = model.arguments or {}
    return {
        name: value for name, value in given.items() if not name.startswith("#") and name not in _HOUSEKEEPING
    }


def _arguments(model: Model) -> tuple[Argument, ...]:
    """The documented arguments: the signature's, and those that the page's call sets besides."""
    parameters = model.entrypoint.parameters
    if parameters is None:
        parameters = tuple(_parsed_signature(model.known.signature))
    named = [parameter for parameter in parameters if not parameter.name.startswith("*")]
    names = {parameter.name for parameter in named}
    chosen = model.choice.names if model.choice else ()
    # Those behind `**kwargs` are known from calls and from what chooses the model.
    beyond = [Parameter(name, "...", "str") for name in chosen if name not in names]
    beyond += [
        Parameter(name, "...", _kind_of_literal(value))
        for name, value in _page_arguments(model).items()
        if name not in names and name not in chosen
    ]
    return tuple(
        Argument(
            name=parameter.name,
            type=ArgumentType.STR if parameter.name in chosen else _type_of(parameter),
            default=None if parameter.default == "..." else parameter.default,
            required=parameter.name in chosen or parameter.default is None,
            description=_ARGUMENT_WORDS.get(parameter.name, ""),
        )
        for parameter in (*named, *beyond)
    )


def _builder_arguments(builder: Builder) -> tuple[Argument, ...]:
    named = {builder.weights: builder.performance, **builder.others}
    names = ", ".join(f"{name!r}{_first_figure(performance)}" for name, performance in named.items())
    weights = Argument(
        name="weights",
        type=ArgumentType.STR,
        default="None",
        description=f"{_ARGUMENT_WORDS['weights']}: {names}, or 'DEFAULT' for the recommended ones",
    )
    progress = Argument(
        name="progress",
        type=ArgumentType.BOOL,
        default="True",
        description=_ARGUMENT_WORDS["progress"],
    )
    classes = Argument(
        name="num_classes",
        type=ArgumentType.INT,
        description=f"{_ARGUMENT_WORDS['num_classes']}; another number needs weights=None",
    )
    return (weights, progress) if builder.kind == "optical_flow" else (weights, progress, classes)


def _first_figure(performance: Mapping[str, Mapping[str, float]]) -> str:
    """What weights reach, in brackets, so that they can be compared; '' where nothing is known."""
    for dataset, metrics in performance.items():
        for metric, value in metrics.items():
            return f" ({metric} {value:g} on {dataset})"
    return ""


def _parsed_signature(spec: str) -> Iterator[Parameter]:
    """Read `name:type=default` separated by blanks."""
    for part in spec.split():
        head, _, default = part.partition("=")
        name, _, kind = head.partition(":")
        yield Parameter(name, default or None, kind)


def _type_of(parameter: Parameter) -> ArgumentType:
    if parameter.name in _DEVICES:
        return ArgumentType.DEVICE
    kind = parameter.kind or _kind_of_literal(parameter.default)
    return _TYPE_WORDS.get(kind, ArgumentType.ANY)


def _kind_of_literal(text: str | None) -> str:
    """The type word of a literal's source text, '' where it says nothing (`None`, `...`)."""
    try:
        value = ast.literal_eval(text or "None")
    except (ValueError, SyntaxError):
        return ""
    return "" if value is None or value is ... else type(value).__name__


def _family_of(model: Model) -> Family | None:
    name, values = model.entrypoint.name, ":".join(model.values)
    families = TORCHVISION_FAMILIES if model.repository == TORCHVISION else model.known.families
    return _first_match(families, [f"{name}:{values}", values, name] if values else [name])


def _first_match(families: Sequence[Family], names: Sequence[str]) -> Family | None:
    for family in families:
        for name in names:
            if (found := family.match(name)) is not None:
                return found
    return None


def _kind(model: Model, family: Family | None) -> str:
    """torchvision's folder for a builder that only a page names, '' for other repositories."""
    if model.repository != TORCHVISION or family is None:
        return ""
    return _KINDS.get(family.functionality, "")


def _facts(
    publisher: str, family: Family | None, figures: Mapping[str, Fact], year: int | None
) -> dict[str, Fact]:
    known: dict[str, Fact | None] = {"publisher": publisher}
    if family is not None:
        known |= {
            "architecture": family.architecture,
            "datasets": family.datasets,
            "language": family.language,
            "uses": family.uses,
            "input_size": family.input_size,
            "num_classes": family.num_classes,
        }
    known["year"] = (family.year if family else None) or year
    known |= figures
    return {name: value for name, value in known.items() if value not in (None, "", ())}


def _figures_of(model: Model) -> Figures:
    """The figures of every table row of the repository's pages that is about this model."""
    label = model.values[-1] if model.values else model.entrypoint.name
    metrics: dict[str, float] = {}
    facts: dict[str, Fact] = {}
    for table in (table for page in model.pages for table in page.tables):
        for row in table.rows:
            if squeezed(label) in _row_labels(row, model.known):
                found = read_row(table.header, row, model.known.columns)
                # The first table of a page that names a metric is the main result.
                metrics |= {name: value for name, value in found.metrics.items() if name not in metrics}
                facts |= {name: value for name, value in found.facts.items() if name not in facts}
    if label in model.known.doubted:
        metrics.clear()
    if special := _SPECIALISED.search(model.entrypoint.bound.get("net_id", "")):
        facts["flops_g"] = float(special.group(1))
        metrics["top-1 accuracy"] = float(special.group(2))
    return Figures(metrics, facts)


def _row_labels(row: Sequence[str], known: Repository) -> set[str]:
    """What a row may be about, squeezed: its first cell, or the first two that make a name together."""
    cells = (squeezed(row[0]), squeezed("".join(row[:2])))
    return {squeezed(known.rows.get(cell, cell)) for cell in cells}


def _requirements(model: Model) -> Iterator[str]:
    """Pip requirements: torch, what hubconf names, what is known, what the page installs."""
    page = model.page.requirements if model.page else ()
    seen: set[str] = set()
    for name in ("torch", *model.dependencies, *model.known.requirements, *page):
        requirement = _PIP_NAMES.get(name, name)
        bare = squeezed(re.split(r"[=<>~!\[]", requirement, maxsplit=1)[0])
        if bare not in seen and not _NO_REQUIREMENT.fullmatch(requirement):
            seen.add(bare)
            yield requirement


def _common_tags(pages: Sequence[Page]) -> tuple[str, ...]:
    """The tags that every page of a repository has: they hold for what no page is about, too."""
    if not pages:
        return ()
    return tuple(tag for tag in pages[0].tags if all(tag in page.tags for page in pages))


def _source_url(repository: str, page: Page | None) -> str:
    if page is None:
        return f"https://github.com/{repository}"
    stem = page.path.rsplit("/", maxsplit=1)[-1].removesuffix(".md")
    return f"https://pytorch.org/hub/{stem}/"
