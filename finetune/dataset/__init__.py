"""Rows to learn from, made of instructions and docs: a prompt, and what a model is to write after it.

`making.make_dataset` makes a folder of them, of what `settings.DataSettings` asks for. Whether an answer is
the one asked for is told by `exact.is_exact`.
"""
