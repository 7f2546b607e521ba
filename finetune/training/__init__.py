"""Training a generator with a dataset's rows: what it will need, its steps and checkpoints, the model.

A whole training is `train.train`, of what `config.TrainingConfig` asks for; a `worker` is one process of it.
"""
