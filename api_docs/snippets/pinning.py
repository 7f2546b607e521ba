"""Pin a call to the revision that its doc recorded, so that it loads what was looked at."""

from __future__ import annotations

import re
from dataclasses import replace

from api_docs.call import Call
from api_docs.catalogue import Entry, repository
from api_docs.models import Hub
from api_docs.verification import check_call

_COMMIT = re.compile(r"[0-9a-f]{7,40}")


def pinned(call: Call, entry: Entry) -> Call | None:
    """The call at the recorded revision; None where none is recorded or the loader takes none.

    A TFHub URL names its version itself: such a call is pinned already.
    """
    if entry.loader.library == "tensorflow-hub":
        return call
    revision = entry.doc.source_revision
    if not revision:
        return None
    if entry.loader.name == "torch.hub.load":
        fixed = _pin_repository(call, revision)
    elif entry.doc.hub == Hub.HUGGINGFACE and "revision" in entry.loader.parameters:
        kept = [(name, value) for name, value in call.keywords if name != "revision"]
        fixed = replace(call, keywords=(*kept, ("revision", repr(revision))))
    else:
        return None
    return fixed if check_call(fixed, entry) is None else None


def _pin_repository(call: Call, revision: str) -> Call:
    """`owner/name:revision` in place of the branch; torch can't find a commit among branches and tags."""
    keywords = dict(call.keywords)
    positional = list(call.positional)
    source = keywords.get("repo_or_dir") or (positional[0] if positional else "''")
    fixed = repr(f"{repository(source)[0]}:{revision}")
    if "repo_or_dir" in keywords:
        keywords["repo_or_dir"] = fixed
    else:
        positional[0:1] = [fixed]
    if _COMMIT.fullmatch(revision):
        keywords["skip_validation"] = "True"
    return Call(call.callee, tuple(positional), tuple(keywords.items()))
