"""How models are taught, and how their weights get to where the engine reads them.

Imports go one way: `instructions` and `weights` ← `teacher` and `dataset` ← `training` ← `retriever`. Beside
these rooms lie data: `bank/` (instructions), `examples/` (shown to teachers), `configs/` (of trainings).
"""
