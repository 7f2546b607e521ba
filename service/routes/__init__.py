"""The HTTP routes: thin handlers, one call into the core each."""
