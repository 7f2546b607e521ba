"""Everything that can go wrong in Callsmith, as one tree.

Callers catch a branch; the HTTP layer and the command line each map the tree once. Every message
quotes the offending value, says what was expected, and names the fix; `code` is what programs read.

    CallsmithError
    ├── InvalidInput                 the caller can mend it
    │   ├── InvalidInstruction
    │   ├── InvalidRequest
    │   │   └── PromptTooLong
    │   └── NotFound
    ├── CatalogueError               docs on disk
    │   ├── InvalidDoc               one record is broken
    │   ├── BrokenCatalogue          a file or manifest is broken
    │   ├── OutdatedSchema
    │   └── SourceError              an upstream could not be read
    │       ├── SourceTimeout        its time was over, or it asks to wait longer than that
    │       ├── SourceRefused        it wants to know who asks, or does not take the token
    │       └── SourceGone           what was asked for is there no more
    ├── CallError                    text that is no acceptable call
    │   └── UnparseableCall
    ├── RetrievalIndexError          retrieval data on disk
    │   ├── BrokenIndex
    │   ├── IndexMismatch
    │   └── MissingIndex
    ├── EmbeddingModelError          missing or altered weights
    ├── ModelWeightsError            weights for the engine, missing or not what they should be
    │   └── ModelAccessDenied        the model's publisher wants to know who asks
    ├── StorageError                 read-only or full disk
    │   ├── NotEnoughSpace           known before anything is written
    │   └── AlreadyPublishing        another process writes there
    ├── GeneratorError               the engine behind a prompt
    │   ├── GeneratorUnavailable
    │   ├── GeneratorTimeout
    │   └── GeneratorRefused
    ├── ConfigurationError           settings, ports
    ├── EvaluationDataError          rows or responses to grade
    ├── TrainingError                a model can't be taught as asked
    │   ├── TrainingDataError        rows to learn from, missing or not what they should be
    │   ├── TeacherError             the model that writes such rows can't be asked
    │   └── NotEnoughMemory          known before training starts
    └── MeasurementFailed            a program that is measured ended, hung, or would not start
"""

from __future__ import annotations

from typing import ClassVar


class CallsmithError(Exception):
    """Base of every error that Callsmith raises on purpose."""

    code: ClassVar[str] = "internal_error"


class InvalidInput(CallsmithError):
    """The caller sent something that can't be answered; `field` names the part that is wrong."""

    code = "invalid_input"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class InvalidInstruction(InvalidInput):
    """The instruction is empty, too long, or contains characters that are not text."""

    code = "invalid_instruction"


class InvalidRequest(InvalidInput):
    """A field of the request is unknown or out of range."""

    code = "invalid_request"


class PromptTooLong(InvalidRequest):
    """Instruction and best doc together do not fit the token budget of the prompt."""

    code = "prompt_too_long"


class NotFound(InvalidInput):
    """No such API doc."""

    code = "not_found"


class CatalogueError(CallsmithError):
    """API docs could not be read, written or trusted."""

    code = "catalogue_error"


class InvalidDoc(CatalogueError):
    """One record can't become an `ApiDoc`."""

    code = "invalid_doc"


class BrokenCatalogue(CatalogueError):
    """A catalogue file is damaged, incomplete, or not what its manifest says."""

    code = "broken_catalogue"


class OutdatedSchema(CatalogueError):
    """A catalogue or index was written by another version of Callsmith."""

    code = "outdated_schema"


class SourceError(CatalogueError):
    """An upstream is missing or unreadable.

    `reason` is for programs: the upstream's own word for it (`GatedRepo`), else the status of its answer, or
    nothing.
    """

    code = "source_error"

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class SourceTimeout(SourceError):
    """The time that a run gives an upstream is over, or the upstream asks to wait beyond it."""

    code = "source_timeout"


class SourceRefused(SourceError):
    """The upstream refuses: no token, a token that it doesn't take, or one that may not read this."""

    code = "source_refused"


class SourceGone(SourceError):
    """The upstream has no such thing, or has it no more."""

    code = "source_gone"


class CallError(CallsmithError):
    """A call expression can't be used."""

    code = "call_error"


class UnparseableCall(CallError):
    """The text is not one call expression."""

    code = "unparseable_call"


class RetrievalIndexError(CallsmithError):
    """The index on disk can't be used."""

    code = "index_error"


class BrokenIndex(RetrievalIndexError):
    """A file of the index is missing, truncated or altered."""

    code = "broken_index"


class IndexMismatch(RetrievalIndexError):
    """The index was built from another catalogue or with another embedding model."""

    code = "index_mismatch"


class MissingIndex(RetrievalIndexError):
    """No index has been built yet."""

    code = "missing_index"


class EmbeddingModelError(CallsmithError):
    """The embedding model is missing, or its weights are not the published ones."""

    code = "embedding_model_error"


class ModelWeightsError(CallsmithError):
    """The engine's weights can't be had, or are not what they should be."""

    code = "model_weights_error"


class ModelAccessDenied(ModelWeightsError):
    """The model is gated or private, and the token is missing or not allowed to read it."""

    code = "model_access_denied"


class StorageError(CallsmithError):
    """The data folder can't be written: read-only, full, or not a folder."""

    code = "storage_error"


class NotEnoughSpace(StorageError):
    """The disk has less room than what is to be written needs."""

    code = "not_enough_space"


class AlreadyPublishing(StorageError):
    """Another process publishes into the same data folder."""

    code = "already_publishing"


class GeneratorError(CallsmithError):
    """A generator gave no usable text.

    `summary` is the message without what the engine said, which may repeat what it was asked: for logs, and
    for others than whoever asked.
    """

    code = "generator_error"

    def __init__(self, message: str, summary: str | None = None) -> None:
        super().__init__(message)
        self.summary = message if summary is None else summary


class GeneratorUnavailable(GeneratorError):
    """The engine can't be reached or refuses to answer."""

    code = "generator_unavailable"


class GeneratorTimeout(GeneratorError):
    """The engine took longer than the request allows."""

    code = "generator_timeout"


class GeneratorRefused(GeneratorError):
    """The engine works, and does not take this very request."""

    code = "generator_refused"


class ConfigurationError(CallsmithError):
    """A setting is invalid, or the service can't start with it."""

    code = "configuration_error"


class EvaluationDataError(CallsmithError):
    """Evaluation rows or responses can't be read."""

    code = "evaluation_data_error"


class TrainingError(CallsmithError):
    """A run of fine-tuning can't start, go on, or end as it should."""

    code = "training_error"


class TrainingDataError(TrainingError):
    """Rows to learn from are missing, damaged, or not what their manifest says."""

    code = "training_data_error"


class TeacherError(TrainingError):
    """The endpoint of the model that writes rows to learn from fails, or refuses to answer."""

    code = "teacher_error"


class NotEnoughMemory(TrainingError):
    """The device at hand has less memory than the estimate of what the training needs."""

    code = "not_enough_memory"


class MeasurementFailed(CallsmithError):
    """A program that is measured ended by itself, was not ready in time, or would not end."""

    code = "measurement_failed"
