"""A small catalogue over three hubs, and an encoder whose vectors can be worked out by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pytest

from api_docs.catalogue import Catalogue
from api_docs.models import ApiDoc
from retriever.bm25 import tokenize
from retriever.embedding import Reading, Vectors


class WordEncoder:
    """Counts hashed words: texts that share words have a high cosine. Deterministic and instant."""

    name = "word-counts"
    dimensions = 64

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked.append(list(texts))
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in tokenize(text):
                vectors[row, int(hashlib.md5(word.encode()).hexdigest(), 16) % self.dimensions] += 1  # noqa: S324
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.where(norms == 0, 1, norms), dtype=np.float32)

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Tokens are words; the one layer adds the text's vector to each."""
        found = []
        for text, vector in zip(texts, self.encode(texts), strict=True):
            words = [WordEncoder().encode([word])[0] for word in tokenize(text) or [""]]
            found.append(Reading(vector, np.stack([np.stack([word, word + vector]) for word in words])))
        return found


def make_doc(hub: str, name: str, domain: str, description: str, call: str, **more: object) -> ApiDoc:
    return ApiDoc.model_validate(
        {
            "id": f"{hub}:{name}",
            "hub": hub,
            "domain": domain,
            "name": name,
            "description": description,
            "call": call,
            **more,
        }
    )


def small_docs() -> list[ApiDoc]:
    return [
        make_doc(
            "torchhub",
            "pytorch/vision:resnet50",
            "image-classification",
            "Sorts photos into a thousand everyday classes; residual network of middle size.",
            "torch.hub.load('pytorch/vision', 'resnet50', weights='DEFAULT')",
            arguments=[{"name": "weights", "type": "str", "default": "None"}],
            performance={"ImageNet-1K": {"acc@1": 80.858}},
        ),
        make_doc(
            "torchhub",
            "snakers4/silero-models:silero_stt",
            "automatic-speech-recognition",
            "Writes down what is said in a recording; English, German and Spanish.",
            "torch.hub.load('snakers4/silero-models', 'silero_stt', language='en')",
            arguments=[{"name": "language", "type": "str", "default": "'en'"}],
        ),
        make_doc(
            "tfhub",
            "google/yamnet",
            "audio-classification",
            "Names the sounds in a recording: dogs, sirens, music; 521 classes of AudioSet.",
            "hub.load('https://tfhub.dev/google/yamnet/1')",
        ),
        make_doc(
            "tfhub",
            "google/yamnet-layer",
            "audio-classification",
            "The same sounds classifier as a Keras layer for fine-tuning.",
            "hub.KerasLayer('https://tfhub.dev/google/yamnet/1')",
        ),
        make_doc(
            "huggingface",
            "openai/whisper-tiny",
            "automatic-speech-recognition",
            "Turns speech into text in 99 languages; tiny, 39 million parameters.",
            "pipeline('automatic-speech-recognition', model='openai/whisper-tiny')",
        ),
        make_doc(
            "huggingface",
            "dead/birds",
            "image-classification",
            "Tells two hundred species of birds apart on photos.",
            "pipeline('image-classification', model='dead/birds')",
            alive=False,
        ),
        make_doc(
            "huggingface",
            "google/vit-birds",
            "image-classification",
            "Tells species of birds apart on photos; vision transformer.",
            "pipeline('image-classification', model='google/vit-birds')",
        ),
    ]


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(small_docs())
