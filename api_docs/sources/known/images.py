"""Words and rows that several tables share."""

from __future__ import annotations

from api_docs.sources.known.model import Family

IMAGENET = ("ImageNet-1K",)
OBJECTS = ("recognising what a photo shows", "telling 1,000 kinds of objects and animals apart")
MOBILE = ("phones and embedded devices", "fast inference on a small budget")


def classifier(  # noqa: PLR0913 - one row of a table
    pattern: str,
    architecture: str,
    *,
    year: int | None = None,
    uses: tuple[str, ...] = OBJECTS,
    datasets: tuple[str, ...] = IMAGENET,
    input_size: int | None = 224,
) -> Family:
    """A family that tells ImageNet's 1,000 classes apart."""
    return Family(
        pattern,
        "image classification",
        architecture,
        datasets,
        uses,
        year=year,
        input_size=input_size,
        num_classes=1000,
    )
