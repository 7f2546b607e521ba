"""TorchHub as a source: one API doc for every model that `torch.hub.load` can bring to life.

Joins three upstreams: the model pages of pytorch/hub, the repositories' `hubconf.py` (or an export of
them), and torchvision's registry. Finds which models there are and under which present names; what one
upstream says is read by `torchhub_pages`, `hubconf` and `torchvision`, what becomes of it in `torchhub_docs`.
"""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from api_docs.errors import SourceError
from api_docs.models import Hub
from api_docs.sources import torchvision
from api_docs.sources.base import Collector, Progress, SourceResult, read_texts
from api_docs.sources.hubconf import Entrypoint, Hubconf, is_helper, merged, parse_hubconf, read_export
from api_docs.sources.known import REPOSITORIES, Choice, Repository
from api_docs.sources.markdown import squeezed
from api_docs.sources.torchhub_docs import Model, Style, model_doc, model_id, torchvision_doc
from api_docs.sources.torchhub_pages import Page, parse_page

_ARCHIVE = "pytorch_hub*.tar*"
_ENTRYPOINTS = "hubconf_entrypoints*.json"
_REGISTRY = "torchvision*_models.json"
_LAYOUT = (
    "expected a pytorch/hub archive or folder (model pages, hubconf/OWNER+NAME.py), or a folder that holds "
    f"any of {_ARCHIVE}, {_ENTRYPOINTS} and {_REGISTRY}"
)
_NO_MODEL = "helper of a repository, loads no model"
_TORCHVISION = Repository(
    publisher="PyTorch",
    license="bsd-3-clause",
    families=(),
    signature="pretrained:bool=False progress:bool=True",
    rows={"shufflenetv2": "shufflenet_v2_x1_0"},
)
"""For builders that only a page names; with the registry at hand that says more."""


@dataclass(frozen=True, slots=True)
class TorchHub:
    """Reads TorchHub's upstreams.

    With `own_words` no sentence of upstream's is kept; without, a page's summary stays in `description`
    and its first code block in `example`. `last_checked` is the date of the files. `names` leads from further
    names of repositories, in lower case, to those that our tables have.
    """

    own_words: bool = True
    last_checked: date | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    name: str = field(default="torchhub", init=False)
    hub: str = field(default=Hub.TORCHHUB.value, init=False)

    def read(self, path: Path, progress: Progress | None = None) -> SourceResult:
        """Read an archive of pages and hubconfs, one of the JSON files, or a folder of them.

        Raises:
            SourceError: when something there can't be read, or nothing there is TorchHub's.
        """
        collector = Collector()
        upstream = _read_upstream(path, collector, self.names)
        models = list(_models(upstream, collector))
        total = len(models) + len(upstream.registry)
        if not total:
            raise SourceError(f"no TorchHub model in {str(path)!r}; {_LAYOUT}")
        style = Style(self.own_words, self.last_checked)
        pages = upstream.pages.get(torchvision.REPOSITORY, [])
        for done, builder in enumerate(upstream.registry, start=1):
            with collector.guard(f"{torchvision.REPOSITORY}:{builder.name}"):
                page = _page_about(pages, builder.name)
                collector.add(torchvision_doc(builder, page, upstream.revision, style))
            if progress is not None:
                progress(done, total)
        for done, model in enumerate(models, start=len(upstream.registry) + 1):
            with collector.guard(model_id(model)):
                collector.add(model_doc(model, style))
                for old_id in _former_ids(model):
                    collector.alias(old_id, model_id(model))
            if progress is not None:
                progress(done, total)
        return collector.result()


@dataclass(frozen=True, slots=True)
class _Upstream:
    """Everything read, by the repositories' present names; `names` are those that only the caller knows."""

    names: Mapping[str, str] = field(default_factory=dict)
    pages: dict[str, list[Page]] = field(default_factory=lambda: defaultdict(list))
    hubconfs: dict[str, Hubconf] = field(default_factory=dict)
    registry: list[torchvision.Builder] = field(default_factory=list)
    revision: str | None = None

    def keep(self, hubconf: Hubconf) -> None:
        """Add what a hubconf says to what another reading of the same repository said."""
        name = present_name(hubconf.repository, self.names)
        said = self.hubconfs.get(name)
        self.hubconfs[name] = merged(said, hubconf) if said else hubconf


