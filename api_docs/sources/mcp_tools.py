"""People's own tools from the list of an MCP server: one API doc per tool.

The call is `tool_name(argument=…)`. Tools may be called what no function of Python can be (`get-weather`); a
call then has underscores, and the doc's fact `tool` the server's own name. The same goes for arguments, which
a call has by name: one that is no name of Python is left out, and sets its tool aside where it is required.
Reads what the list says; asks nobody.

Source: Model Context Protocol, "Tools".
"""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from api_docs.call import Call, parse_call
from api_docs.domains import Domain
from api_docs.errors import InvalidDoc, SourceError
from api_docs.loaders import GENERIC, loader_of
from api_docs.models import ApiDoc, Fact, Place
from api_docs.sources.base import Collector, Progress, SourceResult
from api_docs.sources.json_schemas import Described, SchemaReader, name_of
from api_docs.sources.openapi_document import Document, mapped
from api_docs.sources.texts import MOST_OF_A_DOC, MOST_OF_A_TITLE, first_sentence, in_words, short_text

_TELLING: Final = 3
"""Words from which on a title says what a tool does; "Weather" does not."""
_TAKEN: Final = frozenset(
    {*dir(builtins), *keyword.kwlist, "asyncio", "Client", "ask", "arguments", "result"}
)
"""Names that mean something else where a call is read, or in the snippet that makes it."""


@dataclass(frozen=True, slots=True)
class McpTools:
    """A list of tools, as `tools/list` gives it, as a source; `address` is the server's."""

    hub: str
    address: str | None = None
    secured: bool = False
    name: str = "mcp"

    def read(self, path: Path, progress: Progress | None = None) -> SourceResult:
        """Read a JSON list of tools.

        Raises:
            SourceError: when there is none.
        """
        try:
            tools = orjson.loads(path.read_bytes())
        except OSError as exc:
            raise SourceError(f"can't read {str(path)!r}: {exc.strerror}; name a list of tools") from exc
        except orjson.JSONDecodeError as exc:
            raise SourceError(f"{str(path)!r} is no JSON: {exc}; expected a list of tools") from exc
        if not isinstance(tools, list):
            raise SourceError(
                f"{str(path)!r} holds no list, but {type(tools).__name__}; expected a list of tools"
            )
        return self.read_tools(tools, progress)

    def read_tools(self, tools: Sequence[object], progress: Progress | None = None) -> SourceResult:
        """Every tool as a doc, or quarantined with its reason."""
        collector = Collector()
        for number, tool in enumerate(tools, start=1):
            name = tool.get("name") if isinstance(tool, Mapping) else None
            with collector.guard(f"tool {name!r}" if isinstance(name, str) else f"tool {number}"):
                if not isinstance(tool, Mapping) or not isinstance(name, str) or not name:
                    raise InvalidDoc("it is no object with a name; expected what `tools/list` gives")
                collector.add(self._doc(name, tool))
            if progress is not None:
                progress(number, len(tools))
        return collector.result()

    def _doc(self, name: str, tool: Mapping[str, Any]) -> ApiDoc:
        inputs = _inputs(mapped(tool.get("inputSchema")))
        needed = tuple((one.argument.name, one.sample) for one in inputs if one.argument.required)
        notes = mapped(tool.get("annotations"))
        title = short_text(tool.get("title") or notes.get("title"), MOST_OF_A_TITLE)
        if len(title.split()) < _TELLING:
            title = first_sentence(tool.get("description")) or title
        facts: dict[str, Fact] = {"tool": name[:400]}
        if notes.get("destructiveHint") is True and notes.get("readOnlyHint") is not True:
            facts["destructive"] = "true"
        if self.secured:
            facts["security"] = "a token in the header 'Authorization'"
        return ApiDoc(
            id=f"{self.hub}:{'_'.join(name.split())}",
            hub=self.hub,
            domain=Domain.WEB_API,
            functionality=title or in_words(name),
            name=name[:300],
            call=parse_call(Call(callee_of(name), (), needed).render()).render(),
            arguments=tuple(one.argument for one in inputs),
            environment=("mcp",),
            description=short_text(tool.get("description"), MOST_OF_A_DOC),
            source_url=self.address,
            facts=facts,
        )


def callee_of(tool: str) -> str:
    """What a tool is called in a call: its name as a name of Python that means nothing else."""
    name = name_of(tool)
    if loader_of(name) is not GENERIC:
        return f"tool_{name}"  # `pipeline` and its like load models
    return f"{name}_" if name in _TAKEN else name


def _inputs(schema: Mapping[str, Any]) -> list[Described]:
    reader = SchemaReader(Document(schema, "the tool's schema").resolve)
    found = []
    for name, inner, needed in reader.properties(reader.merged(schema)):
        if name.isidentifier() and name.isascii() and not keyword.iskeyword(name):
            found.append(reader.described(name, inner, Place.INPUT, required=needed))
        elif needed:
            raise InvalidDoc(f"its argument {name!r} is required, and no call could name it: rename it")
    return found
