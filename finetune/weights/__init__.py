"""Models' weights: got from the Hugging Face hub, added to their base, read, or made at random.

`prepare.prepare` brings a model to where the engine reads it, `delta.apply_delta` merges one into its base,
`nano.NANO` is the small one that ships, `tiny.make_tiny_model` makes one that says nothing of use.
"""
