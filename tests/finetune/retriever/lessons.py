"""A catalogue of sixty docs, questions about them, and vectors in which a rotation is hidden."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from api_docs.models import ApiDoc
from finetune.instructions.instruction import Instruction, Source
from finetune.retriever.lesson import Lesson
from finetune.retriever.pairs import Pool, label
from tests.retriever.conftest import make_doc

DOMAINS = ("image-classification", "translation", "summarization", "audio-classification")
THINGS = (
    "birds", "fish", "trees", "cars", "ships", "bread", "shoes", "clouds", "bridges", "mushrooms",
    "letters", "poems", "recipes", "laws", "songs",
)  # fmt: skip
DIMENSIONS = 16


def doc(domain: str, thing: str, hub: str = "huggingface", **more: object) -> ApiDoc:
    name = f"{domain.partition('-')[0]}-{thing}"
    calls = {
        "huggingface": f"pipeline('{domain}', model='maker/{name}')",
        "tfhub": f"hub.load('https://tfhub.dev/maker/{name}-tf/1')",
    }
    of_hub = name if hub == "huggingface" else f"{name}-tf"
    return make_doc(hub, f"maker/{of_hub}", domain, f"Works on {thing}.", calls[hub], **more)


def sixty_docs() -> list[ApiDoc]:
    """Four domains with fifteen docs each, one in three of them on another hub."""
    return [
        doc(domain, thing, "tfhub" if place % 3 == 0 else "huggingface")
        for domain in DOMAINS
        for place, thing in enumerate(THINGS)
    ]


def asked_of_apis(docs: Sequence[ApiDoc], times: int = 3) -> list[Instruction]:
    """So many instructions for each doc."""
    return [
        Instruction(
            f"Please number {time} do {one.domain} with {one.id}",
            one.domain,
            doc_id=one.id,
            source=Source.TEACHER,
        )
        for one in docs
        for time in range(times)
    ]


def asked_of_domains(times: int = 10) -> list[Instruction]:
    """So many instructions for each domain."""
    return [
        Instruction(f"Somebody's wish number {time} about {domain}", Domain(domain))
        for domain in DOMAINS
        for time in range(times)
    ]


def units(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def rotation(seed: int = 7) -> NDArray[np.float64]:
    """A random rotation, shape (16, 16)."""
    found, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(DIMENSIONS, DIMENSIONS)))
    return found


def planted(instructions: Sequence[Instruction], catalogue: Catalogue | None = None) -> Lesson:
    """Questions whose vectors are those of their docs, or of any doc of their domain, turned back and shaken.

    Docs of one domain have something in common. A matrix that finds the rotation finds the docs.
    """
    random = np.random.default_rng(3)
    pool = Pool.of(catalogue or Catalogue(sixty_docs()))
    questions = label(instructions, pool).questions
    centres = random.normal(size=(pool.task_of.max() + 1, DIMENSIONS))
    vectors = units(centres[pool.task_of] + random.normal(size=(len(pool), DIMENSIONS)))
    meant = [random.choice(np.flatnonzero(right)) for right in pool.right(questions)]
    shaken = vectors[meant] + 0.1 * random.normal(size=(len(questions), DIMENSIONS))
    return Lesson(pool, questions, units(shaken @ rotation().T), vectors)
