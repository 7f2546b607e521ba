"""Instructions that a model writes: a teacher is shown an API, asked, paid, and its answers are filtered.

The whole job is `self_instruct.run`; `client.Teacher` is the connection to any OpenAI-compatible endpoint.
"""
