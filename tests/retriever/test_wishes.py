"""Which words of an instruction prefer something of a model, and which don't."""

from __future__ import annotations

import pytest

from evaluation.question_sets import read_near_misses, read_served, read_unserved
from retriever.wishes import read


@pytest.mark.parametrize(
    ("instruction", "told"),
    [
        ("tell cats from dogs with the smallest model you have", ["smallest"]),
        ("a light-weight network for pictures of tools", ["smallest"]),
        ("The model must be really small: transcribe calls", ["smallest"]),
        ("name the bird; it should run on my old phone", ["smallest"]),
        ("count people on a Raspberry Pi 4", ["smallest"]),
        ("speech to text under 50 million parameters", ["smallest"]),
        ("on-device speech recognition", ["smallest"]),
        ("Find the ball on live video in real time", ["fastest"]),
        ("a small, fast classifier for flowers", ["smallest", "fastest"]),
        ("the fastest one you have", ["fastest"]),
        ("classify scans as accurately as possible", ["most_accurate"]),
        ("state-of-the-art semantic segmentation", ["most_accurate"]),
        ("draw it with the most popular model", ["most_popular"]),
        ("use the newest model to find faces", ["newest"]),
        ("continue this text with the largest model available", ["largest"]),
        ("depth of a room, in PyTorch", ["torchhub"]),
        ("object detection from TF Hub", ["tfhub"]),
        ("a Keras layer that embeds text", ["tfhub"]),
        ("summarise it with Hugging Face transformers", ["huggingface"]),
        (
            "the tiniest PyTorch model that translates from German into English",
            ["smallest", "torchhub", "de-en"],
        ),
        ("to English from Polish", ["pl-en"]),
    ],
)
def test_what_is_said_of_the_model_is_a_preference(instruction: str, told: list[str]) -> None:
    assert list(read(instruction).told) == told


@pytest.mark.parametrize(
    "instruction",
    [
        "tell small dogs from large ones",
        "a tiny crack in a weld",
        "find fast cars with a model of any size",
        "small object detection model",
        "traffic light detection model",
        "read the large print aloud",
        "sort photos of fashion models",
        "is the model train old or new",
        "is this the latest model of the phone",
        "which car is the newest model",
        "a large language model that writes poems",
        "I don't need a small model, any will do",
        "it needn't be the fastest model",
        "rather than a tiny model take what works",
        'say "we have the smallest model" aloud',
        "classify reviews of our mobile app",
        "people with phones who run on a beach",
        "a man with a torch in a cave",
        "is a question about PyTorch or about cooking",
        "posts from PyTorch forums",
        "the history of TensorFlow models",
        "find transformers on a photo of a power station",
        "a smaller or larger model",
        "PyTorch weights in TensorFlow",
        "German and English reviews",
        "find scratches on pictures of wood in real time",
        "name the plant with high accuracy",
        "translate it into Italian",
        "x" * 700 + " with the smallest model",
    ],
)
def test_words_that_mean_something_else_or_nothing_clear_are_none(instruction: str) -> None:
    assert read(instruction).told == ()


def test_hardly_any_question_that_was_written_for_something_else_has_a_preference() -> None:
    others = [row.text for row in (*read_served(), *read_unserved(), *read_near_misses())]
    assert sum(bool(read(text).told) for text in others) <= 10


@pytest.mark.parametrize(
    ("instruction", "subject"),
    [
        ("Which flower is it? a small model please", "which flower is it? a model please"),
        ("Toxic comments, with TensorFlow", "toxic comments , with"),
        ("a compact object detection model", "a object detection model"),
        ("name the bird; it should run on my old phone", "name the bird; it should"),
        ("a small, fast classifier for flowers", "a , classifier for flowers"),
        ("PyTorch", ""),
        ("translate German into English", ""),
        ("a small dog", ""),
    ],
)
def test_the_subject_is_the_instruction_without_the_words_of_its_preferences(
    instruction: str, subject: str
) -> None:
    assert read(instruction).subject == subject
