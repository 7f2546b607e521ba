"""Names that left their library, and the newest releases that still have them."""

from __future__ import annotations

import re

BEFORE_5 = "transformers<5"

_OUTDATED: tuple[tuple[str, str], ...] = (
    # TensorFlow and Flax left transformers with release 5, the oldest names with them
    (r"TF(Auto|[A-Z][a-z]+\w*(Model|For))\w*|Flax[A-Z]\w+", BEFORE_5),
    (r"AutoModelWithLMHead|AutoModelForVision2Seq", BEFORE_5),
    (r"cached_download", "huggingface_hub<0.26"),
    (r"from_pretrained_keras", "huggingface_hub<1"),
)


def outdated(name: str) -> str | None:
    """The pip requirement that still has a name which newer releases lack; None for all other names."""
    return next((bound for pattern, bound in _OUTDATED if re.fullmatch(pattern, name)), None)
