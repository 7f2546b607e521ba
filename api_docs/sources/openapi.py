"""People's own APIs from an OpenAPI document: one API doc per operation.

The call is `requests.request(method, address, …)`, complete and valid: places of the address stay open, what
else is required stands as a placeholder that verifies. Sentences are the document's own, as plain text. A
deprecated operation is kept and says so; one that can't be called is set aside with its reason.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api_docs.call import Call, parse_call
from api_docs.domains import Domain
from api_docs.errors import InvalidDoc, SourceError
from api_docs.inputs import PARTS
from api_docs.models import ApiDoc, Fact, Place
from api_docs.sources.base import Collector, Progress, SourceResult
from api_docs.sources.json_schemas import Described
from api_docs.sources.openapi_document import Document, Node, listed, mapped, read_document
from api_docs.sources.openapi_inputs import described_inputs, open_path
from api_docs.sources.texts import MOST_OF_A_DOC, MOST_OF_A_TITLE, first_sentence, in_words, short_text
from api_docs.url_templates import parse_template

_NO_ID: Final = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class OpenApi:
    """An OpenAPI document as a source.

    `hub` is what the docs' hub is called. `address` is where the document came from, None for a file;
    `server` stands in for the servers that it names.
    """

    hub: str
    address: str | None = None
    server: str | None = None
    name: str = "openapi"

    def read(self, path: Path, progress: Progress | None = None) -> SourceResult:
        """Read the document at `path`, JSON or YAML.

        Raises:
            SourceError: when it can't be read, is no OpenAPI document, or none of its operations has an
                address.
        """
        try:
            data = path.read_bytes()
        except OSError as exc:
            raise SourceError(f"can't read {str(path)!r}: {exc.strerror}; name the OpenAPI document") from exc
        return self.read_document(read_document(data, self.address or repr(str(path))), progress)

    def read_document(self, document: Document, progress: Progress | None = None) -> SourceResult:
        """Every operation of a document as a doc, or quarantined; raises `SourceError` as `read` does."""
        collector = Collector()
        operations = list(document.operations())
        twice = Counter(str(operation.get("operationId")) for _, _, operation, _ in operations)
        for number, (method, path, operation, shared) in enumerate(operations, start=1):
            with collector.guard(f"{method} {path}".strip()):
                if "$broken" in operation:
                    raise InvalidDoc(str(operation["$broken"]))
                known = str(operation.get("operationId") or "")
                own = known if known and twice[known] == 1 else f"{method}:{path}"
                collector.add(self._doc(document, own, f"{method} {path}", operation, shared))
            if progress is not None:
                progress(number, len(operations))
        result = collector.result()
        if result.quarantined and not result.docs:
            first = result.quarantined[0]
            raise SourceError(
                f"none of the {len(operations)} operations of {document.where} can be called; the first, "
                f"{first.record}: {first.reason}"
            )
        return result

    def _doc(self, document: Document, own: str, route: str, operation: Node, shared: Node) -> ApiDoc:
        method, _, path = route.partition(" ")
        if not path.startswith("/"):
            raise InvalidDoc(f"the path {path!r} does not begin with a slash; give it one")
        server = self.server.rstrip("/") if self.server else document.server(operation, shared, self.address)
        url = server + open_path(document, operation, shared, path)
        try:
            parse_template(url)
        except ValueError as exc:
            raise InvalidDoc(f"no address can be made of the path: {exc}") from exc
        inputs = described_inputs(document, operation, shared, path)
        body = document.body(operation, shared)
        tags = [str(tag) for tag in listed(operation.get("tags")) if isinstance(tag, str)]
        title = first_sentence(operation.get("summary")) or first_sentence(operation.get("description"))
        return ApiDoc(
            id=f"{self.hub}:{_NO_ID.sub('_', own)}",
            hub=self.hub,
            domain=Domain.WEB_API,
            source_domain=short_text(tags[0], MOST_OF_A_TITLE) if tags else "",
            functionality=title or in_words(own.partition(":")[2] or own),
            name=short_text(own, MOST_OF_A_TITLE) or route,
            call=_template(method, url, inputs, body is not None and body.get("required") is True),
            arguments=tuple(one.argument for one in inputs),
            environment=("requests",),
            description=short_text(operation.get("description"), MOST_OF_A_DOC),
            source_url=_link(operation, self.address),
            facts=_facts(document, operation, route),
        )


def _template(method: str, url: str, inputs: list[Described], has_body: bool) -> str:
    """The call with everything that is required, in the order of `requests.request`."""
    keywords: list[tuple[str, str]] = []
    for part in PARTS:
        here = [one for one in inputs if one.argument.place is part]
        needed = [one for one in here if one.argument.required]
        if needed or (part is Place.JSON and here and has_body):
            keywords.append(
                (part.value, "{" + ", ".join(f"{one.argument.wire!r}: {one.sample}" for one in needed) + "}")
            )
        keywords += [
            (part.value, one.sample)
            for one in inputs
            if one.argument.place is Place.INPUT and one.argument.name == part.value and one.argument.required
        ]
    return parse_call(Call("requests.request", (repr(method), repr(url)), tuple(keywords)).render()).render()


def _facts(document: Document, operation: Node, route: str) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"operation": route[:400]}
    if ways := document.security(operation):
        facts["security"] = ways
    if operation.get("deprecated") is True:
        facts["deprecated"] = "true"
    if (kind := _answers(document, operation)) is not None:
        facts["answers"] = kind
    return facts


def _answers(document: Document, operation: Node) -> str | None:
    """The media type of what comes back when it went well."""
    if document.is_swagger:
        kinds = listed(operation.get("produces", document.root.get("produces")))
        return str(kinds[0])[:100] if kinds else None
    for status, response in mapped(operation.get("responses")).items():
        if str(status).startswith("2") and isinstance(response, dict):
            for kind in mapped(document.resolve(response).get("content")):
                return str(kind)[:100]
    return None


def _link(operation: Node, address: str | None) -> str | None:
    """The operation's page, else the document."""
    url = mapped(operation.get("externalDocs")).get("url")
    if isinstance(url, str) and re.fullmatch(r"https?://\S{1,380}", url):
        return url
    return address if address is not None and len(address) <= 400 else None
