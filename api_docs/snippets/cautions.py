"""What a person should know before running a call: what is to be filled in, remote code, pickles, dead docs,
gates, what a request may change, old releases.

Knows what loaders do, and what the doc records. Runs and fetches nothing.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator

from api_docs.call import Call, parse_value
from api_docs.catalogue import Entry
from api_docs.inputs import open_inputs
from api_docs.snippets.imports import roots
from api_docs.snippets.libraries import PICKLES
from api_docs.snippets.parts import Subject
from api_docs.snippets.pipelines import removed_task, unknown_task
from api_docs.snippets.releases import outdated

_CODE_RUNNERS = frozenset(
    {*dir(builtins), "os", "subprocess", "shutil", "sys", "importlib", "runpy", "pickle"}
)
"""Roots of callees that load no model by themselves."""

_GATED = frozenset({"true", "auto", "manual", "yes"})
_CHANGES_NOTHING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})


def warnings_for(call: Call, entry: Entry) -> tuple[str, ...]:
    """Plain sentences, most serious first; empty where there is nothing to know."""
    subject = Subject(call, entry)
    found = (
        *_left_open(subject),
        *_remote_code(subject),
        *_pickles(subject),
        *_access(subject),
        *_services(subject),
        *_releases(subject),
    )
    return tuple(dict.fromkeys(found))


def _left_open(subject: Subject) -> Iterator[str]:
    if names := [repr(argument.wire) for argument in open_inputs(subject.call, subject.entry)]:
        listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
        yield f"Fill in what only holds its place: {listed}."


def _services(subject: Subject) -> Iterator[str]:
    if subject.entry.loader.is_request:
        method = subject.text("method").upper()
        if method not in _CHANGES_NOTHING:
            yield f"The request may change what the service holds: its method is {method}."
    elif subject.fact("destructive") == "true":
        yield "The server says that this tool may destroy something."
    if subject.fact("deprecated") == "true":
        yield "Its documentation calls this operation deprecated: it may go away."
    if wanted := subject.entry.doc.facts.get("security"):
        ways = wanted if isinstance(wanted, tuple) else (str(wanted),)
        yield f"The service wants to know who asks: {' or '.join(ways)}."


def _remote_code(subject: Subject) -> Iterator[str]:
    given = dict(subject.call.keywords)
    if subject.entry.loader.name == "torch.hub.load" and subject.text("source") != "local":
        trust = given.get("trust_repo", "'check'")
        how = {
            "True": "without asking, because of trust_repo=True",
            "False": "after asking you, because of trust_repo=False",
            "None": "with a warning only, because of trust_repo=None",
        }.get(trust, "after asking once whether you trust it (trust_repo='check')")
        yield f"Runs remote code: torch.hub downloads the repository and executes its hubconf.py, {how}."
    if given.get("trust_remote_code") == "True":
        yield "Runs remote code: trust_remote_code=True executes Python files of the model repository."
    elif subject.fact("custom_code") == "true":
        yield "The model comes with its own Python files; it loads only with trust_remote_code=True."
    if "custom_pipeline" in given and given["custom_pipeline"] != "None":
        yield "Runs remote code: custom_pipeline downloads and executes a pipeline written by others."
    if subject.entry.loader.name == "from_hparams" or subject.call.callee == "foreign_class":
        yield "Runs remote code: SpeechBrain builds the objects that the repository's YAML file names."
    if (root := subject.call.callee.partition(".")[0]) in _CODE_RUNNERS:
        yield f"The call uses {root!r}, which can run anything: read it before you run it."
    if given.get("safe_mode") == "False":
        yield "Runs remote code: safe_mode=False lets Keras execute code stored in the model file."


def _pickles(subject: Subject) -> Iterator[str]:
    given = dict(subject.call.keywords)
    loader = subject.entry.loader.name
    if subject.given("pretrained") == "False":
        return  # the network comes without weights
    if given.get("weights_only") == "False":
        yield "weights_only=False unpickles the weights in full: a crafted file can run code."
    elif subject.fact("pickled") != "false" and (what := PICKLES.get(loader)):
        yield f"{what}: unpickling a crafted file can run code. Load it only from a source that you trust."
    elif subject.fact("pickled") == "true" or given.get("use_safetensors") == "False":
        yield "The weights are pickled, not safetensors: a crafted file can run code when it is loaded."


def _access(subject: Subject) -> Iterator[str]:
    doc = subject.entry.doc
    if not doc.alive:
        when = f" when it was last looked for, on {doc.last_checked}" if doc.last_checked else ""
        what = "API" if subject.entry.takes_inputs else "model"
        yield f"This {what} could not be found{when}: the call may fail."
    if subject.fact("gated") in _GATED:
        yield "Access is gated: accept the model's terms on its page and log in with a token first."


def _releases(subject: Subject) -> Iterator[str]:
    if subject.entry.loader.name == "pipeline":
        task = subject.text("task")
        if (bound := removed_task(task)) is not None:
            yield f"Newer releases of transformers have no pipeline task {task!r}: install {bound!r}."
        elif task and unknown_task(task):
            yield f"No release of transformers has a pipeline task {task!r}: the documented call may fail."
    for name in roots(parse_value(subject.call.render())):
        if (bound := outdated(name)) is not None:
            yield f"Newer releases of {re.split('<', bound)[0]} have no {name}: install {bound!r}."
