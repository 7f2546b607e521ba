"""`callsmith evaluate report`: measure what counts, keep it as one JSON file, show it as one page."""
