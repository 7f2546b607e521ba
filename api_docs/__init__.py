"""What can be called: API docs, the catalogue, calls and their verification."""
