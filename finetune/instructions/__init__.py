"""What people ask, in their words: how it lies in files, the bank that ships, and the checks of it.

A row is `instruction.Instruction`; `sources.read_sources` reads whatever may be taught with, and refuses what
is kept for judging. Whether a text names a model, says the same as another, or is in another language is told
by `names`, `sameness` and `tongue`.
"""
