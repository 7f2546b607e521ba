"""`python -m service.cli` is `callsmith`."""

from service.cli import main

main()
