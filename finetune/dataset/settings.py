"""What a dataset is to hold: section [data] of a config."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api_docs.models import HubName
from retriever.prompt import PromptStyle

Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Rows = Annotated[int, Field(ge=0, le=100_000_000)]


class Answer(StrEnum):
    """What a model is taught to write."""

    FULL = "full"
    """Gorilla's four lines: domain, call, provider, explanation."""
    SHORT = "short"
    """Domain and call, nothing after them: a small model's whole capacity goes there. The domain comes first:
    what an instruction is about is learnt by itself, and the doc that says the same is then soon found."""


class Mixture(BaseModel):
    """How often which docs stand in a prompt, in proportion to each other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    none: Weight = 0.0
    right: Weight = 0.35
    retrieved: Weight = 0.1
    distractors: Weight = 0.35
    same_domain: Weight = 0.1
    wrong: Weight = 0.1

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not any(self.model_dump().values()):
            raise ValueError("every weight of the mixture is 0; give one of them more")
        return self


class Sources(BaseModel):
    """How often an instruction comes from where, in proportion to each other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bank: Weight = 0.3
    teacher: Weight = 0.3
    described: Weight = 0.4

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not any(self.model_dump().values()):
            raise ValueError("every weight of the sources is 0; give one of them more")
        return self


class DataSettings(BaseModel):
    """Section [data]. The same settings, catalogue and instructions give the same bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    style: PromptStyle = PromptStyle.COMPACT
    answer: Answer = Answer.FULL
    samples: Rows = 20_000  # rows to train with
    first: Rows = 0  # number of the first of them; each number is a draw of its own, so others are other rows
    validation_samples: Rows = 1_000
    test_samples: Rows = 1_000
    validation: Share = 0.05  # share of the APIs, and of the bank's instructions
    test: Share = 0.1
    mixture: Mixture = Mixture()
    mutated: Share = 0.5  # rows with changed docs, of those that have docs
    mutated_in_tests: Share = 0.25  # the same, of validation and test
    stated: Share = 0.25  # English rows that state an argument, where the API has one
    sources: Sources = Sources()
    word_dropout: Share = 0.0  # most words that a person's instruction loses in a training row, as a share
    languages: tuple[
        Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...
    ] = ()  # of instructions; all unless set
    hubs: tuple[HubName, ...] = ()  # of targets; all unless set
    docs: Annotated[int, Field(ge=2, le=20)] = 3  # of a prompt that has several
    retriever: bool = True  # whether docs for the bank's instructions are those that it finds, or drawn
    echo: Share = 0.0  # share of the training rows, the very first, that have nothing but words to copy
    topic: Share = 0.0  # share of them, among those, whose answer is the instruction's domain alone
    brief: Share = 0.0  # share of them, the first behind those, whose docs say domain and call alone
    curriculum: Share = 0.0  # share of them, behind the very first, over which several docs set in
    seed: int = 0

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.style is PromptStyle.CHAT:
            raise ValueError(
                "style is 'chat', whose prompts are messages; choose one whose prompts are one text: "
                f"{', '.join(style for style in PromptStyle if style is not PromptStyle.CHAT)}"
            )
        if self.mixture.retrieved and not self.retriever:
            raise ValueError(
                f"mixture.retrieved is {self.mixture.retrieved:g}, but retriever is false; set the one to 0 "
                "or the other to true"
            )
        if self.echo + self.topic + self.brief > 1:
            raise ValueError(
                f"echo {self.echo:g}, topic {self.topic:g} and brief {self.brief:g} are more than all rows; "
                "lower one of them"
            )
        if self.validation + self.test >= 1:
            raise ValueError(
                f"validation {self.validation:g} and test {self.test:g} leave no APIs to train with; "
                "their sum must be below 1"
            )
        return self
