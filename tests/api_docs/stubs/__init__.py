"""Stand-ins for the libraries that snippets use: the real ones' signatures, and a record of what was called.

A stub refuses every argument that the real function would refuse, and keywords of its `**kwargs` that the
real function doesn't read. Loaded stubs know what kind of input their model takes; what snippets do with
the results runs on real torch and numpy values.
"""

from tests.api_docs.stubs.recording import Recorder, install

__all__ = ["Recorder", "install"]