def present_name(repository: str, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """A repository's present name in its owner's spelling, without a ref; unknown ones stay as they are.

    `names` are further ones, in lower case, with the present name of each.
    """
    wanted = repository.partition(":")[0]
    wanted = names.get(wanted.lower(), wanted)
    for name, known in REPOSITORIES.items():
        if wanted.lower() in (name.lower(), *(former.lower() for former in known.former)):
            return name
    return wanted


def _read_upstream(path: Path, collector: Collector, names: Mapping[str, str]) -> _Upstream:
    """Sort the files into pages, hubconfs, their export and the registry."""
    texts = _texts(path, collector)
    registry, revision = _registry(texts, collector)
    upstream = _Upstream(names=names, registry=registry, revision=revision)
    for name, text in texts.items():
        with collector.guard(name):
            if name.endswith(".md") and (page := parse_page(name, text)) is not None:
                for repository in _repositories_of(page, names):
                    upstream.pages[repository].append(page)
                for line in page.unreadable:
                    collector.quarantine(name, f"begins like a call, but can't be parsed: {line!r}")
            elif name.endswith(".py"):
                repository = PurePosixPath(name).stem.replace("+", "/", 1)
                upstream.keep(parse_hubconf(repository, text))
    # After the files themselves, which say more: what a partial fixes, what a docstring documents.
    for name, text in texts.items():
        if PurePosixPath(name).match(_ENTRYPOINTS):
            exported, broken = read_export(text)
            for hubconf in exported:
                upstream.keep(hubconf)
            for record in broken:
                collector.quarantine(record.record, record.reason)
    return upstream


def _texts(path: Path, collector: Collector) -> dict[str, str]:
    """The files that may be TorchHub's, those inside archives of a folder among them."""
    if path.is_file() and path.suffix == ".json":
        sources = [(path.parent, lambda name: name == PurePosixPath(path.name))]
    else:
        archives = sorted(path.glob(_ARCHIVE)) if path.is_dir() else []
        sources = [(source, _wanted) for source in (path, *archives)]
    texts: dict[str, str] = {}
    for source, wanted in sources:
        files = read_texts(source, wanted)
        texts |= files.texts
        for record in files.quarantined:
            collector.quarantine(record.record, record.reason)
    return texts


def _wanted(file: PurePosixPath) -> bool:
    if file.suffix == ".md":
        return file.name != "template.md"
    if file.suffix == ".py":
        return file.parent.name == "hubconf" and "+" in file.stem
    return file.match(_ENTRYPOINTS) or file.match(_REGISTRY)


def _registry(texts: dict[str, str], collector: Collector) -> tuple[list[torchvision.Builder], str | None]:
    for name, text in texts.items():
        if PurePosixPath(name).match(_REGISTRY):
            builders, broken, others = torchvision.read_registry(text)
            collector.pass_over("torchvision builder that its hubconf does not export", others)
            for record in broken:
                collector.quarantine(record.record, record.reason)
            return builders, torchvision.version_of(name)
    return [], None


def _models(upstream: _Upstream, collector: Collector) -> Iterator[Model]:
    """Every model of every repository; torchvision's only where the registry doesn't have them."""
    in_registry = {builder.name for builder in upstream.registry}
    for repository in sorted({*upstream.pages, *upstream.hubconfs}):
        pages = tuple(upstream.pages.get(repository, ()))
        known = _known(repository, pages)
        hubconf = upstream.hubconfs.get(repository, Hubconf(repository, ()))
        collector.pass_over(_NO_MODEL, len(hubconf.left_out))
        for entrypoint in _entrypoints(repository, hubconf, pages, upstream.names):
            name = entrypoint.name
            if is_helper(name):
                collector.pass_over(_NO_MODEL)
                continue
            if name in known.left_out or name in known.same:
                collector.pass_over("name of a model that is kept under another")
                continue
            if repository == torchvision.REPOSITORY and name in in_registry:
                continue
            model = Model(
                repository, known, entrypoint, hubconf.dependencies, _page_about(pages, name), pages
            )
            yield from _chosen(model)


def _repositories_of(page: Page, names: Mapping[str, str]) -> list[str]:
    """The repository that a page is about, and those that its code loads from, by present names."""
    return list(dict.fromkeys(present_name(name, names) for name in (page.repository, *_called(page))))


def _called(page: Page) -> Iterator[str]:
    return (call.repository for call in page.calls)


def _known(repository: str, pages: Sequence[Page]) -> Repository:
    """What is known of a repository; of one that no table has, what its pages say."""
    if (known := REPOSITORIES.get(repository)) is not None:
        return known
    refs = (call.repository.partition(":")[2] for page in pages for call in page.calls)
    ref = next((ref for ref in refs if ref), "")
    if repository == torchvision.REPOSITORY:
        return dataclasses.replace(_TORCHVISION, ref=ref)
    return Repository(publisher=pages[0].author if pages else "", families=(), ref=ref)


def _entrypoints(
    repository: str, hubconf: Hubconf, pages: Sequence[Page], names: Mapping[str, str]
) -> Iterator[Entrypoint]:
    """Those of the hubconf, then those that only a page calls."""
    yield from hubconf.entrypoints
    seen = {*hubconf.left_out, *(entrypoint.name for entrypoint in hubconf.entrypoints)}
    for call in (call for page in pages for call in page.calls):
        if present_name(call.repository, names) == repository and call.entrypoint not in seen:
            seen.add(call.entrypoint)
            yield Entrypoint(call.entrypoint)


def _chosen(model: Model) -> Iterator[Model]:
    """The model itself, or one for each value of the arguments that choose among several."""
    name = model.entrypoint.name
    choice = next((choice for choice in model.known.choices if choice.entrypoint == name), None)
    for values in choice.values if choice else ((),):
        yield dataclasses.replace(
            model, choice=choice, values=values, arguments=_called_with(model, choice, values)
        )


def _called_with(model: Model, choice: Choice | None, values: tuple[str, ...]) -> Mapping[str, str]:
    """The arguments of the page's call of this very model, else of the entrypoint, else none."""
    calls = [
        call.arguments
        for call in (model.page.calls if model.page else ())
        if call.entrypoint == model.entrypoint.name
    ]
    if choice is not None:
        wanted = {repr(value) for value in values}
        calls.sort(key=lambda arguments: not wanted <= set(arguments.values()))
    return calls[0] if calls else {}


def _page_about(pages: Sequence[Page], entrypoint: str) -> Page | None:
    """The page that is about an entrypoint: it calls it, or has part of its name in its own.

    Several pages may call an entrypoint (a synthesiser's page calls the vocoder, too): the one named
    after it wins. A repository's only page is about all of it.
    """
    if len(pages) == 1:
        return pages[0]
    best, score = None, (False, 0)
    for page in pages:
        stem = PurePosixPath(page.path).stem
        title = squeezed(stem).replace(squeezed(page.repository), "")
        words = [word for word in re.split(r"[\W_]+", entrypoint) if len(word) >= 3]
        named = sum(
            squeezed(word) in title for word in words if squeezed(word) not in squeezed(page.repository)
        )
        calls = any(call.entrypoint == entrypoint for call in page.calls)
        if (calls, named) > score:
            best, score = page, (calls, named)
    return best


def _former_ids(model: Model) -> Iterator[str]:
    """Ids that this model had or could have had: under the repository's former names, and as duplicates."""
    names = [model.entrypoint.name]
    names += [old for old, kept in model.known.same.items() if kept == model.entrypoint.name]
    for repository in (model.repository, *model.known.former):
        yield from (model_id(model, repository, name) for name in names)
