"""Generators: a prompt in, the text of an answer out."""
