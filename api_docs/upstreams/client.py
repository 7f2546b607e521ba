"""A polite HTTP client for upstreams."""
