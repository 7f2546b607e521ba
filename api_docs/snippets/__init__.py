"""Runnable code for a verified call, and what to know before running it."""

from api_docs.snippets.cautions import warnings_for
from api_docs.snippets.pinning import pinned
from api_docs.snippets.render import render_code

__all__ = ["pinned", "render_code", "warnings_for"]
