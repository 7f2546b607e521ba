"""Code that reads one upstream each, as files, and yields API docs."""
