"""Rows to learn from, made of instructions and docs: a prompt, and what a model is to write after it.

`command.make` makes a folder of them as `settings.DataSettings` asks, with what the service's settings name;
`making.make_dataset` does with any docs and instructions. Whether an answer is the one asked for is told by
`exact.is_exact`.
"""
