"""What a request's route is called in measures and traces: its template, never the path that was asked for.

A path may hold people's words, and there is no end of paths; templates are few.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Scope

OTHER = "other"
"""The name of whatever is no route of ours."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods that go by their own name; callers can make up any number of others."""

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""What machines ask every few seconds: neither a trace each, nor a line each in the log while all is well."""


class RouteNames:
    """Names of the routes of one application, given their templates."""

    def __init__(self, templates: Iterable[str]) -> None:
        self._plain = frozenset(template for template in templates if "{" not in template)

    def of(self, scope: Scope) -> str:
        """The name of a request's route, as far as it is known by now.

        A request that was refused before its route was looked for is known by its path, where that is a whole
        template.
        """
        template = getattr(scope.get("route"), "path", None)
        if isinstance(template, str):
            return template
        return scope["path"] if scope["path"] in self._plain else OTHER
