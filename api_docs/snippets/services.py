"""Requests over HTTP and tools of MCP servers: code that asks, and prints what comes back."""

from __future__ import annotations

from typing import Final

from api_docs.snippets.parts import Subject, Use, code

TOOL: Final = "tool"
"""The fact that holds a tool's own name, which need not be a name of Python."""
_NO_SECRET = "The service wants to know who asks; a verified call holds no secret: add it here."  # noqa: S105


def request(subject: Subject) -> Use:
    """The use of an answer: an error status is an error."""
    shown = "response.json()" if "json" in subject.fact("answers") else "response.text"
    return Use(
        code("response.raise_for_status()", f"print({shown})"),
        target="response",
        notes=(_NO_SECRET,) if subject.fact("security") else (),
    )


def is_tool(subject: Subject) -> bool:
    """Whether the call is a tool of a server that is known."""
    doc = subject.entry.doc
    return TOOL in doc.facts and doc.source_url is not None and subject.call.callee.isidentifier()


def tool(subject: Subject) -> Use:
    """A function of the tool's name that asks the server, so that the call runs as it is."""
    doc, name = subject.entry.doc, subject.call.callee
    ask = code(
        f"def {name}(**arguments):",
        "    async def ask():",
        f"        async with Client({doc.source_url!r}) as client:",
        f"            return await client.call_tool({str(doc.facts[TOOL])!r}, arguments)",
        "",
        "    return asyncio.run(ask())",
        imports=("import asyncio", "from mcp import Client"),
    )
    return Use(
        code("print(result)"),
        target="result",
        before=ask,
        requirements=("mcp>=2",),
        notes=(_NO_SECRET,) if subject.fact("security") else (),
        defines=(name,),
    )
